"""Calls whose end nobody has told yet, for a service that goes on following them.

Plain `sqlite3`, for a thread: it is read just after the start, when Asterisk is answered already, and neither
SQLAlchemy's import nor thousands of rows may hold up a call.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from callfilter.store.codec import from_microseconds, to_microseconds
from callfilter.store.file import StoreError, connect, explain

PATIENCE: Final = 5.0
"""Seconds to wait for somebody else's lock."""
OPEN: Final = """
SELECT id, at, unique_id, answered_at FROM calls WHERE ended_at IS NULL AND at >= ? ORDER BY at DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """What is needed to follow a call."""

    id: int
    at: datetime
    unique_id: str
    answered_at: datetime | None


def open_calls(database: Path, since: datetime, most: int) -> list[OpenCall]:
    """The newest calls that arrived since then and whose end is unknown, oldest first.

    Raises:
        StoreError: the database can't be read.
    """
    try:
        with closing(connect(database, mode="ro", timeout=PATIENCE)) as connection:
            rows = connection.execute(OPEN, (to_microseconds(since), most)).fetchall()
        return [
            OpenCall(
                row_id, from_microseconds(at), unique_id, None if answered is None else from_microseconds(answered)
            )
            for row_id, at, unique_id, answered in reversed(rows)
        ]
    except sqlite3.Error as error:
        raise StoreError(explain(error, database)) from error
    except ValueError as error:
        raise StoreError(f"the call log in {database} is damaged: {error}") from error
