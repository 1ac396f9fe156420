"""The AMI client: what became of calls, as a few event types of our own. Reconnects for ever; decides nothing.

It rests on panoramisk's Manager, one for each connection, and works around what is wrong with that (1.4):

- It reconnects every 2 s whatever the cause, a refused login included, and goes on after `close()`. Ours never does.
- A reply that does not come leaves its future pending for ever, as does an error in reply to an action asked with
  `as_list=True`; its pings are never looked at. So every question has a time limit here, pings too.
- It logs whole actions, the secret in them, when sending fails. Its logger is a disabled one.
- A header that occurs twice becomes a list, and then its own code raises: a caller's number with a line break, which
  Asterisk does not escape, would cut the connection. Its receive buffer has no limit, and a character that arrives in
  two segments is lost. So messages are cut out and read here.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from agi.dialled import dialled_number

MESSAGE_LIMIT = 64 * 1024
"""Bytes of one AMI message."""

_END = b"\r\n\r\n"
_VOICEMAIL = "CallfilterVoicemail"
_SCREENED = "CallfilterScreened"
_RESULTS = frozenset({"passed", "failed", "silent", "hangup"})

log = logging.getLogger(__name__)
_silent = logging.getLogger(f"{__name__}.panoramisk")
_silent.disabled = True


@dataclass(frozen=True, slots=True)
class BridgeEntered:
    """The channel is talking with another one from now on."""

    unique_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BridgeLeft:
    """The channel no longer is."""

    unique_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HungUp:
    """The channel is gone."""

    unique_id: str
    cause: int
    """Q.850 hang-up cause, 0 for none."""
    at: datetime


@dataclass(frozen=True, slots=True)
class VoicemailLeft:
    """The dialplan has sent a call to voicemail and the caller is done there."""

    call_id: str
    mailbox: str
    file: str
    """Path of the message as VoiceMail() told it, empty if none was left."""
    status: str
    """VMSTATUS."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Screened:
    """The dialplan has asked a caller to press a key, and that is over."""

    call_id: str
    result: str
    """`passed`, `failed`, `silent` or `hangup`."""
    tries: int
    """How often a digit was asked for."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Dialled:
    """A trunk is asked to reach an outside number."""

    number: str
    """As it was sent to the trunk."""
    linked_id: str
    """Unique id of the channel that this began with: that of an incoming call, where it was sent on."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Resynced:
    """Connected anew. What happened before went unseen, and these channels are alive."""

    live: frozenset[str]
    """Unique ids."""


Event = BridgeEntered | BridgeLeft | HungUp | VoicemailLeft | Screened | Dialled | Resynced


class AmiStatus(StrEnum):
    """Whether Asterisk's manager talks with us."""

    CONNECTED = "connected"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class AmiState:
    """The status, and a sentence for people about what is wrong; empty if nothing is."""

    status: AmiStatus
    message: str = ""


