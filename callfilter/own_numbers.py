"""What an admin writes for a number or a prefix, understood: for commands and pages alike."""

from dataclasses import dataclass
from typing import Final

from filters.chapters.protected import protection
from filters.number import ANONYMOUS, INVALID, Number, read_number, read_prefix
from filters.plans import PLANS
from filters.policy import Policy

STARS: Final = ("*", "＊")
"""What ends a prefix; the second is full-width, as Chinese keyboards write it."""


class NoNumberError(ValueError):
    """A text is no number; `key` says what callers with such a one have, `anonymous` or `invalid`."""

    def __init__(self, text: str, key: str) -> None:
        self.key = key
        super().__init__(f"{text!r} is no number")


@dataclass(frozen=True, slots=True)
class Named:
    """A number or prefix, as somebody named it."""

    key: str
    is_prefix: bool
    words: str
    """As it is shown back."""
    number: Number | None = None
    """Of a whole number."""


def read_named(text: str, *, country: str, area: str) -> Named:
    """A number in any spelling; with a `*` at the end, all numbers that begin so.

    Args:
        text: As written.
        country: ISO 3166 code of the country in which it is written.
        area: The shop's own area code, such as `021`; empty for none.

    Raises:
        NoNumberError: it is no number.
        ValueError: it is no prefix, or one that could mean several things; the message is a sentence.
    """
    text = text.strip()
    if text.endswith(STARS):
        key = read_prefix(f"{text[:-1]}*", country=country, area=area)
        return Named(key, True, f"numbers that begin with {key}")
    number = read_number(text, country=country, area=area)
    if number.key in (ANONYMOUS, INVALID):
        raise NoNumberError(text, number.key)
    return Named(number.key, False, f"{number.display} ({number.key})", number)


def always_rings(number: Number, policy: Policy) -> bool:
    """Whether nobody can block this number: to store it would only look as if."""
    return protection(number, policy) is not None


def number_of(key: str, country: str) -> Number:
    """The number with this key, as read in that country."""
    space, colon, digits = key.partition(":")
    return read_number(digits if colon else key, country=space if colon else country)


def prefix_shown(key: str, country: str) -> str:
    """A prefix as somebody in that country would write it, with its `*`: such as `138*` for `+86138`."""
    plan = PLANS.get(country)
    space, colon, digits = key.partition(":")
    if colon:
        return f"{digits}*" if space == country else f"{key}*"
    if plan and key.startswith(f"+{plan.calling_code}"):
        rest = key.removeprefix(f"+{plan.calling_code}")
        for written in (rest, plan.trunk + rest):
            try:
                if read_prefix(f"{written}*", country=country) == key:
                    return f"{written}*"
            except ValueError:
                continue
    return f"{key}*"
