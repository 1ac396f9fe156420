"""A long log to look at: made-up calls of twenty months, filled by plain SQL while nobody has the database open.

A hundred thousand calls are judged by the filter itself; every row is one of them at another time, most from another
caller. A few are rare on purpose.
"""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callfilter.store.database import open_database
from callfilter.store.record import CallIds, floor_of, record_of
from callfilter.store.tables import TRIGGERS
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts, OwnEntry
from filters.number import read_number
from filters.policy import Policy
from filters.rule import Condition, Rule, Who
from filters.verdict import Action, Reason

SPAN = timedelta(days=600)
SAMPLES = 100_000

RARE_DID, RARE_TRUNK, RARE_NAME, RARE_KEY = "02160009999", "fax-line", "Nightingale & Sons", "+8613812345678"
"""Of one call in a million each."""
_DIDS = tuple(f"021600010{place:02d}" for place in range(12))
_NAMES = ("", "", "", "Zhang Wei", "王小明", "Li Na", "SPAM LOAN 17", "unknown")
_AREAS = ("21", "21", "21", "10", "755", "571")
_RULES = (
    Rule("call centres", (Condition("prefix", ("950*", "957*")),), Action.VOICEMAIL, who=Who.STRANGERS),
    Rule("loans by name", (Condition("name", ("loan",)),), Action.REJECT, who=Who.STRANGERS),
    Rule("Beijing landlines", (Condition("prefix", ("010*",)),), Action.SCREEN, who=Who.STRANGERS),
    Rule("Hangzhou", (Condition("prefix", ("0571*",)),), Action.REJECT, who=Who.STRANGERS),
)


def fill(database: Path, calls: int) -> None:
    """Make a database with so many calls of the last 600 days."""
    asyncio.run(_made(database))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        # Indexes and counts are made at the end, at once: ten times as fast, and the same in the end.
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'calls' AND type = 'index' AND sql NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for name in TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        samples = list(_samples())
        statement = (
            f"INSERT INTO calls ({', '.join(samples[0])}) VALUES ({', '.join(f':{name}' for name in samples[0])})"
        )
        connection.execute("BEGIN")
        connection.executemany(statement, _rows(samples, calls))
        connection.execute("COMMIT")
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute(
            "INSERT INTO tallies SELECT at / 1800000000, action, reason, count(*) FROM calls GROUP BY 1, 2, 3"
        )
        connection.execute("INSERT INTO hits SELECT rule, count(*), max(id) FROM calls WHERE rule <> '' GROUP BY rule")
        connection.execute(
            "INSERT INTO inbox SELECT key, max(id), count(*) FROM calls "
            "WHERE action <> 'allow' AND id > ? GROUP BY key",
            (floor_of(datetime.now(UTC) - timedelta(days=7)),),
        )
        for sql in TRIGGERS.values():
            connection.execute(sql)
        # Made under WAL, and expected so by whoever opens it next.
        connection.execute("PRAGMA journal_mode = WAL")


async def _made(database: Path) -> None:
    await (await open_database(database)).close()


def _samples() -> Iterator[dict[str, Any]]:
    """Rows of calls that the filter has judged, without their times."""
    choice = random.Random(SAMPLES)
    ids = CallIds(process=0)
    policy = Policy(rules=_RULES, mailbox="100@default")
    blocked = Facts(own=(OwnEntry("+86139", is_prefix=True, action=Action.REJECT),))
    for _ in range(SAMPLES):
        call = Call(
            "" if choice.random() < 0.05 else _caller(choice),
            datetime.now(UTC),
            name=choice.choice(_NAMES),
            did=_DIDS[min(int(choice.expovariate(0.4)), len(_DIDS) - 1)],
            trunk=choice.choice(("carrier-0", "carrier-0", "carrier-1")),
            channel="PJSIP/carrier-00000000",
            unique_id="0.0",
        )
        number = read_number(call.caller, area="021")
        facts = blocked if number.key.startswith("+86139") else Facts()
        record = record_of(call, number, decide(call, number, facts, policy), ids.next(call.at), "fastagi")
        yield replace(record, policy_version=1).to_row() | {
            "answered": record.action is Action.ALLOW and choice.random() < 0.6,
            "talk_seconds": 0.0,
            "ended_at": 0,
            "hangup_cause": 16,
        }


def _rows(samples: list[dict[str, Any]], calls: int) -> Iterator[dict[str, Any]]:
    """So many rows over the whole span, each from a sample, with times and a caller of its own."""
    choice = random.Random(calls)
    begin = datetime.now(UTC) - SPAN
    first, last = floor_of(begin), floor_of(begin + SPAN)
    start, step = round(begin.timestamp() * 1e6), round(SPAN.total_seconds() * 1e6 / calls)
    for place in range(calls):
        row = dict(samples[int(choice.random() * SAMPLES)])
        at = start + place * step
        row["id"] = first + (last - first) * place // calls
        row["at"] = at
        row["unique_id"] = f"{at // 1_000_000}.{place}"
        if row["answered"]:
            row["talk_seconds"] = choice.expovariate(1 / 70)
        row["ended_at"] = at + 20_000_000 + int(row["talk_seconds"] * 1e6)
        if row["key"][:3] == "+86" and choice.random() < 0.7:
            other = f"{int(choice.random() * 10_000):04d}"
            for column in ("caller", "key", "display"):
                row[column] = row[column][:-4] + other
        if place % 1_000_000 == 500_000:
            row |= {"did": RARE_DID, "trunk": RARE_TRUNK, "name": RARE_NAME, "key": RARE_KEY}
            row |= {"action": "allow", "reason": str(Reason.ERROR), "rule": "once in a blue moon"}
        yield row


def _caller(choice: random.Random) -> str:
    chance = choice.random()
    if chance < 0.05:
        return f"950{choice.randrange(10**5):05d}"
    if chance < 0.72:
        return f"1{choice.choice((38, 39, 50, 86, 70, 65))}{choice.randrange(10**8):08d}"
    return f"0{choice.choice(_AREAS)}{choice.randrange(5 * 10**7, 9 * 10**7)}"
