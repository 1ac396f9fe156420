"""The things that go wrong with files and disks, for real."""

import ctypes
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event

import callfilter.store
from callfilter.store.database import Database

NOBODY = 65534

# capabilities(7), <linux/capability.h>
LIBC = ctypes.CDLL(None, use_errno=True)
HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)
Capabilities = ctypes.c_uint32 * 6
DAC_OVERRIDE, DAC_READ_SEARCH = 1 << 1, 1 << 2

MIGRATIONS = Path(callfilter.store.__file__).parent / "migrations"


def made_at(revision: str, path: Path) -> None:
    """A database as an older callfilter made it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program keeps the database to itself."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def may_write(path: Path) -> bool:
    """Whether somebody else could write into the database now."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


@contextmanager
def intruder(database: Database) -> Iterator[list[str]]:
    """Somebody who tries to write just before each write of the block; yields before which of them it is possible."""
    gaps: list[str] = []

    def intrude(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and may_write(database.path):
            gaps.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", intrude)
    yield gaps
    event.remove(database.engine.sync_engine, "before_cursor_execute", intrude)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def bound_in(mode: int) -> Iterator[Path]:
    """A folder of that mode, while permissions bind us: root gives up the capabilities that pass them over."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(mode)
        before = _capabilities()
        _set_capabilities(before, without=DAC_OVERRIDE | DAC_READ_SEARCH)
        try:
            yield Path(folder)
        finally:
            _set_capabilities(before)
            Path(folder).chmod(0o700)


def _capabilities() -> ctypes.Array[ctypes.c_uint32]:
    capabilities = Capabilities()
    if LIBC.capget(HEADER, capabilities):
        raise OSError(ctypes.get_errno(), "capget")
    return capabilities


def _set_capabilities(capabilities: ctypes.Array[ctypes.c_uint32], *, without: int = 0) -> None:
    """The words are effective, permitted and inheritable, 32 bits each, twice; only the first `effective` changes."""
    changed = Capabilities(*capabilities)
    changed[0] &= ~without
    if LIBC.capset(HEADER, changed):
        raise OSError(ctypes.get_errno(), "capset")


def ids_in(path: Path) -> list[int]:
    """The ids in the call log, in order."""
    connection = sqlite3.connect(path)
    try:
        return [call_id for (call_id,) in connection.execute("SELECT id FROM calls ORDER BY id")]
    finally:
        connection.close()
