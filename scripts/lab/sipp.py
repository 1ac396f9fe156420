"""Real SIP calls by SIPp: one caller at a time, and the shop's phone that answers them.

Scenarios are written per call, because hostile names have to stand in them byte for byte.
"""

import asyncio
import contextlib
import math
import re
import shutil
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.handset import Handset
from lab.pbx import Pbx, free_ports

RINGING, OK, REDIRECTED = 180, 200, 300
REFUSALS: tuple[int, ...] = (
    *(400, 401, 403, 404, 405, 406, 408, 410, 415, 420, 433, 480, 481, 482, 484, 485, 486, 487, 488, 491),
    *(500, 501, 502, 503, 504, 600, 603, 604, 606, 607, 608),
)
SDP = b"""v=0
o=lab 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""
SIPP_DEAD_SECONDS = 60.0
CARRIER, EXTENSION = "127.0.0.1", "127.0.0.2"
"""Addresses from which the carrier calls, and the shop's extension 101."""


class SippError(Exception):
    """SIPp itself failed; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """What the caller's side saw of one call."""

    final_code: int
    """Final SIP status of the INVITE; 0 if none came."""
    reason: str
    """Its reason phrase."""
    ringing: bool
    """A 180 came before the end."""
    answered: bool
    milliseconds: float
    """From the INVITE to the final response, by SIPp's clock of about 4 ms."""
    ringing_milliseconds: float
    """From the INVITE to the first 180; NaN if it did not ring."""
    responses: tuple[str, ...]
    """Everything that came back, message by message."""


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """What the shop's phone saw of one call."""

    name: str
    number: str
    raw_from: bytes
    """The From header's value as it came."""
    request: bytes
    """The whole INVITE."""


