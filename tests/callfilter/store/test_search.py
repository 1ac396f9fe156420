import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callfilter.store import search
from callfilter.store.calls import CallQuery
from callfilter.store.database import Database
from callfilter.store.items import statements_for
from callfilter.store.record import CallRecord
from callfilter.store.search import Found, look
from filters.verdict import Action, Reason
from tests.callfilter.store.records import START, Maker

NAMES = ("", "Zhang Wei", "王小明", "100% zhang_")
KEYS = ("+8613800138000", "+8613900139000", "anonymous", "CN:95588")
CALLS = 300


@pytest.fixture
def records(database: Database, make: Maker) -> list[CallRecord]:
    """Three hundred calls of all kinds, the oldest first."""
    choice = random.Random(1)
    made = [
        replace(
            make(),
            key=choice.choice(KEYS),
            name=choice.choice(NAMES),
            action=choice.choice((Action.ALLOW, Action.REJECT)),
            reason=choice.choice((Reason.RULE, Reason.DEFAULT)),
            rule=choice.choice(("", "salesmen")),
            did=choice.choice(("600", "601", "602")),
            trunk=choice.choice(("telecom", "unicom")),
            trace=(),
        )
        for _ in range(CALLS)
    ]
    with closing(sqlite3.connect(database.path)) as connection:
        for statement, rows in statements_for(made):
            connection.executemany(statement, rows)
        connection.commit()
    return made


QUERIES: dict[str, dict[str, Any]] = {
    "everything": {},
    "key": {"key": KEYS[0]},
    "prefix": {"prefix": "+8613"},
    "prefix and action": {"prefix": "+8613", "action": Action.REJECT},
    "name": {"name": "zhang"},
    "name with signs of LIKE": {"name": "% zhang_"},
    "name in Chinese": {"name": "小"},
    "action": {"action": Action.REJECT},
    "reason": {"reason": "default"},
    "rule": {"rule": "salesmen"},
    "did": {"did": "601"},
    "trunk": {"trunk": "unicom"},
    "rule, did and trunk": {"rule": "salesmen", "did": "601", "trunk": "unicom"},
    "name and did": {"name": "wei", "did": "600"},
    "time": {"since": START + timedelta(seconds=50), "until": START + timedelta(seconds=200)},
    "time and action": {"since": START + timedelta(seconds=50), "action": Action.ALLOW},
    "nothing": {"did": "603"},
    "nothing of two": {"rule": "salesmen", "trunk": "netcom"},
}


def wanted(records: Sequence[CallRecord], query: dict[str, Any]) -> list[CallRecord]:
    """What a query means, said another way; newest first."""
    tests: dict[str, Callable[[CallRecord, Any], bool]] = {
        "prefix": lambda record, value: record.key.startswith(value),
        "name": lambda record, value: value in record.name.lower(),
        "since": lambda record, value: record.at >= value,
        "until": lambda record, value: record.at < value,
    }

    def fits(record: CallRecord) -> bool:
        return all(
            tests[field](record, value) if field in tests else getattr(record, field) == value
            for field, value in query.items()
        )

    return [record for record in reversed(records) if fits(record)]


@pytest.fixture(params=["plenty of time", "no time at all", "no time, and many calls of a prefix"])
def hurry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds for a search; with none, each stretch is as short as they come."""
    monkeypatch.setattr(search, "FEW", 0 if "prefix" in request.param else search.FEW)
    monkeypatch.setattr(search, "STRETCH", 7)
    monkeypatch.setattr(search, "LONGEST", 20)
    monkeypatch.setattr(search, "LONGEST_GUIDED", 20)
    return 60.0 if request.param == "plenty of time" else 0.0


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_going_on_page_by_page_finds_every_call_once(
    database: Database,
    records: list[CallRecord],
    query: dict[str, Any],
    hurry: float,
) -> None:
    found: list[CallRecord] = []
    before = None
    for _ in range(CALLS + 1):
        page = await look(database, CallQuery(**query, limit=20, before_id=before), seconds=hurry)
        found += [row.record for row in page.rows]
        before = page.searched_to if page.searched_to is not None else page.rows[-1].record.id if page.more else None
        if before is None:
            break
    assert found == wanted(records, query)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_going_back_finds_the_page_that_one_came_from(
    database: Database, records: list[CallRecord], query: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 7)
    expected = wanted(records, query)
    for first in range(10, len(expected), 10):
        after = expected[first].id
        page = await look(database, CallQuery(**query, limit=10, after_id=after), seconds=60)
        assert [row.record for row in page.rows] == expected[first - 10 : first]
        assert page.more == (first > 10)


async def test_a_search_that_ran_out_of_time_says_how_far_it_got(
    database: Database, records: list[CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 7)
    page = await look(database, CallQuery(name="nobody"), seconds=0)
    assert page == Found([], more=False, searched_to=records[-8].id)


async def test_an_export_reads_all_that_is_meant_with_damaged_rows_left_out(
    database: Database, records: list[CallRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "EXPORTED", 16)
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("UPDATE calls SET classes = '{' WHERE id = ?", (records[100].id,))
        connection.commit()
    pages = [[row.record for row in page] async for page in search.every(database, CallQuery())]
    assert [record for page in pages for record in page] == [*records[:100:-1], *records[99::-1]]
    assert max(map(len, pages)) == 16


async def test_the_values_to_choose_from_are_those_in_the_log(database: Database, records: list[CallRecord]) -> None:
    assert await search.values(database, "did") == ["600", "601", "602"]
    assert await search.values(database, "trunk") == ["telecom", "unicom"]


async def test_a_log_without_calls_has_no_values(database: Database) -> None:
    assert await search.values(database, "did") == []


@pytest.mark.parametrize("name", ["key", "rule", "reason", "action", "did", "trunk"])
async def test_one_filter_is_answered_from_its_index_without_sorting(
    database: Database, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    async with database.begin() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None
        await driver.set_trace_callback(statements.append)
        only: dict[str, Any] = {name: "reject"}
        search_of = search._Search(connection, CallQuery(**only), few=False)
        assert await search_of.stretch(None, 10) == (name, None)
        await search_of.rows(name, None, None, 10)
        await driver.set_trace_callback(None)
    plan = explained(database, next(one for one in statements if one.startswith("SELECT calls.id, calls.at")))
    assert [f"USING INDEX calls_{name}" in step for step in plan] == [True]


def explained(database: Database, statement: str) -> list[str]:
    with closing(sqlite3.connect(database.path)) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
