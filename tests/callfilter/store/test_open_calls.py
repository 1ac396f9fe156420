import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from callfilter.store.direct import record_now
from callfilter.store.file import StoreError
from callfilter.store.items import statements_for
from callfilter.store.open_calls import OPEN, OpenCall, open_calls
from callfilter.store.outcome import Answered, Ended
from callfilter.store.record import CallRecord
from tests.callfilter.store.records import START, Maker


def write(path: Path, *items: Answered | Ended) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement, rows in statements_for(items):
            connection.executemany(statement, rows)


def recorded(path: Path, make: Maker, count: int) -> list[CallRecord]:
    records = [make() for _ in range(count)]
    for record in records:
        record_now(path, record)
    return records


def test_calls_whose_end_is_unknown_are_open(path: Path, make: Maker) -> None:
    first, second, third = recorded(path, make, 3)
    write(path, Ended(second.id, second.at), Answered(third.id, third.at))
    assert open_calls(path, START, 10) == [
        OpenCall(first.id, first.at, first.unique_id, None),
        OpenCall(third.id, third.at, third.unique_id, third.at),
    ]
    assert [call.id for call in open_calls(path, third.at, 10)] == [third.id]


def test_of_too_many_open_calls_the_newest_are_followed(path: Path, make: Maker) -> None:
    records = recorded(path, make, 4)
    assert [call.id for call in open_calls(path, START, 2)] == [record.id for record in records[2:]]


def test_open_calls_are_found_by_their_own_index(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {OPEN}", (5, 10)).fetchall()
    assert len(plan) == 1
    assert "USING INDEX calls_open" in plan[0][3]


def test_a_damaged_log_is_one_sentence(path: Path, make: Maker) -> None:
    recorded(path, make, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE calls SET answered_at = 'yesterday'")
        connection.commit()
    with pytest.raises(StoreError, match="is damaged"):
        open_calls(path, START, 10)
    with pytest.raises(StoreError, match="doesn't exist"):
        open_calls(path.with_name("nowhere.db"), START, 10)


def test_who_only_guesses_that_a_call_is_over_takes_nothing_back(path: Path, make: Maker) -> None:
    (record,) = recorded(path, make, 1)
    write(path, Ended(record.id, record.at + timedelta(seconds=9), 16, 9.0))
    write(path, Ended(record.id, record.at + timedelta(hours=9), None, None))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT hangup_cause, talk_seconds FROM calls").fetchone() == (16, 9.0)


def test_a_real_end_goes_before_one_that_was_guessed(path: Path, make: Maker) -> None:
    (record,) = recorded(path, make, 1)
    write(path, Ended(record.id, record.at, None, None))
    write(path, Ended(record.id, record.at, 16, 9.0))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT hangup_cause, talk_seconds FROM calls").fetchone() == (16, 9.0)
