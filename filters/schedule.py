"""Time windows: when a rule applies. What the clock on the shop's wall shows decides, and nothing is remembered.

So where clocks are put forward, the skipped hour lies in no window; where they are put back, the repeated hour lies in
a window both times. A window over midnight belongs to the day on which it begins. Reads no clock and no zone file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Self

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Keys of the days, in the order of `datetime.weekday()`; translated at the edge."""

_KEYS = ("days", "hours", "also", "never")
_EVERY_DAY = frozenset(range(len(DAYS)))
_MIDNIGHT = time()
_SHOWN = 40
_ONE_DAY = timedelta(days=1)
_HOURS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])\s*[-–]\s*([01]?[0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Dates:
    """Days of the calendar under one name, such as a year's public holidays."""

    name: str = ""
    days: frozenset[date] = frozenset()

    @property
    def text(self) -> str:
        """The name, or where there is none the first of the dates; empty for no dates."""
        if self.name or not self.days:
            return self.name
        first, *others = sorted(self.days)
        return f"{first} and {len(others)} more" if others else str(first)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some days of the week, in the shop's time zone."""

    days: frozenset[int] = _EVERY_DAY
    """Days on which it begins, Monday being 0."""
    start: time = _MIDNIGHT
    """First minute that is covered."""
    end: time = _MIDNIGHT
    """First minute that is not covered any more: of the next day where it is not after `start`."""
    also: Dates = field(default_factory=Dates)
    """Dates on which it begins whatever the day of the week, such as Saturdays worked for a holiday."""
    never: Dates = field(default_factory=Dates)
    """Dates on which it does not begin, such as public holidays; stronger than `also`."""

    def __post_init__(self) -> None:
        if not self.days <= _EVERY_DAY:
            raise ValueError(f"days {sorted(self.days)} are not all days of the week: Monday is 0 and Sunday is 6")
        if not self.days and not self.also.days:
            raise ValueError("the window never opens, since it has no days: write days, such as mon-fri, or also")
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("hours have a time zone of their own: write them without, as the shop's clock shows them")

    @classmethod
    def parse(cls, table: Mapping[str, object], calendars: Mapping[str, frozenset[date]] | None = None) -> Self:
        """Read a table such as `{days = "mon-fri", hours = "09:00-18:30", never = "public holidays"}`.

        Args:
            table: `days`: a text of days and spans of days, or a list of them; by default every day, or none but `also`
                where that is given. `hours`: one span; the whole day by default. `also` and `never`:
                the name of a calendar, or a list of dates.
            calendars: Name -> dates, for `also` and `never`.

        Raises:
            ValueError: The table is no window; the message is one sentence that names key, value and remedy.
        """
        unknown = next((key for key in table if key not in _KEYS), None)
        if unknown is not None:
            raise ValueError(f"{unknown!r} is not known in a time window: write {', '.join(_KEYS)}")
        if not table:
            raise ValueError(f"the time window is empty: write one or more of {', '.join(_KEYS)}")
        also, never = (_dates(key, table.get(key, []), calendars or {}) for key in ("also", "never"))
        start, end = _hours(table.get("hours", "00:00-24:00"))
        days = table.get("days", [] if "also" in table else list(DAYS))
        return cls(_days(days), start, end, also, never)

    def covers(self, at: datetime, zone: tzinfo) -> bool:
        """Whether the moment lies in the window.

        Args:
            at: With its time zone.
            zone: The shop's.
        """
        local = at.astimezone(zone)
        clock = local.time()
        if self.start < self.end:
            return self.start <= clock < self.end and self._begins_on(local.date())
        if clock >= self.start:
            return self._begins_on(local.date())
        return clock < self.end and self._begins_on(local.date() - _ONE_DAY)

    def _begins_on(self, day: date) -> bool:
        return day not in self.never.days and (day.weekday() in self.days or day in self.also.days)

    @property
    def text(self) -> str:
        """The window in plain words, with the keys of the days."""
        week = "every day" if self.days == _EVERY_DAY else ", ".join(_spans(sorted(self.days)))
        days = " and ".join(filter(None, (week, self.also.text)))
        never = f", but not on {self.never.text}" if self.never.days else ""
        return f"{days} {self._hours_text()}{never}"

    def _hours_text(self) -> str:
        if self.start == self.end == _MIDNIGHT:
            return "all day"
        end = f"{self.end:%H:%M}" if self.end != _MIDNIGHT else "24:00"
        return f"{self.start:%H:%M}-{end}{' of the next day' if _MIDNIGHT < self.end <= self.start else ''}"


def _spans(days: Sequence[int]) -> Iterator[str]:
    """Days in their order, three and more in a row as one span."""
    start = 0
    for index, day in enumerate(days):
        if index + 1 < len(days) and days[index + 1] == day + 1:
            continue
        if index - start > 1:
            yield f"{DAYS[days[start]]}-{DAYS[day]}"
        else:
            yield from (DAYS[each] for each in days[start : index + 1])
        start = index + 1


def _days(value: object) -> frozenset[int]:
    texts = value if isinstance(value, list) else str(value).split(",")
    return frozenset(day for text in texts for day in _span(str(text).strip().lower()))


def _span(text: str) -> Iterator[int]:
    """Days of `mon`, or of `fri-mon`, which goes over the end of the week."""
    first, hyphen, last = (part.strip() for part in text.partition("-"))
    if first not in DAYS or (hyphen and last not in DAYS):
        raise ValueError(f"days: {text[:_SHOWN]!r} is no day of the week: write days such as mon-fri or sat, sun")
    start = DAYS.index(first)
    length = (DAYS.index(last) - start) % len(DAYS) if hyphen else 0
    return (day % len(DAYS) for day in range(start, start + length + 1))


def _hours(value: object) -> tuple[time, time]:
    written = repr(value)[:_SHOWN]
    found = _HOURS.fullmatch(str(value).strip())
    if found is None or found[1] == "24" or (found[3] == "24" and found[4] != "00"):
        raise ValueError(
            f"hours: {written} is no span of hours: write one such as 09:00-18:30, or 22:00-06:00 over midnight"
        )
    start, end = time(int(found[1]), int(found[2])), time(int(found[3]) % 24, int(found[4]))
    if start == end and found[3] != "24":
        raise ValueError(f"hours: {written} ends when it begins: write 00:00-24:00 for the whole day")
    return start, end


def _dates(key: str, value: object, calendars: Mapping[str, frozenset[date]]) -> Dates:
    if isinstance(value, list):
        return Dates(days=frozenset(_date(key, each) for each in value))
    name = str(value)
    if name not in calendars:
        known = f"one of {', '.join(sorted(calendars))}" if calendars else "dates such as [2026-10-01]"
        raise ValueError(f"{key}: no calendar is called {name[:_SHOWN]!r}: write {known}")
    return Dates(name, calendars[name])


def _date(key: str, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(
            f"{key}: {str(value)[:_SHOWN]!r} is no date: write year, month and day like 2026-10-01"
        ) from None
