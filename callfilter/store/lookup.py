"""The one read on the path of a call: what do we know of this caller. Never waits, never writes.

Plain `sqlite3` in the event loop's own thread, on purpose: the look-up takes about ten microseconds, a hop to
aiosqlite's thread and back 250, and the whole budget of a verdict is 270. A locked database is refused at once
rather than waited for, so nothing in here can hold up the loop.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import Any

from callfilter.store.codec import from_microseconds, to_microseconds
from callfilter.store.file import Identity, StoreError, connect, explain, identity_of, require_version
from callfilter.store.record import SLACK, floor_of
from filters.block import block_of
from filters.facts import Bond, Expecting, Facts, History, OwnEntry, PastCall, Surroundings, Trusted
from filters.number import ANONYMOUS, INVALID
from filters.verdict import Action, Reason

CHECK_EVERY = 1.0
"""Seconds between two looks whether the file is still the same."""

CACHE_KIB = 2048

FACTS = """
WITH RECURSIVE beginning (size) AS (SELECT 1 UNION ALL SELECT size + 1 FROM beginning WHERE size < length(?1))
SELECT '', coalesce(max(id), 0), '', '', '', '', '', NULL, '' FROM policy_versions
UNION ALL
SELECT 'own', is_prefix, key, action, label, note, author, expires_at, did
FROM numbers WHERE key = ?1 AND is_prefix = 0
UNION ALL
SELECT 'own', is_prefix, key, action, label, note, author, expires_at, did
FROM beginning CROSS JOIN numbers INDEXED BY numbers_prefixes ON is_prefix = 1 AND key = substr(?1, 1, size)
UNION ALL
SELECT 'bond', at, '', bond, '', '', '', expires_at, '' FROM bonds WHERE key = ?1
UNION ALL
SELECT 'expected', opened_at, '', number_class, '', note, author, expires_at, did FROM expected WHERE expires_at > ?2
"""
"""First the policy's version in a row of its own, then what is known: kind, a number, texts, the end of it, and
for calls to which number.

One statement, because a second one would cost more than all but the first part of this. The index holds prefixes only,
so that millions of whole numbers make the search for beginnings no slower.
"""

NEWEST = "SELECT coalesce(max(id), 0) FROM policy_versions"
POLICY = "SELECT id, text FROM policy_versions WHERE id <= ? ORDER BY id DESC LIMIT 1"

FIRST_CALL = "SELECT at FROM calls WHERE key = ? ORDER BY id LIMIT 1"
RECENT_CALLS = "SELECT at FROM calls WHERE key = ? ORDER BY id DESC LIMIT 1000"
"""More than a rule can count."""

SURROUNDINGS = """
WITH RECURSIVE neighbour (key) AS (
    SELECT min(key) FROM calls WHERE key >= ?2 AND key <= ?3
    UNION ALL
    SELECT (SELECT min(key) FROM calls WHERE key > neighbour.key AND key <= ?3)
    FROM neighbour WHERE neighbour.key IS NOT NULL LIMIT ?10
)
SELECT 'reported', 0, key, '', '', '', NULL, NULL FROM reports WHERE key = ?1 AND at <= ?8
UNION ALL
SELECT 'reported', 0, key, '', '', '', NULL, NULL FROM reports
WHERE key >= ?2 AND key <= ?3 AND key <> ?1 AND length(key) = length(?1) AND at <= ?8
UNION ALL
SELECT * FROM (
    SELECT 'own', at, key, did, action, reason, screened, ended_at FROM calls
    WHERE key = ?1 AND id >= ?4 AND id < ?7 AND at < ?8 ORDER BY id DESC LIMIT ?9
)
UNION ALL
SELECT * FROM (
    SELECT 'block', at, calls.key, '', '', '', NULL, NULL
    FROM neighbour CROSS JOIN calls ON calls.key = neighbour.key AND id >= ?5 AND id < ?7
    WHERE at < ?8 AND calls.key <> ?1 AND length(calls.key) = length(?1) ORDER BY id DESC LIMIT ?10
)
UNION ALL
SELECT * FROM (
    SELECT 'stranger', at, key, '', '', '', NULL, NULL FROM calls
    WHERE id >= ?6 AND id < ?7 AND at < ?8
        AND reason NOT IN ('protected', 'allowed', 'blocked', 'expecting', 'trusted')
    ORDER BY id DESC LIMIT ?11
)
"""
"""What went on around a caller: its key, the first and last of its block, ids since when to look at own calls, at those
of the block and at strangers', an id that is surely later than the call, its time, and the most calls of each.

