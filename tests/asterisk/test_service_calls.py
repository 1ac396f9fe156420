"""Real calls, a real Asterisk, the real service: verdicts arrive, are explained, and the outcome joins them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from lab.pbx import Pbx
from lab.service import Service, free_port
from lab.sipp import Phone, place_call

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

OUTCOME_SECONDS = 10.0
SETTINGS = """
database = "{folder}/callfilter.db"
country = "CN"
area = "021"
fastagi = "127.0.0.1:{port}"
ami = "{pbx.ami_user}:{pbx.ami_secret}@127.0.0.1:{pbx.ports.ami}"

[policy]
anonymous = "voicemail"
mailbox = "100@default"
signal = 607

[dids."02012345678"]
mailbox = "101@default"
"""


@pytest_asyncio.fixture(loop_scope="session")
async def service(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Service]:
    """The service with AMI, and `pbx` asks it."""
    port = free_port()
    settings = tmp_path / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, port=port, pbx=pbx))
    async with Service(settings, port) as running:
        await pbx.use_daemon(f"127.0.0.1:{port}")
        yield running


async def ended_row(service: Service, count: int = 1) -> dict[str, Any]:
    """The newest row, once AMI has told its end."""
    async with asyncio.timeout(OUTCOME_SECONDS):
        while True:
            row = (await service.rows_when(count))[0]
            if row["ended_at"]:
                return row


@pytest.mark.parametrize("spelling", ["+8613800138000", "8613800138000", "013800138000", "13800138000"])
async def test_a_blocked_salesman_is_rejected_unanswered_in_every_spelling(
    service: Service, call: "Caller", spelling: str
) -> None:
    await service.callfilter("block", "138 0013 8000", "--note", "card terminals")
    result = await call(caller=spelling)
    assert (result.final_code, result.answered) == (607, False)
    row = await ended_row(service)
    assert (row["caller"], row["key"]) == (spelling, "+8613800138000")
    assert (row["action"], row["reason"], row["signal"]) == ("reject", "blocked", 607)
    assert (row["did"], row["trunk"], row["answered"]) == ("02012345678", "trunk", False)
    shown = await service.callfilter("log", "show", row["id"])
    assert "own numbers" in shown
    assert "+8613800138000" in shown


async def test_a_rule_decides_about_the_next_call_and_the_log_names_rule_and_version(
    service: Service, call: "Caller", tmp_path: Path
) -> None:
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nname = "no lenders"\nwhen = { name = "loan" }\naction = "reject"\nsignal = 486\n'
    )
    await service.callfilter("policy", "apply", str(tmp_path / "rules.toml"))
    result = await call(caller="13912345678", name="EASY LOAN")
    assert (result.final_code, result.answered) == (486, False)
    row = await ended_row(service)
    assert (row["reason"], row["rule"], row["policy_version"]) == ("rule", "no lenders", 1)
    await service.callfilter("policy", "apply", "--undo")
    assert (await call(caller="13912345678", name="EASY LOAN")).answered


async def test_a_customer_rings_with_the_label_and_the_talk_is_in_the_log(
    service: Service, phone: Phone, call: "Caller"
) -> None:
    await service.callfilter("allow", "13912345678", "--label", "VIP")
    result = await call(caller="13912345678", name="王小明", talk_seconds=1.5)
    assert result.answered
    assert [each.name for each in phone.calls()] == ["VIP 王小明"]
    row = await ended_row(service)
    assert (row["action"], row["reason"], row["name"]) == ("allow", "allowed", "王小明")
    assert row["answered"] is True
    assert 1 <= row["talk_seconds"] < 4
    assert row["hangup_cause"] == 16


async def test_a_call_that_nobody_answers_is_logged_as_such(
    service: Service, pbx: Pbx, sipp_command: tuple[str, ...]
) -> None:
    result = await place_call(pbx, sipp_command, caller="13912345678", give_up_seconds=0.5)
    assert not result.answered
    row = await ended_row(service)
    assert (row["action"], row["answered"], row["talk_seconds"]) == ("allow", False, 0)


async def test_an_anonymous_caller_leaves_a_message_and_the_log_has_it(service: Service, call: "Caller") -> None:
    result = await call(caller="anonymous", name="Anonymous", send_dtmf="#", talk_seconds=2.5)
    assert result.answered
    row = await ended_row(service)
    assert (row["action"], row["reason"], row["target"]) == ("voicemail", "anonymous", "101@default")
    async with asyncio.timeout(OUTCOME_SECONDS):
        while row["voicemail_seconds"] is None:
            row = await ended_row(service)
    assert row["voicemail_box"] == "101@default"
    assert row["voicemail_seconds"] >= 1
    assert row["answered"] is False, "a mailbox is nobody"


async def test_names_in_chinese_and_names_that_attack_are_logged_as_sent(
    service: Service, phone: Phone, call: "Caller", tmp_path: Path
) -> None:
    owned = Path(tempfile.mkdtemp(prefix="cf")) / "x"  # short: Asterisk keeps 80 characters of a name
    attacks = [f"${{SHELL(touch {owned})}}", f"x:System(touch {owned})", f"a)?System(touch {owned}):b", "%,;'`|&<b>"]
    await call(caller="02162345678", name="李医生")
    for attack in attacks:
        await call(caller="13700137000", name=attack)
    rows = await service.rows_when(1 + len(attacks))
    assert [row["name"] for row in reversed(rows)] == ["李医生", *attacks]
    assert {row["action"] for row in rows} == {"allow"}
    assert len(phone.calls()) == 1 + len(attacks)
    assert not owned.exists()


@pytest.mark.parametrize("version", ["16"])
async def test_a_name_in_gbk_is_logged_in_characters(service: Service, call: "Caller") -> None:
    """By Asterisk 16, which hands on the bytes; 22 puts U+FFFD in their place before anybody can read them."""
    await call(caller="02162345678", name="李医生".encode("gbk"))
    (row,) = await service.rows_when(1)
    assert row["name"] == "李医生"


async def test_a_newline_in_the_number_forges_nothing(service: Service, phone: Phone, call: "Caller") -> None:
    await call(caller="110%0aagi_dnid:%20999")
    (row,) = await service.rows_when(1)
    assert (row["did"], row["trunk"], row["action"]) == ("02012345678", "trunk", "allow")
    assert row["reason"] != "protected"
    assert len(phone.calls()) == 1


async def test_the_service_keeps_following_calls_over_a_restart(service: Service, phone: Phone, call: "Caller") -> None:
    talking = asyncio.create_task(call(caller="13912345678", talk_seconds=4))
    async with asyncio.timeout(OUTCOME_SECONDS):
        while not (await service.rows_when(1))[0]["answered"]:
            await asyncio.sleep(0.05)
    assert await service.stop() == 0
    await service.start()
    assert (await talking).answered
    row = await ended_row(service)
    assert row["answered"] is True
    assert 3 <= row["talk_seconds"] < 7
    assert len(phone.calls()) == 1


@pytest.mark.parametrize("version", ["22", "16"])
async def test_doctor_finds_nothing_wrong(service: Service, call: "Caller", pbx: Pbx) -> None:
    await call(caller="13912345678", give_up_seconds=0.2)
    await service.rows_when(1)
    said = await service.callfilter("doctor", "--asterisk", str(pbx.console), ok=(0, 1))
    assert "logged in" in said
    assert "not loaded" not in said
    assert "✗" not in said