@dataclass(frozen=True, slots=True)
class _Message:
    at: datetime
    sent: bool
    raw: bytes

    @property
    def first_line(self) -> str:
        return self.raw.split(b"\r\n", 1)[0].decode("latin-1")

    def header(self, name: bytes) -> bytes:
        found = re.search(rb"^" + name + rb"[ \t]*:[ \t]*(.*?)\r?$", self.raw, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else b""


async def place_call(
    pbx: Pbx,
    sipp: tuple[str, ...],
    *,
    caller: str | bytes = "13800138000",
    name: str | bytes = "",
    to: str = "02012345678",
    headers: tuple[str, ...] = (),
    talk_seconds: float = 0.2,
    send_dtmf: str = "",
    keys_at: tuple[float, ...] = (),
    handset: Handset | None = None,
    give_up_seconds: float | None = None,
    address: str = CARRIER,
) -> CallResult:
    """One call, from the carrier's side unless `address` says otherwise.

    Args:
        pbx: where to.
        sipp: how to start SIPp, from `lab.fetch.sipp()`.
        caller: user part of the From URI as it stands on the wire, so `%0a` stays `%0a`.
        name: display name, put between quotes as it is: escape quotes yourself or don't.
        to: number that is called.
        headers: further header lines, such as `P-Asserted-Identity: <sip:1@x>`.
        talk_seconds: how long to stay once answered, sending a tone, unless the other side hangs up first.
        send_dtmf: keys to press (SIP INFO) before talking.
        keys_at: when to press each of them, in rising seconds since the answer; by default one after the other at once.
        handset: hears and presses keys in SIPp's place, which then sends no tone.
        give_up_seconds: cancel the call if nobody answered by then; by default wait for Asterisk's answer.
        address: where it comes from, by which Asterisk knows who calls: `CARRIER` or `EXTENSION`.

    Raises:
        SippError: SIPp did not run the call to its end.
    """
    with tempfile.TemporaryDirectory(prefix="callfilter-sipp-") as folder:
        work = Path(folder)
        tone = None if handset else work / "tone.ulaw"
        if tone:
            tone.write_bytes(_tone(max(1.0, talk_seconds)))
        scenario = _caller_scenario(
            caller=_bytes(caller),
            name=_bytes(name),
            headers=headers,
            talk=round(talk_seconds * 1000),
            keys=_keys(send_dtmf, keys_at),
            give_up=None if give_up_seconds is None else round(give_up_seconds * 1000),
            sdp=handset.sdp if handset else SDP,
            tone=tone,
        )
        (work / "scenario.xml").write_bytes(scenario)
        command = [
            *sipp,
            *("-sf", str(work / "scenario.xml"), "-s", to, "-m", "1", "-i", address, "-nostdin"),
            *("-mp", _media_port()),
            *("-trace_msg", "-message_file", str(work / "messages"), "-trace_err", "-error_file", str(work / "errors")),
            f"127.0.0.1:{pbx.ports.sip}",
        ]
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=work,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, complaint = await asyncio.wait_for(
                process.communicate(), SIPP_DEAD_SECONDS + talk_seconds + sum(keys_at[-1:])
            )
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        messages = _read_messages(work / "messages")
        if not messages or process.returncode not in {0, 1}:
            raise SippError(f"SIPp ended with {process.returncode}: {complaint.decode(errors='replace')[-500:]}")
        return _result(messages)


class Phone:
    """The shop's phone: rings, answers after a while, talks until the caller hangs up; remembers who called."""

    def __init__(
        self, pbx: Pbx, sipp: tuple[str, ...], *, ring_seconds: float = 0.0, talk_seconds: float = 20.0
    ) -> None:
        """A phone at the port where `pbx` calls it; it hangs up itself after `talk_seconds`."""
        self._pbx = pbx
        self._sipp = sipp
        self._ring = round(ring_seconds * 1000)
        self._talk = round(talk_seconds * 1000)
        self._folder = Path()
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._folder = work = Path(tempfile.mkdtemp(prefix="callfilter-phone-"))
        (work / "scenario.xml").write_bytes(_phone_scenario(self._ring, self._talk))
        self._process = await asyncio.create_subprocess_exec(
            *self._sipp,
            *("-sf", str(work / "scenario.xml"), "-i", "127.0.0.1", "-p", str(self._pbx.ports.phone)),
            *("-mp", _media_port(), "-nostdin", "-rtp_echo", "-trace_msg", "-message_file", str(work / "messages")),
            f"127.0.0.1:{self._pbx.ports.sip}",
            cwd=work,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        while not _listens(self._pbx.ports.phone):
            if self._process.returncode is not None:
                await self._stop()
                raise SippError(f"The phone did not start at port {self._pbx.ports.phone}.")
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def calls(self) -> list[PhoneCall]:
        """The calls it was rung for so far, oldest first."""
        messages = _read_messages(self._folder / "messages")
        seen: dict[bytes, PhoneCall] = {}
        for message in messages:
            if not message.sent and message.first_line.startswith("INVITE "):
                seen.setdefault(message.header(b"Call-ID"), _phone_call(message))
        return list(seen.values())


def _result(messages: list[_Message]) -> CallResult:
    invite = next(message for message in messages if message.sent and message.first_line.startswith("INVITE "))
    answers = [
        message
        for message in messages
        if not message.sent and message.first_line.startswith("SIP/2.0 ") and b"INVITE" in message.header(b"CSeq")
    ]
    final = next((answer for answer in answers if _code(answer) >= OK), None)
    rang = next((answer for answer in answers if _code(answer) == RINGING), None)
    return CallResult(
        final_code=_code(final) if final else 0,
        reason=final.first_line.split(" ", 2)[2] if final else "",
        ringing=rang is not None,
        answered=final is not None and _code(final) < REDIRECTED,
        milliseconds=_milliseconds(invite, final),
        ringing_milliseconds=_milliseconds(invite, rang),
        responses=tuple(message.raw.decode("utf-8", errors="replace") for message in messages if not message.sent),
    )


def _phone_call(invite: _Message) -> PhoneCall:
    """Read the From header as a phone would show it."""
    raw = invite.header(b"From")
    quoted = re.match(rb'\s*"((?:[^"\\]|\\.)*)"\s*<', raw)
    plain = re.match(rb"\s*([^<\"]*?)\s*<", raw)
    user = re.search(rb"sips?:([^@>;]*)@", raw)
    name = re.sub(rb"\\(.)", rb"\1", quoted[1]) if quoted else plain[1] if plain else b""
    return PhoneCall(
        name=name.decode("utf-8", errors="replace"),
        number=user[1].decode("utf-8", errors="replace") if user else "",
        raw_from=raw,
        request=invite.raw,
    )


def _code(message: _Message) -> int:
    return int(message.first_line.split(" ", 2)[1])


def _milliseconds(start: _Message, end: _Message | None) -> float:
    return (end.at - start.at).total_seconds() * 1000 if end else math.nan


def _read_messages(trace: Path) -> list[_Message]:
    """SIPp's message trace: a dashed line with the time, a line saying who and how long, the message."""
    raw = trace.read_bytes() if trace.exists() else b""
    head = re.compile(rb"^-{20,} (\S+ \S+)\r?\n\w+ message (sent|received) [^\n]*:\r?\n\r?\n", re.MULTILINE)
    found = list(head.finditer(raw))
    ends = [match.start() for match in found[1:]] + [len(raw)]
    return [
        _Message(datetime.fromisoformat(match[1].decode()), match[2] == b"sent", raw[match.end() : end])
        for match, end in zip(found, ends, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class _Caller:
    """Writes the caller's requests."""

    sender: bytes
    """The From header up to its tag, escaped for SIPp."""

    def request(
        self,
        method: bytes,
        number: int,
        *,
        in_dialog: bool = False,
        via: bytes = b"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        more: tuple[bytes, ...] = (),
        body: bytes = b"",
    ) -> bytes:
        callee = b"sip:[service]@[remote_ip]:[remote_port]"
        lines = (
            method + (b" [next_url]" if in_dialog and method != b"ACK" else b" " + callee) + b" SIP/2.0",
            via,
            b"From: " + self.sender + b";tag=[call_number]",
            b"To: <" + callee + b">" + (b"[peer_tag_param]" if in_dialog else b""),
            b"Call-ID: [call_id]",
            b"CSeq: %d %s" % (number, method),
            b"Contact: <sip:lab@[local_ip]:[local_port]>",
            b"Max-Forwards: 70",
            *more,
        )
        return _send(lines, body=body, repeat=method != b"ACK")


def _keys(keys: str, at: tuple[float, ...]) -> list[tuple[str, int]]:
    """Each key with the milliseconds to wait before it."""
    if not at:
        return [(key, 0) for key in keys]
    waits = (round((this - before) * 1000) for before, this in pairwise((0.0, *at)))
    return list(zip(keys, waits, strict=True))


def _caller_scenario(
    *,
    caller: bytes,
    name: bytes,
    headers: tuple[str, ...],
    talk: int,
    keys: list[tuple[str, int]],
    give_up: int | None,
    sdp: bytes,
    tone: Path | None,
) -> bytes:
    display = b'"' + name + b'" ' if name else b""
    write = _Caller(_escape(display + b"<sip:" + caller + b"@127.0.0.1") + b":[local_port]>").request
    with_sdp = (b"Content-Type: application/sdp",)
    patience = b' timeout="%d" ontimeout="cancel"' % give_up if give_up is not None else b""
    parts = [
        write(b"INVITE", 1, more=tuple(_escape(header.encode()) for header in headers) + with_sdp, body=sdp),
        # SIPp looks at the patience of the line it has reached only, and each provisional answer moves it on.
        *(b'<recv response="%d" optional="true"%s/>\n' % (code, patience) for code in (100, 180, 181, 182, 183)),
        *(b'<recv response="%d" optional="true" next="refused"%s/>\n' % (code, patience) for code in REFUSALS),
        b'<recv response="200" rrs="true"%s/>\n' % patience,
        write(b"ACK", 1, in_dialog=True),
        b'<nop><action><exec rtp_stream="%s,-1,0"/></action></nop>\n' % str(tone).encode() if tone else b"",
        *(_press(write, key, 2 + place, wait) for place, (key, wait) in enumerate(keys)),
        b'<recv request="BYE" timeout="%d" ontimeout="hangup" next="answer_bye"/>\n' % max(1, talk),
        b'<label id="hangup"/>\n',
        write(b"BYE", 2 + len(keys), in_dialog=True),
        b'<recv response="200" next="end"/>\n',
        b'<label id="answer_bye"/>\n',
        _reply(b"200 OK"),
        b'<nop next="end"/>\n',
        b'<label id="cancel"/>\n',
        # CANCEL, and the ACK of a refusal, belong to the INVITE's own transaction: the same Via.
        write(b"CANCEL", 1, via=b"[last_Via:]"),
        b'<recv response="200" optional="true"/>\n<recv response="487" next="refused"/>\n',
        b'<label id="refused"/>\n',
        write(b"ACK", 1, in_dialog=True, via=b"[last_Via:]"),
        b'<label id="end"/>\n',
    ]
    return _scenario(b"caller", parts)


def _press(write: Callable[..., bytes], key: str, number: int, wait: int) -> bytes:
    # While waiting, Asterisk may end the call.
    waited = b'<recv request="BYE" timeout="%d" ontimeout="key%d" next="answer_bye"/>\n<label id="key%d"/>\n'
    info = write(
        b"INFO",
        number,
        in_dialog=True,
        more=(b"Content-Type: application/dtmf-relay",),
        body=b"Signal=%s\nDuration=160" % key.encode(),
    )
    before = waited % (wait, number, number) if wait else b""
    return before + info + b'<recv response="200"/>\n' + (b"" if wait else b'<pause milliseconds="200"/>\n')


def _phone_scenario(ring: int, talk: int) -> bytes:
    contact = (b"Contact: <sip:phone@[local_ip]:[local_port]>",)
    bye = (
        b"BYE [next_url] SIP/2.0",
        b"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        b"Max-Forwards: 70",
        b"From: [$callee];tag=[call_number]",
        b"To: [$caller]",
        b"Call-ID: [call_id]",
        b"CSeq: 1 BYE",
    )
    parts = [
        b'<recv request="INVITE" rrs="true"><action>\n',
        b'<ereg regexp="[^ ].*" search_in="hdr" header="From:" assign_to="caller"/>\n',
        b'<ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="callee"/>\n',
        b"</action></recv>\n",
        _reply(b"180 Ringing", contact, tag=True),
        b'<recv request="CANCEL" timeout="%d" ontimeout="answer" next="cancelled"/>\n' % max(1, ring),
        b'<label id="answer"/>\n',
        _reply(b"200 OK", (*contact, b"Content-Type: application/sdp"), tag=True, body=SDP),
        b'<recv request="ACK"/>\n',
        b'<recv request="BYE" timeout="%d" ontimeout="hangup" next="answer_bye"/>\n' % talk,
        b'<label id="hangup"/>\n',
        _send(bye),
        b'<recv response="200" next="end"/>\n',
        b'<label id="answer_bye"/>\n',
        _reply(b"200 OK"),
        b'<nop next="end"/>\n',
        b'<label id="cancelled"/>\n',
        _reply(b"200 OK"),
        b'<label id="end"/>\n',
    ]
    return _scenario(b"phone", parts)


def _scenario(name: bytes, parts: list[bytes]) -> bytes:
    head = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="%s">\n' % name
    return head + b"".join(parts) + b"</scenario>\n"


def _send(lines: tuple[bytes, ...], *, body: bytes = b"", repeat: bool = True) -> bytes:
    message = b"\n".join((*lines, b"Content-Length: [len]", b"", body))
    return b"<send%s><![CDATA[\n\n%s\n]]></send>\n" % (b' retrans="500"' if repeat else b"", message)


def _reply(status: bytes, more: tuple[bytes, ...] = (), *, tag: bool = False, body: bytes = b"") -> bytes:
    to = b"[last_To:]" + (b";tag=[call_number]" if tag else b"")
    lines = (b"SIP/2.0 " + status, b"[last_Via:]", b"[last_From:]", to, b"[last_Call-ID:]", b"[last_CSeq:]", *more)
    return _send(lines, body=body, repeat=bool(body))


def _escape(text: bytes) -> bytes:
    r"""Text that SIPp must not read as a keyword, nor XML as the section's end: `\xHH` stands for the byte."""
    return b"".join(b"\\x%02x" % byte if byte in b"[]\\" else bytes([byte]) for byte in text)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _tone(seconds: float) -> bytes:
    """A 440 Hz tone as G.711 µ-law, 8,000 bytes a second."""
    samples = (round(8000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(round(8000 * seconds)))
    return bytes(_ulaw(sample) for sample in samples)


def _ulaw(sample: int) -> int:
    """One 16-bit sample as µ-law (ITU-T G.711)."""
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~((0x80 if sample < 0 else 0) | (exponent << 4) | mantissa) & 0xFF


def _media_port() -> str:
    """SIPp takes this port and the three above it, for sound and for pictures."""
    return str(free_ports(socket.SOCK_DGRAM, 4, range(30_000, 32_700, 2), adjoining=True)[0])


def _listens(port: int) -> bool:
    """Whether somebody has bound this UDP port; looking must not take it, not even for a moment."""
    lines = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)
