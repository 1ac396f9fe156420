"""Ranges of numbers, such as a carrier's block of lines: both ends folded to keys as every number is.

Knows no single plan: what a number is, `read_number` says.
"""

from dataclasses import dataclass
from typing import Self

from filters.number import ANONYMOUS, INVALID, Number, read_number
from filters.plans import PLANS

_SHOWN = 60
# What people put between two numbers; a hyphen may stand within them too.
_DASHES = str.maketrans("‐‑‒–—―−－~～至", "-----------")


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers from one to another, both included."""

    first: str
    """A Number's key."""
    last: str
    """A key of the same key space and length, not below `first`."""

    @classmethod
    def parse(cls, text: str, country: str = "CN", area: str = "") -> Self:
        """Read `02161500000-02161599999`; each end in any spelling of a full number.

        Args:
            text: Two numbers with a hyphen between them; `021-61500000 - 021-61599999` is understood too.
            country: ISO 3166 code of the country in which it is written.
            area: The shop's own area code, such as `021`, for local numbers.

        Raises:
            ValueError: No such range; the message is one sentence that says what to write instead.
        """
        written = repr(text[:_SHOWN])
        parts = text.translate(_DASHES).split("-")
        if len(text) > 2 * _SHOWN or len(parts) % 2:
            raise ValueError(f"range {written} is not two numbers: write them like 02161500000-02161599999")
        half = len(parts) // 2
        first, last = (_end(written, "-".join(part), country, area) for part in (parts[:half], parts[half:]))
        _refuse_mixed(written, first, last)
        if first.key > last.key:
            raise ValueError(f"range {written} runs backwards: write the lower number, {last.display}, first")
        return cls(first.key, last.key)

    @property
    def text(self) -> str:
        """The range as an admin reads it."""
        return f"{self.first} to {self.last}"

    def matches(self, key: str) -> bool:
        """Whether the number with this key lies in the range, ends included."""
        # Keys of one length compare as their digits do, and whoever lies between two ends begins as both of them do.
        return len(key) == len(self.first) and self.first <= key <= self.last


def _end(written: str, text: str, country: str, area: str) -> Number:
    number = read_number(text, country=country, area=area)
    if number.key in (ANONYMOUS, INVALID):
        raise ValueError(
            f"range {written} has {text.strip()!r} for one end, which is no number: write digits, like"
            " 02161500000-02161599999"
        )
    if _keeps_its_trunk(number, country):
        # Every real number between two such ends has a key without the zero, so none would be in the range.
        raise ValueError(
            f"range {written} has {text.strip()!r} for one end, which nobody can have: write the beginning of the"
            " numbers as a prefix, such as 021*, or ends that somebody can have, such as 02120000000-02189999999"
        )
    return number


def _keeps_its_trunk(number: Number, country: str) -> bool:
    """Whether a number fits no plan of ours, and so keeps the trunk zero that others lose."""
    plan = PLANS.get(country)
    return plan is not None and "impossible" in number.classes and number.key.startswith(f"{country}:{plan.trunk}")


def _refuse_mixed(written: str, first: Number, last: Number) -> None:
    if (first.key[0] == "+", first.country) != (last.key[0] == "+", last.country):
        raise ValueError(
            f"range {written} goes from {first.key} to {last.key}, which are not of one kind: write both ends as full"
            " numbers of one country, or both as service numbers"
        )
    if len(first.key) != len(last.key):
        raise ValueError(
            f"range {written} goes from {first.key} to {last.key}, which differ in length: write both ends with the"
            " same number of digits"
        )
