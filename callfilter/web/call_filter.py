"""What somebody looks for in the call log: a form of texts, read into a query, and written into addresses again."""

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Query

from callfilter.marked import N_
from callfilter.own_numbers import NoNumberError, read_named
from callfilter.store.calls import CallQuery
from callfilter.web.site import Site
from filters.number import ANONYMOUS
from filters.verdict import Action

LONGEST: Final = 200
"""Characters of any field."""
_YEARS: Final = range(2000, 2095)
"""In which there are calls: ids reach no further."""

Text = Annotated[str, Query(max_length=LONGEST)]


class FilterError(Exception):
    """A field cannot be understood; the message says so, to be translated, and `field` names it."""

    def __init__(self, field: str, message: str, **values: str) -> None:
        self.field = field
        self.values = values
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """The fields of the form, as written; by `Depends` those of a request."""

    number: Text = ""
    """In any spelling; with a `*` at the end, all that begin so."""
    name: Text = ""
    action: Text = ""
    reason: Text = ""
    rule: Text = ""
    did: Text = ""
    trunk: Text = ""
    since: Text = ""
    """Date, or date and time, in the shop's zone."""
    until: Text = ""

    @property
    def given(self) -> dict[str, str]:
        """The fields that are filled in."""
        return {name: value for name, value in asdict(self).items() if value}

    def at(self, path: str, **more: Any) -> str:
        """The address of what is looked for; of `more`, what is not empty."""
        fields = self.given | {name: str(value) for name, value in more.items() if value}
        return f"{path}?{urlencode(fields)}" if fields else path

    def query(self, site: Site, zone: tzinfo) -> CallQuery:
        """What the log is asked.

        Raises:
            FilterError: a field cannot be understood.
        """
        key, prefix = _number(self.number, site)
        try:
            action = Action(self.action) if self.action else None
        except ValueError:
            raise FilterError("action", N_("There is no such action.")) from None
        return CallQuery(
            key=key,
            prefix=prefix,
            name=self.name.strip() or None,
            action=action,
            reason=self.reason or None,
            rule=self.rule.strip() or None,
            did=self.did or None,
            trunk=self.trunk or None,
            since=_moment("since", self.since, zone),
            until=_moment("until", self.until, zone, last=True),
        )


def _number(text: str, site: Site) -> tuple[str | None, str | None]:
    """Key and prefix, one of them at most."""
    if not text.strip():
        return None, None
    try:
        named = read_named(text, country=site.config.country, area=site.config.area)
    except NoNumberError as error:
        if error.key == ANONYMOUS:
            return ANONYMOUS, None
        raise FilterError("number", N_("This is no number: write its digits, in any spelling.")) from None
    except ValueError as error:
        raise FilterError("number", "%(why)s", why=str(error)) from None
    return (None, named.key) if named.is_prefix else (named.key, None)


def _moment(field: str, text: str, zone: tzinfo, *, last: bool = False) -> datetime | None:
    """A time in the shop's zone; a day alone means its beginning, or as the last one its end."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise FilterError(field, N_("This is no time: write it such as 2026-03-01 09:30."))
    if last and moment.time() == time() and len(text.strip()) <= len("2026-03-01"):
        moment += timedelta(days=1)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
