import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from callfilter.store import calls
from callfilter.store.database import Database, open_database
from callfilter.store.direct import record_now
from callfilter.store.file import StoreError
from callfilter.store.items import STATEMENTS, Item
from callfilter.store.outcome import Answered, Ended, Outcome, ScreenEnded, VoicemailSaved
from callfilter.store.spool import Spool, spool_files, spool_path
from callfilter.store.writer import Writer
from tests.callfilter.store.records import START, Maker
from tests.callfilter.store.trouble import bound_in, file_size_limit, ids_in, locked

SOON = 10.0

Start = Callable[[Path], Awaitable[Writer]]
Failed = Callable[[], Awaitable[None]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    writers = []

    async def started(path: Path) -> Writer:
        writer = Writer(path, Spool(spool_path(path)), retry=0.01)
        await writer.start()
        writers.append(writer)
        return writer

    yield started
    for writer in writers:
        await writer.stop(timeout=0)


class Told(logging.Handler):
    """Hears that the writing has failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.event = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "can't be written" in record.getMessage():
            self.event.set()


@pytest.fixture
async def failed() -> AsyncIterator[Failed]:
    """Waits until a try to write has failed."""
    told = Told()
    logger = logging.getLogger("callfilter.store.writer")
    logger.addHandler(told)

    async def wait() -> None:
        async with asyncio.timeout(SOON):
            await told.event.wait()

    yield wait
    logger.removeHandler(told)


async def test_records_and_outcomes_reach_the_same_row(database: Database, start: Start, make: Maker) -> None:
    writer = await start(database.path)
    record = make(name="\ud800 王\x00'; --", trace=())
    writer.record(record)
    writer.update(Answered(record.id, START + timedelta(seconds=4)))
    writer.update(VoicemailSaved(record.id, "100@default", "/var/spool/msg0000", 7.5))
    writer.update(Ended(record.id, START + timedelta(seconds=30), cause=16, talk_seconds=26.0))
    assert await writer.flush(SOON)
    row = await calls.get(database, record.id)
    assert row is not None
    assert row.record == replace(record, name="\\ud800 王\x00'; --")
    assert row.outcome == Outcome(
        answered=True,
        answered_at=START + timedelta(seconds=4),
        talk_seconds=26.0,
        hangup_cause=16,
        ended_at=START + timedelta(seconds=30),
        voicemail_box="100@default",
        voicemail_file="/var/spool/msg0000",
        voicemail_seconds=7.5,
    )
    assert writer.state.behind == 0
    assert writer.state.fault == ""


async def test_a_call_that_ends_without_an_answer_was_not_answered(
    database: Database, start: Start, make: Maker
) -> None:
    writer = await start(database.path)
    record = make()
    writer.record(record)
    writer.update(Ended(record.id, START))
    assert await writer.flush(SOON)
    row = await calls.get(database, record.id)
    assert row is not None
    assert row.outcome == Outcome(answered=False, talk_seconds=0.0, ended_at=START)


@pytest.mark.parametrize(("result", "tries"), [("passed", 1), ("failed", 3), ("silent", 3), ("hangup", 0)])
async def test_how_a_screening_ended_reaches_the_row(
    database: Database, start: Start, make: Maker, result: str, tries: int
) -> None:
    writer = await start(database.path)
    record = make()
    writer.record(record)
    writer.update(ScreenEnded(record.id, result, tries))
    assert await writer.flush(SOON)
    row = await calls.get(database, record.id)
    assert row is not None
    assert row.outcome == Outcome(screened=result, screen_tries=tries)


async def test_a_thousand_calls_are_written_without_a_hitch(path: Path, start: Start, make: Maker) -> None:
    writer = await start(path)
    records = [make() for _ in range(1200)]
    for record in records:
        writer.record(record)
    assert await writer.flush(SOON)
    assert ids_in(path) == [record.id for record in records]


async def test_writing_the_same_twice_doubles_nothing_and_keeps_the_outcome(
    path: Path, start: Start, make: Maker
) -> None:
    writer = await start(path)
    record = make()
    for _ in range(2):
        writer.record(record)
        writer.update(Answered(record.id, START))
    writer.record(record)
    assert await writer.flush(SOON)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT answered FROM calls").fetchall() == [(1,)]


async def test_a_locked_database_delays_nothing_and_loses_nothing(
    path: Path, start: Start, failed: Failed, make: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    writer = await start(path)
    records = [make() for _ in range(3)]
    with locked(path):
        for record in records:
            writer.record(record)
        writer.update(Answered(records[0].id, START))
        await failed()
        assert writer.state.behind == 4
        assert "is locked by another program" in writer.state.fault
        assert writer.state.only_in_memory == 0
    assert await writer.flush(SOON)
    assert writer.state.fault == ""
    assert ids_in(path) == [record.id for record in records]
    told = [record.getMessage() for record in caplog.records if record.name == "callfilter.store.writer"]
    assert len(told) == 2
    assert "can't be written" in told[0]
    assert "again" in told[1]


async def test_a_database_that_is_missing_at_the_start_is_waited_for(
    tmp_path: Path, start: Start, failed: Failed, make: Maker
) -> None:
    path = tmp_path / "callfilter.db"
    writer = await start(path)
    record = make()
    writer.record(record)
    await failed()
    assert "doesn't exist" in writer.state.fault
    assert not path.exists()
    await (await open_database(path)).close()
    assert await writer.flush(SOON)
    assert ids_in(path) == [record.id]


async def test_a_replaced_database_is_written_to_without_a_restart(
    path: Path, tmp_path: Path, start: Start, failed: Failed, make: Maker
) -> None:
    writer = await start(path)
    records = [make(), make(), make()]
    writer.record(records[0])
    assert await writer.flush(SOON)
    remove(path)
    writer.record(records[1])
    await failed()
    await (await open_database(tmp_path / "new.db")).close()
    (tmp_path / "new.db").replace(path)
    writer.record(records[2])
    assert await writer.flush(SOON)
    assert ids_in(path) == [record.id for record in records[1:]]


async def test_a_damaged_database_is_told_and_its_successor_gets_everything(
    tmp_path: Path, start: Start, failed: Failed, make: Maker
) -> None:
    path = tmp_path / "callfilter.db"
    path.write_bytes(b"no database, but long enough to be looked at " * 100)
    writer = await start(path)
    record = make()
    writer.record(record)
    await failed()
    assert "damaged" in writer.state.fault
    path.unlink()
    await (await open_database(path)).close()
    assert await writer.flush(SOON)
    assert ids_in(path) == [record.id]


async def test_a_database_of_a_newer_version_is_not_written_to(
    path: Path, start: Start, failed: Failed, make: Maker
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.commit()
    writer = await start(path)
    writer.record(make())
    await failed()
    assert "newer callfilter" in writer.state.fault
    assert ids_in(path) == []


async def test_a_full_disk_loses_nothing_while_we_live(path: Path, start: Start, failed: Failed, make: Maker) -> None:
    writer = await start(path)
    record = make(name="x" * 100_000)
    with file_size_limit(50_000):
        writer.record(record)
        await failed()
        assert writer.state.fault
        assert writer.state.only_in_memory == 1
    assert await writer.flush(SOON)
    assert ids_in(path) == [record.id]


async def test_a_read_only_database_keeps_the_calls_in_the_spool(start: Start, failed: Failed, make: Maker) -> None:
    with bound_in(0o700) as folder:
        path = folder / "callfilter.db"
        await (await open_database(path)).close()
        path.chmod(0o400)
        writer = await start(path)
        writer.record(make())
        await failed()
        assert "can't be written by user" in writer.state.fault
        for file in folder.glob("callfilter.db*"):
            file.chmod(0o600)
        assert await writer.flush(SOON)
        assert len(ids_in(path)) == 1


async def test_an_item_that_the_database_refuses_holds_up_no_other(
    path: Path, start: Start, make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER no_evil BEFORE INSERT ON calls WHEN new.name = 'evil' "
            "BEGIN SELECT raise(ABORT, 'no evil'); END"
        )
        connection.commit()
    records = [make(), make(name="evil"), make()]
    writer = await start(path)
    for record in records:
        writer.record(record)
    assert await writer.flush(SOON)
    assert ids_in(path) == [records[0].id, records[2].id]
    assert writer.state.set_aside == 1
    assert path.with_name("callfilter.db.spool.bad").read_bytes() == records[1].to_line()


async def test_what_is_left_at_the_stop_is_written_after_the_next_start(path: Path, start: Start, make: Maker) -> None:
    record = make()
    first = await start(path)
    with locked(path):
        first.record(record)
        first.update(Answered(record.id, START))
        await first.stop(timeout=0)
    second = await start(path)
    assert await second.flush(SOON)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id, answered FROM calls").fetchall() == [(record.id, 1)]


async def test_stopping_writes_everything_and_ends_every_thread(path: Path, start: Start, make: Maker) -> None:
    before = set(threading.enumerate())
    writer = await start(path)
    record = make()
    writer.record(record)
    await writer.stop()
    assert ids_in(path) == [record.id]
    assert spool_files(spool_path(path)) == []
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


async def test_a_script_writes_its_record_at_once(path: Path, make: Maker) -> None:
    record = make(source="classic")
    record_now(path, record)
    assert ids_in(path) == [record.id]
    assert spool_files(spool_path(path)) == []


async def test_a_script_that_finds_the_database_locked_leaves_its_record_to_the_service(
    path: Path, start: Start, make: Maker
) -> None:
    writer = await start(path)
    record = make()
    with locked(path):
        record_now(path, record, timeout=0)
        assert ids_waiting(path) == 1
    assert await writer.flush(SOON)
    assert ids_in(path) == [record.id]


async def test_the_service_looks_for_left_overs_by_itself(
    path: Path, make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = asyncio.Event()

    class Watched(Spool):
        def adopt(self) -> None:
            super().adopt()
            looked.set()

    monkeypatch.setattr("callfilter.store.writer.ADOPT_EVERY", 0.01)
    writer = Writer(path, Watched(spool_path(path)))
    await writer.start()
    looked.clear()
    async with asyncio.timeout(SOON):
        await looked.wait()
    await writer.stop()


async def test_without_the_service_the_next_script_writes_what_the_last_could_not(path: Path, make: Maker) -> None:
    records = [make(), make(), make()]
    with locked(path):
        record_now(path, records[0], timeout=0)
        record_now(path, records[1], timeout=0)
    record_now(path, records[2])
    assert ids_in(path) == [record.id for record in records]
    assert spool_files(spool_path(path)) == []


def test_a_script_that_finds_no_database_spools_and_makes_none(tmp_path: Path, make: Maker) -> None:
    path = tmp_path / "callfilter.db"
    record_now(path, make())
    assert not path.exists()
    assert ids_waiting(path) == 1


def test_a_script_that_can_write_nowhere_says_so(tmp_path: Path, make: Maker) -> None:
    with pytest.raises(StoreError, match=r"the call is not in the log: .*doesn't exist.*takes no spool file"):
        record_now(tmp_path / "missing" / "callfilter.db", make())


def remove(path: Path) -> None:
    """As an admin should: with the files that belong to it, or SQLite would put their content into the successor."""
    for file in path.parent.glob(f"{path.name}*"):
        if ".spool" not in file.name:
            file.unlink()


def ids_waiting(path: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in spool_files(spool_path(path)))


CHILD = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from callfilter.store.spool import Spool, spool_path
from callfilter.store.outcome import Answered
from callfilter.store.writer import Writer
from tests.callfilter.store.records import START, Maker

async def main():
    path = Path(sys.argv[1])
    writer, make = Writer(path, Spool(spool_path(path))), Maker()
    await writer.start()
    while True:
        record = make()
        writer.record(record)
        writer.update(Answered(record.id, START))
        sys.stdout.write(f"{record.id}\\n")
        sys.stdout.flush()
        await asyncio.sleep(0.0002)

asyncio.run(main())
"""


def killed_in_the_midst(path: Path) -> list[int]:
    """Runs a service until it has written some rows and has others to write; the ids that it has answered with."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    answered = [int(child.stdout.readline())]
    while len(ids_in(path)) in {0, len(answered)} or len(answered) < 300:
        answered.append(int(child.stdout.readline()))
    os.kill(child.pid, signal.SIGKILL)
    answered += [int(line) for line in child.stdout if line.endswith("\n")]
    child.stdout.close()
    child.wait()
    return answered


async def test_a_service_killed_in_the_midst_of_writing_loses_and_doubles_nothing(path: Path, start: Start) -> None:
    acknowledged = killed_in_the_midst(path)
    assert ids_in(path)
    writer = await start(path)
    assert await writer.flush(SOON)
    written = ids_in(path)
    assert written[: len(acknowledged)] == acknowledged
    with closing(sqlite3.connect(path)) as connection:
        told = connection.execute("SELECT count(*) FROM calls WHERE answered").fetchone()[0]
    assert told >= len(acknowledged)


def test_every_kind_of_item_has_its_statement() -> None:
    assert {kind.__name__ for kind in STATEMENTS} == {kind.__name__ for kind in get_args(Item)}
