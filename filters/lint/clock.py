"""Time windows compared: every moment at which one of them begins or ends, on every kind of day. Reads no clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from filters.lint.reading import Asked
from filters.schedule import Window

_MOST = 2000
"""Moments that are looked at; windows with more are not compared."""
_WEEK = 7
_A_MONDAY = date(2001, 1, 1)


def never_open(asked: Sequence[Asked]) -> bool:
    """Whether conditions about hours can never be met together."""
    moments = _moments(asked)
    return bool(moments) and not any(_met(asked, at) for at in moments)


def always_within(narrow: Sequence[Asked], wide: Asked) -> bool:
    """Whether a condition about hours is met whenever all of some others are."""
    moments = _moments((*narrow, wide))
    return bool(moments) and all(_met((wide,), at) for at in moments if _met(narrow, at))


def _met(asked: Sequence[Asked], at: datetime) -> bool:
    return all(any(window.covers(at, UTC) for window in one.values) is not one.negated for one in asked)


def _moments(asked: Sequence[Asked]) -> list[datetime]:
    """One moment of each stretch of time in which no window opens or closes; none where they are too many."""
    windows: list[Window] = [window for one in asked for window in one.values]
    if not windows:
        return []
    named = {day for window in windows for day in (*window.also.days, *window.never.days)}
    days = _ordinary_week(named) | named | {day + timedelta(1) for day in named if day < date.max}
    clocks = {time(), *(window.start for window in windows), *(window.end for window in windows)}
    if len(days) * len(clocks) * len(windows) > _MOST:
        return []
    return [datetime.combine(day, clock, UTC) for day in days for clock in clocks]


def _ordinary_week(named: set[date]) -> set[date]:
    """A week of which no day, nor the one before it, is named."""
    monday = _A_MONDAY
    while any(monday + timedelta(day) in named for day in range(-1, _WEEK)):
        monday += timedelta(_WEEK)
    return {monday + timedelta(day) for day in range(_WEEK)}
