"""Every number that there can be, as a few hundred shapes, and what conditions leave of them.

For soundness a shape may hold numbers that nobody has, and no number is in none. So what is left of no shape is no
number, and what holds for all that is left holds for every number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from filters import library
from filters.number import ANONYMOUS, INVALID, Number, read_number
from filters.patterns import Pattern, Tail
from filters.plan import Form, Plan
from filters.plans import PLANS

MOST = 2000
"""Shapes that are looked at; conditions that leave more are not followed."""

_ONLY_IMPOSSIBLE = (frozenset({"impossible"}),)
_ABROAD = tuple(kinds | {"international"} for kinds in library.CLASS_SETS)
_NOWHERE = frozenset({""})
_WITHHELD = frozenset({"withheld"})
_AS_KEY = ("", "")


@dataclass(frozen=True, slots=True)
class Shape:
    """Numbers that are alike."""

    begin: str
    """Their keys begin so."""
    classes: tuple[frozenset[str], ...]
    """What classes they have, each number one of these sets, but for those in `maybe`."""
    maybe: frozenset[str] = _WITHHELD
    """Classes that some of them have, depending on how they were sent."""
    countries: frozenset[str] | None = None
    """One of these; None for any."""
    digits: frozenset[int] | None = None
    """As many digits as dialled in the country; None for any."""
    first: str = ""
    last: str = ""
    """The lowest and highest key, of one length; both empty where the length is open."""
    forms: tuple[tuple[str, str], ...] = (_AS_KEY,)
    """How they are spelled: what to take off the key, and what to put there. Empty where that is open."""
    spelled: str = ""
    """Where it is open: what every spelling begins with all the same."""
    is_real: bool = True
    """Somebody can have them."""
    number: Number | None = None
    """Where there is but one: that number."""


def shapes_for(country: str, others: frozenset[str]) -> tuple[Shape, ...]:
    """Shapes of all numbers, for trunks that write them as in `country` and in `others`."""
    return _shapes(others | {country})


@cache
def _shapes(countries: frozenset[str]) -> tuple[Shape, ...]:
    found = [_nobody(ANONYMOUS), _nobody(INVALID)]
    for plan in PLANS.values():
        found += _of_plan(plan, countries)
    if countries - PLANS.keys():
        # A trunk of such a country lets the library read numbers of our plans too.
        everything = (*library.CLASS_SETS, *_ABROAD, *_ONLY_IMPOSSIBLE)
        return (*found, Shape("", everything, forms=()))
    codes = {plan.calling_code for plan in PLANS.values()}
    abroad = (*_ABROAD, *_ONLY_IMPOSSIBLE)
    found += (
        Shape(f"+{code}", abroad, countries=regions | _NOWHERE, forms=(), spelled="+")
        for code, regions in library.calling_codes().items()
        if code not in codes
    )
    return (*found, Shape("+", _ONLY_IMPOSSIBLE, countries=_NOWHERE, is_real=False))


def _nobody(key: str) -> Shape:
    return Shape(key, (frozenset(),), countries=_NOWHERE, digits=frozenset({0}), first=key, last=key, forms=())


def _of_plan(plan: Plan, countries: frozenset[str]) -> Iterator[Shape]:
    code, home = f"+{plan.calling_code}", frozenset({plan.country})
    sent_abroad = bool(countries - home)
    loose = _WITHHELD | {"international"} if sent_abroad else _WITHHELD
    more = len(plan.calling_code) if sent_abroad else 0
    for one in plan.classes:
        full = one.form is Form.SUBSCRIBER
        digits = one.lengths | {length + more for length in one.lengths} if full else one.lengths
        maybe = loose if full else loose | {"area-prefixed"}
        forms = ((code, ""), _AS_KEY) if full else ((f"{plan.country}:", ""),)
        for begin in one.begins:
            key = f"{code if full else f'{plan.country}:'}{begin}"
            yield Shape(key, (one.classes,), maybe, home, digits, forms=forms)
    # Two digits tell most areas from what is none: 013 and 086 begin no landline.
    for first in sorted({area[:2] for area in plan.areas}):
        lengths = {
            len(area.code) + length
            for area in plan.areas.values()
            if area.code.startswith(first)
            for length in area.lengths
        }
        digits = frozenset(
            {len(plan.trunk) + length for length in lengths}
            | ({more + length for length in lengths} if more else set())
        )
        forms = ((code, plan.trunk), _AS_KEY)
        yield Shape(code + first, (plan.landline.classes,), loose, home, digits, forms=forms)
    for begin in plan.local.begins:
        key = f"{plan.country}:"
        yield Shape(key + begin, (plan.local.classes,), loose, home, plan.local.lengths, forms=((key, ""),))
    for key in (code, f"{plan.country}:"):
        forms = (_AS_KEY,) if key == code else ((key, ""),)
        yield Shape(key, _ONLY_IMPOSSIBLE, loose, home, forms=forms, is_real=False)


def shapes_of_key(key: str, country: str, others: frozenset[str]) -> tuple[Shape, ...]:
    """The shapes of one number, one for each way in which a trunk can write it; none where that is open."""
    space, colon, digits = key.partition(":")
    countries = others | {country}
    if not colon and countries - PLANS.keys():
        return ()
    numbers = [read_number(digits if colon else key, country=each) for each in ((space,) if colon else countries)]
    if not all(number.key == key for number in numbers):
        return ()
    return tuple(map(_exactly, numbers))


def _exactly(number: Number) -> Shape:
    maybe = _WITHHELD if number.key[0] == "+" else _WITHHELD | {"area-prefixed"}
    of_number = frozenset({number.country})
    return Shape(number.key, (number.classes,), maybe, of_number, None, number.key, number.key, (), number=number)


def within_prefix(shape: Shape, begin: str) -> Shape | None:
    """What of a shape begins so."""
    if not shape.first:
        if shape.begin.startswith(begin):
            return shape
        return replace(shape, begin=begin) if begin.startswith(shape.begin) else None
    length = len(shape.first)
    return within_range(shape, begin.ljust(length, "0"), begin.ljust(length, "9")) if len(begin) <= length else None


def within_range(shape: Shape, first: str, last: str) -> Shape | None:
    """What of a shape lies between two keys of one length."""
    if shape.first:
        if len(shape.first) != len(first):
            return None
        low, high = max(first, shape.first), min(last, shape.last)
    elif first.startswith(shape.begin) and last.startswith(shape.begin):
        low, high = first, last
    else:
        if len(shape.begin) > len(first):
            return None
        low = max(first, shape.begin.ljust(len(first), "0"))
        high = min(last, shape.begin.ljust(len(first), "9"))
    return replace(shape, first=low, last=high) if low <= high else None


def within_pattern(shape: Shape, pattern: Pattern, begins: Sequence[str]) -> Iterator[Shape]:
    """What of a shape a pattern can match, the same numbers more than once at times.

    Args:
        shape: Numbers.
        pattern: What they are compared with as spelled.
        begins: What everything that it matches begins with; empty where that is open.
    """
    if not begins or (not shape.forms and _begins_so(shape.spelled, begins)):
        yield shape
        return
    for taken, put in shape.forms:
        head = put + shape.begin[len(taken) :]
        near = [begin for begin in begins if begin.startswith(head) or head.startswith(begin)]
        digits = shape.digits
        if near and taken and digits is not None:
            digits = frozenset(length for length in digits if _can_be_long(pattern, length))
            if not digits:
                continue
        for begin in near:
            found = within_prefix(shape, taken + begin[len(put) :])
            if found is not None:
                yield found if digits == shape.digits else replace(found, digits=digits)


def _begins_so(spelled: str, begins: Iterable[str]) -> bool:
    return any(begin.startswith(spelled) or spelled.startswith(begin) for begin in begins)


def _can_be_long(pattern: Pattern, length: int) -> bool:
    more = length - len(pattern.places)
    return more == 0 if pattern.tail is Tail.NOTHING else more >= (pattern.tail is Tail.SOME)


def few(shapes: Iterable[Shape]) -> list[Shape] | None:
    """The shapes, or None where they are too many."""
    found = list(islice(shapes, MOST + 1))
    return found if len(found) <= MOST else None
