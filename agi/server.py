"""The FastAGI server: listens, keeps the number of connections in bounds, and closes without cutting calls off.

Knows nothing of filters. What cannot be answered is closed, and the call rings by what the dialplan has preset.
"""

import asyncio
import resource
from collections.abc import Mapping

from agi.connection import Connection, Counters, Route, Switchboard

__all__ = ["Counters", "FastAGIServer", "Route"]

BACKLOG = 4096
IDLE_GRACE = 0.2
"""Seconds that connections without a header get when the server closes: a call may just have come in."""
SPARE_FILES = 128
"""File descriptors left to the rest of the process: when there are none, accepting stops for all."""


class FastAGIServer:
    """Serves `agi://host:port/<name>` for each of its routes; a query behind the name is left to the route."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        *,
        header_timeout: float = 5.0,
        max_connections: int = 2048,
    ) -> None:
        """Prepare a server that does not listen yet.

        Args:
            routes: name in the URL -> what answers it.
            header_timeout: seconds from the connection to the end of its header.
            max_connections: how many may be open; beyond it those without a header are dropped, the oldest first.
                Never more than the process may open files.
        """
        self._board = Switchboard(routes, header_timeout, _affordable(max_connections))
        self._server: asyncio.Server | None = None

    @property
    def counters(self) -> Counters:
        """What became of the connections since the start."""
        return self._board.counters

    @property
    def address(self) -> tuple[str, int]:
        """Host and port it listens on.

        Raises:
            RuntimeError: it does not listen.
        """
        if self._server is None:
            raise RuntimeError("the FastAGI server does not listen")
        host, port, *_ = self._server.sockets[0].getsockname()
        return host, port

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any free one.

        Raises:
            OSError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self._board, loop), host, port, backlog=BACKLOG)

    async def close(self, grace: float) -> None:
        """Stop listening at once, then let calls in flight end for up to `grace` seconds."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        await self._all_closed(min(grace, IDLE_GRACE))
        for connection in tuple(self._board.waiting):
            connection.drop()
        await self._all_closed(deadline - loop.time())
        for connection in tuple(self._board.open):
            connection.drop()
        await self._all_closed(IDLE_GRACE)

    async def _all_closed(self, seconds: float) -> None:
        """Wait for the last connection to end, at most so long; the caller looks at what is left."""
        if not self._board.open:
            return
        self._board.all_closed.clear()
        try:
            await asyncio.wait_for(self._board.all_closed.wait(), max(seconds, 0))
        except TimeoutError:
            return


def _affordable(connections: int) -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connections if files == resource.RLIM_INFINITY else max(1, min(connections, files - SPARE_FILES))
