"""What the carrier vouches for comes with real calls: a rule decides by it, and the row of the log holds it."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from lab.pbx import Pbx
from lab.scripted import ScriptedDaemon
from lab.service import Service
from lab.sipp import Phone
from tests.asterisk.shops import shop_with

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

BOTH = pytest.mark.parametrize("version", ["22", "16"])
POLICY = '[[rule]]\nname = "forged"\nwhen = { attestation = "failed" }\naction = "reject"\nsignal = 607\n'
SCRIPT = Path(sys.prefix) / "bin/callfilter-agi"


@pytest_asyncio.fixture(loop_scope="session")
async def service(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Service]:
    """A shop that rejects calls with a wrong signature."""
    async with shop_with(POLICY, pbx, tmp_path) as running:
        yield running


@BOTH
async def test_a_header_of_the_carrier_s_decides(service: Service, phone: Phone, call: "Caller", version: str) -> None:
    forged = await call(to="7105", headers=("P-Attestation-Indicator: TN-Validation-Failed",))
    assert forged.final_code == (607 if version == "22" else 603)
    assert (await call(to="7105", headers=("P-Attestation-Indicator: B",))).answered
    assert (await call(to="7105")).answered
    assert len(phone.calls()) == 2
    none, passed, failed = await service.rows_when(3)
    assert [row["attestation"] for row in (failed, passed, none)] == ["failed", "B", ""]
    assert (failed["reason"], failed["rule"]) == ("rule", "forged")


@BOTH
async def test_the_verstat_of_an_asserted_identity_decides(service: Service, call: "Caller") -> None:
    identity = 'P-Asserted-Identity: "Wang" <sip:+8613800138000;verstat={}@carrier.example;user=phone>'
    assert not (await call(to="7106", headers=(identity.format("TN-Validation-Failed"),))).answered
    assert (await call(to="7106", headers=(identity.format("TN-Validation-Passed-C"),))).answered
    assert [row["attestation"] for row in await service.rows_when(2)] == ["C", "failed"]


async def test_without_the_variable_nothing_is_vouched_for(service: Service, call: "Caller") -> None:
    await call(headers=("P-Attestation-Indicator: A",))
    (row,) = await service.rows_when(1)
    assert row["attestation"] == ""


@BOTH
async def test_a_hostile_header_is_text_and_nothing_more(
    pbx: Pbx, daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    trap = pbx.folder / "ran-a"
    hostile = f"A,9)b]}} ${{SHELL(touch {trap})}} $[1+1] x:System(touch {trap}) %0aagi_callerid: 110 ;'\"`&|"
    await call(to="7105", headers=(f"P-Attestation-Indicator: {hostile}",))
    (question,) = daemon.questions
    assert [name for name in question if name.startswith("agi_arg")] == ["agi_arg_1", "agi_arg_2"]
    assert (question["agi_arg_1"], question["agi_callerid"]) == ("", "13800138000")
    assert not set(question["agi_arg_2"]) & set(' ,;:"`${}[]|&')
    assert len(phone.calls()) == 1
    assert not trap.exists()


@BOTH
async def test_a_called_number_that_opens_a_bracket_hides_no_wrong_signature(service: Service, call: "Caller") -> None:
    headers = ("P-Attestation-Indicator: failed", "X-Called: 021(")
    assert not (await call(to="7105", headers=headers)).answered
    (row,) = await service.rows_when(1)
    assert (row["did"], row["attestation"]) == ("021(", "failed")


@BOTH
async def test_the_classic_script_is_told_too(service: Service, pbx: Pbx, call: "Caller") -> None:
    await service.stop()
    script = pbx.agi_bin / "callfilter-agi"
    script.write_text(f'#!/bin/sh\nCALLFILTER_CONFIG="{service.settings}" exec "{SCRIPT}"\n')
    script.chmod(0o755)
    await pbx.set_global("CALLFILTER_FALLBACK", "callfilter-agi")
    assert not (await call(to="7105", headers=("P-Attestation-Indicator: failed",))).answered
    (row,) = await service.rows_when(1)
    assert (row["source"], row["attestation"], row["rule"]) == ("classic", "failed", "forged")
