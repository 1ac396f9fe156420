"""How fast a file of a million numbers is imported, and whether calls feel it: they are asked for meanwhile.

`make bench ARGS=--import`. The real command and the real service, each a process of its own, and a made-up Asterisk.
"""

import asyncio
import os
import random
import resource
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.verdicts import CALLS_PER_SECOND, Verdicts, asked
from filters.plans.cn import CN
from lab.service import CALLFILTER, Service, free_port

NUMBERS: Final = 1_000_000
QUIET_SECONDS: Final = 20.0
LIMIT_SECONDS: Final = 10.0
LIMIT_MS: Final = 10.0
"""For the 99th percentile of verdicts meanwhile."""
SETTINGS: Final = """\
database = "{folder}/callfilter.db"
country = "CN"
fastagi = "127.0.0.1:{fastagi}"
web = "off"
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """One import."""

    numbers: int
    seconds: float
    processor: float
    """Seconds that its processes computed."""


def table(numbers: int = NUMBERS) -> str:
    """Time of the import, and of verdicts without and with it, as Markdown."""
    with TemporaryDirectory() as folder:
        return shown(*asyncio.run(measure(Path(folder), numbers, QUIET_SECONDS)))


def shown(imported: Imported, rounds: Sequence[Verdicts]) -> str:
    """The figures as Markdown, and whether the targets are met."""
    seconds, worst = imported.seconds, max(one.p99 for one in rounds)
    beside = f"{os.cpu_count()} cores, {CALLS_PER_SECOND:g} calls/s"
    lines = [
        f"{imported.numbers:,} numbers in {seconds:.1f} s, {imported.processor:.1f} s of processor; {beside}.",
        "",
        "| meanwhile | verdicts | median, ms | 99th, ms | slowest, ms |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.what} | {len(one.milliseconds):,} | {one.median:.2f} | {one.p99:.2f} | {max(one.milliseconds):.2f} |"
        for one in rounds
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"* Target: {NUMBERS:,} numbers in {LIMIT_SECONDS:g} s, {'met' if seconds <= LIMIT_SECONDS else 'missed'}.",
            f"* Target: 99th under {LIMIT_MS:g} ms, {'met' if worst < LIMIT_MS else 'missed'}.",
        ]
    )


async def measure(folder: Path, numbers: int, quiet_seconds: float) -> tuple[Imported, list[Verdicts]]:
    """One import into an empty list, from starting the command to its end, and the verdicts before and meanwhile."""
    fastagi, file, database = free_port(), folder / "numbers.csv", folder / "callfilter.db"
    settings = folder / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=folder, fastagi=fastagi), encoding="utf-8")
    different = _write(file, numbers)
    async with Service(settings, fastagi):
        quiet = await asked(fastagi, lambda seconds: seconds < quiet_seconds)
        command = asyncio.create_task(_run(settings, file))
        meanwhile = await asked(fastagi, lambda _: not command.done())
        seconds, processor = await command
    with closing(sqlite3.connect(database)) as connection:
        there = connection.execute("SELECT count(*) FROM numbers").fetchone()[0]
    if there != different:
        raise ValueError(f"{there} numbers were imported of {different}")
    rounds = [Verdicts("nothing", quiet), Verdicts("the import", meanwhile)]
    return Imported(numbers, seconds, processor), rounds


def _write(file: Path, numbers: int) -> int:
    """Mobile numbers in no order, each with a name; returns how many different ones."""
    choice = random.Random(1)
    begins = next(one for one in CN.classes if one.name == "mobile").begins
    written = [
        begin + "".join(choice.choices("0123456789", k=11 - len(begin))) for begin in choice.choices(begins, k=numbers)
    ]
    lines = (f"{number},name {at}\n" for at, number in enumerate(written))
    file.write_text("number,name\n" + "".join(lines), encoding="utf-8")
    return len(set(written))


async def _run(settings: Path, file: Path) -> tuple[float, float]:
    """Seconds, and of these seconds of processor, that the import takes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = ("--config", str(settings), "import", str(file), "--action", "reject")
    process = await asyncio.create_subprocess_exec(str(CALLFILTER), *command, stdout=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise ValueError(f"the import failed with status {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, computed
