"""What went on around callers before each past call, from the log in its order; live, it is `Lookup` that reads it.

Strangers' calls are everybody's, so each process looks at all of them; a block of numbers is one process's own.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from callfilter.store.codec import from_microseconds
from callfilter.store.lookup import (
    BLOCK_SINCE,
    MOST_BLOCK,
    MOST_OWN,
    MOST_STRANGERS,
    OWN_SINCE,
    STRANGERS_SINCE,
)
from callfilter.store.past import PastRow
from callfilter.store.record import floor_of
from filters.block import block_of
from filters.facts import PastCall, Surroundings
from filters.number import ANONYMOUS, INVALID
from filters.verdict import Action, Reason

KEPT_OF_BLOCK = 1000
"""Calls of a block at hand, of which the caller's own do not count."""
SWEEP_AT = 10_000
"""Callers and blocks beyond which those of long ago are forgotten."""

_NO_STRANGERS = frozenset({Reason.PROTECTED, Reason.ALLOWED, Reason.BLOCKED, Reason.EXPECTING, Reason.TRUSTED})
_ACTIONS = {str(action): action for action in Action}
_REASONS = {str(reason): reason for reason in Reason}


class _Noted(NamedTuple):
    """A call that came by, with the id by which look-ups know how long ago it was."""

    id: int
    call: PastCall


class _Latest:
    """The latest calls of each caller, or of each block."""

    def __init__(self, most: int, span: timedelta) -> None:
        self._most, self._span = most, span
        self._calls: dict[str, tuple[_Noted, ...]] = {}
        self._sweep_at = SWEEP_AT

    def note(self, of: str, noted: _Noted) -> None:
        calls = self._calls.get(of)
        if calls is None:
            self._calls[of] = (noted,)
            if len(self._calls) > self._sweep_at:
                self._sweep(noted.call.at)
        else:
            self._calls[of] = (*calls, noted)[-self._most :]

    def before(self, of: str, at: datetime) -> Iterator[PastCall]:
        """Newest first."""
        calls = self._calls.get(of)
        return _newest(calls, at, self._span) if calls else iter(())

    def _sweep(self, at: datetime) -> None:
        since = floor_of(at - self._span)
        self._calls = {of: calls for of, calls in self._calls.items() if calls[-1].id >= since}
        self._sweep_at = max(SWEEP_AT, 2 * len(self._calls))


class _Strangers:
    """The latest calls of strangers. Every call asks for them, so they are kept as they are handed out."""

    def __init__(self) -> None:
        self._calls: deque[PastCall] = deque(maxlen=MOST_STRANGERS)
        self._ids: deque[int] = deque(maxlen=MOST_STRANGERS)
        self._latest: datetime | None = None
        # For calls that came before others of the log, by a clock that was set.
        self._all: deque[_Noted] = deque(maxlen=2 * MOST_STRANGERS)

    def note(self, noted: _Noted) -> None:
        self._all.append(noted)
        self._calls.appendleft(noted.call)
        self._ids.appendleft(noted.id)
        self._latest = max(noted.call.at, self._latest or noted.call.at)

    def before(self, at: datetime) -> tuple[PastCall, ...]:
        """Newest first."""
        if self._latest is not None and self._latest >= at:
            return tuple(islice(_newest(self._all, at, STRANGERS_SINCE), MOST_STRANGERS))
        since = floor_of(at - STRANGERS_SINCE)
        while self._ids and self._ids[-1] < since:
            self._ids.pop()
            self._calls.pop()
        return tuple(self._calls)


class Around:
    """Calls that came before, as suspicion looks at them."""

    def __init__(self, reports: Iterable[tuple[str, datetime]]) -> None:
        """Takes who is reported, and since when."""
        self._reported: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
        for key, at in reports:
            self._reported[block_of(key) or key].append((key, at))
        self._own = _Latest(MOST_OWN, OWN_SINCE)
        self._blocks = _Latest(KEPT_OF_BLOCK, BLOCK_SINCE)
        self._strangers = _Strangers()

    def of(self, key: str, at: datetime) -> Surroundings:
        """What went on around the caller before that moment."""
        block = block_of(key)
        reported = self._reported.get(block or key, ())
        others = (one for one in self._blocks.before(block, at) if one.key != key and len(one.key) == len(key))
        return Surroundings(
            reported=tuple(one for one, since in reported if since <= at and len(one) == len(key)),
            own=() if key in (ANONYMOUS, INVALID) else tuple(_as_of(at, self._own.before(key, at))),
            block=tuple(islice(others, MOST_BLOCK)) if block else (),
            strangers=self._strangers.before(at),
        )

    def called(self, row: PastRow, at: datetime) -> None:
        """A caller of ours called."""
        ended_at = None if row.ended_at is None else from_microseconds(row.ended_at)
        action, reason = _ACTIONS.get(row.action, Action.ALLOW), _REASONS.get(row.reason, Reason.DEFAULT)
        self._own.note(
            row.key, _Noted(row.id, PastCall(at, row.key, row.did, action, reason, row.screened or "", ended_at))
        )
        if block := block_of(row.key):
            self._blocks.note(block, _Noted(row.id, PastCall(at, row.key)))

    def passed(self, row: PastRow) -> None:
        """Somebody called."""
        if row.reason in _NO_STRANGERS:
            return
        try:
            self._strangers.note(_Noted(row.id, PastCall(from_microseconds(row.at), str(row.key))))
        except ValueError:
            return  # whoever has it among its callers counts it as one that cannot be read


def _newest(calls: Iterable[_Noted], at: datetime, span: timedelta) -> Iterator[PastCall]:
    """Those within the time before a moment, the newest first."""
    since = floor_of(at - span)
    return (one.call for one in reversed(tuple(calls)) if one.id >= since and one.call.at < at)


def _as_of(at: datetime, calls: Iterable[PastCall]) -> Iterator[PastCall]:
    """What was known of earlier calls at that moment: some went on."""
    for call in calls:
        goes_on = call.ended_at is not None and call.ended_at > at
        yield replace(call, ended_at=None) if goes_on else call
