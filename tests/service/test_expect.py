"""Feature codes as the service sees them: a window is opened or ended, and calls are answered meanwhile."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

from lab.service import Service, header


def dialled(minutes: str, channel: str = "PJSIP/101-0000002a") -> bytes:
    return header(network_script="expect", arg_1=minutes, channel=channel, callerid="\nagi_channel: PJSIP/9-1")


async def expected(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await service.callfilter("expect", "--json"))
    return found


async def test_a_phone_opens_a_window_and_ends_it(service: Service) -> None:
    assert await service.ask(dialled("45")) == {"CALLFILTER_EXPECT": "open", "CALLFILTER_MINUTES": "45"}
    (window,) = await expected(service)
    assert (window["author"], window["to"], window["class"]) == ("phone 101", "", "")
    assert await service.ask(dialled("00")) == {"CALLFILTER_EXPECT": "ended"}
    assert await expected(service) == []
    assert "phone 101 expects a call for 45 minutes" in service.log()


@pytest.mark.parametrize(
    ("channel", "author"),
    [
        ("DAHDI/2-1", "phone 2"),
        ("SIP/10.0.0.1-00000001", "phone 10.0.0.1"),
        ("PJSIP/a\u202e'b\x1b[2J;c-00000001", "phone ab2Jc"),
        (f"PJSIP/{'9' * 300}-00000001", f"phone {'9' * 40}"),
        ("", "phone"),
    ],
)
async def test_the_author_is_the_phone_s_own_line_made_harmless(service: Service, channel: str, author: str) -> None:
    await service.ask(dialled("5", channel))
    assert [window["author"] for window in await expected(service)] == [author]


@pytest.mark.parametrize("minutes", ["", "-5", "1441", "99999", "٣٠", "5m", "1e1", "5%0A", "30,40"])
async def test_minutes_that_are_none_open_nothing(service: Service, minutes: str) -> None:
    assert await service.ask(dialled(minutes)) == {"CALLFILTER_EXPECT": "failed"}
    assert await expected(service) == []


async def test_while_the_database_is_locked_the_phone_is_told_so_and_no_call_waits(service: Service) -> None:
    database = service.settings.with_name("callfilter.db")
    await service.ask(dialled("5"))  # what is loaded once is loaded
    await service.ask(dialled("0"))
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        asking = asyncio.create_task(service.ask(dialled("45")))
        slowest = 0.0
        while not asking.done():
            started = time.perf_counter()
            assert (await service.ask())["CALLFILTER_ACTION"] == "reject"
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0.02)
        assert await asking == {"CALLFILTER_EXPECT": "failed"}
    assert slowest < 0.3, "longer than the dialplan waits"
    assert await expected(service) == []
