"""Calls as they come, for whoever is looking: one look at the log serves all listeners, and none where nobody listens.

A listener gets calls as HTML in its language. A call is sent again when it is answered or over, so that its line is
kept up to date. Who does not take what it is sent is dropped, and comes back by itself.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from callfilter.store import calls
from callfilter.store.calls import CallRow
from callfilter.store.database import Database
from callfilter.store.file import StoreError

log = logging.getLogger(__name__)

EVERY: Final = 0.5
"""Seconds between two looks at the log."""
AFTER_FAULT: Final = 3.0
WATCHED: Final = 30
"""The newest calls, whose later life is told."""
AT_ONCE: Final = 200
"""Calls that one look takes."""
LISTENERS: Final = 32
QUEUED: Final = 100
"""Lines that may wait for a listener."""

Draw = Callable[[CallRow], str]
"""A call as HTML."""


class FullError(Exception):
    """As many are listening as may."""


@dataclass(frozen=True, slots=True)
class Line:
    """A call as it is sent."""

    call_id: int
    html: str


@dataclass(eq=False, slots=True)
class Listener:
    """Somebody who is looking."""

    draw: Draw
    lines: asyncio.Queue[Line | None] = field(default_factory=lambda: asyncio.Queue(QUEUED))
    """None is the end: too much was waiting, or the page stops."""

    def tell(self, row: CallRow) -> bool:
        """Whether there was room."""
        try:
            self.lines.put_nowait(Line(row.record.id, self.draw(row)))
        except asyncio.QueueFull:
            return False
        return True

    def end(self) -> None:
        """Makes the end the next thing that it gets."""
        while not self.lines.empty():
            self.lines.get_nowait()
        self.lines.put_nowait(None)


class Live:
    """The listeners of one running page."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    async def listen(self, database: Database, draw: Draw) -> Listener:
        """A new listener, for `let_go` to end. It gets what comes from now on.

        Raises:
            FullError: there are too many already.
            StoreError: the database can't be read.
        """
        async with self._beginning:
            if len(self._listeners) >= LISTENERS:
                raise FullError
            if self._looking is None:
                known = {row.record.id: row for row in await calls.newest(database, WATCHED)}
                self._looking = asyncio.create_task(self._look(database, known))
            listener = Listener(draw)
            self._listeners.add(listener)
            return listener

    def let_go(self, listener: Listener) -> None:
        """Ends a listener; with the last one, looking ends."""
        self._listeners.discard(listener)
        if self._looking and not self._listeners:
            self._looking.cancel()
            self._looking = None

    async def close(self) -> None:
        """Ends all."""
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()
        looking, self._looking = self._looking, None
        if looking:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look(self, database: Database, known: dict[int, CallRow]) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                async for row in _news(database, known):
                    self._tell(row)
            except StoreError as error:
                log.warning("calls cannot be shown as they come: %s", error)
                await asyncio.sleep(AFTER_FAULT)

    def _tell(self, row: CallRow) -> None:
        for listener in [one for one in self._listeners if not one.tell(row)]:
            self._listeners.discard(listener)
            listener.end()


async def _news(database: Database, known: dict[int, CallRow]) -> AsyncIterator[CallRow]:
    """Calls that are new or otherwise than `known`, which is brought up to date; the oldest in front."""
    after = min(known, default=0) - 1
    while True:
        rows = await calls.newer(database, after, AT_ONCE)
        for row in rows:
            if known.get(row.record.id) != row:
                known[row.record.id] = row
                yield row
        for old in sorted(known)[:-WATCHED]:
            del known[old]
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].record.id
