"""One FastAGI connection: header block in, one line out, close.

This is on the path of every call and open to whoever reaches the port, so: one task a call and nothing awaited for a
line; nothing a peer sends may raise into the loop, hold it up, or take more memory than a header may have.
"""

import asyncio
import fcntl
import logging
import struct
import termios
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from agi.quiet import Warnings
from agi.wire import (
    CALLER,
    FORGED_WAIT,
    HANGUP,
    HEADER_LIMIT,
    Environment,
    WireError,
    is_complete,
    parse_environment,
    set_variables,
)

Route = Callable[[Environment], Awaitable[Mapping[str, str]]]
"""Gets what Asterisk says of a call and returns the channel variables to set."""

LINGER = 2.0
"""Seconds that Asterisk has to close after the answer."""

_CALLER_MARK = f"\n{CALLER}: ".encode()
_DONE = b"200 result=0"
_RESULT_LIMIT = 256
_NO_BYTES = struct.pack("i", 0)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counters:
    """What became of the connections since the start, for `doctor` and logs."""

    connections: int = 0
    served: int = 0
    """Answers written."""
    delivered: int = 0
    """Answers that Asterisk said it has carried out."""
    bad_headers: int = 0
    """Not an AGI header, or cut off."""
    forged: int = 0
    """The caller had hidden lines of his own in the header; served nevertheless."""
    timeouts: int = 0
    """No whole header in time."""
    oversized: int = 0
    crowded_out: int = 0
    """Dropped at the limit of connections."""
    unknown_routes: int = 0
    failed: int = 0
    """Routes that raised, or returned what cannot be sent."""


@dataclass(slots=True)
class Switchboard:
    """What the connections of one server share."""

    routes: Mapping[str, Route]
    header_timeout: float
    max_connections: int
    counters: Counters = field(default_factory=Counters)
    warn: Warnings = field(default_factory=lambda: Warnings(log))
    open: set["Connection"] = field(default_factory=set)
    """Connections whose socket is open or whose route is still at work."""
    waiting: dict["Connection", None] = field(default_factory=dict)
    """Those without a whole header; a dict for its order, the first has waited longest."""
    all_closed: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, connection: "Connection") -> bool:
        """Take a new connection in; false if there is no room, not even one that waits to be dropped."""
        self.counters.connections += 1
        if len(self.open) >= self.max_connections:
            self.counters.crowded_out += 1
            self.warn("crowded", "%d FastAGI connections at once: idle ones are dropped", self.max_connections)
            oldest = next(iter(self.waiting), None)
            if oldest is None:
                return False
            oldest.drop()
        self.open.add(connection)
        self.waiting[connection] = None
        return True

    def leave(self, connection: "Connection") -> None:
        """Forget a connection that is over."""
        self.open.discard(connection)
        self.waiting.pop(connection, None)
        if not self.open:
            self.all_closed.set()


