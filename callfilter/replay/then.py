"""What was known at the moment of each past call, from the log in its order. Reads no database.

Callers are told apart by the key that the log has for them, as live look-ups do. Everything is kept for as long as the
replay runs: some hundred bytes for each caller.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from callfilter.store.past import Known
from filters.facts import Bond, Expecting, History, Trusted
from filters.trust import Trust

MOST_RECENT = 1000
"""Earlier calls of one caller, as many as a live look-up hands out."""

_FIRST = History()
_until = attrgetter("expires_at")


class Histories:
    """Earlier calls of every caller."""

    def __init__(self) -> None:
        self._known: dict[str, History] = {}

    def of(self, key: str) -> History:
        """The caller's calls that were noted."""
        return self._known.get(key, _FIRST)

    def note(self, key: str, at: datetime) -> None:
        """The caller called."""
        known = self._known.get(key)
        if known is None:
            self._known[key] = History(at, (at,))
        else:
            self._known[key] = History(known.first_at, (*known.recent, at)[-MOST_RECENT:])


class Bonds:
    """Who was trusted, under one shop's settings of trust: by what is stored, and by what the log itself shows."""

    def __init__(self, trust: Trust, *, as_stored: bool) -> None:
        """`as_stored`: these settings are in force, so stored bonds end when it is stored that they do."""
        self._trust = trust
        self._as_stored = as_stored
        self._seen: dict[Bond, dict[str, tuple[datetime, ...]]] = {Bond.TALKED: {}, Bond.PROVED: {}}

    def of(self, key: str, at: datetime, known: Known) -> Trusted | None:
        """Why the caller was trusted at that moment; of several reasons the one that lasts longest."""
        if known.reported_at is not None and known.reported_at <= at:
            return None
        found = []
        shown = set()
        for bond, seen in self._seen.items():
            last = max((end for end in seen.get(key, ()) if end <= at), default=None)
            if last is not None:
                shown.add(bond)
                if until := self._trust.until(bond, last):
                    found.append(Trusted(bond, last, until))
        for one in known.bonds:
            # A stored bond has its first and its last day only; where the log has each, the log is asked. Of dialled
            # numbers it has none, so between the two days the caller counts as known.
            since = one.first_at if one.bond is Bond.DIALLED else one.at
            if one.bond not in shown and since <= at:
                expires = one.expires_at if self._as_stored else self._trust.until(one.bond, one.at)
                if expires:
                    found.append(Trusted(one.bond, one.at, expires))
        return max(found, key=_until, default=None)

    def talked(self, key: str, at: datetime, end: datetime, seconds: float) -> None:
        """A call that came `at` was talked on for so long, until `end`."""
        if seconds >= self._trust.talked_seconds:
            self._note(Bond.TALKED, key, at, end)

    def proved(self, key: str, at: datetime) -> None:
        """The caller passed a screening."""
        self._note(Bond.PROVED, key, at, at)

    def _note(self, bond: Bond, key: str, at: datetime, end: datetime) -> None:
        seen = self._seen[bond]
        ends = seen.get(key)
        if ends is None:
            seen[key] = (end,)
            return
        # The talk before counts until this one is over, and others may go on at the same time.
        over = [each for each in ends if each <= at]
        seen[key] = (*(each for each in ends if each > at), *([max(over)] if over else []), end)


class Windows:
    """Which windows were open when."""

    def __init__(self, windows: Iterable[Expecting]) -> None:
        """Takes every window that ever was."""
        edges: list[tuple[datetime, int, Expecting, bool]] = []
        for place, one in enumerate(windows):
            if one.opened_at is not None and one.opened_at < one.expires_at:
                edges += [(one.opened_at, place, one, True), (one.expires_at, place, one, False)]
        edges.sort(key=lambda edge: edge[0])
        self._since: list[datetime] = []
        self._open: list[tuple[Expecting, ...]] = []
        now_open: dict[int, Expecting] = {}
        for moment, place, one, opens in edges:
            if opens:
                now_open[place] = one
            else:
                del now_open[place]
            self._since.append(moment)
            self._open.append(tuple(now_open.values()))

    def at(self, moment: datetime) -> tuple[Expecting, ...]:
        """The windows that were open at that moment."""
        return self._open[place - 1] if (place := bisect_right(self._since, moment)) else ()


def lookback(*trusts: Trust) -> timedelta:
    """How far before a call something can lie that makes its caller trusted."""
    return timedelta(days=max(max(trust.days, trust.proved_days) for trust in trusts))
