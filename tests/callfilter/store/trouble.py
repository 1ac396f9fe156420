"""The things that go wrong with files and disks, for real."""

import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


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
def nobody_in(mode: int) -> Iterator[Path]:
    """A folder of that mode, while we are a user whom permissions bind: root is nobody meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(mode)
        as_root = os.geteuid() == 0
        if as_root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if as_root:
                os.seteuid(0)
            Path(folder).chmod(0o700)


def ids_in(path: Path) -> list[int]:
    """The ids in the call log, in order."""
    connection = sqlite3.connect(path)
    try:
        return [call_id for (call_id,) in connection.execute("SELECT id FROM calls ORDER BY id")]
    finally:
        connection.close()
