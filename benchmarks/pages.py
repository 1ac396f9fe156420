"""How fast the page is over a long log: ten million made-up calls, and each search timed as a browser would see it.

`make bench ARGS=--pages`. Without Asterisk. The log stays in `var/bench`, as it takes minutes to make.
"""

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from benchmarks.long_log import RARE_DID, RARE_KEY, RARE_TRUNK, fill
from callfilter.store import users
from callfilter.store.database import open_database
from callfilter.store.items import STATEMENTS
from callfilter.store.record import CallRecord
from callfilter.store.users import Role
from callfilter.web.passwords import hash_of
from lab.page import PageServer
from lab.service import free_port

CALLS = 10_000_000
ROUNDS = 5
LIMIT_SECONDS = 0.1
LIMIT_BYTES = 300_000
EXPORTED: Final = "/calls.csv?did=02160001002"
EXPORTED_MOST = 200_000
"""Rows of the export that are waited for."""
BATCH, BATCHES = 100, 200
"""Calls in one transaction, as the service's writer has them, and how many transactions are timed."""
PASSWORD: Final = "only for measuring"
SETTINGS: Final = """\
database = "{database}"
country = "CN"
area = "021"
web = "127.0.0.1:{port}"
"""

SEARCHES: Final = {
    "the newest": "",
    "number": f"number={RARE_KEY[3:]}",
    "number, none": "number=13800000000",
    "no caller number": "number=anonymous",
    "prefix `138*`": "number=138*",
    "prefix `13812*`": "number=13812*",
    "name, common": "name=zhang",
    "name, one in a million": "name=Nightingale",
    "action": "action=reject",
    "action, none": "action=divert",
    "reason": "reason=blocked",
    "reason, one in a million": "reason=error",
    "rule": "rule=Hangzhou",
    "rule, one in a million": "rule=once+in+a+blue+moon",
    "DID": "did=02160001003",
    "DID, one in a million": f"did={RARE_DID}",
    "trunk": "trunk=carrier-1",
    "trunk, one in a million": f"trunk={RARE_TRUNK}",
    "a day 300 days ago": "since={then}&until={after}",
    "DID and action": "did=02160001003&action=voicemail",
    "DID, action and reason": "did=02160001003&action=reject&reason=blocked",
    "prefix and action": "number=138*&action=allow",
    "DID in a day 300 days ago": "did=02160001003&since={then}&until={after}",
    "reason and action that never meet": "reason=blocked&action=allow",
}
"""What is looked for -> the fields of the page."""


@dataclass(frozen=True, slots=True)
class Took:
    """One search, asked several times."""

    what: str
    first: float
    """Seconds of the first time."""
    median: float
    processor: float
    """Seconds that the page's process computed, each time."""
    rows: int
    whole: bool
    """Whether the time did not run out before."""


@dataclass(frozen=True, slots=True)
class Others:
    """What else was measured."""

    weight: int
    """Bytes of the first page with all its files."""
    through: float
    """Seconds that a browser searches through the whole log for a name that nobody has."""
    through_processor: float
    """Of these, seconds that the page's process computed."""
    exported: float
    """Rows of CSV a second."""
    meanwhile: float
    """Seconds that the first page takes meanwhile, the median."""
    written: float
    """Milliseconds that the database takes to write a call, with all indexes and counts."""
    plain: float
    """The same without the indexes that only the page needs."""


def table(folder: Path, calls: int = CALLS) -> str:
    """Times of the page over so many calls, as Markdown."""
    database = long_log(folder, calls)
    took, others = asyncio.run(_measured(database))
    return "\n".join(_shown(took, others, calls, database.stat().st_size / 1024**2))


def long_log(folder: Path, calls: int) -> Path:
    """A database with so many calls; made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / f"pages-{calls}.db"
    if not database.exists():
        half = database.with_suffix(".half")
        half.unlink(missing_ok=True)
        fill(half, calls)
        half.rename(database)
    return database


@asynccontextmanager
async def page_over(database: Path) -> AsyncIterator[PageServer]:
    """The real page on that database, with somebody who may log in."""
    port = free_port()
    settings = database.with_suffix(".toml")
    settings.write_text(SETTINGS.format(database=database, port=port), encoding="utf-8")
    async with await open_database(database) as opened:
        if not await users.count(opened):
            hashed = hash_of(PASSWORD)
            await users.add(opened, name="bench", role=Role.ADMIN, password=hashed, at=datetime.now(UTC))
    async with PageServer(settings, port) as server:
        yield server


@asynccontextmanager
async def logged_in(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a screen, logged in."""
    async with httpx.AsyncClient(base_url=url, timeout=600) as client:
        await client.get("/login")
        form = {"name": "bench", "password": PASSWORD, "csrf": client.cookies["callfilter_form"]}
        await client.post("/login", data=form)
        yield client


