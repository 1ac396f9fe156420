"""Warnings that a flood of peers cannot turn into a flood of log lines."""

import logging
import time
from collections.abc import Callable

_LINES = 5
_PERIOD = 60.0


class Warnings:
    """Logs a few warnings of each kind a minute and counts the rest."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to `log`; `clock` tells seconds."""
        self._log = log
        self._clock = clock
        self._kinds: dict[str, tuple[float, int]] = {}

    def __call__(self, kind: str, message: str, *args: object) -> None:
        """Log `message % args`, unless there were enough of this kind lately."""
        now = self._clock()
        since, count = self._kinds.get(kind, (now, 0))
        if now - since >= _PERIOD:
            if count > _LINES:
                self._log.warning("%d more warnings like the following were left out", count - _LINES)
            since, count = now, 0
        self._kinds[kind] = since, count + 1
        if count < _LINES:
            self._log.warning(message, *args)