class AmiClient:
    """Keeps one AMI connection up and reports events and changes of its state, both in the event loop."""

    def __init__(  # noqa: PLR0917 - four facts of an account and two ears
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        on_event: Callable[[Event], None],
        on_state: Callable[[AmiState], None],
        *,
        retry: tuple[float, float] = (1.0, 30.0),
        ping_interval: float = 10.0,
        patience: float = 5.0,
    ) -> None:
        """Prepare a client that is not connected yet.

        Args:
            host: Asterisk's manager.
            port: its TCP port.
            username: section of manager.conf.
            secret: never logged.
            on_event: gets each event; what it raises goes to the loop's exception handler.
            on_state: gets each state that differs from the one before.
            retry: seconds before the first and at most before each later attempt; a refused login waits the longest.
            ping_interval: seconds between two checks that the peer is alive.
            patience: seconds to connect, and for each reply.
        """
        self._host = host
        self._port = port
        self._username = username
        self._secret = secret
        self._on_event = on_event
        self._on_state = on_state
        self._retry = retry
        self._delay = retry[0]
        self._ping_interval = ping_interval
        self._patience = patience
        self._state: AmiState | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect, and return at once."""
        self._task = asyncio.create_task(self._stay_connected())

    async def stop(self) -> None:
        """Log off and stay away."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait({self._task})
        self._task = None

    async def _stay_connected(self) -> None:
        first, longest = self._retry
        while True:
            try:
                await self._session()
            except _RefusedError as error:
                self._delay = longest
                self._tell(AmiStatus.REFUSED, self._sentence("refuses", f"the login of {self._username!r}: {error}"))
            # TimeoutError is an OSError, ConnectionError too.
            except OSError as error:
                self._tell(AmiStatus.UNREACHABLE, self._sentence("cannot be reached:", str(error)))
            await asyncio.sleep(self._delay)
            self._delay = min(max(self._delay, first) * 2, longest)

    async def _session(self) -> None:
        """Connect, log in, report, and keep the connection until it breaks.

        Raises:
            _RefusedError: wrong user or secret.
            OSError: any end of the connection.
        """
        manager = _Connection(self._host, self._port, self._emit, self._patience)
        try:
            await manager.open()
            await self._log_in(manager)
            self._delay = self._retry[0]
            await self._resync(manager)
            # As good as a ping; and verdicts that fell while we connected may have been ahead of the first list.
            if await manager.stays_open(self._ping_interval):
                await self._resync(manager)
            while await manager.stays_open(self._ping_interval):
                await manager.ask("Ping")
            raise ConnectionResetError("Asterisk closed the connection")
        finally:
            manager.leave()

    async def _log_in(self, manager: "_Connection") -> None:
        # Only what _events() below reads: each other class of events costs time on the path of calls.
        reply = await manager.ask("Login", Username=self._username, Secret=self._secret, Events="call,user")
        if not reply[0].success:
            raise _RefusedError(_text(reply[0], "Message"))

    async def _resync(self, manager: "_Connection") -> None:
        reply = await manager.ask("CoreShowChannels")
        if reply[0].success:
            self._tell(AmiStatus.CONNECTED)
            live = frozenset(_text(channel, "Uniqueid") for channel in reply[1:])
            self._emit(Resynced(live - {""}))
        else:
            fault = f"the list of channels to {self._username!r}: {_text(reply[0], 'Message')}"
            self._tell(AmiStatus.CONNECTED, self._sentence("refuses", f"{fault}; add reporting to its write ="))

    def _sentence(self, verb: str, what: str) -> str:
        return f"Asterisk's manager at {self._host}:{self._port} {verb} {what}"

    def _tell(self, status: AmiStatus, message: str = "") -> None:
        state = AmiState(status, message)
        if state == self._state:
            return
        self._state = state
        if message:
            log.warning("%s", message)
        else:
            log.info("Connected with Asterisk's manager at %s:%d", self._host, self._port)
        asyncio.get_running_loop().call_soon(self._on_state, state)

    def _emit(self, event: Event) -> None:
        # By way of the loop, so that a fault in there does not cost the connection.
        asyncio.get_running_loop().call_soon(self._on_event, event)


class _RefusedError(Exception):
    pass


