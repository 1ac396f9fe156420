"""A private Asterisk on loopback, configured from `lab/conf/` and from what `asterisk-conf/` ships.

Nothing of it is shared with an Asterisk of the machine: own folders, own ports, own control socket.
"""

import asyncio
import contextlib
import resource
import secrets
import shlex
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.fetch import CHECKOUT, Asterisk

SHIPPED = CHECKOUT / "asterisk-conf"
TEMPLATES = Path(__file__).parent / "conf"
EMPTY = ("acl", "ccss", "cdr", "cel", "features", "indications", "pjproject", "udptl")
"""Files whose mere absence Asterisk takes for an error; their defaults are right."""
BOOT_SECONDS = 30.0
STOP_SECONDS = 5.0


class PbxError(Exception):
    """Asterisk did not start or did not answer; the message says where its log is."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a private PBX listens, all on 127.0.0.1."""

    sip: int
    ami: int
    iax: int
    fastagi: int
    """Where Asterisk looks for callfilter; nothing of ours listens there unless a test starts it."""
    phone: int
    """Where the shop's phone is called."""
    rtp_first: int
    rtp_last: int

    @classmethod
    def free(cls, *, rtp_pairs: int = 100) -> Self:
        """Ports that were free a moment ago."""
        sip, iax, phone = free_ports(socket.SOCK_DGRAM, 3, range(20_000, 30_000))
        ami, fastagi = free_ports(socket.SOCK_STREAM, 2, range(20_000, 30_000))
        # Asterisk itself passes over busy ports inside the range, so that ranges of two PBXes may overlap.
        first = 10_000 + 2 * secrets.randbelow(max(1, 5_000 - rtp_pairs))
        return cls(sip, ami, iax, fastagi, phone, first, first + 2 * rtp_pairs - 1)

    @classmethod
    def demo(cls) -> Self:
        """The fixed ports of `make run`."""
        return cls(sip=15060, ami=15038, iax=15069, fastagi=4573, phone=15061, rtp_first=16000, rtp_last=16999)


@dataclass(frozen=True, slots=True)
class Extra:
    """Configuration text of a test, put at the end of the lab's own files."""

    extensions: str = ""
    pjsip: str = ""
    iax: str = ""
    manager: str = ""
    voicemail: str = ""
    globals: dict[str, str] = field(default_factory=dict)
    """Global dialplan variables, e.g. `CALLFILTER_FALLBACK`."""


