"""Windows in which somebody unknown is expected: written, found by the look-up of a call, ended, kept."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from callfilter.store.database import Database, open_database
from callfilter.store.expected import end_windows, open_window, open_windows
from callfilter.store.file import StoreError
from callfilter.store.lookup import Lookup
from filters.facts import Expecting
from tests.callfilter.store.records import START

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def test_the_next_call_finds_a_window_just_as_it_was_opened(database: Database) -> None:
    opened = await open_window(
        database, START, HOUR, did="02160001000", number_class="mobile", note="courier", author="li"
    )
    assert opened == Expecting(START + HOUR, START, "02160001000", "mobile", "courier", "li")
    lookup = Lookup(database.path)
    assert lookup.facts_for("+8613800138000", START).expecting == (opened,)
    assert lookup.facts_for("anonymous", START + HOUR - MINUTE).expecting == (opened,)
    assert lookup.facts_for("anonymous", START + HOUR).expecting == ()
    lookup.close()


async def test_open_windows_are_told_with_the_one_that_ends_first_in_front(database: Database) -> None:
    long = await open_window(database, START, 2 * HOUR, author="li")
    short = await open_window(database, START, HOUR, author="li")
    assert await open_windows(database, START) == [short, long]
    assert await open_windows(database, START + HOUR) == [long]


async def test_ended_windows_are_over_at_once_and_past_calls_can_be_judged_as_they_were(database: Database) -> None:
    first = await open_window(database, START - HOUR, 2 * HOUR, author="li")
    second = await open_window(database, START - HOUR, 3 * HOUR, note="plumber", author="wang")
    over = await open_window(database, START - HOUR, MINUTE, author="li")
    ended = await end_windows(database, START)
    assert [(one.note, one.expires_at) for one in ended] == [("", START), ("plumber", START)]
    assert await open_windows(database, START) == []
    assert await end_windows(database, START) == []
    lookup = Lookup(database.path)
    assert len(lookup.facts_for("+8613800138000", START - MINUTE).expecting) == 2
    assert lookup.facts_for("+8613800138000", START).expecting == ()
    assert {first.expires_at, second.expires_at} != {START}
    assert over in lookup.facts_for("+8613800138000", START - HOUR).expecting
    lookup.close()


async def test_a_window_from_a_clock_that_was_ahead_is_ended_too(database: Database) -> None:
    await open_window(database, START + HOUR, HOUR, author="li")
    assert len(await end_windows(database, START)) == 1
    assert await open_windows(database, START) == []


async def test_texts_that_utf_8_cannot_hold_are_written_out(database: Database) -> None:
    opened = await open_window(database, START, HOUR, note="\udcff", author="li")
    assert opened.note == "\\udcff"
    assert await open_windows(database, START) == [opened]


async def test_a_database_that_somebody_else_holds_is_given_up_in_time(database: Database) -> None:
    with closing(sqlite3.connect(database.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with await open_database(database.path, patience=0.05) as impatient:
            with pytest.raises(StoreError, match="locked"):
                await open_window(impatient, START, HOUR, author="li")
    with closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute("SELECT count(*) FROM expected").fetchone() == (0,)