class _Connection(Manager):  # type: ignore[misc]  # panoramisk has no types
    """A Manager for one connection: never reconnects, never pings by itself, and every question has a time limit."""

    def __init__(self, host: str, port: int, emit: Callable[[Event], None], patience: float) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(host=host, port=port, protocol_factory=_Protocol, log=_silent, loop=loop)
        self._emit = emit
        self._patience = patience
        self._lost: asyncio.Future[None] = loop.create_future()

    async def open(self) -> None:
        try:
            await asyncio.wait_for(self.connect(), self._patience)
        except TimeoutError:
            raise TimeoutError(f"no connection within {self._patience:g} s") from None

    async def ask(self, action: str, **headers: str) -> list[Message]:
        """Send an action and wait for its reply: one message, and those of a list behind it.

        Raises:
            OSError: there is none in time, or the connection is lost.
        """
        future = self.send_action({"Action": action, **headers})
        try:
            await asyncio.wait({future, self._lost}, timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
            if future.done():
                reply = future.result()
                return reply if isinstance(reply, list) else [reply]
        finally:
            future.cancel()
        if self._lost.done():
            raise ConnectionResetError("Asterisk closed the connection")
        raise TimeoutError(f"no reply to {action} within {self._patience:g} s")

    async def stays_open(self, seconds: float) -> bool:
        await asyncio.wait({self._lost}, timeout=seconds)
        return not self._lost.done()

    def leave(self) -> None:
        if self.protocol is not None and not self._lost.done():
            self.send_action({"Action": "Logoff"})
        self.close()

    # Called by panoramisk

    def connection_made(self, f: asyncio.Task[Any]) -> None:
        if not f.cancelled() and f.exception() is None:
            super().connection_made(f)

    def connection_lost(self, exc: object) -> None:  # noqa: ARG002 - panoramisk's name
        if not self._lost.done():
            self._lost.set_result(None)

    def ping(self) -> None:
        """Nothing: AmiClient pings, and looks at the reply."""

    # Called by our protocol

    def heard(self, headers: Mapping[str, str]) -> None:
        for ours in _events(headers):
            self._emit(ours)


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """Cuts messages out of the stream and reads only those that are of use: a busy Asterisk sends many others."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        *messages, self._received = (self._received + data).split(_END)
        for raw in messages:
            name = raw.partition(b"\r\n")[0]
            if name in _EVENTS:
                self.factory.heard(_headers(raw))
            elif b"\r\nActionID: " in raw:
                self.handle_message(Message(_headers(raw)))
        if len(self._received) > MESSAGE_LIMIT:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        # Lost before the Manager heard that it was made; the login's time limit tells it.
        if self.factory is not None:
            super().connection_lost(exc)


def _headers(raw: bytes) -> dict[str, str]:
    """Read a message's headers.

    Of a name that occurs twice, the first one counts for what a message is, and the last for all else: a caller's
    number with line breaks stands between the two.
    """
    headers: dict[str, str] = {}
    for line in raw.decode(errors="replace").split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon and not (name in headers and name in _FIRST_COUNTS):
            headers[name] = value
    return headers


_EVENTS = frozenset(
    {b"Event: BridgeEnter", b"Event: BridgeLeave", b"Event: DialBegin", b"Event: Hangup", b"Event: UserEvent"}
)
_FIRST_COUNTS = frozenset({"Event", "Response", "ActionID"})
_WHOLE_DIAL = (
    *("DestChannel", "DestChannelState", "DestChannelStateDesc", "DestCallerIDNum", "DestCallerIDName"),
    *("DestConnectedLineNum", "DestConnectedLineName", "DestLanguage", "DestAccountCode", "DestContext", "DestExten"),
    *("DestPriority", "DestUniqueid", "DestLinkedid", "DialString"),
)
"""What every DialBegin has. An empty line in a caller's number cuts a message in two, and the second part is as the
caller wrote it: to forge all of these takes more than the 79 characters of a number in SIP, or the 255 in IAX2."""


def _events(message: Mapping[str, str]) -> Iterable[Event]:
    now = datetime.now(UTC)
    unique_id = _text(message, "Uniqueid")
    match _text(message, "Event"):
        case "BridgeEnter":
            yield BridgeEntered(unique_id, now)
        case "BridgeLeave":
            yield BridgeLeft(unique_id, now)
        case "Hangup":
            yield HungUp(unique_id, _small(_text(message, "Cause")), now)
        case "UserEvent" if _text(message, "UserEvent") == _VOICEMAIL:
            mailbox, file, status = (_text(message, name) for name in ("Mailbox", "File", "Status"))
            yield VoicemailLeft(_text(message, "ID"), mailbox, file, status, now)
        case "UserEvent" if _text(message, "UserEvent") == _SCREENED and _text(message, "Result") in _RESULTS:
            yield Screened(_text(message, "ID"), _text(message, "Result"), _small(_text(message, "Tries")), now)
        case "DialBegin" if all(name in message for name in _WHOLE_DIAL):
            number = dialled_number(_text(message, "DestChannel"), _text(message, "DialString"))
            if number:
                yield Dialled(number, _text(message, "DestLinkedid"), now)


def _text(message: Mapping[str, str], name: str) -> str:
    return message.get(name, "")


def _small(text: str) -> int:
    """A number of up to three digits; 0 for whatever else is there."""
    return int(text) if text.isdecimal() and len(text) < len("1000") else 0
