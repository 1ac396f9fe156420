"""Stand-ins on the other side of Asterisk: a FastAGI daemon that does what a test tells it, and a listener on AMI."""

import asyncio
import contextlib
import struct
from collections.abc import Mapping
from enum import Enum, auto
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Self

from lab.pbx import Pbx

NO_VERDICT = {
    "CALLFILTER_ACTION": "allow",
    "CALLFILTER_REASON": "default",
    "CALLFILTER_SIGNAL": "",
    "CALLFILTER_TARGET": "",
    "CALLFILTER_LABEL": "",
    "CALLFILTER_ID": "1",
}


class Misbehaviour(Enum):
    """How a daemon can fail a call."""

    CLOSES = auto()
    """Reads the question and closes without a word."""
    RESETS = auto()
    """Takes the connection and resets it."""
    NEVER_ANSWERS = auto()
    """Takes the connection and stays silent, as a frozen process does."""


def verdict(action: str, **more: str) -> dict[str, str]:
    """The variables of a verdict, e.g. `verdict("reject", reason="blocked", signal="603")`."""
    return (
        NO_VERDICT | {"CALLFILTER_ACTION": action} | {f"CALLFILTER_{name.upper()}": text for name, text in more.items()}
    )


def command(variables: Mapping[str, str]) -> bytes:
    """One AGI line that sets them all: escaped once for MSet's arguments and once for AGI's quotes."""
    arguments = ",".join(f"{name}={_escape(text, ',()[]')}" for name, text in variables.items())
    return f'EXEC MSet "{_escape(arguments)}"\n'.encode()


class ScriptedDaemon:
    """A FastAGI server on a free port; an async context manager."""

    def __init__(self, answer: Mapping[str, str] | Misbehaviour = NO_VERDICT) -> None:
        """A daemon that gives every call `answer`, which may be exchanged at any time."""
        self.answer = answer
        self.questions: list[dict[str, str]] = []
        """The header of each call that was asked about."""
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._held: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._held:
            writer.close()

    @property
    def address(self) -> str:
        """Its `host:port`."""
        if self._server is None:
            raise RuntimeError("The scripted daemon is not running.")
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.answer is Misbehaviour.NEVER_ANSWERS:
            self._held.add(writer)
            return
        if self.answer is Misbehaviour.RESETS:
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            header = await reader.readuntil(b"\n\n")
            self.questions.append(_header(header))
            if isinstance(self.answer, Mapping):
                writer.write(command(self.answer))
                writer.write_eof()
                await reader.read()
        writer.close()


class ManagerEvents:
    """Logs in to a PBX's AMI with the shipped user and collects what it is sent; an async context manager."""

    def __init__(self, pbx: Pbx) -> None:
        """A listener on `pbx`."""
        self._pbx = pbx
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._pbx.ports.ami)
        await self._reader.readline()
        answer = await self.ask(Action="Login", Username=self._pbx.ami_user, Secret=self._pbx.ami_secret)
        if answer.get("Response") != "Success":
            raise ConnectionError(f"AMI refused the login: {answer}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def ask(self, **fields: str) -> dict[str, str]:
        """Send an action; the next answer to it."""
        if self._writer is None:
            raise RuntimeError("Not connected to AMI.")
        self._writer.write("".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n")
        message = await self.next()
        while "Response" not in message:
            message = await self.next()
        return message

    async def next(self) -> dict[str, str]:
        """The next message, whatever it is."""
        if self._reader is None:
            raise RuntimeError("Not connected to AMI.")
        raw = await self._reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("utf-8", errors="replace").split("\r\n")
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines if line)}

    async def until(self, event: str) -> list[dict[str, str]]:
        """All messages up to and with the first `event`."""
        seen = [await self.next()]
        while seen[-1].get("Event") != event:
            seen.append(await self.next())
        return seen


def _escape(text: str, more: str = "") -> str:
    return "".join(f"\\{each}" if each in '\\"' + more else each for each in text)


def _header(raw: bytes) -> dict[str, str]:
    """A later line does not win over an earlier one, so that a test sees a forged line."""
    lines = raw.decode("utf-8", errors="replace").strip("\n").split("\n")
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name, value.strip())
    return found
