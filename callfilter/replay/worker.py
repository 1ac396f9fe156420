"""One process of a replay: takes its order from a pipe, judges, and tells how far it is and what it found.

Started by `run.py` as `python -m callfilter.replay.worker DESCRIPTOR`. Ends as soon as nobody listens any more.
"""

import gc
import os
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from callfilter.replay.judge import Judge
from callfilter.replay.task import Task
from callfilter.store.file import StoreError
from callfilter.store.past import PastCalls, Span

NICE = 10
"""Whoever answers calls goes first."""


class Order(NamedTuple):
    """What one process has to do."""

    task: Task
    version: int
    span: Span
    share: int
    shares: int


def work(pipe: "Connection[Any, Any]") -> None:
    """Answers an order with numbers of calls read, and then with a `Tally` or a `StoreError`."""
    order: Order = pipe.recv()
    try:
        with PastCalls(order.task.config.database) as past:
            judge = Judge(order.task, past, order.version, order.share, order.shares)
            # Nothing that we keep goes in circles, and to look for circles in millions of calls doubles the time.
            gc.disable()
            done = 0
            for calls in judge.pages(order.span):
                done += calls
                pipe.send(done)
        pipe.send(judge.tally)
    except StoreError as error:
        pipe.send(StoreError(str(error)))


def main() -> None:
    """Work for the process that started us."""
    os.nice(NICE)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError), Connection(int(sys.argv[1])) as pipe:
        work(pipe)


if __name__ == "__main__":
    main()
