import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from callfilter.store import calls, numbers
from callfilter.store.calls import CallQuery
from callfilter.store.database import Database
from callfilter.store.direct import record_now
from callfilter.store.lookup import Lookup
from callfilter.store.numbers import NumberRow
from callfilter.store.outcome import Outcome
from callfilter.store.record import CallRecord
from filters.facts import History, OwnEntry
from filters.verdict import Action
from tests.callfilter.store.records import START, Maker

ENTRY = OwnEntry("+8613800138000", is_prefix=False, action=Action.REJECT, label="Sales", note="rude", author="wang")


async def test_an_own_entry_is_put_found_replaced_and_removed(database: Database) -> None:
    await numbers.put(database, [ENTRY], START)
    assert await numbers.find(database, ENTRY.key, is_prefix=False) == NumberRow(ENTRY, START)
    assert await numbers.find(database, ENTRY.key, is_prefix=True) is None
    changed = replace(ENTRY, action=Action.ALLOW, note="a friend after all", expires_at=START + timedelta(days=1))
    later = START + timedelta(hours=1)
    await numbers.put(database, [changed], later)
    assert [row async for row in numbers.every(database)] == [NumberRow(changed, later)]
    for _ in range(2):
        await numbers.remove(database, [(ENTRY.key, ENTRY.is_prefix)])
        assert [row async for row in numbers.every(database)] == []


async def test_an_entry_for_one_number_stands_beside_that_for_all_calls_until_that_one_is_said_anew(
    database: Database,
) -> None:
    scoped = replace(ENTRY, action=Action.ALLOW, did="600")
    await numbers.put(database, [ENTRY, scoped], START)
    lookup = Lookup(database.path)
    assert set(lookup.facts_for(ENTRY.key, START).own) == {ENTRY, scoped}
    found = [await numbers.find(database, ENTRY.key, is_prefix=False, did=did) for did in (None, "600", "601")]
    assert [row and row.entry for row in found] == [ENTRY, scoped, None]
    await numbers.put(database, [ENTRY], START)
    assert lookup.facts_for(ENTRY.key, START).own == (ENTRY,)
    lookup.close()


async def test_notes_may_hold_anything(database: Database) -> None:
    await numbers.put(database, [replace(ENTRY, note="\udcff'; DROP TABLE numbers; --\x00😀")], START)
    found = await numbers.find(database, ENTRY.key, is_prefix=False)
    assert found is not None
    assert found.entry.note == "\\udcff'; DROP TABLE numbers; --\x00😀"


async def test_many_entries_come_page_by_page_in_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "PAGE", 3)
    keys = [f"+86{n}" for n in range(10, 20)]
    for key in keys:
        for is_prefix in (True, False):
            action = Action.REJECT if is_prefix else Action.ALLOW
            await numbers.put(database, [OwnEntry(key, is_prefix=is_prefix, action=action)], START)
    rows = [row.entry async for row in numbers.every(database)]
    assert [(row.key, row.is_prefix) for row in rows] == [(key, prefix) for key in keys for prefix in (False, True)]
    assert [row.entry.key async for row in numbers.every(database, action=Action.REJECT)] == keys


async def test_the_log_is_searched_newest_first_and_page_by_page(database: Database, make: Maker) -> None:
    records = [make(action=Action.ALLOW if n % 2 else Action.REJECT, did=str(n % 3)) for n in range(12)]
    for record in records:
        record_now(database.path, record)
    newest = records[::-1]

    async def found(query: CallQuery) -> list[int]:
        return [row.record.id for row in await calls.search(database, query)]

    first = await found(CallQuery(limit=5))
    assert first == [record.id for record in newest[:5]]
    assert await found(CallQuery(limit=5, before_id=first[-1])) == [record.id for record in newest[5:10]]
    assert await found(CallQuery(action=Action.ALLOW, did="1")) == [
        record.id for record in newest if (record.action, record.did) == (Action.ALLOW, "1")
    ]
    assert await found(CallQuery(key="+8610")) == []
    assert len(await found(CallQuery(key=records[0].key))) == 12
    span = CallQuery(since=records[3].at, until=records[7].at)
    assert await found(span) == [record.id for record in records[6:2:-1]]


async def test_one_call_is_got_by_its_id(database: Database, make: Maker) -> None:
    record = make()
    record_now(database.path, record)
    row = await calls.get(database, record.id)
    assert row == calls.CallRow(record, Outcome())
    assert await calls.get(database, record.id + 1) is None


def change(path: Path, record: CallRecord, values: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE calls SET {values} WHERE id = ?", (record.id,))
        connection.commit()


async def test_a_row_with_words_of_another_callfilter_is_found_as_it_stands(database: Database, make: Maker) -> None:
    records = [make(), make()]
    for record in records:
        record_now(database.path, record)
    change(database.path, records[0], "action = 'hypnotise', reason = 'oracle', classes = '[\"martian\"]'")
    rows = await calls.search(database, CallQuery())
    assert [(row.record.action, row.record.reason) for row in rows][1] == ("hypnotise", "oracle")
    assert rows[1].record.classes == {"martian"}
    assert await calls.get(database, records[0].id) == rows[1]


async def test_a_damaged_row_is_told_and_takes_no_other_with_it(
    database: Database, make: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    records = [make(), make(), make()]
    for record in records:
        record_now(database.path, record)
    change(database.path, records[1], "trace = '{'")
    assert [row.record for row in await calls.search(database, CallQuery())] == [records[2], records[0]]
    assert await calls.get(database, records[1].id) is None
    assert f"row {records[1].id} of the call log is damaged, and left out" in caplog.text


async def test_calls_from_the_future_do_not_hide_those_of_now(database: Database, make: Maker) -> None:
    ahead, now = make(at=START + timedelta(days=400)), make(at=START)
    for record in (ahead, now):
        record_now(database.path, record)

    async def found(query: CallQuery) -> list[CallRecord]:
        return [row.record for row in await calls.search(database, query)]

    assert await found(CallQuery(since=START - timedelta(hours=1))) == [ahead, now]
    assert await found(CallQuery(since=START, until=START + timedelta(hours=1))) == [now]


async def test_the_calls_before_one_are_its_callers_history(database: Database, make: Maker) -> None:
    records = [make(), make(key="+8613900139000"), make(), make()]
    for record in records:
        record_now(database.path, record)
    history = await calls.history_before(database, records[2].key, records[2].id)
    assert history == History(records[0].at, (records[0].at,))
    assert await calls.history_before(database, records[0].key, records[0].id) == History()


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("key = '+86'", "calls_key"),
        ("action = 'reject'", "calls_action"),
        ("unique_id = '1'", "calls_unique_id"),
    ],
)
async def test_the_newest_of_a_kind_are_found_without_sorting(path: Path, where: str, index: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM calls WHERE {where} ORDER BY id DESC LIMIT 50")
        steps = [row[3] for row in plan]
    assert len(steps) == 1
    assert f"USING INDEX {index}" in steps[0]
