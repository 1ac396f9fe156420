"""The real `callfilter page` as a process, and a browser's way in."""

import asyncio
import contextlib
import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lab.service import START_SECONDS, STOP_SECONDS, ServiceError

CODE: Final = "c0ffee00"
"""For the first login."""
FORKS: Final = multiprocessing.get_context("forkserver")
"""Hundreds of pages are started by the tests, and importing takes each of them two seconds of a core: one process
imports what a page needs, and each page is a fork of it."""
FORKS.set_forkserver_preload(
    ["__main__", "callfilter.cli.main", "callfilter.web.run", "alembic.command", "sqlalchemy.dialects.sqlite.aiosqlite"]
)


def _page(settings: Path, log_file: Path, environment: dict[str, str]) -> None:
    """Runs the command in this process as a shell would have it run."""
    from callfilter.cli.main import main  # noqa: PLC0415 - the process that asks for a page needs none of it

    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    log = os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for ours, standard in ((nowhere, 0), (log, 1), (log, 2)):
        os.dup2(ours, standard)
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(main(["--config", str(settings), "page"]))


class PageServer:
    """`callfilter page` with one settings file; an async context manager that starts and stops it."""

    def __init__(self, settings: Path, port: int) -> None:
        """`port` is where the settings let the page listen; its log goes beside the settings."""
        self.settings = settings
        self.url = f"http://127.0.0.1:{port}"
        self.log_file = settings.with_name("page.log")
        self._port = port
        self._process: BaseProcess | None = None

    async def __aenter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            ServiceError: it did not come up.
        """
        environment = {**os.environ, "CALLFILTER_WEB": "", "CALLFILTER_FIRST_CODE": CODE}
        self._process = FORKS.Process(target=_page, args=(self.settings, self.log_file, environment), daemon=True)
        self._process.start()
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
        process.terminate()
        await asyncio.to_thread(process.join, STOP_SECONDS)
        if process.is_alive():
            process.kill()
            await asyncio.to_thread(process.join)
        process.close()

    @property
    def pid(self) -> int:
        """The process, while it runs.

        Raises:
            ServiceError: it does not run, or somebody else has started it.
        """
        if self._process is None or self._process.pid is None:
            raise ServiceError("'callfilter page' does not run, or was not started here")
        return self._process.pid

    async def ready(self) -> None:
        """Wait until it answers, whoever has started it.

        Raises:
            ServiceError: it does not.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while self._process is None or self._process.is_alive():
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
