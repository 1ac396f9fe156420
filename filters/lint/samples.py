"""Callers by whom the breadth of a rule is measured: ordinary ones, and those of the directory."""

from collections.abc import Iterator
from functools import cache

from filters import directory
from filters.number import Number, read_number
from filters.plan import Plan
from filters.plans import PLANS

PROTECTED = frozenset({"emergency", "public-service"})
_LOCAL = "61234567"
"""Digits of a landline behind its area code; the last are left out where they are fewer."""
_MOBILES = tuple(f"{(2 * step + 1) * 24_999_983:09d}" for step in range(20))
"""What follows the beginnings of mobiles, evenly spread, so that all provinces come up."""


@cache
def ordinary(country: str) -> tuple[Number, ...]:
    """A landline of each area and 20 mobiles of each segment; none for a country without a plan of ours."""
    plan = PLANS.get(country)
    return tuple(read_number(digits, country=country) for digits in _dialled(plan)) if plan else ()


def _dialled(plan: Plan) -> Iterator[str]:
    for area in plan.areas.values():
        yield f"{plan.trunk}{area.code}{_LOCAL[: max(area.lengths)]}"
    for one in plan.classes:
        if one.name == "mobile":
            yield from (f"{begin}{more}"[: max(one.lengths)] for begin in one.begins for more in _MOBILES)


@cache
def listed(country: str) -> tuple[Number, ...]:
    """The numbers of the directory that do not ring in any case."""
    return tuple(number for number in _of_directory(country) if not PROTECTED & number.classes)


@cache
def protected(country: str) -> tuple[Number, ...]:
    """Emergency and public-service numbers."""
    plan = PLANS.get(country)
    samples = [sample for one in plan.classes if PROTECTED & one.classes for sample in one.samples] if plan else []
    numbers = {number.key: number for number in (read_number(sample, country=country) for sample in samples)}
    numbers |= {number.key: number for number in _of_directory(country) if PROTECTED & number.classes}
    return tuple(numbers.values())


def of_key(key: str, country: str) -> Number | None:
    """The number with this key, as a trunk of that country sends it; None where it cannot be told."""
    space, colon, digits = key.partition(":")
    number = read_number(digits if colon else key, country=space if colon else country)
    return number if number.key == key else None


def _of_directory(country: str) -> Iterator[Number]:
    numbers = (of_key(key, country) for key in directory.keys(country))
    return (number for number in numbers if number is not None)
