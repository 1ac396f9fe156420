"""Numbers as they come out of a file, in its order and some more than once: a table that is filled fast."""

import sqlite3
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final

from callfilter.imports.summary import Reading, Summary
from callfilter.imports.understood import Row, understood

CACHE_KIB: Final = 64 * 1024
COLUMNS: Final = "key TEXT, is_prefix INTEGER, line INTEGER, name TEXT, is_label INTEGER, protected INTEGER"
"""`is_label`: the phone can show the name. `protected`: nobody can block the number."""


def open_loose(path: Path) -> sqlite3.Connection:
    """A new database at that path with an empty table `loose`, and a transaction that has begun.

    Raises:
        sqlite3.Error: it cannot be made.
    """
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    # Nobody needs this file after a crash.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"CREATE TABLE loose ({COLUMNS})")
    connection.execute("BEGIN")
    return connection


def put(connection: sqlite3.Connection, rows: Iterable[Row], summary: Summary, reading: Reading) -> None:
    """Puts the numbers of these rows in, and counts what they are.

    Raises:
        sqlite3.Error: there is no room for them.
    """
    numbers = chain.from_iterable(understood(row, summary, reading) for row in rows)
    done = connection.executemany("INSERT INTO loose VALUES (?, ?, ?, ?, ?, ?)", numbers)
    summary.numbers += done.rowcount
