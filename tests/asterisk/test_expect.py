"""Real calls while somebody unknown is expected: strangers ring, by command or by a phone's code, until it is over."""

import asyncio
import json
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from lab.handset import Handset
from lab.pbx import Pbx
from lab.service import Service
from lab.sipp import EXTENSION, CallResult, Phone, place_call
from tests.asterisk.shops import shop_with

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

BOTH = pytest.mark.parametrize("version", ["22", "16"])
STRANGER = "13912345678"
LONG = 15
"""Seconds of a call that Asterisk ends before."""
POLICY = '[[rule]]\nname = "no strangers"\nwhen = { class = "mobile" }\naction = "reject"\n'


@pytest_asyncio.fixture(loop_scope="session")
async def service(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Service]:
    """A shop that turns mobiles away that it does not know."""
    async with shop_with(POLICY, pbx, tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def standard_prompts(pbx: Pbx) -> AsyncIterator[None]:
    yield
    await pbx.set_global("CALLFILTER_PROMPTS", "")


@pytest.fixture
def dial(pbx: Pbx, sipp_command: tuple[str, ...]) -> "Caller":
    """Dial from extension 101, until Asterisk hangs up."""
    return partial(place_call, pbx, sipp_command, address=EXTENSION, caller="101", talk_seconds=LONG)


async def windows(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await service.callfilter("expect", "--json"))
    return found


def length(window: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(window["expires_at"]) - datetime.fromisoformat(window["opened_at"])


def played(log: str) -> list[str]:
    return re.findall(r"Playing '([^']+?)\.\w+'", log)


def was_hung_up(result: CallResult) -> bool:
    return any(response.startswith("BYE ") for response in result.responses)


@BOTH
async def test_a_stranger_rings_while_a_call_is_expected_and_not_once_that_is_over(
    service: Service, phone: Phone, call: "Caller"
) -> None:
    assert (await call(caller=STRANGER)).final_code == 603
    await service.callfilter("expect", "30m", "--note", "courier")
    assert (await call(caller=STRANGER)).answered
    await service.callfilter("expect", "--end")
    assert (await call(caller=STRANGER)).final_code == 603
    assert len(phone.calls()) == 1
    rows = await service.rows_when(3)
    assert [(row["reason"], row["rule"]) for row in rows] == [
        ("rule", "no strangers"),
        ("expecting", "courier"),
        ("rule", "no strangers"),
    ]


async def test_a_window_closes_by_itself(service: Service, phone: Phone, call: "Caller", tmp_path: Path) -> None:
    await service.callfilter("expect", "1m")
    assert (await call(caller=STRANGER)).answered
    # A minute of waiting is no test: the window is moved into the past.
    await asyncio.to_thread(_move, tmp_path / "callfilter.db", timedelta(minutes=-2))
    assert (await call(caller=STRANGER)).final_code == 603
    assert len(phone.calls()) == 1


@BOTH
async def test_a_phone_of_the_shop_opens_a_window_by_a_code_and_ends_it(
    pbx: Pbx, service: Service, phone: Phone, call: "Caller", dial: "Caller"
) -> None:
    start = len(pbx.log())
    opening = await dial(to="*4445")
    assert opening.answered
    assert was_hung_up(opening)
    (window,) = await windows(service)
    assert (window["author"], length(window)) == ("phone 101", timedelta(minutes=45))
    assert (await call(caller=STRANGER)).answered

    assert was_hung_up(await dial(to="*440"))
    assert await windows(service) == []
    assert (await call(caller=STRANGER)).final_code == 603
    assert len(phone.calls()) == 1
    log = pbx.log()[start:]
    assert played(log) == ["activated", "for", "digits/40", "digits/5", "minutes", "de-activated"]
    troubles = re.findall(r"(?:WARNING|ERROR)\[.*", log)
    assert [trouble for trouble in troubles if "PJSIPHangup" not in trouble] == []


async def test_the_short_code_means_half_an_hour_whatever_number_the_phone_shows(
    service: Service, dial: "Caller"
) -> None:
    await dial(to="*44", caller="110%0aagi_channel:%20boss", name="x,y)${SHELL(id)}")
    (window,) = await windows(service)
    assert (window["author"], length(window)) == ("phone 101", timedelta(minutes=30))


async def test_one_minute_is_said_as_one(pbx: Pbx, service: Service, dial: "Caller") -> None:
    start = len(pbx.log())
    await dial(to="*4401")
    assert len(await windows(service)) == 1
    assert played(pbx.log()[start:])[-2:] == ["digits/1", "minute"]


@pytest.mark.parametrize("code", ["*44", "*4445", "*440", "44"])
async def test_callers_from_outside_cannot_open_one(service: Service, call: "Caller", code: str) -> None:
    await service.callfilter("expect", "30m", "--note", "mine")
    await call(caller=STRANGER, to=code, send_dtmf="*44", give_up_seconds=1)
    assert [window["note"] for window in await windows(service)] == ["mine"]


async def test_without_a_daemon_the_phone_is_told_that_it_did_not_work(pbx: Pbx, dial: "Caller") -> None:
    start = len(pbx.log())
    result = await dial(to="*44")
    assert result.answered
    assert was_hung_up(result)
    assert played(pbx.log()[start:]) == ["im-sorry", "please-try-call-later"]
    assert "a feature code was dialled and the daemon did not do it" in pbx.log()[start:]


@BOTH
async def test_a_frozen_daemon_keeps_no_phone_waiting_for_long(pbx: Pbx, service: Service, dial: "Caller") -> None:
    start = len(pbx.log())
    service.signal(signal.SIGSTOP)
    async with asyncio.timeout(LONG - 1):
        result = await dial(to="*44")
    service.signal(signal.SIGCONT)
    assert was_hung_up(result)
    assert played(pbx.log()[start:]) == ["im-sorry", "please-try-call-later"]


@pytest.mark.parametrize(("code", "tones"), [("*44", [0.9]), ("*440", [0.9])], ids=["rises", "falls"])
async def test_where_no_sound_is_there_tones_say_it(
    pbx: Pbx, service: Service, dial: "Caller", tmp_path: Path, *, code: str, tones: list[float]
) -> None:
    await pbx.set_global("CALLFILTER_PROMPTS", str(tmp_path / "nothing"))
    async with Handset() as handset:
        assert was_hung_up(await dial(to=code, handset=handset))
    assert handset.bursts() == pytest.approx(tones, abs=0.1)
    assert len(await windows(service)) == (code == "*44")


async def test_where_no_sound_is_there_three_low_tones_say_that_it_failed(
    pbx: Pbx, dial: "Caller", tmp_path: Path
) -> None:
    await pbx.set_global("CALLFILTER_PROMPTS", str(tmp_path / "nothing"))
    async with Handset() as handset:
        assert was_hung_up(await dial(to="*44", handset=handset))
    assert handset.bursts() == pytest.approx([0.4] * 3, abs=0.1)


def _move(database: Path, by: timedelta) -> None:
    with closing(sqlite3.connect(database)) as connection:
        microseconds = by // timedelta(microseconds=1)
        connection.execute(
            "UPDATE expected SET opened_at = opened_at + ?1, expires_at = expires_at + ?1", (microseconds,)
        )
        connection.commit()
