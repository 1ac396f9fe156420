"""A rule as the checks look at it: its conditions with the values understood, and what numbers are left by them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from filters.conditions.circumstances import calls_of, window_of
from filters.conditions.kind import By, Hint, Matcher, folded, text_of
from filters.conditions.numbers import digits_of, key_of
from filters.conditions.plan import place_of
from filters.conditions.registry import kind_of, read_condition
from filters.number import read_prefix
from filters.patterns import Pattern, compile_pattern
from filters.ranges import Range
from filters.rule import Condition, Place, Rule, Scalar
from filters.shop import Shop

DIGITS = ("number", "prefix", "range", "pattern", "regex", "digits")
"""Kinds of condition about the digits of a number."""
OF_NUMBER = (*DIGITS, "class", "country", "region", "listed", "anonymous", "invalid")
"""Kinds whose answer the caller's number gives."""


@dataclass(frozen=True, slots=True)
class PatternValue:
    """A pattern, and what numbers that it matches begin with."""

    text: str
    pattern: Pattern = field(compare=False)
    begins: tuple[str, ...] = field(compare=False)
    """One of them; empty where that is open."""


@dataclass(frozen=True, slots=True)
class Begin:
    """All texts that begin so."""

    text: str


def _pattern_value(value: Scalar, shop: Shop) -> PatternValue:
    hints = read_condition(Condition("pattern", (value,)), shop).hints
    return PatternValue(_text(value), compile_pattern(_text(value)), tuple(begin for _, begin in hints))


def _text(value: Scalar) -> str:
    return text_of(value, "a text")


def _did(value: Scalar, _shop: Shop) -> str | Begin:
    text = _text(value)
    return Begin(text.removesuffix("*")) if text.endswith("*") else text


def _redirecting(value: Scalar, shop: Shop) -> bool | str | Begin:
    if isinstance(value, bool):
        return value
    text = _text(value)
    if text.endswith("*"):
        return Begin(read_prefix(text, country=shop.country, area=shop.area))
    return key_of(text, shop)


_UNDERSTOOD: Mapping[str, Callable[[Scalar, Shop], object]] = {
    "number": lambda value, shop: key_of(_text(value), shop),
    "prefix": lambda value, shop: Begin(read_prefix(_text(value), country=shop.country, area=shop.area)),
    "range": lambda value, shop: Range.parse(_text(value), country=shop.country, area=shop.area),
    "pattern": _pattern_value,
    "regex": lambda value, _: _text(value),
    "digits": lambda value, _: digits_of(value),
    "class": lambda value, _: _text(value).lower(),
    "country": lambda value, _: _text(value).upper(),
    "region": place_of,
    "listed": lambda value, _: value if isinstance(value, bool) else _text(value).lower(),
    "name": lambda value, _: folded(_text(value)),
    "name_regex": lambda value, _: _text(value),
    "attestation": lambda value, _: _text(value).lower(),
    "did": _did,
    "redirecting": _redirecting,
    "window": window_of,
    "calls": lambda value, _: calls_of(value),
}
"""Kind -> what one value means; of other kinds the value itself does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition with its values understood."""

    kind: str
    negated: bool
    values: tuple[Any, ...]
    written: Condition
    matches: Matcher
    hints: tuple[Hint, ...]
    each: frozenset[Any] = field(init=False)
    """The values."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "each", frozenset(self.values))

    @property
    def words(self) -> str:
        """As traces say it."""
        return kind_of(self.written).phrase(self.written)

    @property
    def place(self) -> Place:
        """Within its rule."""
        return ("unless" if self.negated else "when", self.kind)


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule that is switched on and can be read."""

    rule: Rule
    place: Place
    """In the policy."""
    asked: tuple[Asked, ...]
    is_preset: bool = False
    by_kind: Mapping[str, Asked] = field(init=False)
    """Its plain conditions."""
    unless: Mapping[str, Asked] = field(init=False)
    """Its negated ones."""

    quickest_first: tuple[Asked, ...] = field(init=False)
    """Its conditions, those that take longest to compare at the end."""

    def __post_init__(self) -> None:
        hours_last = sorted(self.asked, key=lambda one: (one.kind == "window", one.kind in OF_NUMBER))
        object.__setattr__(self, "quickest_first", tuple(hours_last))
        object.__setattr__(self, "by_kind", {one.kind: one for one in self.asked if not one.negated})
        object.__setattr__(self, "unless", {one.kind: one for one in self.asked if one.negated})


def read(rule: Rule, place: Place, shop: Shop, *, is_preset: bool) -> Reading:
    """A rule with its conditions understood.

    Raises:
        ValueError: One of them cannot be read.
    """
    return Reading(rule, place, tuple(asked_of(one, shop) for one in rule.conditions), is_preset)


def asked_of(condition: Condition, shop: Shop) -> Asked:
    """A condition with its values understood.

    Raises:
        ValueError: It cannot be read.
    """
    test = read_condition(condition, shop)
    understand = _UNDERSTOOD.get(condition.kind)
    values = tuple(understand(value, shop) for value in condition.values) if understand else condition.values
    return Asked(condition.kind, condition.negated, values, condition, test.matches, test.hints)


def number_hints(asked: Iterable[Asked]) -> tuple[Hint, ...]:
    """Hints by which a rule is found by the caller's number alone; empty where it must be tried on all."""
    order = list(By)
    of_number = [one.hints for one in asked if one.kind in OF_NUMBER and one.hints]
    return min(of_number, key=lambda hints: (max(order.index(by) for by, _ in hints), len(hints)), default=())
