"""The one read on the path of a call: what do we know of this caller. Never waits, never writes.

Plain `sqlite3` in the event loop's own thread, on purpose: the look-up takes about ten microseconds, a hop to
aiosqlite's thread and back 250, and the whole budget of a verdict is 270. A locked database is refused at once
rather than waited for, so nothing in here can hold up the loop.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from callfilter.store.codec import from_microseconds
from callfilter.store.file import Identity, StoreError, connect, explain, identity_of, require_version
from filters.facts import Facts, OwnEntry
from filters.verdict import Action

CHECK_EVERY = 1.0
"""Seconds between two looks whether the file is still the same."""

CACHE_KIB = 2048

FACTS = """
WITH RECURSIVE beginning (size) AS (SELECT 1 UNION ALL SELECT size + 1 FROM beginning WHERE size < length(?1))
SELECT key, is_prefix, action, label, note, author, expires_at FROM numbers WHERE key = ?1 AND is_prefix = 0
UNION ALL
SELECT key, is_prefix, action, label, note, author, expires_at
FROM beginning CROSS JOIN numbers INDEXED BY numbers_prefixes ON is_prefix = 1 AND key = substr(?1, 1, size)
"""
"""The index holds prefixes only, so that millions of whole numbers make the search for beginnings no slower."""

NOTHING = Facts()


class LookupFailed(StoreError):  # noqa: N818 - it is the event that the trace tells: "the look-up failed"
    """Nothing is known of a caller, because the database can't be read; the message is one sentence."""


class Lookup:
    """Reads own entries from the database at a path; follows the path when the file is replaced."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = monotonic) -> None:
        """Opens nothing yet: the first `facts_for` or `check` does. A bad database must not keep us from starting.

        Args:
            path: the database file.
            clock: seconds from any beginning.
        """
        self._path = path
        self._clock = clock
        self._check_at = float("-inf")
        self._connection: sqlite3.Connection | None = None
        self._identity: Identity | None = None

    def facts_for(self, key: str) -> Facts:
        """What is known of the caller with this key: the exact entry, and all prefix entries that its key begins with.

        Raises:
            LookupFailed: the database is locked, missing, damaged or not ours.
        """
        connection = self._connection
        if connection is None or self._clock() >= self._check_at:
            connection = self.check()
        try:
            rows = connection.execute(FACTS, (key,)).fetchall()
            return Facts(tuple(map(_entry, rows))) if rows else NOTHING
        except sqlite3.Error as error:
            raise LookupFailed(explain(error, self._path)) from error
        except ValueError as error:
            raise LookupFailed(f"the entry for {key!r} in {self._path} can't be read ({error})") from error

    def check(self) -> sqlite3.Connection:
        """Looks whether the file is still the one that is open, and opens the one that is there now.

        Raises:
            LookupFailed: there is none, or it can't be used.
        """
        self._check_at = self._clock() + CHECK_EVERY
        try:
            connection = self._current()
            require_version(self._path, connection)
        except sqlite3.Error as error:
            self.close()
            raise LookupFailed(explain(error, self._path)) from error
        except StoreError as error:
            self.close()
            raise LookupFailed(str(error)) from error
        return connection

    def close(self) -> None:
        """Lets go of the file; a later `check` opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> sqlite3.Connection:
        identity = identity_of(self._path)
        if self._connection is None or identity is None or identity != self._identity:
            self.close()
            self._connection = connect(self._path, mode="ro", timeout=0)
            self._connection.execute("PRAGMA query_only = 1")
            self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._identity = identity
        return self._connection


def _entry(row: tuple[str, int, str, str, str, str, int | None]) -> OwnEntry:
    key, is_prefix, action, label, note, author, expires_at = row
    return OwnEntry(
        key=key,
        is_prefix=bool(is_prefix),
        action=Action(action),
        label=label,
        note=note,
        author=author,
        expires_at=None if expires_at is None else from_microseconds(expires_at),
    )
