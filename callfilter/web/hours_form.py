"""Hours and holidays as forms: out of the policy, or as somebody typed them, right or wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from starlette.datastructures import FormData

from callfilter.marked import N_
from filters.schedule import DAYS, Dates, Window


@dataclass(frozen=True, slots=True)
class WindowForm:
    """Hours of a name."""

    name: str = ""
    days: tuple[str, ...] = DAYS[:5]
    start: str = "09:00"
    end: str = "18:00"
    also: str = ""
    never: str = ""

    @classmethod
    def of(cls, name: str, window: Window) -> "WindowForm":
        """The hours as they are."""
        days = tuple(DAYS[day] for day in sorted(window.days))
        start, end = f"{window.start:%H:%M}", f"{window.end:%H:%M}"
        return cls(name, days, start, end, _written(window.also), _written(window.never))

    @classmethod
    def sent(cls, name: str, form: FormData) -> "WindowForm":
        """What a browser sent."""
        texts = (str(form.get(key, "")).strip() for key in ("start", "end", "also", "never"))
        return cls(name.strip(), tuple(day for day in DAYS if day in form.getlist("day")), *texts)

    def table(self) -> dict[str, object]:
        """The hours as a policy writes them."""
        table: dict[str, object] = {}
        # With `also` and no days, the window opens on those dates only.
        if self.days or not self.also:
            table["days"] = "mon-sun" if self.days == DAYS else ", ".join(self.days) or []
        if self.start or self.end:
            table["hours"] = f"{self.start or '00:00'}-{'24:00' if self.end in ('', '00:00') else self.end}"
        return table | {key: _dates(text) for key, text in (("also", self.also), ("never", self.never)) if text}


@dataclass(frozen=True, slots=True)
class CalendarForm:
    """Days of a name."""

    name: str = ""
    dates: str = ""

    @classmethod
    def of(cls, name: str, days: Iterable[date]) -> "CalendarForm":
        """The days as they are."""
        return cls(name, "\n".join(map(str, days)))

    def days(self) -> tuple[date, ...]:
        """The days in their order.

        Raises:
            ValueError: one of them is none.
        """
        try:
            return tuple(sorted({date.fromisoformat(each) for each in self.dates.replace(",", " ").split()}))
        except ValueError:
            raise ValueError(N_("Write each day like 2026-10-01, one a line.")) from None


def _written(dates: Dates) -> str:
    return dates.name or " ".join(map(str, sorted(dates.days)))


def _dates(text: str) -> str | list[date]:
    """The name of a calendar, or dates one after the other."""
    try:
        return [date.fromisoformat(each) for each in text.replace(",", " ").split()]
    except ValueError:
        return text
