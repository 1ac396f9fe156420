"""How long the back-test takes: a made-up year of calls, judged again with the thousand rules before those in force.

`make bench ARGS=--replay`. Without Asterisk. The log is filled by plain SQL while nobody has it open; the callers are
a shop's: a third comes back again and again, and one in twenty sends no number.
"""

import asyncio
import os
import random
import resource
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.rules import put_in_force, rules
from callfilter.config import Config
from callfilter.policy import PolicyText, write
from callfilter.replay.report import Report
from callfilter.replay.run import MOST_PROCESSES, replay
from callfilter.replay.task import Against, Task
from callfilter.store.database import open_database
from callfilter.store.record import CallIds, record_of
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts
from filters.number import read_number
from filters.policy import Policy
from filters.rule import Condition, Rule
from filters.suspicion.settings import STEPS, read_suspicion
from filters.suspicion.watches import Watch
from filters.verdict import Action

CALLS = 1_000_000
SPAN = timedelta(days=365)
LIMIT_SECONDS = 60.0
AT_A_TIME = 10_000

_NAMES = ("", "", "", "Zhang Wei", "王小明", "Li Na", "SPAM LOAN 17", "unknown")
_AREAS = ("21", "21", "21", "10", "755", "571")
_OFTEN = (
    Rule("often", (Condition("calls", ("5 in 1 hour",)),), Action.SCREEN),
    Rule("first, at night", (Condition("first_call", (True,)), Condition("window", ("22:00-06:00",))), Action.SCREEN),
)
"""So that every call's history is asked for."""


@dataclass(frozen=True, slots=True)
class Took:
    """What one replay cost."""

    what: str
    report: Report
    seconds: float
    processor_seconds: float
    resident: int
    """Bytes of the largest of its processes."""


def table(calls: int = CALLS) -> str:
    """Time and memory of replays of that many calls, as a Markdown table."""
    with TemporaryDirectory() as folder:
        database = Path(folder) / "callfilter.db"
        fill(database, calls)
        size = database.stat().st_size / 1024**2
        took = list(measure(database))
    return shown(took, calls, size)


def shown(took: Iterable[Took], calls: int, mebibytes: float) -> str:
    """The figures as a Markdown table, and whether the target is met."""
    lines = [
        f"{calls:,} calls of {SPAN.days} days in {mebibytes:,.0f} MiB; {os.cpu_count()} cores.",
        "",
        "| draft | s | calls/s | processor, s | largest process, MiB | would change |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    slowest = 0.0
    for one in took:
        slowest = max(slowest, one.seconds * CALLS / calls)
        rate, memory = calls / one.seconds, one.resident / 1024**2
        lines.append(
            f"| {one.what} | {one.seconds:.1f} | {rate:,.0f} | {one.processor_seconds:.1f} | {memory:.0f} "
            f"| {one.report.changed:,} |"
        )
    met = "met" if slowest <= LIMIT_SECONDS else "missed"
    return "\n".join([*lines, "", f"Target: a million calls in {LIMIT_SECONDS:g} s, {met}."])


def measure(database: Path) -> Iterator[Took]:
    """Replays of the whole log with drafts of different kinds."""
    config = Config(database=database)
    many = rules()
    drafts = {
        "one rule": PolicyText(_OFTEN[:1]),
        "1,000 rules": PolicyText(many),
        "1,000 rules, two of them about earlier calls": PolicyText((*_OFTEN, *many[len(_OFTEN) :])),
        "1,000 rules, and every step of suspicion": PolicyText(many, suspicion=_every_step()),
    }
    for what, draft in drafts.items():
        yield _timed(what, _task(config, draft))
    put_in_force(database)
    yield _timed("1,001 rules, 1,000 of them in force", _task(config, PolicyText((_OFTEN[0], *many))))


def _every_step() -> tuple[Watch, ...]:
    watches, _ = read_suspicion({name: {} for name in STEPS})
    return watches


def _task(config: Config, draft: PolicyText) -> Task:
    return Task(config, datetime.fromtimestamp(0, UTC), write(draft), Against.POLICY)


def _timed(what: str, task: Task) -> Took:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    report = replay(task, processes=MOST_PROCESSES)
    seconds = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(what, report, seconds, spent, after.ru_maxrss * 1024)


def fill(database: Path, calls: int) -> None:
    """Make a database with so many calls of the last year."""
    asyncio.run(_made(database))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        rows = _rows(calls)
        first = next(rows)
        columns = ", ".join(first)
        statement = f"INSERT INTO calls ({columns}) VALUES ({', '.join(f':{name}' for name in first)})"
        connection.execute("BEGIN")
        connection.execute(statement, first)
        connection.executemany(statement, rows)
        connection.execute("COMMIT")
        # Made under WAL, and expected so by whoever opens it next.
        connection.execute("PRAGMA journal_mode = WAL")


async def _made(database: Path) -> None:
    await (await open_database(database)).close()


def _rows(calls: int) -> Iterator[dict[str, Any]]:
    choice = random.Random(calls)
    regulars = [_caller(choice) for _ in range(max(1, calls // 50))]
    ids = CallIds(process=0)
    begin = datetime.now(UTC) - SPAN
    policy = Policy()
    for place in range(calls):
        at = begin + SPAN * place / calls
        chance = choice.random()
        caller = "" if chance < 0.05 else choice.choice(regulars) if chance < 0.38 else _caller(choice)
        call = Call(
            caller,
            at,
            name=choice.choice(_NAMES),
            did=f"0216000100{choice.randrange(4)}",
            trunk=f"carrier-{choice.randrange(2)}",
            channel=f"PJSIP/carrier-{place:08x}",
            unique_id=f"{at.timestamp():.0f}.{place}",
        )
        number = read_number(caller, area="021")
        record = record_of(call, number, decide(call, number, Facts(), policy), ids.next(at), "fastagi")
        talked = choice.expovariate(1 / 70) if choice.random() < 0.6 else None
        yield {**record.to_row(), **_outcome(at, talked)}


def _caller(choice: random.Random) -> str:
    if choice.random() < 0.7:
        return f"1{choice.choice((38, 39, 50, 86, 70, 65))}{choice.randrange(10**8):08d}"
    return f"0{choice.choice(_AREAS)}{choice.randrange(5 * 10**7, 9 * 10**7)}"


def _outcome(at: datetime, talked: float | None) -> dict[str, Any]:
    ended = at + timedelta(seconds=20 + (talked or 0))
    return {
        "answered": talked is not None,
        "talk_seconds": talked or 0.0,
        "ended_at": round(ended.timestamp() * 1e6),
        "hangup_cause": 16,
    }
