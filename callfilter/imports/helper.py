"""A second process that works out numbers of a large file beside the first, where there is a core for it."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from callfilter.imports.loose import open_loose, put
from callfilter.imports.summary import Reading, Summary
from callfilter.imports.understood import Row

LARGE: Final = 1024 * 1024
"""Bytes of a file from which on help is worth its start."""
AHEAD: Final = 2
"""Handfuls of rows that lie ready for the helper, so that it never waits for us."""


class Helper:
    """Takes some of a file's rows and puts their numbers into a table `loose` of its own. A context manager."""

    def __init__(self, path: Path, reading: Reading, *, size: int) -> None:
        """Nothing is started for a file of less than `LARGE` bytes of `size`, or on a machine with one core.

        Args:
            path: where its database goes; the file is there no longer when the context ends.
            reading: how rows are to be read.
            size: bytes of the file.
        """
        self.path = path
        self._reading = reading
        self._wanted = size >= LARGE and len(os.sched_getaffinity(0)) > 1
        self._pipe: Connection | None = None
        self._taken = 0

    def __enter__(self) -> Self:
        if self._wanted:
            # A fork, as nothing has to be loaded again; whoever reads files runs no threads.
            forks = get_context("fork")
            self._pipe, theirs = forks.Pipe()
            forks.Process(target=_help, args=(theirs, self._pipe, self.path, self._reading), daemon=True).start()
            theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pipe:
            self._pipe.close()
        self.path.unlink(missing_ok=True)

    def takes(self, rows: Sequence[Row]) -> bool:
        """Hands rows over, unless there is no helper or it has enough to do.

        Raises:
            MemoryError: the helper has no memory left, or is gone.
            sqlite3.Error: it has no room left.
        """
        if self._pipe is None:
            return False
        while self._taken and self._pipe.poll():
            self._hear(self._pipe)
        if self._taken >= AHEAD:
            return False
        self._send(self._pipe, rows)
        self._taken += 1
        return True

    def done(self) -> Summary | None:
        """What the helper has found, when it is ready; None where there was none.

        Raises:
            MemoryError: as above.
            sqlite3.Error: as above.
        """
        if self._pipe is None:
            return None
        while self._taken:
            self._hear(self._pipe)
        self._send(self._pipe, None)
        return self._heard(self._pipe)

    def _hear(self, pipe: Connection) -> None:
        self._heard(pipe)
        self._taken -= 1

    @staticmethod
    def _send(pipe: Connection, rows: Sequence[Row] | None) -> None:
        try:
            pipe.send(rows)
        except OSError as error:
            raise MemoryError from error

    @staticmethod
    def _heard(pipe: Connection) -> Summary | None:
        try:
            said: Summary | Exception | None = pipe.recv()
        except (EOFError, OSError) as error:
            raise MemoryError from error
        if isinstance(said, Exception):
            raise said
        return said


def _help(pipe: Connection, theirs: Connection, path: Path, reading: Reading) -> None:
    """What the helper does: rows come, and for each handful an answer goes; nothing for rows means that this is all."""
    theirs.close()
    # Whoever sends is gone then, and nobody wants to hear of it.
    with suppress(EOFError, BrokenPipeError):
        try:
            with closing(open_loose(path)) as connection:
                summary = Summary()
                while (rows := pipe.recv()) is not None:
                    put(connection, rows, summary, reading)
                    pipe.send(None)
                connection.execute("COMMIT")
            pipe.send(summary)
        except (MemoryError, sqlite3.Error) as error:
            pipe.send(error)
