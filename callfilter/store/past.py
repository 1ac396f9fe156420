"""The call log from its beginning, page by page, and what was known of callers: for judging past calls again.

Plain `sqlite3`, read only. Each page is a transaction of its own, so that calls are written meanwhile as ever and the
writer's journal never grows because of us. Light: no asyncio, no SQLAlchemy.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from callfilter.store.codec import from_microseconds
from callfilter.store.file import StoreError, connect, explain, require_version
from callfilter.store.lookup import Lookup
from callfilter.store.record import floor_of
from filters.facts import Bond, Expecting, OwnEntry
from filters.verdict import Action

PAGE = 2000
"""Rows read at a time: some 10 ms."""
TIMEOUT = 5.0
"""Seconds to wait for a lock."""


class PastRow(NamedTuple):
    """What the log holds of a call, as SQLite has it: any value may be of a kind that nobody expects."""

    id: int
    at: int
    caller: str
    name: str
    key: str
    classes: str
    did: str
    trunk: str
    redirecting: str
    attestation: str | None
    action: str
    reason: str
    rule: str
    signal: int | None
    target: str
    label: str
    answered: int | None
    talk_seconds: float | None
    ended_at: int | None
    hangup_cause: int | None
    screened: str | None


class StoredBond(NamedTuple):
    """Why a caller is trusted, and when that began, was last renewed, and ends."""

    bond: Bond
    first_at: datetime
    at: datetime
    expires_at: datetime


class Known(NamedTuple):
    """What is known of a caller beside the log."""

    own: tuple[OwnEntry, ...] = ()
    bonds: tuple[StoredBond, ...] = ()
    reported_at: datetime | None = None


class Span(NamedTuple):
    """A part of the log: calls with ids above `after` and up to `last`, which are `calls`."""

    after: int
    last: int
    calls: int


_ROWS = f"SELECT {', '.join(PastRow._fields)} FROM calls WHERE id > ? AND id <= ? ORDER BY id LIMIT {PAGE}"  # noqa: S608
_COUNT = "SELECT coalesce(max(id), -1), count(*) FROM calls WHERE id > ?"
# As in `lookup.py`, but for all callers of a page at once.
_OWN = """
WITH RECURSIVE
caller (key) AS MATERIALIZED (SELECT value FROM json_each(?)),
beginning (size) AS (
    SELECT 1 UNION ALL SELECT size + 1 FROM beginning WHERE size < (SELECT max(length(key)) FROM caller)
)
SELECT caller.key, numbers.key, is_prefix, action, label, expires_at, did
FROM caller CROSS JOIN numbers ON numbers.key = caller.key AND is_prefix = 0
UNION ALL
SELECT caller.key, numbers.key, is_prefix, action, label, expires_at, did
FROM caller CROSS JOIN beginning ON size <= length(caller.key)
CROSS JOIN numbers INDEXED BY numbers_prefixes ON is_prefix = 1 AND numbers.key = substr(caller.key, 1, size)
"""
_BONDS = "SELECT bonds.key, bond, first_at, at, expires_at FROM json_each(?) CROSS JOIN bonds ON bonds.key = value"
_REPORTS = "SELECT reports.key, at FROM json_each(?) CROSS JOIN reports ON reports.key = value"
_WINDOWS = "SELECT opened_at, expires_at, did, number_class, note, author FROM expected ORDER BY id"


class PastCalls:
    """The log of a database, open until the `with` block ends."""

    def __init__(self, path: Path) -> None:
        """Opens the database.

        Raises:
            StoreError: there is none, or it can't be used.
        """
        self._path = path
        self._lookup = Lookup(path)
        try:
            self._connection = connect(path, mode="ro", timeout=TIMEOUT)
        except sqlite3.Error as error:
            raise StoreError(explain(error, path)) from error
        try:
            require_version(path, self._connection)
        except sqlite3.Error as error:
            self._connection.close()
            raise StoreError(explain(error, path)) from error
        except StoreError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lookup.close()
        self._connection.close()

    def newest_policy(self) -> int:
        """The policy's newest version; 0 for none.

        Raises:
            StoreError: the database can't be read; so with all that follow.
        """
        return self._lookup.newest_policy()

    def policy_text(self, version: int) -> tuple[int, str] | None:
        """The policy's newest version that is not above `version`, with its text; None if there is none."""
        return self._lookup.policy_text(version)

    def span(self, since: datetime | None, slack: timedelta) -> Span:
        """The calls from some time before `since` on, up to now; all of them for None.

        Args:
            since: a moment.
            slack: how much earlier, so that none is missed whose id is off because the clock was set.
        """
        after = -1 if since is None else floor_of(since - slack) - 1
        last, calls = self._read(_COUNT, after)[0]
        return Span(after, last, calls)

    def pages(self, span: Span) -> Iterator[list[PastRow]]:
        """The rows in the order of their ids."""
        after = span.after
        while page := self._read(_ROWS, after, span.last):
            yield [PastRow._make(row) for row in page]
            after = page[-1][0]

    def known(self, keys: Iterable[str]) -> dict[str, Known]:
        """What is known today of the callers with these keys; of those who are not in it, nothing."""
        asked = json.dumps(list(keys))
        found: dict[str, Known] = defaultdict(Known)
        try:
            for key, entry, is_prefix, action, label, until, did in self._read(_OWN, asked):
                expires_at = None if until is None else from_microseconds(until)
                own = OwnEntry(entry, bool(is_prefix), Action(action), label, expires_at=expires_at, did=did)
                found[key] = found[key]._replace(own=(*found[key].own, own))
            for key, bond, *times in self._read(_BONDS, asked):
                stored = StoredBond(Bond(bond), *map(from_microseconds, times))
                found[key] = found[key]._replace(bonds=(*found[key].bonds, stored))
            for key, at in self._read(_REPORTS, asked):
                found[key] = found[key]._replace(reported_at=from_microseconds(at))
        except ValueError as error:
            raise StoreError(f"what {self._path} knows of callers can't be read ({error})") from error
        return dict(found)

    def reports(self) -> list[tuple[str, datetime]]:
        """Key of everybody who is reported, and since when."""
        try:
            return [(key, from_microseconds(at)) for key, at in self._read("SELECT key, at FROM reports ORDER BY key")]
        except ValueError as error:
            raise StoreError(f"the reports in {self._path} can't be read ({error})") from error

    def windows(self) -> list[Expecting]:
        """Every window that was ever open, in the order in which they were opened."""
        try:
            return [
                Expecting(from_microseconds(until), from_microseconds(since), did, number_class, note, author)
                for since, until, did, number_class, note, author in self._read(_WINDOWS)
            ]
        except ValueError as error:
            raise StoreError(f"the windows in {self._path} can't be read ({error})") from error

    def _read(self, statement: str, *values: str | int) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(explain(error, self._path)) from error
