"""Numbers that were made ready from a file, put among the shop's own, a bit at a time.

Plain `sqlite3`, for a thread: all work is done within SQLite. Each transaction is so short, and between two of them is
so much time, that whoever writes the call log meanwhile never waits long for the lock.
"""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callfilter.store.codec import storable, to_microseconds
from callfilter.store.database import BUSY_TIMEOUT
from callfilter.store.file import StoreError, connect, explain
from callfilter.store.numbers import NumberRow
from filters.verdict import Action

BATCH: Final = 2000
"""Numbers in one transaction: about ten milliseconds."""
SHARE: Final = 0.5
"""Of the time of a transaction, how long nobody holds the lock after it."""

PUT: Final = """
INSERT INTO main.numbers (key, is_prefix, did, action, label, note, author, added_at, expires_at)
SELECT key, is_prefix, '', :action,
    CASE WHEN is_label AND :action = 'allow' THEN name ELSE :label END,
    CASE WHEN name = '' OR (is_label AND :action = 'allow') THEN :note
        WHEN :note = '' THEN name ELSE name || ' - ' || :note END,
    :author, :at, :until
FROM ready.staged
WHERE (key, is_prefix) > (:key, :is_prefix) AND (key, is_prefix) <= (:last_key, :last_is_prefix)
    AND (:action = 'allow' OR NOT protected)
"""
KEEP: Final = "ON CONFLICT DO NOTHING"
REPLACE: Final = """
ON CONFLICT DO UPDATE SET action = excluded.action, label = excluded.label, note = excluded.note,
    author = excluded.author, added_at = excluded.added_at, expires_at = excluded.expires_at
"""
BATCH_END: Final = """
SELECT key, is_prefix FROM (
    SELECT key, is_prefix FROM ready.staged WHERE (key, is_prefix) > (?, ?) ORDER BY key, is_prefix LIMIT ?
) ORDER BY key DESC, is_prefix DESC LIMIT 1
"""
WITHDRAW: Final = """
DELETE FROM main.reports WHERE key IN (
    SELECT key FROM ready.staged
    WHERE (key, is_prefix) > (:key, :is_prefix) AND (key, is_prefix) <= (:last_key, :last_is_prefix)
) AND EXISTS (
    SELECT 1 FROM main.numbers AS own WHERE own.key = reports.key AND NOT own.is_prefix AND own.action = 'allow'
)
"""
WIDEN: Final = """
DELETE FROM main.numbers WHERE did <> '' AND (key, is_prefix) IN (
    SELECT key, is_prefix FROM ready.staged
    WHERE (key, is_prefix) > (:key, :is_prefix) AND (key, is_prefix) <= (:last_key, :last_is_prefix)
)
"""
"""What is for calls to one number gives way to what is for all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall become of the numbers of a file."""

    row: NumberRow
    """Action, label for those without a name of their own, note, author and end, and when; its key is not used."""
    replace: bool
    """Whether numbers that are own ones already change, too."""


def put_staged(database: Path, staged: Path, wanted: Wanted) -> int:
    """Puts the numbers of a staged file in, and returns how many own numbers were added or changed.

    Those that nobody can block are left out where they should be. None is reported: a list of others is not what the
    shop's own people said. To allow a number takes back what they said.

    Raises:
        StoreError: the database can't be written; what was done until then stays.
    """
    entry = wanted.row.entry
    values = {
        "action": str(entry.action),
        "label": storable(entry.label),
        "note": storable(entry.note),
        "author": storable(entry.author),
        "at": to_microseconds(wanted.row.added_at),
        "until": None if entry.expires_at is None else to_microseconds(entry.expires_at),
    }
    put = PUT + (REPLACE if wanted.replace else KEEP)
    done = 0
    try:
        with closing(connect(database, mode="rw", timeout=BUSY_TIMEOUT)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("ATTACH ? AS ready", (str(staged),))
            place: tuple[str, int] = ("", 0)
            while (end := connection.execute(BATCH_END, (*place, BATCH)).fetchone()) is not None:
                part = {"key": place[0], "is_prefix": place[1], "last_key": end[0], "last_is_prefix": end[1]}
                began = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                done += connection.execute(put, values | part).rowcount
                if wanted.replace:
                    connection.execute(WIDEN, part)
                if entry.action is Action.ALLOW:
                    connection.execute(WITHDRAW, part)
                connection.execute("COMMIT")
                place = end
                time.sleep((time.monotonic() - began) * SHARE)
    except sqlite3.Error as error:
        raise StoreError(explain(error, database)) from error
    return done
