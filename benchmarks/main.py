"""The benchmark, start to end: for each length of the list everything in one run, then the page with the figures."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from benchmarks import drawn, importing, logins, pages, replay, report, stages
from benchmarks.rig import loaded, rig
from benchmarks.rounds import FULL, QUICK, Figures, Plan, measure
from benchmarks.tools import BenchError
from benchmarks.variants import VARIANTS
from lab.fetch import CHECKOUT, FetchError
from lab.pbx import PbxError

FOLDER = CHECKOUT / "var/bench"
PAGE = CHECKOUT / "docs/performance.md"
LIMIT_MINUTES = 75.0
PARTS: Mapping[str, Callable[[bool], str]] = {
    "stages": lambda _: stages.table(),
    "replay": lambda quick: replay.table(replay.CALLS // 10 if quick else replay.CALLS),
    "importing": lambda quick: importing.table(importing.NUMBERS // 100 if quick else importing.NUMBERS),
    "logins": lambda quick: logins.table(logins.SECONDS / 4 if quick else logins.SECONDS),
    "pages": lambda quick: pages.table(FOLDER, pages.CALLS // 100 if quick else pages.CALLS),
    "drawn": lambda quick: drawn.table(FOLDER, drawn.CALLS // 100 if quick else drawn.CALLS),
}
"""What can be measured by itself -> its figures, or those of less of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if every verdict was right, whether or not the targets are met."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short lists and few rounds; writes var/bench/quick.md")
    parser.add_argument("--output", type=Path, help="the page to write the figures to")
    parser.add_argument("--stages", action="store_true", help="only where callfilter's own time of a call goes")
    parser.add_argument("--replay", action="store_true", help="only the back-test: a million past calls judged again")
    parser.add_argument("--logins", action="store_true", help="only verdict times while 50 logins a second are tried")
    parser.add_argument("--import", dest="importing", action="store_true", help="only a file of a million numbers")
    parser.add_argument("--pages", action="store_true", help="only the page over a log of ten million calls")
    parser.add_argument("--drawn", action="store_true", help="only each page in a real Chromium, over a million calls")
    chosen = parser.parse_args(arguments)
    if told := _one_part(chosen):
        say(told)
        return 0
    page = chosen.output or (FOLDER / "quick.md" if chosen.quick else PAGE)
    try:
        asyncio.run(_until_told(bench(QUICK if chosen.quick else FULL, page)))
    except (BenchError, PbxError, FetchError) as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 1
    except TimeoutError:
        print(f"make bench: not done after {LIMIT_MINUTES:g} minutes; is the machine busy?", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        print("make bench: stopped.", file=sys.stderr)
        return 130
    return 0


def _one_part(chosen: argparse.Namespace) -> str:
    """The figures of the part that is asked for; empty where it is the whole."""
    part = next((measured for name, measured in PARTS.items() if getattr(chosen, name)), None)
    return part(chosen.quick) if part else ""


async def bench(plan: Plan, page: Path) -> None:
    """Measure as planned and write the page.

    Raises:
        BenchError: a verdict was wrong, or something did not start.
    """
    started = time.monotonic()
    figures: list[Figures] = []
    async with asyncio.timeout(LIMIT_MINUTES * 60), rig(FOLDER) as ready:
        for size in plan.sizes:
            say(f"{size:,} listed numbers: filling both databases")
            async with loaded(ready, size, beside=plan.sizes[0]) as place:
                figures.append(await measure(place, plan, VARIANTS, say))
        text = report.figures_page(figures, plan, ready.asterisk.version, (time.monotonic() - started) / 60)
    report.write(page, text)
    say(f"\n{text}\nWritten to {page}")


async def _until_told(work: Coroutine[None, None, None]) -> None:
    """Do the work, or stop it at Ctrl-C or a request to end, with everything that it has started."""
    task = asyncio.current_task()
    if task:
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, task.cancel)
    await work


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