class Connection(asyncio.Protocol):
    """One call's connection. Its states: waiting for the header, asking the route, answered."""

    __slots__ = ("_answered", "_board", "_buffer", "_call_id", "_loop", "_peer_ended", "_task", "_timer", "_transport")

    def __init__(self, board: Switchboard, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to `board` from the moment that the socket is connected."""
        self._board = board
        self._loop = loop
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._answered = False
        self._call_id = ""
        self._peer_ended = False

    def drop(self) -> None:
        """Close at once, whatever is going on."""
        self._board.waiting.pop(self, None)
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the header's clock. Both event loops have set TCP_NODELAY by now."""
        self._transport = cast("asyncio.Transport", transport)
        if self._board.enter(self):
            self._set_timer(self._board.header_timeout, self._header_late)
        else:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Gather the header, or after the answer Asterisk's word that it was carried out."""
        buffer = self._buffer
        if self._answered:
            if len(buffer) < _RESULT_LIMIT:
                buffer += data[:_RESULT_LIMIT]
            return
        seen = len(buffer)
        buffer += data
        if seen + len(data) > HEADER_LIMIT:
            self._oversized()
        elif self._task is None:
            if is_complete(buffer):
                self._ask()
            elif buffer.find(b"\n\n", max(seen - 1, 0)) >= 0:
                self._blank_line_too_early()

    def eof_received(self) -> bool:
        """Stay open for the answer if a route is at work: the peer may only have closed its side."""
        self._peer_ended = True
        if self._task is None and self._buffer:
            self._board.counters.bad_headers += 1
        return self._task is not None and not self._answered

    def connection_lost(self, _exc: Exception | None) -> None:
        """Let the route end: a caller who hung up is to be in the call log too."""
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        if self._answered and _DONE in self._buffer:
            self._board.counters.delivered += 1
        if self._task is None or self._task.done():
            self._board.leave(self)
        else:
            self._board.waiting.pop(self, None)

    def _set_timer(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, then)

    def _header_late(self) -> None:
        self._board.counters.timeouts += 1
        self._warn("timeout", "sent no whole AGI header within %g s", self._board.header_timeout)
        self.drop()

    def _oversized(self) -> None:
        self._board.counters.oversized += 1
        self._warn("oversized", "sent an AGI header of more than %d bytes", HEADER_LIMIT)
        self.drop()

    def _blank_line_too_early(self) -> None:
        if _CALLER_MARK in self._buffer:
            self._set_timer(FORGED_WAIT, self._ask)
        else:
            self._ask()

    def _ask(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._board.waiting.pop(self, None)
        self._task = self._loop.create_task(self._serve())

    async def _serve(self) -> None:
        """Answer the call. Whatever fails closes the connection without an answer, and the call rings."""
        counters = self._board.counters
        try:
            self._send(await self._answer())
        except WireError as error:
            counters.bad_headers += 1
            self._warn("bad header", "sent no AGI header: %s", error)
        except _UnknownRouteError as error:
            counters.unknown_routes += 1
            self._warn("unknown route", "asked for agi://…/%s, which does not exist: mend the dialplan's AGI()", error)
        except Exception:
            counters.failed += 1
            log.exception("The FastAGI call %a failed; it rings as the dialplan has preset", self._call_id)
        finally:
            self._end()

    async def _answer(self) -> bytes:
        header = self._received()
        variables = await self._route(header)
        if len(self._buffer) > len(header) or self._unread():
            # A caller can invent a whole header and its end. What then still comes from Asterisk gives him away.
            await asyncio.sleep(FORGED_WAIT)
            if self._received() != header:
                variables = await self._route(self._received())
        return set_variables(variables)

    async def _route(self, header: bytes) -> Mapping[str, str]:
        environment = parse_environment(header)
        self._board.counters.forged += environment.forged
        self._call_id = environment.values.get("agi_uniqueid", "")
        name = environment.values.get("agi_network_script", "").partition("?")[0]
        route = self._board.routes.get(name)
        if route is None:
            raise _UnknownRouteError(ascii(name[:80]))
        return await route(environment)

    def _received(self) -> bytes:
        """All that came, but for Asterisk's word that the caller has hung up."""
        return bytes(self._buffer).removesuffix(HANGUP)

    def _unread(self) -> bool:
        """Whether bytes lie in the socket that the event loop has not fetched yet."""
        if self._transport is None or self._transport.is_closing():
            return False
        waiting = fcntl.ioctl(self._transport.get_extra_info("socket").fileno(), termios.FIONREAD, _NO_BYTES)
        return waiting != _NO_BYTES

    def _send(self, answer: bytes) -> None:
        """Write, and close our side at once: Asterisk carries the line out and then sees the end of the dialogue."""
        self._answered = True
        self._buffer.clear()
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(answer)
        self._board.counters.served += 1
        if self._peer_ended:
            self._transport.close()
        else:
            # Asterisk may go away between the two.
            with suppress(OSError):
                self._transport.write_eof()

    def _end(self) -> None:
        if self._transport is None:
            self._board.leave(self)
        elif self._answered:
            self._set_timer(LINGER, self.drop)
        else:
            self._transport.abort()

    def _warn(self, kind: str, message: str, *args: object) -> None:
        self._board.warn(kind, "%s " + message, self._peer(), *args)

    def _peer(self) -> str:
        peer = self._transport.get_extra_info("peername") if self._transport is not None else None
        return f"{peer[0]}:{peer[1]}" if peer else "a peer that is gone"


class _UnknownRouteError(Exception):
    pass