async def _measured(database: Path) -> tuple[list[Took], Others]:
    async with page_over(database) as server, logged_in(server.url) as client:
        took = [await _timed(client, server.pid, what, _address(fields)) for what, fields in SEARCHES.items()]
        newest = (await client.get("/calls")).text
        one = re.findall(r'href="(/calls/\w{10})"', newest)[0]
        took.append(await _timed(client, server.pid, "one call with its trace", one))
        weight = await _weight(client, newest)
        before = _computed(server.pid)
        through = await _through(client, "/calls?name=nobody+is+called+so")
        computed = _computed(server.pid) - before
        exported, meanwhile = await _export(client)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        written = _written(connection)
        connection.execute("BEGIN")
        for name in ("reason", "rule", "did", "trunk"):
            connection.execute(f"DROP INDEX calls_{name}")
        plain = _written(connection, begun=True)
        connection.execute("ROLLBACK")
    return took, Others(weight, through, computed, exported, meanwhile, written, plain)


def _address(fields: str) -> str:
    then = datetime.now(UTC) - timedelta(days=300)
    after = then + timedelta(days=1)
    return "/calls?" + fields.format(then=f"{then:%Y-%m-%dT%H:%M}", after=f"{after:%Y-%m-%dT%H:%M}")


async def _timed(client: httpx.AsyncClient, pid: int, what: str, address: str) -> Took:
    seconds: list[float] = []
    before = _computed(pid)
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = await client.get(address)
        seconds.append(time.perf_counter() - started)
        answer.raise_for_status()
    rows = answer.text.count("<time ")
    processor = (_computed(pid) - before) / ROUNDS
    return Took(what, seconds[0], median(seconds), processor, rows, 'hx-trigger="load' not in answer.text)


def _computed(pid: int) -> float:
    """Seconds that all threads of a process have had a processor."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text(encoding="ascii").split()[0]) for file in files) / 1e9


async def _weight(client: httpx.AsyncClient, page: str) -> int:
    """Bytes of a page and of the files that it names, as they travel."""
    files = set(re.findall(r'(?:src|href)="(/static/[^"]*)"', page))
    return len(page.encode()) + sum([len((await client.get(file)).content) for file in files])


async def _through(client: httpx.AsyncClient, address: str) -> float:
    """Goes on searching as the page does, until the log ends."""
    started = time.perf_counter()
    further: str | None = address
    while further:
        answer = await client.get(further, headers={"hx-request": "true"})
        found = re.search(r'hx-get="([^"]*)"', answer.text)
        further = found[1].replace("&amp;", "&") if found else None
    return time.perf_counter() - started


async def _export(client: httpx.AsyncClient) -> tuple[float, float]:
    """Rows a second of an export, and the time of the first page meanwhile."""
    rows, pages = 0, []

    async def look() -> None:
        while True:
            started = time.perf_counter()
            await client.get("/calls")
            pages.append(time.perf_counter() - started)
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    started = time.perf_counter()
    async with client.stream("GET", EXPORTED) as answer:
        async for chunk in answer.aiter_bytes():
            rows += chunk.count(b"\r\n")
            if rows >= EXPORTED_MOST:
                break
    seconds = time.perf_counter() - started
    looking.cancel()
    # Of a short log, the export can be done before the first page is.
    return rows / seconds, median(pages or [seconds])


def _written(connection: sqlite3.Connection, *, begun: bool = False) -> float:
    """Milliseconds to write a call in a transaction of many; nothing of it stays."""
    connection.row_factory = sqlite3.Row
    newest = [dict(row) for row in connection.execute("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (BATCH,))]
    last = newest[0]["id"]
    rows = [row | {"id": last + place + 1} for place, row in enumerate(newest * BATCHES)]
    if not begun:
        connection.execute("BEGIN")
    started = time.perf_counter()
    for place in range(0, len(rows), BATCH):
        connection.executemany(STATEMENTS[CallRecord], rows[place : place + BATCH])
    seconds = time.perf_counter() - started
    if not begun:
        connection.execute("ROLLBACK")
    return seconds / len(rows) * 1000


def _shown(took: Iterable[Took], others: Others, calls: int, mebibytes: float) -> Iterator[str]:
    yield f"{calls:,} calls in {mebibytes:,.0f} MiB. Milliseconds from asking to the last byte, {ROUNDS} times each."
    yield ""
    yield "| looked for | first time | median | of it processor | rows |  |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    slowest = 0.0
    for one in took:
        slowest = max(slowest, one.median)
        rest = "" if one.whole else "goes on by itself"
        times = " | ".join(f"{seconds * 1000:.0f}" for seconds in (one.first, one.median, one.processor))
        yield f"| {one.what} | {times} | {one.rows} | {rest} |"
    yield ""
    met = "met" if slowest <= LIMIT_SECONDS else "missed"
    yield f"Target: each page in {LIMIT_SECONDS * 1000:.0f} ms, {met}: {slowest * 1000:.0f} ms at most."
    yield f"The first page with all its files has {others.weight:,} bytes, of {LIMIT_BYTES:,} that it may have."
    yield (
        f"Searching the whole log for a name that nobody has takes a browser {others.through:.1f} s, "
        f"{others.through_processor:.1f} s of it processor."
    )
    yield (
        f"An export to CSV has {others.exported:,.0f} rows a second; meanwhile the first page takes "
        f"{others.meanwhile * 1000:.0f} ms."
    )
    yield (
        f"A call is written in {others.written:.3f} ms with all indexes, {others.plain:.3f} ms without the four that "
        "only the page needs."
    )