class Pbx:
    """One private Asterisk; an async context manager that starts and stops it."""

    def __init__(
        self,
        asterisk: Asterisk,
        folder: Path,
        *,
        ports: Ports | None = None,
        fastagi: str = "",
        extra: Extra | None = None,
    ) -> None:
        """Take an Asterisk and an own, writable folder.

        `fastagi` is the `host:port` of the daemon, by default the one in `ports`.
        """
        self.asterisk = asterisk
        self.folder = folder
        self.ports = ports or Ports.free()
        self.fastagi = fastagi or f"127.0.0.1:{self.ports.fastagi}"
        self.ami_user = "callfilter"
        self.ami_secret = secrets.token_hex(16)
        self._extra = extra or Extra()
        self._run = Path()
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def etc(self) -> Path:
        """Its configuration folder."""
        return self.folder / "etc"

    @property
    def agi_bin(self) -> Path:
        """Where `AGI(name)` looks for scripts."""
        return self.folder / "agi-bin"

    @property
    def console(self) -> Path:
        """The command `asterisk` of this very one: with `-rvvv` it is its console."""
        return self.folder / "bin/asterisk"

    @property
    def spool(self) -> Path:
        """Its spool; voicemail lies under `voicemail/CONTEXT/BOX/INBOX`."""
        return self.folder / "spool"

    @property
    def log_file(self) -> Path:
        """Its full log."""
        return self.folder / "log/full"

    def log(self) -> str:
        """What Asterisk has logged so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """Process id of the running Asterisk."""
        return self._running().pid

    async def start(self) -> None:
        """Write the configuration, start Asterisk and wait until it is fully booted.

        Raises:
            PbxError: it did not come up within half a minute.
        """
        # A Unix socket's path may have 107 bytes only, and a checkout may lie deep.
        self._run = Path(tempfile.mkdtemp(prefix="callfilter-pbx-"))
        self._configure()
        with (self.folder / "console.log").open("wb") as console:
            self._process = await asyncio.create_subprocess_exec(
                *self.asterisk.command,
                *("-f", "-C", str(self.etc / "asterisk.conf")),
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        try:
            await self._wait_for_boot(self._process)
        except BaseException:
            await self.stop()
            raise

    async def _wait_for_boot(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while "fully booted" not in await self._try_cli("core waitfullybooted"):
            if process.returncode is not None or time.monotonic() > deadline:
                raise PbxError(f"Asterisk did not start; see {self.folder / 'console.log'} and {self.log_file}.")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop Asterisk, hanging up what still talks; kill it if it does not go."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        shutil.rmtree(self._run, ignore_errors=True)

    async def cli(self, command: str) -> str:
        """What Asterisk's console says to `command`.

        Raises:
            PbxError: it is not running.
        """
        self._running()
        return await self._try_cli(command)

    async def set_global(self, name: str, value: str) -> None:
        """Set a global dialplan variable of the running Asterisk."""
        await self.cli(f'dialplan set global {name} "{value}"')

    async def get_global(self, name: str) -> str:
        """A global dialplan variable's value, or an empty text."""
        lines = (await self.cli("dialplan show globals")).splitlines()
        values = (line.partition("=") for line in lines)
        return next((value for key, _, value in values if key.strip() == name), "")

    async def use_daemon(self, address: str) -> None:
        """From now on ask the daemon at `host:port`, even if the one before was found frozen."""
        await self.set_global("CALLFILTER_FASTAGI", address)
        await self.set_global("CALLFILTER_ASK_AGAIN", "")

    async def _try_cli(self, command: str) -> str:
        console = await asyncio.create_subprocess_exec(
            *self.asterisk.command,
            *("-C", str(self.etc / "asterisk.conf"), "-rx", command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await console.communicate()
        return output.decode("utf-8", errors="replace")

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            raise PbxError(f"Asterisk is not running; see {self.log_file}.")
        return self._process

    def _configure(self) -> None:
        for name in ("etc", "lib/keys", "spool", "log", "cache", "agi-bin", "bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in EMPTY:
            (self.etc / f"{name}.conf").touch()
        values = {
            "ETC": self.etc,
            "VAR": self.folder,
            "RUN": self._run,
            "MODULES": self.asterisk.modules,
            "DATA": self.asterisk.data,
            "SHIPPED": SHIPPED,
            "SIP": self.ports.sip,
            "AMI": self.ports.ami,
            "IAX": self.ports.iax,
            "PHONE": self.ports.phone,
            "RTP_FIRST": self.ports.rtp_first,
            "RTP_LAST": self.ports.rtp_last,
            "FASTAGI": self.fastagi,
            "GLOBALS": "\n".join(f"{name}={value}" for name, value in self._extra.globals.items()),
        }
        extras = {
            "extensions": self._extra.extensions,
            "pjsip": self._extra.pjsip,
            "iax": self._extra.iax,
            "manager": self._extra.manager,
            "voicemail": self._extra.voicemail,
        }
        for template in TEMPLATES.glob("*.conf"):
            filled = _fill(template, {"EXTRA": extras.get(template.stem, ""), **values})
            (self.etc / template.name).write_text(filled, encoding="utf-8")
        command = shlex.join((*self.asterisk.command, "-C", str(self.etc / "asterisk.conf")))
        self.console.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        self.console.chmod(0o755)
        snippet = _fill(SHIPPED / "callfilter-manager.conf", {"SECRET": self.ami_secret})
        (self.etc / "callfilter-manager.conf").write_text(snippet, encoding="utf-8")


def raise_open_files(wanted: int = 65_536) -> int:
    """Let this process and its children open more files, as far as the machine allows; returns the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= best:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))
    return best


def _fill(template: Path, values: dict[str, object]) -> str:
    text = template.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def free_ports(kind: socket.SocketKind, count: int, among: range, *, adjoining: bool = False) -> list[int]:
    """Ports of 127.0.0.1 that were free a moment ago, picked at random; `adjoining` ones are in a row.

    `among` should end below 32768, where the kernel's own picks begin, so that no outgoing connection takes one of them
    between now and its use.
    """
    while True:
        first = among[secrets.randbelow(len(among))]
        wanted = (
            range(first, first + count) if adjoining else [among[secrets.randbelow(len(among))] for _ in range(count)]
        )
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in wanted:
                held.enter_context(socket.socket(socket.AF_INET, kind)).bind(("127.0.0.1", port))
            return list(wanted)
