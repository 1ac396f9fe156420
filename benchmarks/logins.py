"""Whether a storm of logins slows the calls: the real service with its page, asked by a made-up Asterisk meanwhile.

`make bench ARGS=--logins`. Calls are asked at 20 a second over the service's socket, first in quiet, then while 50
logins a second are tried on the page by a process of its own: each with another name and from another address, so that
no throttle spares the page its work, and then all by one attacker.
"""

import asyncio
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from benchmarks.verdicts import CALLS_PER_SECOND, Verdicts, asked
from callfilter.store import users
from callfilter.store.database import open_database
from callfilter.store.users import Role
from callfilter.web.passwords import hash_of
from lab.page import PageServer
from lab.service import Service, free_port

SECONDS: Final = 20.0
LOGINS_PER_SECOND: Final = 50.0
LIMIT_MS: Final = 10.0
"""For the 99th percentile of verdicts during the storm."""
SETTINGS: Final = """\
database = "{folder}/callfilter.db"
country = "CN"
fastagi = "127.0.0.1:{fastagi}"
web = "127.0.0.1:{web}"
"""
TOKEN: Final = "of-our-own-making"


@dataclass(frozen=True, slots=True)
class Asked(Verdicts):
    """Verdicts of one round, and the logins."""

    logins: Counter[int] = field(default_factory=Counter)
    """How the logins tried meanwhile were answered: HTTP status -> how many; 0 where there was no answer."""


def table(seconds: float = SECONDS) -> str:
    """Verdict times without and with a storm, as a Markdown table."""
    with TemporaryDirectory() as folder:
        return shown(asyncio.run(measure(Path(folder), seconds)), seconds)


def shown(rounds: Iterable[Asked], seconds: float) -> str:
    """The figures as a Markdown table, and whether the target is met."""
    lines = [
        f"{CALLS_PER_SECOND:g} calls/s for {seconds:g} s each; {LOGINS_PER_SECOND:g} logins/s; {os.cpu_count()} cores.",
        "",
        "| meanwhile | verdicts | median, ms | 99th, ms | slowest, ms | logins tried: refused, sent away, unanswered |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    worst = 0.0
    for one in rounds:
        worst = max(worst, one.p99)
        refused, away, lost = one.logins[403], one.logins[429], one.logins[0]
        tried = f"{one.logins.total():,}: {refused:,}, {away:,}, {lost:,}" if one.logins else ""
        lines.append(
            f"| {one.what} | {len(one.milliseconds):,} | {one.median:.2f} | {one.p99:.2f} "
            f"| {max(one.milliseconds):.2f} | {tried} |"
        )
    met = "met" if worst < LIMIT_MS else "missed"
    return "\n".join([*lines, "", f"Target: 99th under {LIMIT_MS:g} ms, {met}."])


async def measure(folder: Path, seconds: float) -> list[Asked]:
    """The rounds, on one service and its page."""
    async with _running(folder) as (service, url):
        await _asked(service, "", seconds / 4)  # what is slow only at first is not what is asked here
        rounds = [await _asked(service, "nothing", seconds)]
        for what, is_one in (("logins by many, from everywhere", False), ("logins by one", True)):
            rounds.append(await _in_a_storm(service, url, what, seconds, by_one=is_one))
        return rounds


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[tuple[Service, str]]:
    fastagi, web = free_port(), free_port()
    settings = folder / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=folder, fastagi=fastagi, web=web), encoding="utf-8")
    async with await open_database(folder / "callfilter.db") as database:
        password = hash_of("nobody will guess this one")
        await users.add(database, name="admin", role=Role.ADMIN, password=password, at=datetime.now(UTC))
    async with Service(settings, fastagi, environ={"CALLFILTER_WEB": ""}) as service:
        page = PageServer(settings, web)
        await page.ready()
        yield service, page.url


async def _in_a_storm(service: Service, url: str, what: str, seconds: float, *, by_one: bool) -> Asked:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    storm = context.Process(target=_storm, args=(url, seconds + 1, by_one, theirs))
    storm.start()
    try:
        await asyncio.to_thread(ours.recv)  # it has begun
        found = await _asked(service, what, seconds)
        logins: Counter[int] = await asyncio.to_thread(ours.recv)
    finally:
        storm.terminate()
        await asyncio.to_thread(storm.join)
    return Asked(what, found.milliseconds, logins)


async def _asked(service: Service, what: str, seconds: float) -> Asked:
    return Asked(what, await asked(service.port, lambda since: since < seconds))


def _storm(url: str, seconds: float, by_one: bool, told: Connection) -> None:  # noqa: FBT001 - multiprocessing passes it
    """In a process of its own: logins at the rate, then how they were answered."""
    asyncio.run(_logins(url, seconds, by_one, told))


async def _logins(url: str, seconds: float, by_one: bool, told: Connection) -> None:  # noqa: FBT001 - as above
    answers: Counter[int] = Counter()

    async def log_in(client: httpx.AsyncClient, place: int) -> None:
        name = "admin" if by_one or place % 2 else f"user{place}"
        address = "203.0.113.1" if by_one else f"10.{place >> 16}.{place >> 8 & 255}.{place & 255}"
        form = {"name": name, "password": f"guess {place} {os.getpid()}", "csrf": TOKEN}
        try:
            answer = await client.post("/login", data=form, headers={"x-forwarded-for": address})
            answers[answer.status_code] += 1
        except httpx.HTTPError:
            answers[0] += 1

    limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
    cookies = {"callfilter_form": TOKEN}
    async with httpx.AsyncClient(base_url=url, timeout=10, limits=limits, cookies=cookies) as client:
        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for place in range(round(seconds * LOGINS_PER_SECOND)):
                await asyncio.sleep(max(0.0, begin + place / LOGINS_PER_SECOND - time.monotonic()))
                group.create_task(log_in(client, place))
                if place == 1:
                    told.send(True)
    told.send(answers)
