"""Forgets what is over: calls older than the shop wants to keep them, ended sessions, tokens revoked long ago.

In small transactions with pauses between them, as those who write calls wait no longer than 0.2 s for the database.
What was counted of the calls stays counted, and voicemail stays, because it belongs to Asterisk.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiosqlite

from callfilter.store.codec import to_microseconds
from callfilter.store.file import explain, uri_of
from callfilter.store.record import floor_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger(__name__)

FIRST_AFTER: Final = 60.0
EVERY: Final = 3600.0
"""Seconds from the start, and between two rounds."""
BATCH: Final = 200
"""Calls in one transaction: 10 to 20 ms."""
PAUSE: Final = 0.1
"""Seconds between two transactions."""
PATIENCE: Final = 5.0
"""Seconds that one transaction waits for somebody else's."""
KEEP_SESSIONS: Final = timedelta(days=30)
"""No session is longer."""
KEEP_TOKENS: Final = timedelta(days=365)
"""How long a revoked token is still shown."""

OLD_CALLS: Final = """
DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE id < ? ORDER BY id LIMIT ?)
"""
OVER: Final = (
    ("DELETE FROM sessions WHERE created_at < ?", KEEP_SESSIONS),
    ("DELETE FROM tokens WHERE revoked_at < ?", KEEP_TOKENS),
)


class Retention:
    """Forgets, every hour. Run it in the service."""

    def __init__(self, database: Path, keep_days: Callable[[], int]) -> None:
        """`keep_days` says for how many days calls are kept at the moment; 0 for ever."""
        self._database = database
        self._keep_days = keep_days

    async def run(self) -> None:
        """Goes on until it is cancelled. Never raises anything else."""
        await asyncio.sleep(FIRST_AFTER)
        while True:
            try:
                count = await forget(self._database, datetime.now(UTC), self._keep_days())
            except (sqlite3.Error, ValueError) as error:
                told = explain(error, self._database) if isinstance(error, sqlite3.Error) else error
                log.error("what is over can't be forgotten, and is tried again in an hour: %s", told)  # noqa: TRY400
            else:
                if count:
                    log.info("%d calls older than %d days are forgotten", count, self._keep_days())
            await asyncio.sleep(EVERY)


async def forget(database: Path, now: datetime, keep_days: int, *, pause: float = PAUSE) -> int:
    """Forgets all that is over; returns the count of calls.

    Raises:
        sqlite3.Error: the database can't be written; what is forgotten until then stays so.
    """
    async with _opened(database) as connection:
        for statement, span in OVER:
            await connection.execute(statement, (to_microseconds(now - span),))
        if not keep_days:
            return 0
        end = floor_of(now - timedelta(days=keep_days))
        count = 0
        while forgotten := (await connection.execute(OLD_CALLS, (end, BATCH))).rowcount:
            count += forgotten
            await asyncio.sleep(pause)
        # Nobody can look at these callers any more.
        await connection.execute("DELETE FROM inbox WHERE last_id < ?", (end,))
    return count


@asynccontextmanager
async def _opened(database: Path) -> "AsyncIterator[aiosqlite.Connection]":
    async with aiosqlite.connect(
        uri_of(database, "rw"), uri=True, timeout=PATIENCE, isolation_level=None
    ) as connection:
        await connection.execute("PRAGMA synchronous = NORMAL")
        yield connection
