"""What the running service knows of its own state: what `doctor` asks it for."""

from collections import deque
from statistics import median, quantiles

from callfilter.store.record import CallRecord
from filters.verdict import Reason

RECENT = 1000
"""Verdict times kept for the median and the 99th percentile."""


class Health:
    """Counts since the start; times of the last thousand verdicts."""

    def __init__(self) -> None:
        self.calls = 0
        self.failed = 0
        self._milliseconds: deque[float] = deque(maxlen=RECENT)

    def judged(self, record: CallRecord) -> None:
        """Counts one verdict."""
        self.calls += 1
        self.failed += record.reason == Reason.ERROR
        self._milliseconds.append(record.milliseconds)

    @property
    def median_ms(self) -> float:
        """Median of the recent verdicts' times, in milliseconds; 0 when there were none."""
        return median(self._milliseconds) if self._milliseconds else 0.0

    @property
    def p99_ms(self) -> float:
        """99th percentile of the recent verdicts' times, in milliseconds; 0 when there were fewer than two."""
        return quantiles(self._milliseconds, n=100)[98] if len(self._milliseconds) > 1 else 0.0
