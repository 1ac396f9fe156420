"""Whatever happens to the service under real calls: they ring, and the log or doctor says that the filter failed."""

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from lab.pbx import Pbx
from lab.service import Service, ServiceError, free_port

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

SALESMAN = "13800138000"
FRACTION_MS = 1000
# To root, permissions mean nothing unless it gives up the capability to pass them over.
AS_ORDINARY_USER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
SETTINGS = """
database = "{folder}/callfilter.db"
fastagi = "127.0.0.1:{port}"
"""


@pytest_asyncio.fixture(loop_scope="session")
async def service(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Service]:
    """The service, which blocks one salesman; `pbx` asks it."""
    port = free_port()
    settings = tmp_path / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, port=port))
    async with Service(settings, port) as running:
        await running.callfilter("block", SALESMAN)
        await pbx.set_global("CALLFILTER_ASK_AGAIN", "0")
        await pbx.use_daemon(f"127.0.0.1:{port}")
        yield running


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program has the database for itself: against writers, and against readers that are not there yet."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def locked_for_all(database: Path) -> Iterator[None]:
    """Another program has the database for itself, against readers too; possible only while nobody else has it open."""
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def test_killed_under_calls_it_loses_none_and_no_row_of_a_delivered_verdict(
    service: Service, call: "Caller"
) -> None:
    calls = []
    for number in range(30):
        caller = SALESMAN if number % 2 else f"1390000{number:04}"
        calls.append(asyncio.create_task(call(caller=caller, talk_seconds=0.1)))
        await asyncio.sleep(0.03)
        if number == 15:
            await service.stop(signal.SIGKILL)
    results = await asyncio.gather(*calls)
    assert {result.final_code for result in results} <= {200, 603}
    assert all(result.answered for result in results[::2]), "a customer was lost"
    turned_away = sum(result.final_code == 603 for result in results)
    assert turned_away > 0
    await service.start()
    rows = await service.rows_when(turned_away)
    assert sum(row["action"] == "reject" for row in rows) >= turned_away


async def test_stopped_with_calls_in_flight_it_ends_cleanly_and_every_call_gets_an_answer(
    service: Service, call: "Caller"
) -> None:
    calls = []
    for number in range(20):
        calls.append(asyncio.create_task(call(caller=SALESMAN if number % 2 else "13900000000", talk_seconds=0.1)))
        await asyncio.sleep(0.03)
        if number == 10:
            assert await service.stop() == 0
    results = await asyncio.gather(*calls)
    assert all(result.answered for result in results[::2])
    assert {result.final_code for result in results[1::2]} <= {200, 603}
    rows = await service.rows()
    assert sum(row["action"] == "reject" for row in rows) >= sum(result.final_code == 603 for result in results)


async def test_frozen_it_costs_the_caller_a_fraction_of_a_second_once(
    service: Service, call: "Caller", pbx: Pbx
) -> None:
    assert (await call(caller=SALESMAN)).final_code == 603
    service.signal(signal.SIGSTOP)
    first = await call(caller="13900000001")
    second = await call(caller="13900000002")
    assert first.answered
    assert second.answered
    assert first.ringing_milliseconds < FRACTION_MS
    assert second.ringing_milliseconds < FRACTION_MS / 5, "the breaker did not open"
    doctor = await service.callfilter("doctor", ok=(1,))
    assert "answer" in doctor
    service.signal(signal.SIGCONT)
    await pbx.set_global("CALLFILTER_ASK_AGAIN", "0")
    assert (await call(caller=SALESMAN)).final_code == 603


async def test_with_the_database_locked_for_ten_seconds_verdicts_fall_and_their_rows_come_afterwards(
    service: Service, call: "Caller", tmp_path: Path
) -> None:
    with locked(tmp_path / "callfilter.db"):
        assert (await call(caller=SALESMAN)).final_code == 603
        await asyncio.sleep(10)  # that long is the promise
        assert (await call(caller="13900000001")).answered
        assert await service.rows() == []
        assert "wait to be written" in await service.callfilter("doctor", ok=(0, 1))
    assert [row["action"] for row in await service.rows_when(2)] == ["allow", "reject"]


async def test_with_the_database_locked_against_readers_calls_ring_until_it_is_free(
    service: Service, call: "Caller", tmp_path: Path
) -> None:
    await service.stop()
    with locked_for_all(tmp_path / "callfilter.db"):
        starting = asyncio.create_task(service.start())
        assert (await call(caller=SALESMAN)).answered
        assert "locked" in await service.callfilter("doctor", ok=(1,))
        with contextlib.suppress(ServiceError):
            await starting
    await service.stop()
    await service.start()
    assert (await call(caller=SALESMAN)).final_code == 603


async def test_with_the_database_missing_calls_ring_and_doctor_says_so(
    service: Service, call: "Caller", tmp_path: Path
) -> None:
    for path in tmp_path.glob("callfilter.db*"):
        if "spool" not in path.name:
            path.unlink()
    await asyncio.sleep(1.1)  # the service looks once a second
    assert (await call(caller=SALESMAN)).answered
    assert "callfilter.db" in await service.callfilter("doctor", ok=(1,))


async def test_with_the_database_damaged_calls_ring_and_doctor_says_so(
    service: Service, call: "Caller", tmp_path: Path
) -> None:
    database = tmp_path / "callfilter.db"
    await service.stop()
    with database.open("r+b") as file:
        file.write(os.urandom(database.stat().st_size))
    said = await service.callfilter("serve", ok=(2,))
    assert said == ""
    assert (await call(caller=SALESMAN)).answered
    assert "damaged" in await service.callfilter("doctor", ok=(1,))


async def test_damaged_while_it_runs_calls_ring(service: Service, call: "Caller", tmp_path: Path) -> None:
    database = tmp_path / "callfilter.db"
    damaged = tmp_path / "damaged"
    damaged.write_bytes(os.urandom(8192))
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    damaged.replace(database)
    await asyncio.sleep(1.1)
    assert (await call(caller=SALESMAN)).answered
    assert "damaged" in await service.callfilter("doctor", ok=(1,))
    assert "the call rings" in service.log() or "damaged" in service.log()


async def test_with_a_read_only_database_calls_ring_and_doctor_says_so(
    pbx: Pbx, call: "Caller", tmp_path: Path
) -> None:
    port = free_port()
    folder = tmp_path / "data"
    settings = tmp_path / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=folder, port=port))
    service = Service(settings, port, by=AS_ORDINARY_USER)
    async with service:
        await service.callfilter("block", SALESMAN)
        await pbx.use_daemon(f"127.0.0.1:{port}")
        assert (await call(caller=SALESMAN)).final_code == 603
        await service.rows_when(1)
    for path in (*folder.iterdir(), folder):
        path.chmod(path.stat().st_mode & ~0o222)
    await service.callfilter("serve", ok=(2,))
    assert (await call(caller=SALESMAN)).answered
    assert "can't be written" in await service.callfilter("doctor", ok=(1,))
