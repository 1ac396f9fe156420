"""Runs a replay: in this process where the log is short, else in several, each with a share of the callers.

Blocks until it is done, so an event loop gives it a thread of its own.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing import Pipe

from callfilter.replay.judge import Judge
from callfilter.replay.report import Report, Tally
from callfilter.replay.task import Stopped, Task
from callfilter.replay.worker import Order
from callfilter.store.file import StoreError
from callfilter.store.past import PastCalls, Span

SHORT = 20_000
"""Calls that are judged sooner than another process has started."""
MOST_PROCESSES = 2
"""However many cores there are: the others are for calls."""
LOOK_EVERY = 0.1
"""Seconds between two looks whether to stop."""

Told = Callable[[int, int], None]
"""Takes how many calls have been read, and of how many."""


def replay(
    task: Task,
    told: Told = lambda _done, _calls: None,
    stopped: Callable[[], bool] = lambda: False,
    processes: int | None = None,
) -> Report:
    """Judges past calls again.

    Args:
        task: what to do.
        told: is called in this thread every now and then; must be quick.
        stopped: is asked in this thread every now and then; once it says yes, everything ends.
        processes: how many to start, 0 for none; by the length of the log where it is not said. Who answers calls in
            this process says at least 1, so that the work is not done at their expense.

    Raises:
        StoreError: the database can't be read, or somebody ended one of our processes.
        Stopped: `stopped` said so.
    """
    with PastCalls(task.config.database) as past:
        version = past.newest_policy()
        judge = Judge(task, past, version)
        span = judge.span()
        if processes is None:
            processes = 0 if span.calls <= SHORT else min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
        if not processes:
            return Report.of([_here(judge, span, told, stopped)])
    orders = [Order(task, version, span, share, processes) for share in range(processes)]
    return Report.of(_elsewhere(orders, told, stopped))


def _here(judge: Judge, span: Span, told: Told, stopped: Callable[[], bool]) -> Tally:
    done = 0
    for calls in judge.pages(span):
        done += calls
        told(done, span.calls)
        if stopped():
            raise Stopped
    return judge.tally


def _elsewhere(orders: list[Order], told: Told, stopped: Callable[[], bool]) -> list[Tally]:
    with ExitStack() as stack:
        workers = [_Worker(order) for order in orders]
        for worker in workers:
            stack.callback(worker.end)
        for worker in workers:
            worker.begin()
        while waiting := [worker for worker in workers if worker.tally is None]:
            waiting[0].listen(LOOK_EVERY)
            for worker in waiting[1:]:
                worker.listen(0)
            told(min(worker.done for worker in workers), orders[0].span.calls)
            if stopped():
                raise Stopped
        return [worker.tally for worker in workers if worker.tally]


class _Worker:
    """A process at work."""

    def __init__(self, order: Order) -> None:
        self.done = 0
        self.tally: Tally | None = None
        self._order = order
        self._pipe, self._theirs = Pipe()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Starts it, out of reach of the terminal's Ctrl-C: that is for us, who end it."""
        with self._theirs:
            end = self._theirs.fileno()
            # -P: not what happens to lie in the folder that somebody stands in.
            command = [sys.executable, "-P", "-m", "callfilter.replay.worker", str(end)]
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                command, pass_fds=(end,), stdin=subprocess.DEVNULL, process_group=0
            )
        try:
            self._pipe.send(self._order)
        except OSError as error:
            raise self._gone() from error

    def listen(self, seconds: float) -> None:
        """Takes what it has to say; waits so long for a first word."""
        try:
            while self.tally is None and self._pipe.poll(seconds):
                self._take(self._pipe.recv())
                seconds = 0
        except (EOFError, OSError) as error:
            raise self._gone() from error

    def _take(self, said: object) -> None:
        match said:
            case int(done):
                self.done = done
            case Tally() as tally:
                self.done, self.tally = self._order.span.calls, tally
            case StoreError() as error:
                raise error

    def end(self) -> None:
        """Ends it, wherever it is."""
        self._theirs.close()
        self._pipe.close()
        if self._process:
            self._process.kill()
            self._process.wait()

    def _gone(self) -> StoreError:
        status = self._process.wait() if self._process else None
        return StoreError(
            f"a process that judged calls ended (status {status}); see if there is enough memory, and try again"
        )
