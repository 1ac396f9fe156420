"""What one condition means for a shape of numbers, and which of two values means more. Says yes only where it is so."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

from filters import directory, library
from filters.call import Call
from filters.conditions.kind import Question
from filters.facts import Facts
from filters.lint.reading import Asked, Begin
from filters.lint.shapes import Shape, within_pattern, within_prefix, within_range
from filters.number import ANONYMOUS, INVALID, Number
from filters.patterns import Pattern, Tail
from filters.plans import PLANS
from filters.ranges import Range
from filters.regions import RegionPattern

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY = (ANONYMOUS, INVALID)
_MOST_DIGITS = 30
"""No number has so many."""
_MOST_PAIRS = 20_000
"""Of values that are compared one by one."""


def question(number: Number) -> Question:
    """A call by this number, of which nothing else is known."""
    return Question(Call(number.raw, EPOCH), number, Facts())


def left(one: Asked, shape: Shape, country: str) -> Iterator[Shape]:
    """What a condition may leave of a shape: all numbers that meet it, and perhaps more.

    Args:
        one: A condition; of one that numbers do not answer, the whole shape is left.
        shape: Numbers.
        country: Of the directory.
    """
    if shape.number is not None and _is_settled(one, shape):
        if one.matches(question(shape.number)):
            yield shape
    elif one.negated:
        if not any(_always(one.kind, value, shape, country) for value in one.values):
            yield shape
    else:
        yield from chain.from_iterable(_narrowed(one.kind, value, shape, country) for value in one.values)


def holds(one: Asked, shape: Shape, country: str) -> bool:
    """Whether all numbers of a shape meet a condition, for certain. Arguments as for `left`."""
    if shape.number is not None and _is_settled(one, shape):
        return one.matches(question(shape.number))
    if one.negated:
        return all(next(_narrowed(one.kind, value, shape, country), None) is None for value in one.values)
    return any(_always(one.kind, value, shape, country) for value in one.values)


def _is_settled(one: Asked, shape: Shape) -> bool:
    """Whether the one number of a shape says whether the condition is met, however it was sent."""
    match one.kind:
        case "number" | "prefix" | "range" | "pattern" | "regex" | "digits" | "country" | "listed" | "invalid":
            return True
        case "class":
            return not shape.maybe.intersection(one.values)
        case "region":
            return shape.begin[0] == "+"
        case _:
            return False


def _narrowed(kind: str, value: Any, shape: Shape, country: str) -> Iterator[Shape]:
    """What one value of a condition may leave of a shape."""
    if kind == "pattern":
        if shape.begin not in _NOBODY:
            yield from within_pattern(shape, value.pattern, value.begins)
        return
    narrow = _NARROWED.get(kind)
    found = narrow(value, shape, country) if narrow else shape
    if found is not None:
        yield found


def _with_digits(span: tuple[int, int], shape: Shape, _country: str) -> Shape | None:
    if shape.digits is None:
        return shape
    digits = frozenset(length for length in shape.digits if span[0] <= length <= span[1])
    return replace(shape, digits=digits) if digits else None


def _of_class(name: str, shape: Shape, _country: str) -> Shape | None:
    if name in shape.maybe:
        return shape
    classes = tuple(kinds for kinds in shape.classes if name in kinds)
    return replace(shape, classes=classes) if classes else None


def _of_country(code: str, shape: Shape, _country: str) -> Shape | None:
    if shape.countries is not None and code not in shape.countries:
        return None
    return replace(shape, countries=frozenset({code}))


def _anonymous(wanted: bool, shape: Shape, _country: str) -> Shape | None:  # noqa: FBT001 - it is the value
    """Any number may be withheld."""
    return shape if wanted or shape.begin != ANONYMOUS else None


def _invalid(wanted: bool, shape: Shape, _country: str) -> Shape | None:  # noqa: FBT001 - as above
    return shape if (shape.begin == INVALID) is wanted else None


def _listed(value: bool | str, shape: Shape, country: str) -> Shape | None:  # noqa: FBT001 - as above
    return shape if value is False or _lists(country, shape) else None


_NARROWED: Mapping[str, Callable[[Any, Shape, str], Shape | None]] = {
    "number": lambda key, shape, _: within_range(shape, key, key),
    "prefix": lambda begin, shape, _: within_prefix(shape, begin.text),
    "range": lambda span, shape, _: within_range(shape, span.first, span.last),
    "regex": lambda _text, shape, _: None if shape.begin in _NOBODY else shape,
    "digits": _with_digits,
    "class": _of_class,
    "country": _of_country,
    "region": lambda place, shape, country: _of_country(place.province.country, shape, country),
    "anonymous": _anonymous,
    "invalid": _invalid,
    "listed": _listed,
}
"""Kind -> what a value may leave of a shape; of other kinds it is the whole shape."""


def _always(kind: str, value: Any, shape: Shape, country: str) -> bool:
    """Whether one value of a condition fits all numbers of a shape."""
    fits = _ALWAYS.get(kind)
    return fits is not None and fits(value, shape, country)


def _begins_all(begin: Begin, shape: Shape, _country: str) -> bool:
    first, last = (shape.first, shape.last) if shape.first else (shape.begin, shape.begin)
    return first.startswith(begin.text) and last.startswith(begin.text)


def _has_all(span: Range, shape: Shape, _country: str) -> bool:
    return len(shape.first) == len(span.first) and span.first <= shape.first and shape.last <= span.last


def _as_long(span: tuple[int, int], shape: Shape, _country: str) -> bool:
    if shape.digits is None:
        return span[0] == 0 and span[1] >= _MOST_DIGITS
    return span[0] <= min(shape.digits) and max(shape.digits) <= span[1]


_ALWAYS: Mapping[str, Callable[[Any, Shape, str], bool]] = {
    "number": lambda key, shape, _: shape.first == shape.last == key,
    "prefix": _begins_all,
    "range": _has_all,
    "digits": _as_long,
    "class": lambda name, shape, _: all(name in kinds for kinds in shape.classes),
    "country": lambda code, shape, _: shape.countries is not None and shape.countries <= {code},
    "anonymous": lambda wanted, shape, _: bool(wanted) and shape.begin == ANONYMOUS,
    "invalid": lambda wanted, shape, _: (shape.begin == INVALID) is wanted,
    "listed": lambda value, shape, country: value is False and not _lists(country, shape),
}
"""Kind -> whether a value fits a whole shape; of other kinds that is never certain."""


def _lists(country: str, shape: Shape) -> bool:
    """Whether the directory has a number that may be of this shape."""
    keys = _sorted_keys(country)
    at = bisect_left(keys, shape.first or shape.begin)
    if at == len(keys):
        return False
    return keys[at] <= shape.last if shape.first else keys[at].startswith(shape.begin)


def _begins(wide: Any, narrow: Any) -> bool:
    text = narrow.text if isinstance(narrow, Begin) else narrow
    return isinstance(wide, Begin) and isinstance(text, str) and text.startswith(wide.text)


def _is_in(wide: RegionPattern, narrow: RegionPattern) -> bool:
    return wide.city is None and wide.province == narrow.province


def _is_implied(wide: str, narrow: str) -> bool:
    return wide in _implied(narrow)


_COVERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _begins,
    "did": _begins,
    "redirecting": lambda wide, narrow: (wide is True and narrow is not False) or _begins(wide, narrow),
    "range": lambda wide, narrow: wide.matches(narrow.first) and wide.matches(narrow.last),
    "pattern": lambda wide, narrow: _matches_more(wide.pattern, narrow.pattern),
    "digits": lambda wide, narrow: wide[0] <= narrow[0] and narrow[1] <= wide[1],
    "class": _is_implied,
    "region": _is_in,
    "name": lambda wide, narrow: wide in narrow,
    "calls": lambda wide, narrow: wide[0] <= narrow[0] and narrow[1] <= wide[1],
    "listed": lambda wide, narrow: wide is True and narrow is not False,
}
"""Kind -> whether one of its values fits every call that another one fits; of other kinds only the same one does."""


def _matches_more(wide: Pattern, narrow: Pattern) -> bool:
    fewest = len(narrow.places) + (narrow.tail is Tail.SOME)
    if wide.tail is Tail.NOTHING:
        if narrow.tail is not Tail.NOTHING or len(narrow.places) != len(wide.places):
            return False
    elif fewest < len(wide.places) + (wide.tail is Tail.SOME) or len(narrow.places) < len(wide.places):
        return False
    return all(inner <= outer for outer, inner in zip(wide.places, narrow.places, strict=False))


@cache
def _implied(name: str) -> frozenset[str]:
    """Classes that every number of a class has too."""
    plans = (one.classes for plan in PLANS.values() for one in (*plan.classes, plan.landline, plan.local))
    found = [kinds for kinds in (*plans, *library.CLASS_SETS, {"impossible"}) if name in kinds]
    return frozenset(set[str].intersection(*map(set, found))) if found else frozenset({name})


@cache
def _sorted_keys(country: str) -> tuple[str, ...]:
    return tuple(sorted(directory.keys(country)))


def all_covered(wide: Asked, narrow: Asked) -> bool:
    """Whether every call that a value of `narrow` fits is fit by one of `wide`, of the same kind, for certain."""
    if narrow.each <= wide.each:
        return True
    covers = _COVERS.get(wide.kind)
    if covers is None or len(wide.values) * len(narrow.values) > _MOST_PAIRS:
        return False
    return all(any(outer == inner or covers(outer, inner) for outer in wide.values) for inner in narrow.values)
