"""Hours and days of the week in words."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Final

from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying.asked import Asked
from callfilter.web.saying.said import both, either, fill, quoted
from filters.schedule import DAYS, Dates, Window

_MIDNIGHT: Final = time()
_LONG: Final = 3
"""Days in a row that are told as a span."""


def hours(language: Language, one: Asked) -> str:
    """When a rule applies, as a part of a sentence."""
    windows = [_window_of(value) for value in one.values]
    named = [
        window_words(language, window) if window else quoted(language, value)
        for window, value in zip(windows, one.values, strict=True)
    ]
    times = either(language, named, one.more)
    if one.negated:
        return fill(language, N_("outside %(times)s"), times=times)
    first = windows[0] if windows else None
    if first is None:
        return fill(language, N_("during %(times)s"), times=times)
    return fill(language, N_("at %(times)s") if len(first.days) == len(DAYS) else N_("on %(times)s"), times=times)


def window_words(language: Language, window: Window) -> str:
    """A window's days and hours, and on which dates it opens besides or stays closed."""
    parts = [] if len(window.days) == len(DAYS) else list(_spans(language, sorted(window.days)))
    if window.also.days:
        parts.append(_first_of(language, window.also))
    days = both(language, parts, _others_of(window.also)) if parts else ""
    clock = _clock(language, window)
    if days and clock:
        text = fill(language, N_("%(days)s %(clock)s"), days=days, clock=clock)
    else:
        text = days or clock or language.say(N_("every day"))
    if window.never.days:
        never = both(language, [_first_of(language, window.never)], _others_of(window.never))
        return fill(language, N_("%(times)s, but not on %(dates)s"), times=text, dates=never)
    return text


def _first_of(language: Language, dates: Dates) -> str:
    """Their name, or the first of them."""
    return dates.name or language.day(min(dates.days))


def _others_of(dates: Dates) -> int:
    """How many dates there are beside the one that is told."""
    return 0 if dates.name else max(0, len(dates.days) - 1)


def _window_of(value: str) -> Window | None:
    """The window that is written there; None where it is the name of one."""
    days, _, clock = value.rpartition(" ") if ":" in value else (value, "", "")
    table = {key: part.strip() for key, part in (("days", days), ("hours", clock)) if part.strip()}
    try:
        return Window.parse(table)
    except ValueError:
        return None


def _clock(language: Language, window: Window) -> str:
    if window.start == window.end == _MIDNIGHT:
        return ""
    end = f"{window.end:%H:%M}" if window.end != _MIDNIGHT else "24:00"
    if _MIDNIGHT < window.end <= window.start:
        return fill(language, N_("%(start)s-%(end)s of the next day"), start=f"{window.start:%H:%M}", end=end)
    return f"{window.start:%H:%M}-{end}"


def _spans(language: Language, days: Sequence[int]) -> Iterator[str]:
    """Names of days in their order, three and more in a row as one span."""
    names = language.locale.days["stand-alone"]["abbreviated"]
    start = 0
    for index, day in enumerate(days):
        if index + 1 < len(days) and days[index + 1] == day + 1:
            continue
        if index - start + 1 >= _LONG:
            yield fill(language, N_("%(first)s to %(last)s"), first=names[days[start]], last=names[day])
        else:
            yield from (names[each] for each in days[start : index + 1])
        start = index + 1
