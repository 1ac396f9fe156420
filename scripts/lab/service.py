"""The real `callfilter serve` as a process, its command line, and a peer that talks AGI to it as Asterisk does."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CALLFILTER = Path(sys.prefix) / "bin/callfilter"
START_SECONDS = 15.0
STOP_SECONDS = 10.0
ROW_SECONDS = 10.0
# The lines of a call, in Asterisk's order.
ENVIRONMENT = {
    "agi_network": "yes",
    "agi_network_script": "screen",
    "agi_request": "agi://127.0.0.1/screen",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_language": "en",
    "agi_type": "PJSIP",
    "agi_uniqueid": "1700000000.1",
    "agi_version": "22.10.1",
    "agi_callerid": "13800138000",
    "agi_calleridname": "unknown",
    "agi_callingpres": "0",
    "agi_callingani2": "0",
    "agi_callington": "0",
    "agi_callingtns": "0",
    "agi_dnid": "02161234567",
    "agi_rdnis": "unknown",
    "agi_context": "callfilter",
    "agi_extension": "ask",
    "agi_priority": "6",
    "agi_enhanced": "0.0",
    "agi_accountcode": "",
    "agi_threadid": "140000000000000",
    "agi_arg_1": "",
}


class ServiceError(Exception):
    """The service or a command failed; the message says what it said."""


def header(**changed: str | bytes) -> bytes:
    """The header block of a call; keywords are names without `agi_`."""
    values: Mapping[str, str | bytes] = ENVIRONMENT | {f"agi_{name}": value for name, value in changed.items()}
    lines = (name.encode() + b": " + _bytes(value) for name, value in values.items())
    return b"".join(line + b"\n" for line in lines) + b"\n"


class Service:
    """`callfilter serve` with one settings file; an async context manager that starts and stops it."""

    def __init__(
        self, settings: Path, port: int, *, by: tuple[str, ...] = (), environ: Mapping[str, str] | None = None
    ) -> None:
        """`port` is where the settings let it answer Asterisk; its log goes beside the settings.

        `by` is the beginning of a command that starts it and its command line, such as `("nice",)`; `environ` lies
        over our own environment.
        """
        self.settings = settings
        self.port = port
        self.log_file = settings.with_name("serve.log")
        self._command = (*by, str(CALLFILTER), "--config", str(settings))
        # Many run side by side in tests, and few of them need a page; an empty variable leaves it to the settings.
        self._environ = {**os.environ, "CALLFILTER_WEB": "off", **(environ or {})}
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """Process id of the running service."""
        if self._process is None:
            raise ServiceError("The service is not running.")
        return self._process.pid

    def log(self) -> str:
        """What it has logged, over all its starts."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    async def start(self) -> None:
        """Start it and wait until it takes calls.

        Raises:
            ServiceError: it did not come up.
        """
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._command, "serve"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                # Ctrl-C is for whoever started us; we stop the service in our own order.
                start_new_session=True,
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while self._process.returncode is None:
                    if await self._listens():
                        return
                    await asyncio.sleep(0.02)
        await self.stop(signal.SIGKILL)
        raise ServiceError(f"'callfilter serve' did not start; {self.log_file} ends with: {self.log()[-500:]}")

    async def stop(self, by: signal.Signals = signal.SIGTERM) -> int | None:
        """Stop it; its exit status, None if it did not run. It is killed where `by` does not end it."""
        process, self._process = self._process, None
        if process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(by)
            process.send_signal(signal.SIGCONT)
        try:
            return await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            return await process.wait()

    def signal(self, which: signal.Signals) -> None:
        """Send it a signal and leave it at that."""
        os.kill(self.pid, which)

    async def callfilter(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """What the command line prints, with the service's settings.

        Raises:
            ServiceError: the exit status is not in `ok`.
        """
        process = await asyncio.create_subprocess_exec(
            *(*self._command, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environ,
        )
        output, complaint = await process.communicate()
        if process.returncode not in ok:
            said = complaint.decode(errors="replace").strip()
            raise ServiceError(f"'callfilter {' '.join(words)}' ended with {process.returncode}: {said}")
        return output.decode()

    async def rows(self, *words: str) -> list[dict[str, Any]]:
        """The call log, newest first; number, verdict and outcome laid flat, the number as sent under `caller`."""
        rows: list[dict[str, Any]] = json.loads(await self.callfilter("log", "--json", "--limit", "1000", *words))
        return [
            {**row, **row["number"], **row["verdict"], **row["outcome"], "caller": row["number"]["raw"]} for row in rows
        ]

    async def rows_when(self, count: int) -> list[dict[str, Any]]:
        """The call log as soon as it has `count` rows, newest first.

        Raises:
            TimeoutError: it does not come to have them.
        """
        async with asyncio.timeout(ROW_SECONDS):
            while len(found := await self.rows()) < count:
                await asyncio.sleep(0.05)
        return found

    async def ask(self, question: bytes | None = None) -> dict[str, str]:
        """The variables that it sets for a call; empty if it gave no answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(header() if question is None else question)
            answer = await reader.read()
            with contextlib.suppress(ConnectionError):
                writer.write(b"200 result=0\n")
                await writer.drain()
        except ConnectionError:
            return {}
        finally:
            writer.close()
        return dict(re.findall(r'[",](\w+)=((?:\\.|[^,"\\])*)', answer.decode()))

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
