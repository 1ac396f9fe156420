"""How fast a running service answers a made-up Asterisk while something else goes on."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from lab.service import header

CALLS_PER_SECOND: Final = 20.0


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts of one round, in milliseconds from the first byte of the connection to the answer."""

    what: str
    milliseconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of the verdicts."""
        return quantiles(self.milliseconds, n=100)[49]

    @property
    def p99(self) -> float:
        """99th percentile of the verdicts."""
        return quantiles(self.milliseconds, n=100)[98]


async def asked(port: int, goes_on: Callable[[float], bool]) -> tuple[float, ...]:
    """Ask at the rate, each on time whether or not those before it are answered.

    Args:
        port: Where the service listens.
        goes_on: Is told the seconds since the beginning before each call; once it says no, that was all.

    Returns:
        Milliseconds of each verdict.
    """
    begin = time.monotonic()
    tasks: list[asyncio.Task[float]] = []
    async with asyncio.TaskGroup() as group:
        while goes_on(due := len(tasks) / CALLS_PER_SECOND):
            await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
            tasks.append(group.create_task(_verdict(port, f"138{len(tasks) % 10_000:08d}")))
    return tuple(task.result() for task in tasks)


async def _verdict(port: int, caller: str) -> float:
    begin = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(header(callerid=caller))
    answer = await reader.readline()
    took = time.perf_counter() - begin
    if b"CALLFILTER_ACTION=" not in answer:
        raise ValueError(f"no verdict, but {answer!r}")
    writer.write(b"200 result=0\n")
    writer.close()
    return took * 1000
