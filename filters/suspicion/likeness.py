"""Numbers that look like one that people trust: one digit from it, or it with something put before or behind.

The index is made once for a policy. A number that is listed, protected or the shop's own is like no other.

Most numbers that look like another are just other numbers, with customers behind them. So a likeness is *weak*, and
only a little evidence, where such a caller is likely:

- The shop's own number but for the last two digits: carriers give out blocks of 100, so that is the same building, the
  same street, the company next door.
- One digit from a short number, where the plan gives that number to a company or an authority: nearly all of 955xx is
  taken, and 95589 has an owner of its own.
- A number of up to six digits that begins with 2 to 8, or of four that begins with 1: companies' internal numbers look
  so, and carriers let them call each other.

With something before or behind, it is no likeness where the whole is a number of its own: a mobile that ends in 95588
is a good mobile number. Numbers of fewer than five digits are compared by that alone, since so many with three digits
are one digit from 110, 119, 120 or 122.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from filters.directories import DIRECTORIES
from filters.directories.listing import Kind
from filters.directory import find
from filters.number import ANONYMOUS, INVALID, Number, read_number
from filters.plans import PLANS

_KINDS = frozenset({Kind.BANK, Kind.EMERGENCY, Kind.PUBLIC_SERVICE})
"""Of the directory, those whose numbers swindlers imitate."""
_LONG = 5
"""Digits from which on one wrong digit is a likeness."""
_FEWEST_OWN = 7
"""Digits of own lines that others can be like: of two short ones, both are extensions."""
_INSIDE = re.compile(r"[2-8][0-9]{0,5}|1[0-9]{3}")
"""Digits of numbers that companies use inside."""
_BLOCK_DIGITS = 2
_PROTECTED = frozenset({"emergency", "public-service"})
_GIVEN = frozenset({"company", "carrier", "regional", "toll-free"})
"""Classes whose numbers are given to organisations one by one."""
_SERVICE = frozenset({"service"})
_LENGTHENED = frozenset({"company", "call-centre"})
"""Classes whose numbers may be another one with something behind it."""
_NO_SUBSCRIBER = frozenset({"service", "impossible"})


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a number looks like."""

    evidence: str
    """In plain words."""
    weak: bool
    """It may well be just another number."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A number that people trust."""

    digits: str
    """As dialled inside the country, without a trunk zero; with `+` if it is another country's."""
    name: str
    """In plain words, such as `95588 (Industrial and Commercial Bank of China)`."""
    own: bool = False
    """One of the shop's lines."""


class Likenesses:
    """What callers' numbers are like."""

    def __init__(self, country: str, own_lines: Iterable[str], protected: Iterable[str]) -> None:
        """Own lines and protected numbers are keys; `country` is that of the shop and of its directory."""
        plan = PLANS.get(country)
        own_lines, protected = frozenset(own_lines), frozenset(protected)
        self._country = country
        self._trusted = {ANONYMOUS, INVALID, *own_lines, *protected}
        self._code = f"+{plan.calling_code}" if plan else None
        self._models = {model.digits: model for model in (*self._listed(), *self._of_shop(own_lines, protected))}
        self._sizes = sorted({len(digits) for digits in self._models}, reverse=True)
        self._masks = {
            mask: model
            for model in self._models.values()
            if len(model.digits) >= _LONG
            for mask in _masks(model.digits)
        }

    def of(self, number: Number) -> Likeness | None:
        """What a stranger's number is like, if anything."""
        if number.key in self._trusted or number.classes & _PROTECTED or find(self._country, number.key) is not None:
            return None
        digits = self._digits_of(number.key)
        inside = not number.key.startswith("+") and _INSIDE.fullmatch(digits) is not None
        evidence = None
        if "impossible" in number.classes:
            evidence = self._beside(digits)
        elif number.classes & _LENGTHENED:
            evidence = self._behind(digits, _LONG)
        if evidence is not None:
            return Likeness(f"{number.display} is {evidence}", weak=inside)
        return self._one_off(digits, number, inside=inside)

    def _listed(self) -> Iterator[_Model]:
        for group in DIRECTORIES.get(self._country, ()):
            for written, _, english in group.rows if group.kind in _KINDS else ():
                number = read_number(written, country=self._country)
                yield _Model(self._digits_of(number.key), f"{number.display} ({english})")

    def _of_shop(self, own_lines: Iterable[str], protected: Iterable[str]) -> Iterator[_Model]:
        for key in protected:
            yield _Model(self._digits_of(key), f"{self._shown(key)} (a number you protect)")
        for key in own_lines:
            digits = self._digits_of(key)
            if len(digits) >= _FEWEST_OWN:
                yield _Model(digits, f"{self._shown(key)} (one of your own lines)", own=True)

    def _shown(self, key: str) -> str:
        return read_number(key, country=self._country).display if key.startswith("+") else self._digits_of(key)

    def _digits_of(self, key: str) -> str:
        if key.startswith("+"):
            return key.removeprefix(self._code) if self._code else key
        return key.partition(":")[2]

    def _beside(self, digits: str) -> str | None:
        """How a number that cannot exist is one of ours with something more."""
        for core in _cores(digits):
            model = self._models.get(core)
            if model is not None:
                return f"{model.name} with something put before it"
            behind = self._behind(core)
            if behind is not None:
                return behind
        for size in self._sizes:
            model = self._models.get(digits[-size:]) if size < len(digits) <= 2 * size else None
            if model is not None:
                return f"{model.name} with something put before it"
        return None

    def _behind(self, digits: str, fewest: int = 0) -> str | None:
        """How digits are a number of ours, of so many at least, and at most as many again."""
        for size in self._sizes:
            model = self._models.get(digits[:size]) if fewest <= size < len(digits) <= 2 * size else None
            if model is not None:
                return f"{model.name} with something behind it"
        return None

    def _one_off(self, digits: str, number: Number, *, inside: bool) -> Likeness | None:
        for place, mask in enumerate(_masks(digits)):
            model = self._masks.get(mask)
            if model is None or model.digits == digits:
                continue
            classes = number.classes
            given = bool(classes & _GIVEN) or classes == _SERVICE
            next_door = model.own and not classes & _NO_SUBSCRIBER and place >= len(digits) - _BLOCK_DIGITS
            return Likeness(f"{number.display} is one digit from {model.name}", weak=inside or given or next_door)
        return None


def _masks(digits: str) -> Iterator[str]:
    """The digits with each of them hidden in turn."""
    for place in range(len(digits)):
        yield f"{digits[:place]}?{digits[place + 1 :]}"


def _cores(digits: str) -> Iterator[str]:
    """The digits, and what is left without the zeros and country code that make a number look like another's."""
    core = digits.removeprefix("+")
    yield core
    for junk in ("00", "0", "86"):
        if core.startswith(junk):
            core = core.removeprefix(junk)
            yield core
