import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from callfilter.store import numbers
from callfilter.store.codec import to_microseconds
from callfilter.store.database import Database, open_database
from callfilter.store.lookup import FACTS, SURROUNDINGS, Lookup, LookupFailed
from callfilter.store.tables import metadata
from filters.facts import OwnEntry, PastCall, Surroundings
from filters.verdict import Action, Reason
from tests.callfilter.store.records import START, Maker
from tests.callfilter.store.trouble import bound_in, locked

SALESMAN = OwnEntry("+8613800138000", is_prefix=False, action=Action.REJECT, label="Sales", note="rude", author="wang")
SEGMENT = OwnEntry("+86138", is_prefix=True, action=Action.ALLOW, expires_at=START + timedelta(days=7))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_caller_is_known_by_the_whole_number_and_by_its_beginnings(database: Database) -> None:
    lookup = Lookup(database.path)
    assert lookup.facts_for(SALESMAN.key, START).own == ()
    for entry in (SALESMAN, SEGMENT, OwnEntry("+861390", is_prefix=True, action=Action.REJECT)):
        await numbers.put(database, [entry], START)
    assert set(lookup.facts_for(SALESMAN.key, START).own) == {SALESMAN, SEGMENT}
    assert lookup.facts_for("+8613800138001", START).own == (SEGMENT,)
    assert lookup.facts_for("+86138", START).own == (SEGMENT,)
    assert lookup.facts_for("+8613", START).own == ()
    assert lookup.facts_for("", START).own == ()
    lookup.close()


keys = st.text("+CN:0189", max_size=7)


