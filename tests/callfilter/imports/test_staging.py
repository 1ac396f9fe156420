"""Files made ready, and put among the own numbers."""

import os
import resource
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callfilter.config import Config
from callfilter.imports import sheets
from callfilter.imports.faults import Fault, FileFaultError
from callfilter.imports.helper import LARGE
from callfilter.imports.reader import read_file
from callfilter.imports.staging import stage
from callfilter.imports.summary import Reading
from callfilter.store import imports
from callfilter.store.database import open_database
from callfilter.store.imports import Wanted, put_staged
from callfilter.store.numbers import NumberRow
from filters.facts import OwnEntry
from filters.verdict import Action

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
READING = Reading("CN", "021", Config().policy())


def wanted(action: Action, *, replace: bool = False) -> Wanted:
    return Wanted(NumberRow(OwnEntry("", False, action, author="admin"), NOW), replace)


@pytest.fixture
async def database(tmp_path: Path) -> Path:
    async with await open_database(tmp_path / "callfilter.db") as opened:
        return opened.path


def staged(tmp_path: Path, text: str) -> Path:
    (tmp_path / "file").write_text(text, encoding="utf-8")
    stage(tmp_path / "file", tmp_path / "staged.db", READING)
    return tmp_path / "staged.db"


def keys(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM numbers ORDER BY key")]


def test_every_number_is_put_in_once_however_many_batches_it_takes(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 7)
    ready = staged(tmp_path, "".join(f"138001380{at:02}\n13800{at:02}*\n" for at in range(50)) + "13800138000\n")
    assert put_staged(database, ready, wanted(Action.REJECT)) == 100
    assert len(keys(database)) == 100
    assert put_staged(database, ready, wanted(Action.REJECT)) == 0


def test_what_always_rings_is_allowed_but_not_blocked(database: Path, tmp_path: Path) -> None:
    ready = staged(tmp_path, "110\n13800138000\n")
    assert put_staged(database, ready, wanted(Action.REJECT)) == 1
    assert put_staged(database, ready, wanted(Action.ALLOW)) == 1


def test_to_allow_takes_reports_back_of_those_that_change(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executemany("INSERT INTO reports VALUES (?, 1, '', '')", [("+8613800138000",), ("+8613800138001",)])
        connection.execute("INSERT INTO numbers VALUES ('+8613800138001', 0, '', 'reject', '', '', '', 1, NULL)")
        connection.commit()
    put_staged(database, staged(tmp_path, "13800138000\n13800138001\n"), wanted(Action.ALLOW))
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT key FROM reports").fetchall() == [("+8613800138001",)]


def test_whoever_writes_the_call_log_meanwhile_hardly_waits(database: Path, tmp_path: Path) -> None:
    ready = staged(tmp_path, "".join(f"138{at:08}\n" for at in range(60_000)))
    waits: list[float] = []
    done = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=5, isolation_level=None)) as connection:
            while not done.wait(0.02):
                began = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO reports VALUES (?, 1, '', '')", (str(began),))
                connection.execute("COMMIT")
                waits.append(time.monotonic() - began)

    writer = threading.Thread(target=write)
    writer.start()
    put_staged(database, ready, wanted(Action.REJECT))
    done.set()
    writer.join()
    # The writer of the call log gives a try 0.2 s; a busy machine may hold up one of many.
    assert sorted(waits)[len(waits) // 2] < 0.05


async def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callfilter.imports.reader.LONGEST", 0.001)
    (tmp_path / "file").write_text("13800138000\n")
    with pytest.raises(FileFaultError) as error:
        await read_file(tmp_path / "file", tmp_path / "staged.db", READING)
    assert error.value.fault is Fault.STOPPED


def test_a_file_with_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(FileFaultError) as error:
        staged(tmp_path, "13800138000\n" * 4)
    assert error.value.fault is Fault.TOO_MANY_ROWS


def test_a_column_that_is_no_number_is_not_guessed_as_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1,x,13800138000\n2,y,13900139000\n3,z,95588\n")
    summary = stage(tmp_path / "file", tmp_path / "staged.db", READING)
    assert summary.columns is not None
    assert (summary.columns.number, summary.columns.name, summary.columns.skip) == (2, 1, 0)


@pytest.mark.parametrize(
    "text",
    ["13800138000\n", "13800138000\n" * 20_000, "BEGIN:VCARD\nVERSION:3.0\nTEL:13800138000\nEND:VCARD\n" * 2_000],
)
def test_text_that_ends_within_a_character_is_no_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_bytes(f"\ufeff{text}".encode("utf-16-le") + b"1")
    with pytest.raises(FileFaultError) as error:
        stage(tmp_path / "file", tmp_path / "staged.db", READING)
    assert error.value.fault is Fault.NO_TEXT


async def test_a_file_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileFaultError) as error:
        await read_file(tmp_path / "file", tmp_path / "staged.db", READING)
    assert error.value.fault is Fault.UNREADABLE


def told(staged: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(staged)) as connection:
        return connection.execute("SELECT * FROM staged ORDER BY key, is_prefix").fetchall()


async def test_two_processes_read_a_large_file_as_one_does(tmp_path: Path) -> None:
    cores = os.sched_getaffinity(0)
    odd = ("110,police", "=1+1,x", "no number,y", "13800*,some", "110110110110,z", "139 0013 9000,李", "")
    rows = [f"1380013{at % 9000:04},name {at}\n{odd[at % len(odd)]}\n" for at in range(60_000)]
    (tmp_path / "file").write_text("".join(rows), encoding="utf-8")
    assert (tmp_path / "file").stat().st_size > LARGE
    both = await read_file(tmp_path / "file", tmp_path / "both.db", READING)
    os.sched_setaffinity(0, {min(cores)})
    try:
        alone = await read_file(tmp_path / "file", tmp_path / "alone.db", READING)
    finally:
        os.sched_setaffinity(0, cores)
    assert both == alone
    assert both.numbers == 9004
    assert both.faults > len(both.named_faults)
    assert told(tmp_path / "both.db") == told(tmp_path / "alone.db")
    assert not list(tmp_path.glob("*.more"))


async def test_a_file_for_which_there_is_no_room_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("".join(f"138{at:08}\n" for at in range(50_000)), encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        with pytest.raises(FileFaultError) as error:
            await read_file(tmp_path / "file", tmp_path / "staged.db", READING)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error.value.fault is Fault.NO_ROOM
