"""The ear and the keys of a calling phone: hears what Asterisk plays and presses keys when told to, by RTP (RFC 4733).

SIPp keeps the call; the sound goes to a socket of our own, because SIPp can't press a key that it has to hear first.
"""

import asyncio
import secrets
import socket
import struct
import time
from itertools import pairwise
from types import TracebackType
from typing import Self

from lab.pbx import free_ports

EVENTS = "0123456789*#ABCD"
"""Keys in the order of their event codes."""
SOUND, EVENT = 0, 101
"""RTP payload types: G.711 µ-law, telephone-event."""
SAMPLES = 160
"""Of one packet of 20 ms."""
RATE = 8000
QUIET = b"\xff" * SAMPLES
NOISE = bytes(sample for sample in range(256) if sample & 0x70 in {0x70, 0x60, 0x50})
"""Samples hardly louder than silence: µ-law's exponent, which comes inverted, is at most 2 of 7."""
HEAD = 12
"""Bytes before an RTP packet's payload."""
PAUSE_SECONDS = 0.2
PACKET_SECONDS = 0.02
SDP = """v=0
o=lab 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio {port} RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16"""
PATIENCE_SECONDS = 10.0


class Handset(asyncio.DatagramProtocol):
    """One calling phone's sound, on a UDP port of its own; an async context manager for one call."""

    def __init__(self) -> None:
        """A handset that nobody talks to yet."""
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
        self._talking: asyncio.Task[None] | None = None
        self._pressed: asyncio.Lock = asyncio.Lock()
        self._source = secrets.randbits(32)
        self._sequence = 0
        self._samples = 0
        self._loud: list[int] = []
        """RTP timestamps of what was loud: they tell the time of the sound, however late a packet comes."""
        self._last_loud = float("-inf")

    async def __aenter__(self) -> Self:
        (self.port,) = free_ports(socket.SOCK_DGRAM, 1, range(20_000, 30_000))
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", self.port))
        self._talking = loop.create_task(self._stay_quiet())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._talking is not None:
            self._talking.cancel()
        if self._transport is not None:
            self._transport.close()

    @property
    def sdp(self) -> bytes:
        """The session description with which to call."""
        return SDP.format(port=self.port).encode()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Asterisk's sound; where it comes from is where ours has to go."""
        if not self._peer.done():
            self._peer.set_result(addr)
        if data[1] & 0x7F == SOUND and data[HEAD:].translate(None, NOISE):
            self._loud.append(int.from_bytes(data[4:8]))
            self._last_loud = time.monotonic()

    def bursts(self) -> list[float]:
        """Lengths in seconds of the sounds heard so far, with some quiet between them."""
        longest = PAUSE_SECONDS * RATE
        gaps = [(after - before) % 2**32 for before, after in pairwise(self._loud)]
        edges = [place for place, gap in enumerate(gaps, 1) if gap > longest]
        spans = pairwise([0, *edges, len(self._loud)])
        return [(end - start) * PACKET_SECONDS for start, end in spans if end > start]

    def quiet_seconds(self) -> float:
        """Time since the last sound; since ever, where there was none."""
        return time.monotonic() - self._last_loud

    async def press(self, keys: str) -> None:
        """Press keys one after the other, each for 100 ms with as much after it.

        Raises:
            TimeoutError: Asterisk sent no sound in time, so that it isn't known where to send.
        """
        peer = await asyncio.wait_for(asyncio.shield(self._peer), PATIENCE_SECONDS)
        for key in keys:
            async with self._pressed:
                started = self._samples
                # Its end is told three times, since packets get lost (RFC 4733, 2.5.1.4).
                for place, ended in enumerate((False,) * 5 + (True,) * 3):
                    length = SAMPLES * min(place + 1, 5)
                    event = struct.pack("!BBH", EVENTS.index(key), 0x80 * ended | 10, length)
                    self._send(peer, EVENT, event, started, marked=place == 0)
                    await asyncio.sleep(0 if ended else 0.02)
                self._samples += 5 * SAMPLES
            await asyncio.sleep(0.1)

    async def _stay_quiet(self) -> None:
        """A phone sends sound all the time, be it silence."""
        peer = await self._peer
        while True:
            async with self._pressed:
                self._send(peer, SOUND, QUIET, self._samples)
                self._samples += SAMPLES
            await asyncio.sleep(0.02)

    def _send(self, peer: tuple[str, int], kind: int, payload: bytes, at: int, *, marked: bool = False) -> None:
        if self._transport is not None:
            self._sequence = (self._sequence + 1) % 65_536
            head = struct.pack("!BBHII", 0x80, kind | 0x80 * marked, self._sequence, at, self._source)
            self._transport.sendto(head + payload, peer)
