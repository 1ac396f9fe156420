"""Keeps what is to be written to the database on disk until it is, so that a killed process loses no delivered verdict.

A folder may hold several spool files, named `<path>.<number>`: each belongs to the one process that holds its lock, and
only that process reads, writes or removes it. When a process dies, the kernel lets go of its lock, and whoever finds
the file unlocked moves its lines into a file of its own. So the service and any number of scripts, running or killed,
never touch one another's lines. A crash in between may leave lines twice; writing them twice changes nothing.

Nothing in here waits, syncs or raises on the path of a call: a line that the disk refuses is kept in memory.
"""

import fcntl
import logging
import os
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from callfilter.store.items import Item, from_line, to_line

log = logging.getLogger(__name__)

MODE = 0o640
CHUNK = 1 << 18
"""Bytes read at a time."""

ROLL_AT = 4 << 20
"""Bytes of lines done with, from which the file is begun anew although more are waiting."""

MOVE = 100
"""Lines moved from memory to disk at a time, so that no call waits for a thousand others."""

KEEP = 10_000
"""Lines kept in memory when the disk takes none; any beyond are counted as lost."""


@dataclass(slots=True)
class _Owned:
    """A spool file whose lock we hold."""

    path: Path
    fd: int

    def is_there(self) -> bool:
        """Whether the path still means this file."""
        try:
            there = os.stat(self.path)  # noqa: PTH116 - beside fstat, which pathlib doesn't have
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self.fd))


def spool_path(database: Path) -> Path:
    """Where the spool of a database is: beside it."""
    return database.with_name(f"{database.name}.spool")


def spool_files(path: Path) -> list[Path]:
    """The spool files there are, of living processes and of dead ones."""
    try:
        names = os.listdir(path.parent)  # noqa: PTH208 - scripts look here with every call; iterdir is three times slower
    except OSError:
        return []
    beginning = f"{path.name}."
    return [
        path.with_name(name)
        for name in sorted(names)
        if name.startswith(beginning) and name[len(beginning) :].isdigit()
    ]


