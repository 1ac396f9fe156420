"""The database as a file: its version, its identity, and in one sentence what is wrong with it.

Standard library only, because the path of a call and the start of the service can't wait for SQLAlchemy or Alembic.
"""

import os
import pwd
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

SCHEMA_VERSION = "0004"
"""The newest migration; a test compares it with `migrations/versions`."""

BACKUP_MODE = 0o600
"""Of copies: they have the logins too, and are for whoever made them."""

DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})


class StoreError(Exception):
    """The store can't do what was asked; the message is one sentence for the admin, with the remedy."""


class Identity(NamedTuple):
    """Which file a path stands for: it changes when the file is replaced."""

    device: int
    inode: int


def identity_of(path: Path) -> Identity | None:
    """Identity of the file at `path`; None if there is none, or none that we may see."""
    try:
        status = os.stat(path)  # noqa: PTH116 - half the time of Path.stat(), on the path of a call
    except OSError:
        return None
    return Identity(status.st_dev, status.st_ino)


def connect(path: Path, *, mode: str, timeout: float) -> sqlite3.Connection:
    """A connection in autocommit mode to an existing file.

    Args:
        path: the database file; never created here.
        mode: `ro` or `rw`.
        timeout: seconds to wait for a lock.

    Raises:
        sqlite3.Error: the file can't be opened.
    """
    return sqlite3.connect(uri_of(path, mode), uri=True, timeout=timeout, isolation_level=None)


def uri_of(path: Path, mode: str) -> str:
    """SQLite's address of an existing file; `mode` is `ro` or `rw`."""
    return f"{path.absolute().as_uri()}?mode={mode}"


def copy_into_new_file(connection: sqlite3.Connection, copy: Path) -> None:
    """Copies a database as it is at this moment, while others go on writing to it; no half copy is left behind.

    Raises:
        FileExistsError: there is a file at `copy` already; it stays as it is.
        OSError: the file can't be made.
        sqlite3.Error: the database can't be read, or the disk is full.
    """
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, BACKUP_MODE))
    try:
        with closing(connect(copy, mode="rw", timeout=0)) as into:
            connection.backup(into)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise


def read_version(connection: sqlite3.Connection) -> str | None:
    """The migration that the database is at; an empty text if it holds no table at all, None if it isn't ours.

    Raises:
        sqlite3.Error: the file can't be read.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if "alembic_version" not in tables:
        return None if tables else ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def version_fault(path: Path, version: str | None) -> str | None:
    """Why a database of `version` can't be used as it is, in one sentence; None if it can."""
    if version == SCHEMA_VERSION:
        return None
    if version is None:
        return f"{path} is some other program's database; set `database` to a path of callfilter's own"
    if version > SCHEMA_VERSION:
        return (
            f"{path} was written by a newer callfilter (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade callfilter, or restore the backup that it made before its migration"
        )
    return (
        f"{path} is still at schema {version or 'zero'}; start `callfilter serve` once to bring it to {SCHEMA_VERSION}"
    )


def require_version(path: Path, connection: sqlite3.Connection) -> None:
    """Refuses a database that isn't of our version.

    Raises:
        StoreError: it isn't.
        sqlite3.Error: the file can't be read.
    """
    fault = version_fault(path, read_version(connection))
    if fault:
        raise StoreError(fault)


def explain(error: sqlite3.Error, path: Path) -> str:
    """What `error` means for the database at `path`, in one sentence with the remedy."""
    # The extended name, such as SQLITE_BUSY_SNAPSHOT, begins with the plain one.
    name = getattr(error, "sqlite_errorname", "")
    kind = "_".join(name.split("_")[:2])
    if kind in DAMAGED:
        return (
            f"{path} is damaged or no SQLite database ({error}); stop callfilter, move it away with its -wal and "
            f"-shm, and restore the newest {path.name}.before-*.bak or your backup (or let callfilter start anew)"
        )
    if kind == "SQLITE_READONLY":
        return unwritable(path)
    if kind == "SQLITE_CANTOPEN":
        return _unopened(path)
    known = {
        "SQLITE_BUSY": f"{path} is locked by another program; end the program that keeps it locked",
        "SQLITE_FULL": f"the disk that holds {path} is full; make room on it",
        "SQLITE_IOERR": f"{path} can't be read or written ({error}); check the disk it is on",
    }
    return known.get(kind, f"{path} can't be used ({error})")


def unwritable(path: Path) -> str:
    """The sentence for a file that we may not write."""
    return f"{path} can't be written by user {_user()}; give that user its folder, the file, and its -wal and -shm"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _unopened(path: Path) -> str:
    if identity_of(path) is not None:
        return f"{path} can't be opened by user {_user()}; give that user its folder, the file, and its -wal and -shm"
    return (
        f"{path} doesn't exist, or user {_user()} may not see it; restore it from a backup, "
        "or start `callfilter serve` to get an empty one"
    )
