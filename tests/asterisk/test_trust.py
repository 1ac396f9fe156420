"""Real calls of callers whom the shop knows: they ring where strangers do not, until somebody reports them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from lab.handset import Handset
from lab.pbx import Pbx
from lab.service import Service, free_port
from lab.sipp import EXTENSION, Phone, place_call
from tests.asterisk.test_dialplan_screen import Ear

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

BOTH = pytest.mark.parametrize("version", ["22", "16"])
SOON = 10.0
LONG = 20
"""Seconds of a call that Asterisk or the phone ends before."""
KNOWN, STRANGER = "13800138000", "13912345678"
KEY = "+8613800138000"
SETTINGS = """
database = "{folder}/callfilter.db"
country = "CN"
fastagi = "127.0.0.1:{port}"
ami = "{pbx.ami_user}:{pbx.ami_secret}@127.0.0.1:{pbx.ports.ami}"
"""
OPEN = "[trust]\ntalked_seconds = 1\n"
STRICT = f'{OPEN}\n[[rule]]\nname = "no strangers"\nwhen = {{ class = "mobile" }}\naction = "reject"\n'
SCREENED = STRICT.replace("reject", "screen")


class Shop:
    """The service with AMI, and what it knows."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def policy(self, text: str) -> None:
        path = self.service.settings.with_name("policy.toml")
        path.write_text(text)
        await self.service.callfilter("policy", "apply", str(path))

    async def trusted(self) -> list[tuple[str, str]]:
        """Number and bond of each whom the shop knows, the latest first."""
        rows = json.loads(await self.service.callfilter("trusted", "--json"))
        return [(row["number"], row["bond"]) for row in rows]

    async def comes_to_know(self, key: str, bond: str) -> None:
        async with asyncio.timeout(SOON):
            while (key, bond) not in await self.trusted():
                await asyncio.sleep(0.05)

    async def newest(self, **wanted: Any) -> dict[str, Any]:
        """The newest call, as soon as it is as wanted."""
        async with asyncio.timeout(SOON):
            while True:
                row = (await self.service.rows_when(1))[0]
                if wanted.items() <= row.items():
                    return row
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(loop_scope="session")
async def shop(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Shop]:
    port = free_port()
    settings = tmp_path / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, port=port, pbx=pbx))
    async with Service(settings, port) as running:
        await pbx.use_daemon(f"127.0.0.1:{port}")
        yield Shop(running)


@pytest_asyncio.fixture(loop_scope="session")
async def phone(pbx: Pbx, sipp_command: tuple[str, ...]) -> AsyncIterator[Phone]:
    """A phone that hangs up soon."""
    async with Phone(pbx, sipp_command, talk_seconds=1.5) as running:
        yield running


@BOTH
async def test_who_was_talked_with_rings_although_strangers_do_not_until_reported(shop: Shop, call: "Caller") -> None:
    await shop.policy(OPEN)
    await call(caller=STRANGER, talk_seconds=0.3)
    await call(caller=KNOWN, talk_seconds=LONG)
    await shop.comes_to_know(KEY, "talked")
    await shop.policy(STRICT)

    assert not (await call(caller=STRANGER)).answered
    assert (await call(caller="+8613800138000")).answered
    assert (await shop.newest())["reason"] == "trusted"
    assert await shop.trusted() == [(KEY, "talked")]

    await shop.service.callfilter("report", KNOWN)
    assert not (await call(caller=KNOWN)).answered


@BOTH
async def test_a_number_that_the_shop_dialled_rings_although_strangers_do_not(
    shop: Shop, call: "Caller", pbx: Pbx, sipp_command: tuple[str, ...]
) -> None:
    await shop.policy(STRICT)
    assert not (await call(caller=KNOWN)).answered
    await place_call(pbx, sipp_command, address=EXTENSION, caller="101", to=f"0{KNOWN}", talk_seconds=0.2)
    await shop.comes_to_know(KEY, "dialled")

    assert (await call(caller=KNOWN, talk_seconds=0.2)).answered
    assert not (await call(caller=STRANGER)).answered
    assert await shop.trusted() == [(KEY, "dialled")], "the ring of the shop's own phone is no call outside"


async def test_a_call_outside_that_nobody_answers_counts_too(
    shop: Shop, pbx: Pbx, sipp_command: tuple[str, ...]
) -> None:
    await place_call(pbx, sipp_command, address=EXTENSION, caller="101", to=KNOWN, give_up_seconds=0.3)
    await shop.comes_to_know(KEY, "dialled")


@BOTH
async def test_a_caller_cannot_forge_a_dialled_number(shop: Shop, call: "Caller") -> None:
    """By an empty line in the own number, which Asterisk writes into its events as it is until the filter cleans it."""
    forged = "%0d%0a%0d%0aEvent%3a%20DialBegin%0d%0aDestChannel%3a%20PJSIP%2ft-1%0d%0aDialString%3a%2095588%40t"
    await call(caller=f"1{forged}", to="7200", talk_seconds=0.2)
    await shop.newest(answered=True, hangup_cause=16)
    assert await shop.trusted() == []


@BOTH
async def test_who_passed_a_screening_rings_the_next_time_without_one(shop: Shop, pbx: Pbx, call: "Caller") -> None:
    await shop.policy(SCREENED)
    ear = Ear(pbx)
    async with Handset() as handset:
        calling = asyncio.create_task(call(caller=KNOWN, handset=handset, talk_seconds=LONG))
        await handset.press(await ear.hears_digit())
        await calling
    await shop.comes_to_know(KEY, "proved")
    row = await shop.newest(screened="passed")
    assert (row["action"], row["screen_tries"]) == ("screen", 1)

    again = Ear(pbx)
    assert (await call(caller=f"+86{KNOWN}", talk_seconds=0.2)).answered
    assert again.played() == []
    assert (await shop.newest(answered=True, screened=None))["reason"] == "trusted"
    await shop.service.callfilter("trusted", "forget", KNOWN)
    await call(caller=KNOWN, talk_seconds=2)
    assert (await shop.newest(screened="hangup"))["action"] == "screen"


async def test_who_fails_a_screening_stays_unknown_and_the_log_tells_how(shop: Shop, pbx: Pbx, call: "Caller") -> None:
    await shop.policy(SCREENED)
    ear = Ear(pbx)
    async with Handset() as handset:
        calling = asyncio.create_task(call(caller=KNOWN, handset=handset, talk_seconds=2 * LONG))
        for time in (1, 2, 3):
            await ear.hears_digit(time)
            await handset.press("0")  # never the digit
        await calling
    row = await shop.newest(screened="failed")
    assert (row["screen_tries"], row["answered"]) == (3, False)
    assert await shop.trusted() == []
