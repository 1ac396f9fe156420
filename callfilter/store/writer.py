"""Moves what is spooled into the database, a batch at a time; keeps trying for as long as the database takes nothing.

Nothing in here is on the path of a call but `record`, which is one write to the spool.
"""

import asyncio
import logging
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosqlite

from callfilter.store.codec import to_microseconds
from callfilter.store.file import Identity, StoreError, connect, explain, identity_of, require_version, uri_of
from callfilter.store.items import Item, statements_for, to_line
from callfilter.store.outcome import Update
from callfilter.store.record import CallRecord
from callfilter.store.spool import Spool

log = logging.getLogger(__name__)

PAUSE = 0.02
"""Seconds in which calls gather into one transaction; short, so that it is over when a next call comes soon after."""

BATCH = 100
"""Items in one transaction: as many a second as with more, and the loop is never held for longer than 3 ms."""
CHECKPOINT_PAGES = 4000
"""16 MiB. Each checkpoint syncs the disk, and meanwhile the spool may have to wait for it a few milliseconds."""
RETRY_FIRST, RETRY_LAST = 0.2, 5.0
"""Seconds until the next try after a failure; doubled each time."""

BUSY_TIMEOUT = 0.2
"""Seconds that one try waits for somebody else's lock."""

ADOPT_EVERY = 5.0
"""Seconds between two looks for lines that scripts left in the spool."""

KEEP_BONDS = timedelta(days=400)
"""Trust that ended longer ago is forgotten at the start; until then, past calls can be judged again as they were."""

REFUSED = (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError)
"""The database works, but does not take this very item."""

FAILED = (sqlite3.Error, StoreError, OSError, ValueError, RuntimeError)
"""The database takes nothing at the moment; the last two are aiosqlite's for a connection or a thread that is gone."""


@dataclass(frozen=True, slots=True)
class WriterState:
    """How the writing goes, for `doctor` and the log."""

    behind: int
    """Records and updates that are not in the database yet."""
    fault: str
    """Why the last try failed, in one sentence; empty when it did not."""
    only_in_memory: int
    """Those of them that a kill would lose, because the disk takes no spool."""
    lost: int
    set_aside: int
    """Lines that nobody could read or store; they are in the spool's `.bad` file."""


