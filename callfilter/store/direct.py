"""Writes one record at once, for the script that lives for one call. Light: no asyncio, no SQLAlchemy."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from callfilter.store.file import StoreError, connect, explain, require_version
from callfilter.store.items import Item, statements_for
from callfilter.store.record import CallRecord
from callfilter.store.spool import Spool, spool_files, spool_path

BATCH = 500
"""Left-over lines that one call writes at most."""


def record_now(database: Path, record: CallRecord, timeout: float = 0.1) -> None:
    """Puts `record` into the database, or if that can't be had in `timeout` seconds, into its spool.

    Whoever writes next takes it from there: the service, or the script of a later call.

    Raises:
        StoreError: neither took it; the message says why.
    """
    try:
        _write(database, [record], timeout)
    except (sqlite3.Error, StoreError) as error:
        _spool(database, record, error)
        return
    _write_left_overs(database, timeout)


def _write(database: Path, items: Iterable[Item], timeout: float) -> None:
    with closing(connect(database, mode="rw", timeout=timeout)) as connection:
        require_version(database, connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        for statement, rows in statements_for(items):
            connection.executemany(statement, rows)
        connection.execute("COMMIT")


def _spool(database: Path, record: CallRecord, error: sqlite3.Error | StoreError) -> None:
    spool = Spool(spool_path(database))
    spool.append(record)
    fault = spool.fault
    spool.close()
    if spool.lost:
        why = explain(error, database) if isinstance(error, sqlite3.Error) else str(error)
        raise StoreError(f"the call is not in the log: {why}; {fault}") from error


def _write_left_overs(database: Path, timeout: float) -> None:
    """In a shop without the service, this is what empties the spool."""
    if not spool_files(spool_path(database)):
        return
    spool = Spool(spool_path(database))
    try:
        items = spool.take(BATCH)
        if items:
            _write(database, items, timeout)
            spool.done()
    except (sqlite3.Error, StoreError):
        # They stay in the spool; this call's own record is written.
        return
    finally:
        spool.close()
