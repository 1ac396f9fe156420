"""Opens the database: makes it, checks its version, backs it up, migrates it. Serves all that isn't a live call.

SQLAlchemy is imported at its first use and Alembic only for a migration: a start can't wait the 0.4 s for them.
"""

import asyncio
import glob
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aiosqlite

from callfilter.store.file import (
    SCHEMA_VERSION,
    StoreError,
    connect,
    copy_into_new_file,
    explain,
    read_version,
    require_version,
    unwritable,
    uri_of,
    version_fault,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

BUSY_TIMEOUT = 5.0
"""Seconds that a command, never a call, waits for somebody else's lock."""

FILE_MODE = 0o640
URLS = ("sqlite+aiosqlite:///", "sqlite:///")


class Database:
    """An open database for commands, pages and `doctor`. Close it: an open connection keeps the process from ending."""

    def __init__(self, path: Path, *, read_only: bool, patience: float = BUSY_TIMEOUT) -> None:
        """Use `open_database`, which checks the file first."""
        self.path = path
        self.read_only = read_only
        self._patience = patience
        self._opened: list[aiosqlite.Connection] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @cached_property
    def engine(self) -> "AsyncEngine":
        """The SQLAlchemy engine."""
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - see the module's docstring
        from sqlalchemy.pool import AsyncAdaptedQueuePool  # noqa: PLC0415

        return create_async_engine(
            "sqlite+aiosqlite://", async_creator=self._connect, poolclass=AsyncAdaptedQueuePool, pool_size=2
        )

    @asynccontextmanager
    async def begin(self, *, alone: bool = False) -> AsyncIterator["AsyncConnection"]:
        """A transaction: committed at the end of the block, rolled back if the block raises.

        Args:
            alone: nobody else writes from the beginning of the block on: for what is read and then written. Without
                it that begins with the first write, when others may have changed what was read.

        Raises:
            StoreError: the database is locked, read-only, full, damaged or gone.
        """
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - see the module's docstring

        try:
            async with self.engine.begin() as connection:
                if alone:
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        except DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise StoreError(explain(error.orig, self.path)) from error
            raise

    async def close(self) -> None:
        """Closes every connection and ends its thread."""
        if "engine" in self.__dict__:
            await self.engine.dispose()
        for connection in self._opened:
            await connection.close()
        self._opened.clear()

    async def _connect(self) -> aiosqlite.Connection:
        mode = "ro" if self.read_only else "rw"
        connection = await aiosqlite.connect(uri_of(self.path, mode), uri=True, timeout=self._patience)
        self._opened.append(connection)
        await connection.execute("PRAGMA synchronous = NORMAL")
        return connection


async def open_database(where: str | Path, *, read_only: bool = False, patience: float = BUSY_TIMEOUT) -> Database:
    """The database at a path or `sqlite:///` URL, ready for use: made if missing, migrated if older.

    Args:
        where: a path, `sqlite:///path` or `sqlite+aiosqlite:///path`.
        read_only: nothing is made, migrated or written; for commands that only look.
        patience: seconds that each statement waits for somebody else's lock.

    Raises:
        StoreError: it can't be made or written, is damaged, some other program's, or of a newer callfilter.
    """
    path = path_of(where)
    await asyncio.to_thread(_look_at if read_only else _prepare, path, patience)
    return Database(path, read_only=read_only, patience=patience)


def path_of(where: str | Path) -> Path:
    """The file that a path or URL means.

    Raises:
        StoreError: it is a URL of another kind, or no file at all.
    """
    name = str(where)
    for prefix in URLS:
        name = name.removeprefix(prefix)
    if "://" in name or name in {"", ".", ":memory:"}:
        raise StoreError(
            f"{str(where)!r} is no database that callfilter can use; give the path of a file, or sqlite:///path"
        )
    return Path(name)


def _look_at(path: Path, patience: float) -> None:
    try:
        with closing(connect(path, mode="ro", timeout=patience)) as connection:
            require_version(path, connection)
    except sqlite3.Error as error:
        raise StoreError(explain(error, path)) from error


def _prepare(path: Path, patience: float) -> None:
    _make(path)
    try:
        with closing(connect(path, mode="rw", timeout=patience)) as connection:
            # What is copied is what was looked at, even if somebody else migrates it in this very moment.
            connection.execute("BEGIN")
            version = read_version(connection)
            if version == SCHEMA_VERSION:
                return
            if version is None or version > SCHEMA_VERSION:
                raise StoreError(version_fault(path, version))
            backup = _back_up(connection, path)
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise StoreError(explain(error, path)) from error
    try:
        _migrate(path, backup)
    finally:
        if backup:
            _begun(backup).rename(backup)


def _make(path: Path) -> None:
    """Makes the file and its folders if they are missing; refuses what we could not write."""
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # Only ever a new file: closing an existing one would drop the locks of our own process's connections to it.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
            _give_to_owner_of_folder(path)
    except PermissionError as error:
        raise StoreError(unwritable(path)) from error
    except OSError as error:
        raise StoreError(
            f"{path} can't be made ({error.strerror}); set `database` to a file in a folder that can"
        ) from error
    if not _may(path, os.R_OK | os.W_OK) or not _may(path.parent, os.W_OK | os.X_OK):
        raise StoreError(unwritable(path))


def _give_to_owner_of_folder(path: Path) -> None:
    """A file that root made would be of no use to the service, which runs as the owner of the folder."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=True)


def _back_up(connection: sqlite3.Connection, path: Path) -> Path | None:
    """Copies the database beside itself before a migration; an empty one needs no copy."""
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema)").fetchone()[0]:
        return None
    backup = path.with_name(f"{path.name}.before-{SCHEMA_VERSION}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.bak")
    try:
        _remove_backups_of_interrupted_starts(path)
        copy_into_new_file(connection, _begun(backup))
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} must be migrated, and no backup could be made at {backup} ({error}); make room"
        ) from error
    return backup


def _remove_backups_of_interrupted_starts(path: Path) -> None:
    """A start that is cut off and begun anew must not fill the disk: the database is still what they are copies of."""
    for old in path.parent.glob(f"{glob.escape(path.name)}.before-*.bak.part*"):
        old.unlink(missing_ok=True)


def _begun(backup: Path) -> Path:
    """How a backup is called until its migration is over."""
    return backup.with_name(f"{backup.name}.part")


def _migrate(path: Path, backup: Path | None) -> None:
    """Brings the database to our version, all in one transaction with the record of the version."""
    from alembic import command  # noqa: PLC0415 - see the module's docstring
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415
    from sqlalchemy import create_engine, event  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(
        "sqlite://", creator=lambda: connect(path, mode="rw", timeout=BUSY_TIMEOUT), poolclass=NullPool
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, SCHEMA_VERSION)
    except (SQLAlchemyError, CommandError) as error:
        why = getattr(error, "orig", error)
        copy = f"; its copy is {backup}" if backup else ""
        raise StoreError(
            f"{path} could not be migrated to schema {SCHEMA_VERSION} and is as it was ({why}){copy}"
        ) from error
    finally:
        engine.dispose()
