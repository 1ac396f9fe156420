"""Back-tests that the page runs: one at a time, in processes of their own, so that no other page waits for them."""

import asyncio
import logging
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from callfilter.replay.report import FURTHER, MOST, Regret, Report
from callfilter.replay.run import MOST_PROCESSES, replay
from callfilter.replay.task import Stopped, Task
from callfilter.store.file import StoreError

log = logging.getLogger(__name__)

KEPT: Final = 8
"""Back-tests whose reports can still be looked at."""


class BusyError(Exception):
    """A back-test is running; `run` is that one."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        super().__init__(run.author)


@dataclass(slots=True)
class Run:
    """One back-test."""

    id: str
    task: Task
    days: int
    author: str
    begun_at: datetime
    names: tuple[str, ...] = ()
    """What of the draft somebody wants to know about: rules, presets or steps of suspicion."""
    assumed: bool = False
    """They only observe, and are tried as if they decided."""
    done: int = 0
    calls: int = 0
    """That have to be read; 0 as long as nobody knows."""
    report: Report | None = None
    failed: bool = False
    is_stopped: bool = False
    work: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.report is None and not self.failed and not self.is_stopped

    @property
    def share(self) -> float:
        """How much is done, of 1."""
        return min(1.0, self.done / self.calls) if self.calls else 0.0

    def told(self, done: int, calls: int) -> None:
        """Takes how far the work is."""
        self.done, self.calls = done, calls


@dataclass(frozen=True, slots=True)
class Summary:
    """A report in the few numbers that people ask for."""

    turned_away: int
    """Calls that would end further from the telephone."""
    let_through: int
    """Calls that would end nearer to it."""
    otherwise: int
    """Calls that would end alike, but for a label, a SIP answer or a mailbox."""
    talked: int
    """Of those turned away, how many were talked on for longer than a minute."""
    trusted: int
    listed: int
    at_least: bool
    """There are more than the report lists, so the last three may be too low."""


def summary_of(report: Report) -> Summary:
    """The numbers of a report."""
    way = {pair: FURTHER[pair[1]] - FURTHER[pair[0]] for pair in report.actions}
    regrets = [set(change.regrets) for change in report.regretted]
    return Summary(
        turned_away=sum(calls for pair, calls in report.actions.items() if way[pair] > 0),
        let_through=sum(calls for pair, calls in report.actions.items() if way[pair] < 0),
        otherwise=report.otherwise,
        talked=sum(Regret.TALKED in each for each in regrets),
        trusted=sum(Regret.TRUSTED in each for each in regrets),
        listed=sum(Regret.LISTED in each for each in regrets),
        at_least=report.regrets > MOST,
    )


class Backtests:
    """Those of one running page."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    def begin(
        self, task: Task, *, days: int, author: str, at: datetime, names: tuple[str, ...] = (), assumed: bool = False
    ) -> Run:
        """Starts a back-test.

        Raises:
            BusyError: another one is running.
        """
        if running := next((one for one in self._runs.values() if one.is_running), None):
            raise BusyError(running)
        run = Run(secrets.token_hex(8), task, days, author, at, names, assumed)
        self._runs[run.id] = run
        for old in list(self._runs)[:-KEPT]:
            del self._runs[old]
        run.work = asyncio.create_task(self._work(run))
        return run

    def get(self, run_id: str) -> Run | None:
        """The back-test of that id, or None if it is forgotten."""
        return self._runs.get(run_id)

    @property
    def newest(self) -> Run | None:
        """The one that was started last, or None."""
        return next(reversed(self._runs.values()), None)

    async def close(self) -> None:
        """Ends what is running."""
        running = [run for run in self._runs.values() if run.work]
        for run in running:
            run.is_stopped = True
        await asyncio.gather(*(run.work for run in running if run.work))

    @staticmethod
    async def _work(run: Run) -> None:
        # At least one process: judging in this one would hold up all other pages.
        processes = min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
        try:
            report = await asyncio.to_thread(replay, run.task, run.told, lambda: run.is_stopped, processes)
        except Stopped:
            run.is_stopped = True
        except StoreError as error:
            log.warning("a back-test failed: %s", error)
        else:
            run.report = report
        finally:
            run.failed = run.is_running
