"""Examines the database as a file: there, ours, of our version, writable, room to grow."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from callfilter.doctor.finding import Finding, fault, ok, warning
from callfilter.store.file import StoreError, connect, explain
from callfilter.store.lookup import Lookup

LITTLE: Final = 200_000_000
"""Free bytes below which the disk is worth a look: about two million calls."""
TOO_LITTLE: Final = 10_000_000
WAIT: Final = 1.0
"""Seconds to wait for another writer."""


def examine_database(path: Path) -> Iterator[Finding]:
    """What is to be said of the database at `path`."""
    lookup = Lookup(path)
    try:
        lookup.check()
    except StoreError as error:
        yield fault("database", str(error))
        return
    finally:
        lookup.close()
    yield ok("database", f"{path} can be read")
    yield _writable(path)
    yield _room(path)


def _writable(path: Path) -> Finding:
    try:
        with closing(connect(path, mode="rw", timeout=WAIT)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return fault("database", explain(error, path))
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return fault("database", f"{path.parent} cannot be written by this user; give it the folder (chown)")
    return ok("database", "it can be written")


def _room(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    words = f"{free / 1e9:.1f} GB are free on the disk of {path}"
    if free < TOO_LITTLE:
        return fault("disk", f"{words}; make room, or calls can no longer be logged")
    return warning("disk", f"{words}; make room before it is full") if free < LITTLE else ok("disk", words)
