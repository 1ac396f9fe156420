"""Conditions about what is known beside the call: hours, the caller's earlier calls, the directory."""

import re
from datetime import timedelta

from filters import directory
from filters.conditions.kind import Kind, Question, Test, flag_of, shown, text_of
from filters.facts import History
from filters.number import ANONYMOUS, INVALID
from filters.rule import Scalar
from filters.schedule import Window
from filters.shop import Shop

_WINDOW = "days and hours, such as mon-fri 09:00-18:30, or the name of one of your windows"
_CALLS = "how many calls in what time, such as 3 in 10 minutes"
_FIRST = "true or false"
_LISTED = f"true for every number in the directory, or a kind: {', '.join(directory.Kind)}"
_CALLS_IN = re.compile(r"([1-9][0-9]{0,2}) *in *([1-9][0-9]{0,3}) *([a-z]+)")
_NOBODYS = History()
_UNITS = {"m": 1, "min": 1, "minute": 1, "h": 60, "hour": 60, "d": 1440, "day": 1440}


def _window(value: Scalar, shop: Shop) -> Test:
    window = window_of(value, shop)
    return Test(lambda asked: window.covers(asked.call.at, shop.zone))


def window_of(value: Scalar, shop: Shop) -> Window:
    """The window of that name, or as it is written.

    Raises:
        ValueError: it is neither.
    """
    text = text_of(value, _WINDOW)
    return shop.windows.get(text) or _inline(text, shop)


def _inline(text: str, shop: Shop) -> Window:
    """`mon-fri 09:00-18:30`, or only one of the two.

    Raises:
        ValueError: it is no window, nor the name of one.
    """
    days, _, hours = text.rpartition(" ") if ":" in text else (text, "", "")
    table = {key: part.strip() for key, part in (("days", days), ("hours", hours)) if part.strip()}
    try:
        return Window.parse(table)
    except ValueError as refusal:
        named = f", which are {', '.join(sorted(shop.windows))}" if shop.windows else ""
        raise ValueError(f"{shown(text)} is no window ({refusal}): write {_WINDOW}{named}") from None


def _calls(value: Scalar, _shop: Shop) -> Test:
    fewest, span = calls_of(value)

    def matches(asked: Question) -> bool:
        since = asked.call.at - span
        return 1 + sum(since < at <= asked.call.at for at in _history(asked).recent) >= fewest

    return Test(matches)


def calls_of(value: Scalar) -> tuple[int, timedelta]:
    """How many calls, in what time.

    Raises:
        ValueError: it does not say so.
    """
    written = _CALLS_IN.fullmatch(text_of(value, _CALLS).lower())
    minutes = _UNITS.get(written[3].removesuffix("s")) if written else None
    if written is None or minutes is None:
        raise ValueError(f"{shown(value)} does not say how many calls: write {_CALLS}")
    return int(written[1]), timedelta(minutes=int(written[2]) * minutes)


def _first_call(value: Scalar, _shop: Shop) -> Test:
    wanted = flag_of(value)
    return Test(lambda asked: (_history(asked).first_at is None) is wanted)


def _listed(value: Scalar, shop: Shop) -> Test:
    country = shop.country
    if isinstance(value, bool):
        return Test(lambda asked: (directory.find(country, asked.number.key) is not None) is value)
    text = text_of(value, _LISTED).lower()
    if text not in set(directory.Kind):
        raise ValueError(f"{shown(value)} is no kind of organisation: write {_LISTED}")

    def matches(asked: Question) -> bool:
        found = directory.find(country, asked.number.key)
        return found is not None and found.kind == text

    return Test(matches)


def _history(asked: Question) -> History:
    # Those who call without a number are many, and what one of them did says nothing of the next.
    if asked.number.key in (ANONYMOUS, INVALID):
        return _NOBODYS
    if asked.facts.history is None:
        raise LookupError("the caller's earlier calls were not looked up")
    return asked.facts.history


KINDS = (
    Kind(
        "window",
        _WINDOW,
        "Calls within these hours of your shop; hours over midnight belong to the day on which they begin.",
        ("mon-fri 09:00-18:30", "sat,sun", "22:00-06:00"),
        "within {}",
        _window,
    ),
    Kind(
        "calls",
        _CALLS,
        "Callers who call so often, the present call counted too.",
        ("3 in 10 minutes", "5 in 1 hour"),
        "calls {}",
        _calls,
        needs_history=True,
    ),
    Kind(
        "first_call",
        _FIRST,
        "Callers who have never called before.",
        (True, False),
        "first call {}",
        _first_call,
        needs_history=True,
    ),
    Kind(
        "listed",
        _LISTED,
        "Numbers in the directory of banks, couriers and others, or those of one kind.",
        (True, "bank"),
        "listed {}",
        _listed,
    ),
)
