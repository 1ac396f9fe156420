"""The FastAGI server over real sockets, with peers of every kind."""

import asyncio
import logging
import resource
import socket
import statistics
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager

import pytest

from agi import connection
from agi.connection import Connection
from agi.server import FastAGIServer
from agi.wire import HEADER_LIMIT, Environment, decode
from tests.agi.headers import HEAD, header

ALLOWED = b'EXEC MSet "CALLFILTER_ACTION=allow"\n'
DONE = b"200 result=0\n"


class Desk:
    """Routes that remember whom they were asked about."""

    def __init__(self) -> None:
        self.asked: list[Environment] = []
        self.entered = asyncio.Event()
        self.hold = asyncio.Event()
        self.finished = 0

    @property
    def routes(self) -> Mapping[str, Callable[[Environment], Awaitable[Mapping[str, str]]]]:
        return {"screen": self.screen, "slow": self.slow, "broken": self.broken, "unsafe": self.unsafe}

    async def screen(self, environment: Environment) -> Mapping[str, str]:
        self.asked.append(environment)
        return {"CALLFILTER_ACTION": "allow"}

    async def slow(self, environment: Environment) -> Mapping[str, str]:
        self.asked.append(environment)
        self.entered.set()
        await self.hold.wait()
        self.finished += 1
        return {"CALLFILTER_ACTION": "allow"}

    async def broken(self, _environment: Environment) -> Mapping[str, str]:
        raise KeyError("no such table")

    async def unsafe(self, _environment: Environment) -> Mapping[str, str]:
        return {"CALLFILTER_LABEL": "a\nb"}


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@asynccontextmanager
async def serving(
    desk: Desk, *, header_timeout: float = 5.0, max_connections: int = 2048
) -> AsyncIterator[FastAGIServer]:
    server = FastAGIServer(desk.routes, header_timeout=header_timeout, max_connections=max_connections)
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        desk.hold.set()
        await server.close(grace=1.0)


@pytest.fixture
async def server(desk: Desk) -> AsyncIterator[FastAGIServer]:
    async with serving(desk) as server:
        yield server