@given(st.sets(st.tuples(keys.filter(bool), st.booleans()), max_size=20), keys)
def test_exactly_the_entries_that_cover_a_key_are_found(entries: set[tuple[str, bool]], key: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in metadata.sorted_tables:
            connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
            for index in table.indexes:
                connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
        connection.execute("INSERT INTO policy_versions VALUES (7, 0, '', '', '')")
        connection.executemany("INSERT INTO numbers VALUES (?, ?, '', 'allow', '', '', '', 0, NULL)", entries)
        version, *rows = connection.execute(FACTS, (key, 0))
        found = {(row[2], bool(row[1])) for row in rows}
    assert version[1] == 7
    assert found == {(own, prefix) for own, prefix in entries if (key.startswith(own) if prefix else key == own)}


async def test_whole_numbers_do_not_slow_the_search_for_prefixes(database: Database) -> None:
    with closing(sqlite3.connect(database.path)) as connection:
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {FACTS}", ("+86", 0)))
    assert "USING INDEX numbers_prefixes (key=? AND is_prefix=?)" in plan
    assert "USING PRIMARY KEY (key=? AND is_prefix=?)" in plan
    assert "SEARCH bonds USING PRIMARY KEY (key=?)" in plan
    assert "SEARCH expected USING INDEX expected_until (expires_at>?)" in plan
    assert "SCAN numbers" not in plan


def around(
    path: Path, key: str, *, at: timedelta = timedelta(), rows: list[dict[str, Any]] | None = None
) -> Surroundings:
    """What goes on around a caller at a time after `START`, in a log of these rows."""
    with closing(sqlite3.connect(path)) as connection:
        for row in rows or ():
            columns, places = ", ".join(row), ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO calls ({columns}) VALUES ({places})", tuple(row.values()))
        connection.commit()
    lookup = Lookup(path)
    found = lookup.surroundings_of(key, START + at)
    lookup.close()
    return found


def test_own_calls_are_those_of_thirty_days_newest_first_and_tell_how_a_screening_ended(
    path: Path, make: Maker
) -> None:
    key = "+8613800138000"
    days = [timedelta(days=-31), timedelta(days=-29), timedelta(minutes=-3), timedelta(minutes=2)]
    rows = [make(at=START + day, did="600").to_row() for day in days]
    rows[2] |= {"action": "screen", "reason": "suspicion", "screened": "failed", "ended_at": rows[2]["at"] + 9_000_000}
    found = around(path, key, rows=rows)
    last, earlier = found.own
    assert last == PastCall(
        START + days[2],
        key,
        "600",
        Action.SCREEN,
        Reason.SUSPICION,
        "failed",
        START + days[2] + timedelta(seconds=9),
    )
    assert (earlier.at, earlier.action, earlier.screened, earlier.ended_at) == (
        START + days[1],
        Action.REJECT,
        "",
        None,
    )


def test_block_holds_numbers_of_equal_length_that_differ_in_the_last_three_digits(path: Path, make: Maker) -> None:
    keys = ["+8613800138001", "+8613800138999", "+8613800139000", "+8613800137999", "+86138001380001", "+8613800138000"]
    rows = [make(key="+8613800138002", at=START - timedelta(hours=25)).to_row()]
    rows += [make(key=key, at=START - timedelta(hours=1)).to_row() for key in (*keys, keys[0])]
    found = around(path, "+8613800138000", rows=rows)
    assert sorted(one.key for one in found.block) == [keys[0], keys[0], keys[1]]


def test_strangers_are_those_of_two_hours_whom_nothing_let_ring(path: Path, make: Maker) -> None:
    rows = [make(key="+8613900139099", at=START - timedelta(minutes=121), reason=Reason.DEFAULT).to_row()]
    rows += [
        make(key=f"+86139001390{place:02}", at=START - timedelta(minutes=60 - place), reason=reason).to_row()
        for place, reason in enumerate(Reason)
    ]
    found = around(path, "+8613800138000", rows=rows)
    known = {Reason.PROTECTED, Reason.ALLOWED, Reason.BLOCKED, Reason.EXPECTING, Reason.TRUSTED}
    assert len(found.strangers) == len(set(Reason) - known)
    assert [one.at for one in found.strangers] == sorted((one.at for one in found.strangers), reverse=True)


def test_reports_count_from_when_they_were_made(path: Path) -> None:
    reports = [("+8613800138001", -1), ("+8613800138000", -1), ("+8613800138002", 1), ("+8613800139001", -1)]
    with closing(sqlite3.connect(path)) as connection:
        for key, minutes in reports:
            at = to_microseconds(START + timedelta(minutes=minutes))
            connection.execute("INSERT INTO reports VALUES (?, ?, '', '')", (key, at))
        connection.commit()
    assert around(path, "+8613800138000").reported == ("+8613800138000", "+8613800138001")
    assert len(around(path, "+8613800138000", at=timedelta(minutes=2)).reported) == 3


def test_a_short_number_that_is_reported_stands_for_itself(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany("INSERT INTO reports VALUES (?, 0, '', '')", [("CN:95105",), ("CN:95106",)])
        connection.commit()
    assert around(path, "CN:95105").reported == ("CN:95105",)
    assert around(path, "CN:95107").reported == ()


@pytest.mark.parametrize("key", ["anonymous", "invalid", "CN:95588"])
def test_who_has_no_number_or_a_short_one_has_no_block(path: Path, make: Maker, key: str) -> None:
    rows = [make(key=one, at=START - timedelta(minutes=1)).to_row() for one in (key, "CN:95589", "CN:95580")]
    found = around(path, key, rows=rows)
    assert found.block == ()
    assert [one.key for one in found.own] == ([key] if key.startswith("CN") else [])
    assert len(found.strangers) == 0


def test_a_word_of_another_callfilter_keeps_nobody_from_looking_around(path: Path, make: Maker) -> None:
    row = make(at=START - timedelta(minutes=1)).to_row() | {"action": "hypnotise", "reason": "moon"}
    (call,) = around(path, "+8613800138000", rows=[row]).own
    assert (call.action, call.reason) == (Action.ALLOW, Reason.DEFAULT)


def test_calls_are_found_too_whose_ids_run_ahead_because_the_clock_was_set_back(path: Path, make: Maker) -> None:
    row = make(at=START - timedelta(minutes=1)).to_row()
    row["id"] += 3_600_000 << 9
    assert len(around(path, "+8613800138000", rows=[row]).own) == 1


def test_a_long_log_does_not_slow_the_look_around(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        values = ("+8613800138000", "+8613800138000", "+8613800138999", 1, 1, 1, 2, 2, 9, 9, 9)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {SURROUNDINGS}", values)]
    assert [step for step in plan if step.startswith("SCAN")] == [
        *("SCAN (subquery-6)", "SCAN neighbour", "SCAN neighbour", "SCAN (subquery-8)", "SCAN (subquery-10)"),
    ]
    searches = [step for step in plan if step.startswith("SEARCH")]
    assert searches == [
        "SEARCH reports USING PRIMARY KEY (key=?)",
        "SEARCH reports USING PRIMARY KEY (key>? AND key<?)",
        "SEARCH calls USING INDEX calls_key (key=? AND rowid>? AND rowid<?)",
        "SEARCH calls USING COVERING INDEX calls_key (key>? AND key<?)",
        "SEARCH calls USING COVERING INDEX calls_key (key>? AND key<?)",
        "SEARCH calls USING INDEX calls_key (key=? AND rowid>? AND rowid<?)",
        "SEARCH calls USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    ]


async def test_a_locked_database_is_refused_at_once_and_read_again_after(database: Database) -> None:
    lookup = Lookup(database.path)
    lookup.check()
    await database.close()
    with closing(sqlite3.connect(database.path)) as connection:
        # A log in WAL mode is never locked for readers; one whose owner wants it alone is.
        lookup.close()
        connection.execute("PRAGMA journal_mode = DELETE")
    with locked(database.path):
        for _ in range(2):
            with pytest.raises(LookupFailed, match=r"callfilter\.db is locked by another program"):
                lookup.facts_for("+8613800138000", START)
    assert lookup.facts_for("+8613800138000", START).own == ()
    lookup.close()


async def test_a_writer_at_work_does_not_hold_up_the_look_up(database: Database) -> None:
    lookup = Lookup(database.path)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO numbers VALUES ('+86138', 1, '', 'reject', '', '', '', 0, NULL)")
        assert lookup.facts_for("+8613800138000", START).own == ()
        writer.execute("COMMIT")
    assert len(lookup.facts_for("+8613800138000", START).own) == 1
    lookup.close()


async def test_a_missing_database_fails_the_look_up_until_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "callfilter.db"
    lookup = Lookup(path)
    with pytest.raises(LookupFailed, match="doesn't exist"):
        lookup.facts_for("+8613800138000", START)
    assert not path.exists()
    await (await open_database(path)).close()
    assert lookup.facts_for("+8613800138000", START).own == ()
    lookup.close()


def test_a_deleted_database_is_noticed_within_a_second(path: Path) -> None:
    clock = Clock()
    lookup = Lookup(path, clock=clock)
    lookup.facts_for("+8613800138000", START)
    path.unlink()
    clock.now = 0.9
    lookup.facts_for("+8613800138000", START)
    clock.now = 1.0
    with pytest.raises(LookupFailed, match="doesn't exist"):
        lookup.facts_for("+8613800138000", START)


async def test_a_replaced_database_is_read_without_a_restart(path: Path, tmp_path: Path) -> None:
    lookup = Lookup(path)
    lookup.check()
    async with await open_database(tmp_path / "new.db") as new:
        await numbers.put(new, [SALESMAN], START)
    (tmp_path / "new.db").replace(path)
    lookup.check()
    assert lookup.facts_for(SALESMAN.key, START).own == (SALESMAN,)
    lookup.close()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE alembic_version SET version_num = '0999'", "written by a newer callfilter"),
        ("DELETE FROM alembic_version", "still at schema zero; start `callfilter serve` once"),
        ("DROP TABLE alembic_version", "some other program's database"),
    ],
)
async def test_a_database_of_another_version_fails_the_look_up(path: Path, statement: str, sentence: str) -> None:
    lookup = Lookup(path)
    lookup.check()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(LookupFailed, match=sentence):
        lookup.check()


def test_a_damaged_database_fails_the_look_up(tmp_path: Path) -> None:
    path = tmp_path / "callfilter.db"
    path.write_bytes(b"no database, but long enough to be looked at " * 100)
    with pytest.raises(LookupFailed, match="damaged"):
        Lookup(path).facts_for("+8613800138000", START)


async def test_an_unreadable_entry_fails_the_look_up(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO numbers VALUES ('+86138', 1, '', 'explode', '', '', '', 0, NULL)")
        connection.commit()
    lookup = Lookup(path)
    with pytest.raises(LookupFailed, match=r"knows of .* can't be read"):
        lookup.facts_for("+8613800138000", START)
    lookup.close()


async def test_a_database_that_may_not_be_read_fails_the_look_up() -> None:
    with bound_in(0o700) as folder:
        await (await open_database(folder / "callfilter.db")).close()
        (folder / "callfilter.db").chmod(0)
        with pytest.raises(LookupFailed, match="can't be opened by user"):
            Lookup(folder / "callfilter.db").facts_for("+8613800138000", START)