A block may have called a hundred thousand times in a year. So the index is not read from end to end: it gives one
number of the block after the other, as many as calls are wanted, and of each the calls of the last day.
"""

OWN_SINCE, BLOCK_SINCE, STRANGERS_SINCE = timedelta(days=30), timedelta(days=1), timedelta(hours=2)
MOST_OWN, MOST_BLOCK, MOST_STRANGERS = 100, 100, 120
"""Calls that are handed out, the newest. No step can be set to need more; each takes two microseconds."""

_ACTIONS = {str(action): action for action in Action}
_REASONS = {str(reason): reason for reason in Reason}

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
        self.policy_version = 0
        """The policy's newest version, as the last look-up saw it; 0 for none."""

    def facts_for(self, key: str, at: datetime) -> Facts:
        """What is known, at that moment, of the caller with this key.

        That is the exact entry and all prefix entries that its key begins with, why the caller is trusted, and the
        windows that are open.

        Raises:
            LookupFailed: the database is locked, missing, damaged or not ours.
        """
        version, *rows = self._read(FACTS, key, to_microseconds(at))
        self.policy_version = version[1]
        if not rows:
            return NOTHING
        try:
            return _facts(rows)
        except ValueError as error:
            raise LookupFailed(f"what {self._path} knows of {key!r} can't be read ({error})") from error

    def history_of(self, key: str) -> History:
        """The earlier calls of the caller with this key, for rules that ask about them.

        Raises:
            LookupFailed: as `facts_for`.
        """
        first = self._read(FIRST_CALL, key)
        if not first:
            return History()
        recent = self._read(RECENT_CALLS, key)
        return History(from_microseconds(first[0][0]), tuple(from_microseconds(at) for (at,) in recent))

    def surroundings_of(self, key: str, at: datetime) -> Surroundings:
        """What went on around the caller with this key before that moment, for suspicion.

        Raises:
            LookupFailed: as `facts_for`.
        """
        own = "" if key in (ANONYMOUS, INVALID) else key
        block = block_of(key)
        since = (floor_of(at - span) for span in (OWN_SINCE, BLOCK_SINCE, STRANGERS_SINCE))
        ends = (f"{block}000", f"{block}999") if block else ("", "")
        until = (floor_of(at + SLACK), to_microseconds(at))
        most = (MOST_OWN, MOST_BLOCK, MOST_STRANGERS)
        return _surroundings(self._read(SURROUNDINGS, own, *ends, *since, *until, *most))

    def newest_policy(self) -> int:
        """The policy's newest version; 0 for none.

        Raises:
            LookupFailed: as `facts_for`.
        """
        return int(self._read(NEWEST)[0][0])

    def policy_text(self, version: int) -> tuple[int, str] | None:
        """The policy's newest version that is not above `version`, with its text; None if there is none.

        Raises:
            LookupFailed: as `facts_for`.
        """
        found = self._read(POLICY, version)
        return (found[0][0], found[0][1]) if found else None

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

    def _read(self, statement: str, *values: str | int) -> list[Any]:
        connection = self._connection
        if connection is None or self._clock() >= self._check_at:
            connection = self.check()
        try:
            return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise LookupFailed(explain(error, self._path)) from error

    def _current(self) -> sqlite3.Connection:
        identity = identity_of(self._path)
        if self._connection is None or identity is None or identity != self._identity:
            self.close()
            self._connection = connect(self._path, mode="ro", timeout=0)
            self._connection.execute("PRAGMA query_only = 1")
            self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._identity = identity
        return self._connection


def _facts(rows: list[Any]) -> Facts:
    own, bonds, expected = [], [], []
    for kind, number, key, word, label, note, author, until, did in rows:
        expires_at = None if until is None else from_microseconds(until)
        match kind:
            case "own":
                own.append(OwnEntry(key, bool(number), Action(word), label, note, author, expires_at, did))
            case "bond":
                bonds.append((until, Trusted(Bond(word), from_microseconds(number), expires_at)))
            case _:
                expected.append(Expecting(from_microseconds(until), from_microseconds(number), did, word, note, author))
    # Of several reasons to trust a caller, the one that lasts longest.
    trusted = max(bonds, key=itemgetter(0))[1] if bonds else None
    return Facts(tuple(own), tuple(expected), trusted)


def _surroundings(rows: list[Any]) -> Surroundings:
    reported: list[str] = []
    calls: dict[str, list[PastCall]] = {"own": [], "block": [], "stranger": []}
    for kind, at, key, did, action, reason, screened, ended_at in rows:
        if kind == "reported":
            reported.append(key)
            continue
        # A word of another callfilter must not keep this one from deciding.
        calls[kind].append(
            PastCall(
                from_microseconds(at),
                key,
                did,
                _ACTIONS.get(action, Action.ALLOW),
                _REASONS.get(reason, Reason.DEFAULT),
                screened or "",
                None if ended_at is None else from_microseconds(ended_at),
            )
        )
    return Surroundings(tuple(reported), tuple(calls["own"]), tuple(calls["block"]), tuple(calls["stranger"]))
