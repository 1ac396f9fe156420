"""The real `callfilter page` as a process, and a browser's way in."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lab.service import CALLFILTER, START_SECONDS, STOP_SECONDS, ServiceError

CODE: Final = "c0ffee00"
"""For the first login."""


class PageServer:
    """`callfilter page` with one settings file; an async context manager that starts and stops it."""

    def __init__(self, settings: Path, port: int) -> None:
        """`port` is where the settings let the page listen; its log goes beside the settings."""
        self.settings = settings
        self.url = f"http://127.0.0.1:{port}"
        self.log_file = settings.with_name("page.log")
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            ServiceError: it did not come up.
        """
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(str(CALLFILTER), "--config", str(self.settings), "page"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "CALLFILTER_WEB": "", "CALLFILTER_FIRST_CODE": CODE},
                start_new_session=True,
            )
        try:
            await self.ready()
        except ServiceError:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def pid(self) -> int:
        """The process, while it runs.

        Raises:
            ServiceError: it does not run, or somebody else has started it.
        """
        if self._process is None:
            raise ServiceError("'callfilter page' does not run, or was not started here")
        return self._process.pid

    async def ready(self) -> None:
        """Wait until it answers, whoever has started it.

        Raises:
            ServiceError: it does not.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while self._process is None or self._process.returncode is None:
                    if await self._answers():
                        return
                    await asyncio.sleep(0.02)
        raise ServiceError(f"'callfilter page' did not start; {self.log_file} ends with: {self.log()[-500:]}")

    def log(self) -> str:
        """What it has logged."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    async def _answers(self) -> bool:
        """Whether it has started: the listener is there before the page is."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            writer.write(b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return (await asyncio.wait_for(reader.readline(), 1)).startswith(b"HTTP/")
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