class Writer:
    """The one task of the service that writes the call log. Start it in the loop that it is used in."""

    def __init__(self, database: Path, spool: Spool, *, retry: float = RETRY_FIRST) -> None:
        """Does nothing until `start`; what is recorded before waits in the spool.

        Args:
            database: the file; it must be made and migrated by `open_database`, now or later.
            spool: ours alone; closed by `stop`.
            retry: seconds until the second try after a failure.
        """
        self._database = database
        self._spool = spool
        self._retry = retry
        self._fault = ""
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        self._empty = asyncio.Event()
        self._adopt_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._connection: aiosqlite.Connection | None = None
        self._identity: Identity | None = None

    @property
    def state(self) -> WriterState:
        """How the writing goes at this moment."""
        spool = self._spool
        return WriterState(
            behind=spool.pending,
            fault=self._fault or spool.fault,
            only_in_memory=spool.only_in_memory,
            lost=spool.lost,
            set_aside=spool.set_aside,
        )

    async def start(self) -> None:
        """Begins to write, with what an earlier process left in the spool."""
        self._adopt_at = asyncio.get_running_loop().time() + ADOPT_EVERY
        self._task = asyncio.create_task(self._run(), name="call log writer")

    def record(self, record: CallRecord) -> None:
        """Takes a record, on disk when this returns. Never raises and never waits for the database."""
        self._append(record)

    def update(self, update: Update) -> None:
        """Takes news of a call whose record was taken before. Never raises and never waits for the database."""
        self._append(update)

    async def flush(self, timeout: float) -> bool:  # noqa: ASYNC109 - running out of time is an answer here, no error
        """Waits until everything is in the database, at most `timeout` seconds; whether it is.

        That includes what scripts have left in the spool until now.
        """
        self._spool.adopt()
        if self._spool.pending:
            self._empty.clear()
            self._work.set()
        self._hurry.set()
        try:
            async with asyncio.timeout(timeout):
                return await self._empty.wait()
        except TimeoutError:
            return False

    async def stop(self, timeout: float = 2.0) -> None:  # noqa: ASYNC109 - as above
        """Writes what it can in `timeout` seconds and leaves the rest in the spool for the next start."""
        if self._task is not None:
            await self.flush(timeout)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._disconnect()
        if self._spool.pending:
            log.warning("%d records and updates stay in the spool for the next start", self._spool.pending)
        self._spool.close()

    def _append(self, item: Item) -> None:
        self._spool.append(item)
        self._empty.clear()
        self._work.set()

    async def _run(self) -> None:
        delay = self._retry
        while True:
            if await self._write_batch():
                delay = self._retry
                await self._gather()
            else:
                await _wait(self._hurry, delay)
                delay = min(delay * 2, RETRY_LAST)

    async def _gather(self) -> None:
        """Waits for something to write, and then a moment for more of it."""
        now = asyncio.get_running_loop().time()
        if now >= self._adopt_at:
            self._adopt_at = now + ADOPT_EVERY
            self._spool.adopt()
        if not self._spool.pending:
            self._empty.set()
            await _wait(self._work, self._adopt_at - now)
        elif self._spool.pending >= BATCH:
            return
        await _wait(self._hurry, PAUSE)

    async def _write_batch(self) -> bool:
        """Writes the next items; False if the database takes nothing."""
        try:
            items = self._spool.take(BATCH)
            if not items:
                return True
            await self._connect()
            await self._write(items)
        except FAILED as error:
            await self._disconnect()
            self._failed(explain(error, self._database) if isinstance(error, sqlite3.Error) else str(error))
            return False
        self._spool.done()
        self._failed("")
        return True

    async def _write(self, items: list[Item]) -> None:
        try:
            await self._transaction(items)
        except REFUSED:
            for item in items:
                await self._write_alone(item)
        if identity_of(self._database) != self._identity:
            raise StoreError(f"{self._database} was replaced while it was written to")

    async def _write_alone(self, item: Item) -> None:
        try:
            await self._transaction([item])
        except REFUSED as error:
            self._spool.put_aside(to_line(item), str(error))

    async def _transaction(self, items: list[Item]) -> None:
        connection = self._connection
        if connection is None:
            raise StoreError(f"{self._database} is not open")
        await connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in statements_for(items):
                await connection.executemany(statement, rows)
            await connection.commit()
        except REFUSED:
            await connection.rollback()
            raise

    async def _connect(self) -> None:
        """Opens the database, again if the file at its path is another one now."""
        identity = identity_of(self._database)
        if self._connection is not None and identity == self._identity:
            return
        await self._disconnect()
        self._identity = identity
        # Without a hop to another thread, as it doesn't wait for locks; and only after a failure.
        with closing(connect(self._database, mode="ro", timeout=0)) as look:
            require_version(self._database, look)
        self._connection = await aiosqlite.connect(
            uri_of(self._database, "rw"), uri=True, timeout=BUSY_TIMEOUT, isolation_level=None
        )
        await self._connection.execute("PRAGMA synchronous = NORMAL")
        await self._connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        over = to_microseconds(datetime.now(UTC) - KEEP_BONDS)
        await self._connection.execute("DELETE FROM bonds WHERE expires_at < ?", (over,))

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                await connection.close()

    def _failed(self, fault: str) -> None:
        """Tells the log when the writing begins to fail, fails otherwise, or works again."""
        if fault and fault != self._fault:
            log.error("the call log can't be written, %d entries wait in the spool: %s", self._spool.pending, fault)
        elif self._fault and not fault:
            log.info("the call log can be written again")
        self._fault = fault


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Waits for `event` and clears it, or for the time to pass."""
    # Not wait_for(), which swallows a cancellation that comes together with the event.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()
