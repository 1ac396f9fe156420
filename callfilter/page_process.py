"""The page as a process of its own beside the service: what it does, and how it ends, delays no call."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from callfilter.config_values import Address

log = logging.getLogger(__name__)

RETRY_FIRST: Final = 1.0
RETRY_LAST: Final = 60.0
"""Seconds until it is started again after it ended by itself; doubled each time."""
GRACE: Final = 3.0
"""Seconds that it has to end when the service stops."""
WITH_PARENT: Final = "CALLFILTER_PAGE_WITH_PARENT"
"""Tells the page that its stdin ends together with the service, however that comes about."""


class PageProcess:
    """Keeps the page running."""

    def __init__(self, arguments: Sequence[str], address: Address) -> None:
        """`arguments` are those of `callfilter` that come before the command, such as `--config FILE`."""
        self._command = (sys.executable, "-m", "callfilter.cli.main", *arguments, "page")
        self._address = address
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to start it, and return at once."""
        self._task = asyncio.create_task(self._stay(), name="page")

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _stay(self) -> None:
        delay = RETRY_FIRST
        while True:
            began = asyncio.get_running_loop().time()
            status = await self._once()
            if asyncio.get_running_loop().time() - began > RETRY_LAST:
                delay = RETRY_FIRST
            log.error("the page at %s ended with status %s; it is started again in %g s", self._address, status, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, RETRY_LAST)

    async def _once(self) -> int | None:
        environment = {**os.environ, WITH_PARENT: "1"}
        environment.pop("NOTIFY_SOCKET", None)
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.PIPE, env=environment
            )
        except OSError as error:
            log.error("the page cannot be started: %s", error)  # noqa: TRY400 - one sentence, no traceback
            return None
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), GRACE)
            if process.returncode is None:
                process.kill()