async def call(server: FastAGIServer, *segments: bytes, result: bytes = DONE) -> bytes:
    """All that the server says to these segments, each of which it gets to read by itself."""
    reader, writer = await asyncio.open_connection(*server.address)
    try:
        for segment in segments:
            writer.write(segment)
            await writer.drain()
            await turns()
        answer = await reader.read()
    except ConnectionError:
        return b""
    else:
        writer.write(result)
        return answer
    finally:
        await hang_up(writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except ConnectionError:
        return


async def turns(count: int = 5) -> None:
    """Let the event loop go round a few times: both ends of each socket live in it."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    """Wait for what a peer's socket brings about in the server; the event loop goes on meanwhile."""
    for _ in range(3000):
        if true():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError("it never came true")


async def closed_by_server(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(3):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


# Calls


async def test_a_call_is_answered_with_one_line_and_closed(server: FastAGIServer, desk: Desk) -> None:
    assert await call(server, header(b"95588")) == ALLOWED
    assert desk.asked[0].values["agi_callerid"] == "95588"
    await until(lambda: server.counters.delivered == 1)
    assert server.counters.served == 1


async def test_the_header_may_come_in_any_segments(server: FastAGIServer) -> None:
    whole = header()
    assert await call(server, *[whole[at : at + 7] for at in range(0, len(whole), 7)]) == ALLOWED
    assert await call(server, *[whole[at : at + 1] for at in range(len(whole))]) == ALLOWED


async def test_a_query_behind_the_route_is_the_routes_own_business(server: FastAGIServer) -> None:
    assert await call(server, header(script=b"screen?did=1")) == ALLOWED


@pytest.mark.parametrize(
    "name",
    [
        "王小明".encode("gbk"),
        "😀 快递".encode(),
        "\u202eمحمد".encode(),
        b'Bob" ${SHELL(id)}, ; \\ x',
        b"a\0b",
        b"\xff\xfe",
    ],
)
async def test_a_name_in_any_characters_is_served(server: FastAGIServer, desk: Desk, name: bytes) -> None:
    assert await call(server, header(name=name)) == ALLOWED
    assert desk.asked[0].values["agi_calleridname"] == decode(name)
    assert not desk.asked[0].forged


async def test_nul_bytes_in_the_number_reach_the_route(server: FastAGIServer, desk: Desk) -> None:
    assert await call(server, header(b"138\x00001")) == ALLOWED
    assert desk.asked[0].values["agi_callerid"] == "138\x00001"


async def test_a_hundred_calls_at_once_are_all_answered(server: FastAGIServer) -> None:
    assert set(await asyncio.gather(*(call(server, header()) for _ in range(100)))) == {ALLOWED}


# Forged headers


async def test_a_forged_blank_line_does_not_hide_the_rest_of_the_header(server: FastAGIServer, desk: Desk) -> None:
    first, rest = header(b"x\n\n").split(b"\n\n", 1)
    assert await call(server, first + b"\n\n", rest) == ALLOWED
    assert desk.asked[0].forged
    assert desk.asked[0].values["agi_callerid"] == "x\n\n"
    assert desk.asked[0].args == ("02112345678",)
    assert server.counters.forged == 1


async def test_a_whole_forged_header_is_noticed_by_what_follows_it(server: FastAGIServer, desk: Desk) -> None:
    forged_tail = header(b"95588", args=(b"999",)).partition(b"agi_callerid: ")[2]
    assert await call(server, header(forged_tail)) == ALLOWED
    assert [environment.forged for environment in desk.asked] == [True]
    assert desk.asked[0].args == ("02112345678",)


async def test_a_whole_forged_header_is_noticed_while_the_route_is_at_work(server: FastAGIServer, desk: Desk) -> None:
    forged_tail = header(b"95588", args=(b"999",)).partition(b"agi_callerid: ")[2]
    whole = header(forged_tail, script=b"slow")
    at = whole.index(b"\n\n") + 2
    talk = asyncio.create_task(call(server, whole[:at], whole[at:]))
    await desk.entered.wait()
    await until(lambda: all(len(c._buffer) == len(whole) for c in server._board.open))
    desk.hold.set()
    assert await talk == ALLOWED
    assert [environment.forged for environment in desk.asked] == [False, True]


async def test_a_header_that_lacks_lines_is_served_as_it_is_after_a_moment(server: FastAGIServer, desk: Desk) -> None:
    assert await call(server, HEAD + b"agi_callerid: 95588\n\n") == ALLOWED
    assert desk.asked[0].values["agi_callerid"] == "95588"


# Hang-ups


async def test_a_hangup_line_behind_the_header_does_no_harm(server: FastAGIServer, desk: Desk) -> None:
    assert await call(server, header() + b"HANGUP\n") == ALLOWED
    assert not desk.asked[0].forged


async def test_a_hangup_line_while_the_route_is_at_work_does_no_harm(server: FastAGIServer, desk: Desk) -> None:
    talk = asyncio.create_task(call(server, header(script=b"slow"), b"HANGUP\n"))
    await desk.entered.wait()
    desk.hold.set()
    assert await talk == ALLOWED
    assert len(desk.asked) == 1


@pytest.mark.parametrize("reset", [False, True])
async def test_the_route_ends_its_work_for_a_caller_who_hung_up(
    server: FastAGIServer, desk: Desk, *, reset: bool
) -> None:
    _, writer = await asyncio.open_connection(*server.address)
    writer.write(header(script=b"slow"))
    await desk.entered.wait()
    if reset:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await hang_up(writer)
    await turns(20)
    desk.hold.set()
    await until(lambda: not server._board.open)
    assert desk.finished == 1
    assert server.counters.failed == 0
    assert await call(server, header()) == ALLOWED


async def test_a_reset_in_the_midst_of_a_header_does_no_harm(server: FastAGIServer) -> None:
    _, writer = await asyncio.open_connection(*server.address)
    writer.write(HEAD)
    await until(lambda: any(c._buffer for c in server._board.waiting))
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await hang_up(writer)
    await until(lambda: not server._board.open)
    assert await call(server, header()) == ALLOWED


async def test_an_answer_counts_as_delivered_only_when_asterisk_says_so(server: FastAGIServer) -> None:
    assert await call(server, header(), result=b"511 Command Not Permitted on a dead channel\n") == ALLOWED
    await until(lambda: not server._board.open)
    assert (server.counters.served, server.counters.delivered) == (1, 0)


async def test_a_peer_that_stays_after_the_answer_is_dropped(
    server: FastAGIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER", 0.02)
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(header())
    assert await reader.read() == ALLOWED
    writer.write(b"x" * 100_000)
    await until(lambda: not server._board.open)
    await hang_up(writer)


# Peers that are no Asterisk


async def test_connecting_and_closing_does_no_harm(server: FastAGIServer) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection(*server.address)
        await hang_up(writer)
    await until(lambda: server.counters.connections == 20 and not server._board.open)
    assert await call(server, header()) == ALLOWED


async def test_half_a_header_is_a_bad_one(server: FastAGIServer) -> None:
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(header()[:300])
    writer.write_eof()
    assert await closed_by_server(reader)
    await hang_up(writer)
    assert server.counters.bad_headers == 1


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\n\n", b"\n\n", b"\0" * 100 + b"\n\n", b"\x16\x03\x01\n\n"])
async def test_noise_is_closed_without_an_answer(server: FastAGIServer, noise: bytes) -> None:
    assert await call(server, noise) == b""
    assert server.counters.bad_headers == 1


async def test_ten_megabytes_of_header_are_cut_off_early(server: FastAGIServer) -> None:
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write((b"agi_callerid: " + b"1" * 1000 + b"\n") * 10_000)
    with pytest.raises(ConnectionError):
        await writer.drain()
    assert await closed_by_server(reader)
    await hang_up(writer)
    assert server.counters.oversized == 1


async def test_no_connection_holds_more_than_a_header(server: FastAGIServer) -> None:
    sizes: list[int] = []
    peer = Connection(server._board, asyncio.get_running_loop())
    ours, theirs = socket.socketpair()
    with ours:
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: peer, sock=theirs)
        for _ in range(20):
            peer.data_received(b"x" * (HEADER_LIMIT // 10))
            sizes.append(len(peer._buffer))
            if transport.is_closing():
                break
        await until(lambda: not server._board.open)
    assert max(sizes) <= HEADER_LIMIT * 1.1


async def test_one_byte_at_a_time_is_closed_when_the_time_for_the_header_is_over(desk: Desk) -> None:
    async with serving(desk, header_timeout=0.05) as server:
        reader, writer = await asyncio.open_connection(*server.address)
        gone = asyncio.create_task(closed_by_server(reader))
        for byte in header():
            writer.write(bytes([byte]))
            done, _ = await asyncio.wait({gone}, timeout=0.01)
            if done:
                break
        assert await gone
        await hang_up(writer)
        assert server.counters.timeouts == 1
        assert desk.asked == []


async def test_an_unknown_route_is_closed_and_told(server: FastAGIServer, caplog: pytest.LogCaptureFixture) -> None:
    assert await call(server, header(script=b"scren\x1b[2J")) == b""
    assert server.counters.unknown_routes == 1
    assert "agi://…/'scren\\x1b[2J', which does not exist" in caplog.text


@pytest.mark.parametrize("script", [b"broken", b"unsafe"])
async def test_a_route_that_fails_costs_only_its_own_call(
    server: FastAGIServer, caplog: pytest.LogCaptureFixture, script: bytes
) -> None:
    assert await call(server, header(script=script)) == b""
    assert await call(server, header()) == ALLOWED
    assert server.counters.failed == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "1700000000.42" in caplog.text


async def test_a_slow_route_holds_up_nobody_else(server: FastAGIServer, desk: Desk) -> None:
    slow = asyncio.create_task(call(server, header(script=b"slow")))
    await desk.entered.wait()
    assert await call(server, header()) == ALLOWED
    assert not slow.done()
    desk.hold.set()
    assert await slow == ALLOWED


# Crowds


@pytest.fixture
def many_files() -> Iterator[None]:
    """Both ends of each connection are in this process, and 1,024 files are the usual limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
async def test_five_hundred_idle_connections_shut_no_call_out(server: FastAGIServer) -> None:
    idle = await asyncio.gather(*(asyncio.open_connection(*server.address) for _ in range(500)))
    assert await asyncio.gather(*(call(server, header()) for _ in range(20))) == [ALLOWED] * 20
    for _, writer in idle:
        writer.close()
    assert server.counters.crowded_out == 0


async def test_at_the_limit_the_oldest_idle_connection_makes_room(desk: Desk) -> None:
    async with serving(desk, max_connections=10) as server:
        idle = []
        for count in range(1, 11):
            idle.append(await asyncio.open_connection(*server.address))
            await until(lambda count=count: len(server._board.waiting) == count)  # type: ignore[misc]
        assert await call(server, header()) == ALLOWED
        assert await closed_by_server(idle[0][0])
        assert len(server._board.waiting) == 9
        for _, writer in idle:
            await hang_up(writer)


@pytest.mark.parametrize(
    ("files", "connections"), [(1024, 896), (100, 1), (100_000, 2048), (resource.RLIM_INFINITY, 2048)]
)
async def test_there_are_never_more_connections_than_files_for_them(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert FastAGIServer({})._board.max_connections == connections


async def test_calls_in_flight_are_never_dropped_for_new_ones(desk: Desk) -> None:
    async with serving(desk, max_connections=3) as server:
        calls = [asyncio.create_task(call(server, header(script=b"slow"))) for _ in range(3)]
        await until(lambda: len(desk.asked) == 3)
        assert await call(server, header()) == b""
        desk.hold.set()
        assert await asyncio.gather(*calls) == [ALLOWED] * 3


async def test_a_port_scan_amid_calls_delays_none(server: FastAGIServer) -> None:
    scanning = True
    noises = (b"", b"\0" * 1000, b"GET / HTTP/1.0\r\n\r\n", HEAD, header()[:-1], b"\n\n", b"x" * (HEADER_LIMIT + 1))

    async def scan(noise: bytes) -> None:
        while scanning:
            _, writer = await asyncio.open_connection(*server.address)
            writer.write(noise)
            await turns(3)
            await hang_up(writer)

    async def timed_call() -> tuple[float, float]:
        begin, begin_work = time.perf_counter(), time.process_time()
        assert await call(server, header()) == ALLOWED
        return time.perf_counter() - begin, time.process_time() - begin_work

    scanners = [asyncio.create_task(scan(noise)) for noise in noises]
    delays = []
    for _ in range(20):
        delays.append(await timed_call())
        await asyncio.sleep(0.01)
    scanning = False
    await asyncio.gather(*scanners)
    # All peers are in this process, so its own time shows any hold-up, and other processes on the machine cannot feign
    # one; waiting shows in the clock's time only.
    assert max(work for _, work in delays) < 0.05
    assert statistics.median(wall for wall, _ in delays) < 0.05
    assert server.counters.connections > 100


async def test_a_port_scan_does_not_flood_the_log(server: FastAGIServer, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(30):
        await call(server, b"noise\n\n")
    assert server.counters.bad_headers == 30
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 5


# Closing


async def test_closing_lets_calls_in_flight_end(desk: Desk) -> None:
    async with serving(desk) as server:
        address = server.address
        talk = asyncio.create_task(call(server, header(script=b"slow")))
        await desk.entered.wait()
        closing = asyncio.create_task(server.close(grace=3.0))
        await turns()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        desk.hold.set()
        assert await talk == ALLOWED
        await closing
        assert server.counters.served == 1


async def test_closing_waits_no_longer_than_its_grace(desk: Desk) -> None:
    async with serving(desk) as server:
        talk = asyncio.create_task(call(server, header(script=b"slow")))
        await desk.entered.wait()
        async with asyncio.timeout(2):
            await server.close(grace=0.05)
        assert await talk == b""
        assert desk.finished == 0


async def test_closing_does_not_wait_for_idle_connections(desk: Desk) -> None:
    async with serving(desk) as server:
        reader, writer = await asyncio.open_connection(*server.address)
        await until(lambda: bool(server._board.waiting))
        async with asyncio.timeout(2):
            await server.close(grace=30)
        assert await closed_by_server(reader)
        await hang_up(writer)


async def test_a_server_that_does_not_listen_has_no_address(desk: Desk) -> None:
    server = FastAGIServer(desk.routes)
    with pytest.raises(RuntimeError):
        _ = server.address
    await server.close(grace=1)
