"""Real calls of strangers: the next number of a reported block, a burst of them, and who tries another digit."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from lab.pbx import Pbx
from lab.service import Service, free_port
from lab.sipp import Phone

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

SOON = 10.0
SETTINGS = """
database = "{folder}/callfilter.db"
country = "CN"
area = "021"
fastagi = "127.0.0.1:{port}"
ami = "{pbx.ami_user}:{pbx.ami_secret}@127.0.0.1:{pbx.ports.ami}"

[policy]
mailbox = "100@default"
"""
POLICY = """
[suspicion.neighbour]
[suspicion.flood]
strangers = 4
seconds = 60
[suspicion.redial]

[[rule]]
name = "resold mobiles must press a key"
when = { class = "mvno" }
action = "screen"
"""


@pytest_asyncio.fixture(loop_scope="session")
async def service(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Service]:
    """The service with its policy, and `pbx` asks it."""
    port = free_port()
    settings, policy = tmp_path / "callfilter.toml", tmp_path / "policy.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, port=port, pbx=pbx))
    policy.write_text(POLICY)
    async with Service(settings, port) as running:
        await running.callfilter("policy", "apply", str(policy))
        await pbx.use_daemon(f"127.0.0.1:{port}")
        yield running


async def newest(service: Service, count: int, **wanted: Any) -> dict[str, Any]:
    """The newest of so many calls, as soon as it is as wanted."""
    async with asyncio.timeout(SOON):
        while True:
            row = (await service.rows_when(count))[0]
            if wanted.items() <= row.items():
                return row
            await asyncio.sleep(0.05)


async def test_the_next_number_of_a_reported_block_must_press_a_key_and_a_customer_outside_rings(
    service: Service, phone: Phone, call: "Caller"
) -> None:
    for last in ("01", "02", "03"):
        await service.callfilter("report", f"138001381{last}")

    await call(caller="13800138177", talk_seconds=0.5)
    row = await newest(service, 1)
    assert (row["action"], row["reason"], row["rule"]) == ("screen", "suspicion", "neighbour")
    assert phone.calls() == []
    shown = await service.callfilter("log", "show", row["id"])
    assert "block of 100 numbers has 3 that were reported" in " ".join(shown.split())

    assert (await call(caller="13800138277")).answered
    row = await newest(service, 2)
    assert (row["action"], row["reason"]) == ("allow", "default")
    assert len(phone.calls()) == 1


async def test_strangers_who_call_at_once_must_press_a_key_and_the_directory_rings(
    service: Service, phone: Phone, call: "Caller"
) -> None:
    for place in range(3):
        await call(caller=f"1370013700{place}")
        await newest(service, place + 1, action="allow")
    await call(caller="13600136000", talk_seconds=0.5)
    row = await newest(service, 4)
    assert (row["action"], row["reason"], row["rule"]) == ("screen", "suspicion", "flood")

    await call(caller="95338")
    row = await newest(service, 5)
    assert (row["action"], row["reason"]) == ("allow", "default")
    assert len(phone.calls()) == 4


async def test_who_pressed_wrong_keys_and_calls_again_reaches_voicemail_without_another_try(
    service: Service, phone: Phone, call: "Caller"
) -> None:
    # 0 is never the digit; then # skips the mailbox's greeting, and # ends the message.
    await call(caller="17012345678", send_dtmf="000##", keys_at=(3, 6.5, 10, 12, 14.5), talk_seconds=3)
    row = await newest(service, 1, screened="failed")
    assert (row["action"], row["reason"]) == ("screen", "rule")

    await call(caller="+8617012345678", send_dtmf="#", talk_seconds=2.5)
    row = await newest(service, 2)
    assert (row["action"], row["reason"], row["target"]) == ("voicemail", "rule", "100@default")
    assert "failed a screening a moment ago" in " ".join((await service.callfilter("log", "show", row["id"])).split())
    assert phone.calls() == []
