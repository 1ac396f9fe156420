"""What the benchmark runs on: one private Asterisk, the floor servers, and callfilter's daemon, all on loopback."""

import asyncio
import contextlib
import dataclasses
import fcntl
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks import rules
from benchmarks.listed import Codes, fill_astdb, fill_own, write_callers
from benchmarks.tools import BenchError, Burst, Callers, burst, compile_tool, end, floor_server
from benchmarks.variants import Server, Variant, dialplan
from callfilter.store.database import open_database
from lab import fetch
from lab.page import PageServer
from lab.pbx import Extra, Pbx, Ports, raise_open_files

PROGRAMS = Path(sys.prefix) / "bin"
LISTED_CALLER = "13900000000"
START_SECONDS = 30.0
DRAIN_SECONDS = 20.0
POLL_SECONDS = 0.002
SETTINGS = """\
database = "{database}"
country = "CN"
fastagi = "127.0.0.1:{port}"
web = "127.0.0.1:{web}"
ami = "{user}:{secret}@127.0.0.1:{ami}"
"""
# Every half minute Asterisk reads all of AstDB for registrations that have expired: with ten million entries that takes
# a core for more than a second, from every variant alike, and no look-up in AstDB is answered meanwhile.
NO_REGISTRATIONS = "[global](+)\ncontact_expiration_check_interval = 0\n"
QUIET = "[general]\n[logfiles]\nfull => error\n"
HEADER = (
    "agi_network: yes\nagi_network_script: screen\nagi_request: agi://127.0.0.1/screen\nagi_channel: PJSIP/bench-1\n"
    "agi_language: en\nagi_type: PJSIP\nagi_uniqueid: 1.1\nagi_version: 22\nagi_callerid: {caller}\n"
    "agi_calleridname: unknown\nagi_callingpres: 0\nagi_callingani2: 0\nagi_callington: 0\nagi_callingtns: 0\n"
    "agi_dnid: bench\nagi_rdnis: unknown\nagi_context: callfilter\nagi_extension: s\nagi_priority: 1\n"
    "agi_enhanced: 0.0\nagi_accountcode: \nagi_threadid: 1\n\n"
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in bytes."""

    resident: int
    proportional: int
    """Shared pages counted by share; 0 where the kernel does not tell."""


@dataclass(frozen=True, slots=True)
class Installed:
    """Callfilter with a list of one length."""

    settings: Path
    database: Path
    size: int

    @classmethod
    def within(cls, folder: Path, size: int) -> Self:
        """Where it lies."""
        return cls(folder / f"callfilter-{size}.toml", folder / f"callfilter-{size}.db", size)


@dataclass(frozen=True, slots=True)
class Daemon:
    """`callfilter serve`, running."""

    pid: int
    first_verdict: float
    """Seconds from its start until it gave its first verdict."""


@dataclass(frozen=True, slots=True)
class Rig:
    """What does not change between two lengths of the list."""

    folder: Path
    caller: Path
    asterisk: fetch.Asterisk
    ports: Ports
    servers: dict[Server, int]
    """The port of each."""
    floors: dict[Server, int]
    """The process id of each floor server."""
    web: int
    """The port of callfilter's page."""


@contextlib.asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    """Compile, find free ports, and keep the floor servers running until the end of the block.

    Raises:
        BenchError: another benchmark runs in this folder, or there is no compiler.
    """
    with _alone(folder):
        async with _ready(folder) as made:
            yield made


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two benchmarks at a time would measure each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError(f"Another benchmark runs in {folder}: wait for its end, then try again.") from None
        yield


@contextlib.asynccontextmanager
async def _ready(folder: Path) -> AsyncIterator[Rig]:
    shutil.rmtree(folder / "pbx", ignore_errors=True)
    raise_open_files()
    caller, floor = compile_tool("sip_caller", folder / "bin"), compile_tool("agi_floor", folder / "bin")
    # A call holds a pair of RTP ports for a moment, and there may be thousands of calls in that moment.
    ports = dataclasses.replace(Ports.free(), rtp_first=10_000, rtp_last=59_999)
    async with (
        floor_server(str(floor), "0") as quick,
        floor_server(str(floor), "0", "wait") as waiting,
        floor_server(sys.executable, "-m", "benchmarks.agi_floor") as python,
    ):
        servers = {
            Server.NOBODY: _unused_port(),
            Server.FLOOR: quick.port,
            Server.FLOOR_WAITS: waiting.port,
            Server.FLOOR_PYTHON: python.port,
            Server.DAEMON: ports.fastagi,
            Server.DAEMON_ALONE: ports.fastagi,
            Server.DAEMON_WITH_RULES: ports.fastagi,
            Server.DAEMON_FEW: ports.fastagi,
        }
        floors = {Server.FLOOR: quick.pid, Server.FLOOR_WAITS: waiting.pid, Server.FLOOR_PYTHON: python.pid}
        yield Rig(folder, caller, fetch.asterisk("22"), ports, servers, floors, _unused_port())


class Bench:
    """The rig with a list of one length: Asterisk runs, and calls can be placed."""

    def __init__(self, rig: Rig, pbx: Pbx, own: Installed, few: Installed) -> None:
        """Made by `loaded`."""
        self.rig = rig
        self.pbx = pbx
        self.own = own
        self._few = few
        self._callers: dict[tuple[int, Codes], Callers] = {}

    async def place(self, variant: Variant, *, rate: float, seconds: float) -> Burst:
        """Place calls to a variant whose server runs."""
        # A daemon that once was too slow is left alone for ten seconds; here each burst stands for itself.
        if variant.server is not Server.NOBODY or not variant.fast:
            await self.pbx.cli("dialplan set global CALLFILTER_ASK_AGAIN 0")
        return await burst(
            self.rig.caller,
            sip_port=self.rig.ports.sip,
            extension=variant.name,
            callers=self.callers(variant),
            rate=rate,
            seconds=seconds,
        )

    def callers(self, variant: Variant) -> Callers:
        """Who calls a variant."""
        called = (self._installed(variant).size, variant.codes)
        if called not in self._callers:
            path = self.rig.folder / f"callers-{len(self._callers)}"
            self._callers[called] = write_callers(path, *called)
        return self._callers[called]

    def _installed(self, variant: Variant) -> Installed:
        return self._few if variant.server is Server.DAEMON_FEW else self.own

    async def drained(self) -> None:
        """Wait until Asterisk has neither calls nor scripts left, so that one burst does not burden the next."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while await self._is_busy():
            if time.monotonic() > deadline:
                raise BenchError(f"Asterisk still holds calls {DRAIN_SECONDS:g} s after the last one.")
            await asyncio.sleep(0.2)

    async def _is_busy(self) -> bool:
        channels = await self.pbx.cli("core show channels count")
        return not re.search(r"^0 active channels", channels, re.MULTILINE) or _has_children(self.pbx.pid)

    @contextlib.asynccontextmanager
    async def answering(self, variant: Variant) -> AsyncIterator[Daemon | None]:
        """Let the server of a variant run until the end of the block; only the daemon needs to be started for it."""
        if self.rig.servers[variant.server] != self.rig.ports.fastagi:
            yield None
            return
        async with self.daemon(variant) as running:
            yield running

    @contextlib.asynccontextmanager
    async def daemon(self, variant: Variant) -> AsyncIterator[Daemon]:
        """`callfilter serve` with its page, as a variant has it, until the end of the block.

        The page needs a core for some seconds to start, so it is waited for: what is measured is a service that runs.
        """
        own = self._installed(variant)
        with _in_force(own.database) if variant.server is Server.DAEMON_WITH_RULES else contextlib.nullcontext():
            async with self._serving(own, ami=variant.server is not Server.DAEMON_ALONE) as running:
                yield running

    @contextlib.asynccontextmanager
    async def _serving(self, own: Installed, *, ami: bool) -> AsyncIterator[Daemon]:
        environment = os.environ if ami else {**os.environ, "CALLFILTER_AMI": "off"}
        log = self.rig.folder / "serve.log"
        started = time.perf_counter()
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(str(PROGRAMS / "callfilter"), "--config", str(own.settings), "serve"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
            )
        try:
            while not await is_rejected(self.rig.ports.fastagi, LISTED_CALLER):
                if process.returncode is not None or time.perf_counter() - started > START_SECONDS:
                    raise BenchError(f"'callfilter serve' gave no verdict; {log} says why.")
                await asyncio.sleep(POLL_SECONDS)
            first_verdict = time.perf_counter() - started
            await PageServer(own.settings, self.rig.web).ready()
            yield Daemon(process.pid, first_verdict)
        finally:
            await end(process, patience=20)


@contextlib.contextmanager
def _in_force(database: Path) -> Iterator[None]:
    """The thousand rules, for the program started in the block."""
    rules.put_in_force(database)
    try:
        yield
    finally:
        rules.take_out(database)


@contextlib.asynccontextmanager
async def loaded(rig: Rig, size: int, *, beside: int) -> AsyncIterator[Bench]:
    """Fill both databases with `size` numbers, then run Asterisk until the end of the block.

    Another database of callfilter's holds as many as `beside` says.
    """
    native = rig.folder / "pbx/lib/astdb.sqlite3"
    extra = Extra(extensions=dialplan(rig.servers), pjsip=NO_REGISTRATIONS)
    pbx = Pbx(rig.asterisk, rig.folder / "pbx", ports=rig.ports, extra=extra)
    own, few = Installed.within(rig.folder, size), Installed.within(rig.folder, beside)
    bench = Bench(rig, pbx, own, few)
    try:
        await asyncio.to_thread(fill_astdb, native, size)
        for one in {own, few}:
            await _install(bench, one)
        _link_script(pbx)
        # A gigabyte that still has to be written would be written while calls are measured.
        await asyncio.to_thread(os.sync)
        # Asterisk hands its environment on to the classic script.
        with _environment("CALLFILTER_CONFIG", str(own.settings)):
            async with pbx:
                await _hush(pbx)
                yield bench
    finally:
        # The longest lists take a gigabyte.
        for database in (native, own.database, few.database):
            _remove(database)


def _remove(database: Path) -> None:
    """Delete a database with the files that lie beside it."""
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()


async def _install(bench: Bench, own: Installed) -> None:
    """Write callfilter's settings and fill its database."""
    rig, pbx = bench.rig, bench.pbx
    own.settings.touch(mode=0o600)
    own.settings.write_text(
        SETTINGS.format(
            database=own.database,
            port=rig.ports.fastagi,
            web=rig.web,
            user=pbx.ami_user,
            secret=pbx.ami_secret,
            ami=rig.ports.ami,
        ),
        encoding="utf-8",
    )
    _remove(own.database)
    await (await open_database(own.database)).close()
    await asyncio.to_thread(fill_own, own.database, own.size)


def _link_script(pbx: Pbx) -> None:
    """Put the classic script where Asterisk looks for it."""
    script = pbx.agi_bin / "callfilter-agi"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.unlink(missing_ok=True)
    script.symlink_to(PROGRAMS / "callfilter-agi")


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """A variable for the programs started in the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


async def _hush(pbx: Pbx) -> None:
    """Log errors only: at a thousand calls a second a log costs more than what is measured."""
    (pbx.etc / "logger.conf").write_text(QUIET, encoding="utf-8")
    await pbx.cli("logger reload")


async def is_rejected(port: int, caller: str) -> bool:
    """Ask the FastAGI server at a port as Asterisk would; False if nobody answers."""
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                writer.write(HEADER.format(caller=caller).encode())
                return b"CALLFILTER_ACTION=reject" in await reader.readline()
    except (OSError, TimeoutError):
        return False


def memory_of(pid: int) -> Memory:
    """Memory of a process at this moment."""
    resident = _kibibytes(Path(f"/proc/{pid}/status"), "VmRSS")
    return Memory(resident * 1024, _kibibytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024)


def cpu_of(pid: int) -> float:
    """Seconds that a process has worked so far, and the children that it has seen end."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _kibibytes(path: Path, name: str) -> int:
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _has_children(pid: int) -> bool:
    """Whether a process has started others that still run."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name, which is in parentheses and may hold anything: state, parent.
            state, parent = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                return True
    return False


def _unused_port() -> int:
    """A port at which nobody listened a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