class Spool:
    """Lines that wait for the database, first in, first out. Not for use from several threads."""

    def __init__(self, path: Path, *, keep: int = KEEP) -> None:
        """Begins with what dead processes left at `path`; makes its own file when it needs one.

        Args:
            path: what the names of all spool files begin with; see `spool_path`.
            keep: lines to keep in memory when the disk takes none.
        """
        self.lost = 0
        """Items that neither disk nor memory could take."""
        self.set_aside = 0
        """Lines that could not be read, or that the database would not take; they are in `<path>.bad`."""
        self.fault = ""
        """Why the disk takes no lines, in one sentence; empty when it does."""
        self._path = path
        self._keep = keep
        self._own: _Owned | None = None
        self._in_file = 0
        self._size = 0
        self._offset = 0
        self._memory: deque[bytes] = deque()
        self._taken: list[Item] = []
        self._taken_lines = 0
        self._taken_bytes = 0
        self.adopt()

    @property
    def pending(self) -> int:
        """Lines that are not done yet."""
        return self._in_file + len(self._memory)

    @property
    def only_in_memory(self) -> int:
        """Those of them that would be lost if we were killed now."""
        return len(self._memory)

    def append(self, item: Item) -> None:
        """Keeps `item`: on disk when this returns, else in memory, else counted as lost. Never raises."""
        line = to_line(item)
        if not self._memory and self._write(line):
            return
        if len(self._memory) >= self._keep:
            self.lost += 1
            return
        self._memory.append(line)
        self._to_disk()

    def take(self, limit: int) -> list[Item]:
        """The next items, at most `limit`, in order; the same ones again until `done`. Empty when nothing waits."""
        while self.pending and not self._taken:
            self._taken = self._parsed(self._lines(limit))
            if not self._taken:
                self._forget()
        return self._taken

    def done(self) -> None:
        """The items of the last `take` are in the database."""
        if self._taken:
            self._forget()
        self._taken = []

    def put_aside(self, line: bytes, why: str) -> None:
        """Keeps a line that can't be used in `<path>.bad`, for a person to look at."""
        self.set_aside += 1
        log.warning("set aside a line of the spool in %s.bad: %s", self._path, why)
        with suppress(OSError):
            bad = os.open(f"{self._path}.bad", os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, MODE)
            try:
                os.write(bad, line.rstrip(b"\n") + b"\n")
            finally:
                os.close(bad)

    def adopt(self) -> None:
        """Takes over the lines of files whose process is gone."""
        for path in spool_files(self._path):
            if self._own is not None and path == self._own.path:
                continue
            with suppress(OSError):
                left = _lock(path, os.O_RDWR)
                if left is not None:
                    self._take_over(left)

    def close(self) -> None:
        """Lets go of the file; lines that are not done stay in it for the next process."""
        self._taken = []
        self._to_disk(len(self._memory))
        self.lost += len(self._memory)
        self._memory.clear()
        if self._own is None:
            return
        if self._in_file == 0:
            self._own.path.unlink(missing_ok=True)
        os.close(self._own.fd)
        self._own = None

    def _lines(self, limit: int) -> list[bytes]:
        """The next whole lines: from the file, and from memory when the file has no more."""
        if not self._in_file or self._own is None:
            lines = [self._memory[n] for n in range(min(limit, len(self._memory)))]
            self._taken_lines, self._taken_bytes = len(lines), 0
            return lines
        chunk, size = b"", CHUNK
        while b"\n" not in chunk:
            chunk = os.pread(self._own.fd, size, self._offset)
            size *= 2
        lines = [line + b"\n" for line in chunk.split(b"\n", limit)[:-1]]
        self._taken_lines, self._taken_bytes = len(lines), sum(map(len, lines))
        return lines

    def _parsed(self, lines: list[bytes]) -> list[Item]:
        items = []
        for line in lines:
            try:
                items.append(from_line(line))
            except ValueError as error:
                self.put_aside(line, str(error))
        return items

    def _forget(self) -> None:
        """Drops the lines of the last `take`; empties the file when all of it is done."""
        if not self._taken_bytes:
            for _ in range(self._taken_lines):
                self._memory.popleft()
            return
        self._in_file -= self._taken_lines
        self._offset += self._taken_bytes
        if not self._in_file:
            self._empty()
        elif self._offset >= ROLL_AT and self._size - self._offset <= CHUNK:
            self._roll()

    def _empty(self) -> None:
        if self._own is not None:
            with suppress(OSError):
                os.ftruncate(self._own.fd, 0)
                self._size = self._offset = 0

    def _roll(self) -> None:
        """Moves what still waits to a new file, so that a busy one doesn't grow for ever."""
        old = self._own
        if old is None:
            return
        rest = os.pread(old.fd, 2 * CHUNK, self._offset)
        self._own, size, offset = None, self._size, self._offset
        self._size = self._offset = 0
        if self._write(rest, lines=0):
            _remove(old)
            return
        if self._own is not None:
            _remove(self._own)
        self._own, self._size, self._offset = old, size, offset

    def _take_over(self, left: _Owned) -> None:
        """Copies the lines of a dead process's file into ours, then removes it; all of them or none."""
        size, in_file = self._size, self._in_file
        offset, last = 0, b"\n"
        while chunk := os.pread(left.fd, CHUNK, offset):
            if not self._write(chunk, lines=chunk.count(b"\n")):
                break
            offset += len(chunk)
            last = chunk[-1:]
        # A line that was torn by a kill gets its end, and will be found to be garbage.
        if not chunk and (last == b"\n" or self._write(b"\n")):
            _remove(left)
            return
        os.close(left.fd)
        if self._own is not None:
            os.ftruncate(self._own.fd, size)
            self._size, self._in_file = size, in_file

    def _to_disk(self, limit: int = MOVE) -> None:
        """Moves lines from memory to the file, when the disk takes some again."""
        if self._taken and not self._taken_bytes:
            return
        while self._memory and limit and self._write(self._memory[0]):
            self._memory.popleft()
            limit -= 1

    def _write(self, data: bytes, *, lines: int = 1) -> bool:
        """Puts data at the end of our file, in one system call; False if the disk doesn't take all of it."""
        try:
            if self._own is None:
                self._own = _create(self._path)
            written = os.write(self._own.fd, data)
        except OSError as error:
            self.fault = (
                f"{self._path.parent} takes no spool file ({error.strerror}); make room, or check its permissions"
            )
            return False
        if written < len(data):
            self.fault = f"the disk that holds {self._path} is full; make room on it"
            with suppress(OSError):
                os.ftruncate(self._own.fd, self._size)
            return False
        self.fault = ""
        self._size += written
        self._in_file += lines
        return True


def _create(path: Path) -> _Owned:
    number = os.getpid()
    while True:
        with suppress(FileExistsError):
            own = _lock(path.with_name(f"{path.name}.{number}"), os.O_CREAT | os.O_EXCL | os.O_RDWR)
            if own is not None:
                return own
        # Somebody has that name, or took our empty file for a left-over: no process id is that large.
        number += 1 << 22


def _lock(path: Path, flags: int) -> _Owned | None:
    """Opens a spool file and locks it; None if its process lives, or somebody removed it meanwhile."""
    owned = _Owned(path, os.open(path, flags | os.O_APPEND | os.O_CLOEXEC, MODE))
    with suppress(OSError):
        fcntl.flock(owned.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if owned.is_there():
            return owned
    os.close(owned.fd)
    return None


def _remove(owned: _Owned) -> None:
    """Removes a file while its lock is held, so that nobody opens it in between."""
    with suppress(OSError):
        owned.path.unlink(missing_ok=True)
    os.close(owned.fd)
