"""The classic AGI script under a real Asterisk: without a daemon, and as the fallback for one that is down."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from lab.pbx import Pbx
from lab.service import Service, free_port
from lab.sipp import Phone

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

SCRIPT = Path(sys.prefix) / "bin/callfilter-agi"


@pytest_asyncio.fixture(loop_scope="session")
async def service(pbx: Pbx, tmp_path: Path) -> Service:
    """Not started; `pbx` asks where it would be, and then the script with the same settings."""
    port = free_port()
    settings = tmp_path / "callfilter.toml"
    settings.write_text(f'database = "{tmp_path}/callfilter.db"\nfastagi = "127.0.0.1:{port}"\n')
    script = pbx.agi_bin / "callfilter-agi"
    script.write_text(f'#!/bin/sh\nCALLFILTER_CONFIG="{settings}" exec "{SCRIPT}"\n')
    script.chmod(0o755)
    await pbx.use_daemon(f"127.0.0.1:{port}")
    await pbx.set_global("CALLFILTER_FALLBACK", "callfilter-agi")
    stopped = Service(settings, port)
    await stopped.callfilter("block", "13800138000", "--note", "card terminals")
    return stopped


@pytest.mark.parametrize("version", ["22", "16"])
async def test_without_a_daemon_the_script_gives_the_same_verdict_and_the_same_row(
    service: Service, call: "Caller", phone: Phone
) -> None:
    assert (await call(caller="+8613800138000", name="王小明")).final_code == 603
    assert (await call(caller="110")).answered
    assert len(phone.calls()) == 1
    by_script = await service.rows_when(2)
    async with service:
        assert (await call(caller="+8613800138000", name="王小明")).final_code == 603
        assert (await call(caller="110")).answered
        by_daemon = (await service.rows_when(4))[:2]
    of_the_call = {"id", "at", "unique_id", "channel", "milliseconds", "source", "verdict"}
    assert [row["source"] for row in by_script + by_daemon] == ["classic", "classic", "fastagi", "fastagi"]
    for script, daemon in zip(by_script, by_daemon, strict=True):
        assert {key: script[key] for key in script.keys() - of_the_call} == {
            key: daemon[key] for key in daemon.keys() - of_the_call
        }


async def test_with_settings_that_are_broken_the_call_rings(service: Service, call: "Caller") -> None:
    service.settings.write_text("country = ")
    assert (await call(caller="13800138000")).answered


async def test_without_a_database_the_call_rings_and_its_row_waits_for_one(service: Service, call: "Caller") -> None:
    for path in service.settings.parent.glob("callfilter.db*"):
        path.unlink()
    assert (await call(caller="13800138000")).answered
    async with service:
        (row,) = await service.rows_when(1)
    assert (row["action"], row["reason"], row["source"]) == ("allow", "error", "classic")


async def test_a_caller_who_hangs_up_at_once_is_in_the_log_all_the_same(service: Service, call: "Caller") -> None:
    await call(caller="13900000000", give_up_seconds=0.02)
    (row,) = await service.rows_when(1)
    assert row["key"] == "+8613900000000"
