"""What an admin writes for the beginning of numbers, folded as full numbers are, to the beginning of keys."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from filters import library
from filters.plan import Form, NumberClass, Plan
from filters.plans import PLANS
from filters.spelling import read_spelling

SHORTEST = 2
"""Digits that a prefix must have: with one, it would cover a good part of a country."""
_SHOWN = 40
_REMEMBERED = 2000
"""Prefixes that are kept: a policy is read for its faults first, and again to be used."""


@lru_cache(_REMEMBERED)
def read_prefix(text: str, *, country: str = "CN", area: str = "") -> str:
    """The beginning of a key for a prefix such as `138*`, `0213456*`, `950*` or `+44*`; the `*` may be left out.

    Args:
        text: Digits in any spelling of a full number, and one `*` at the end.
        country: ISO 3166 code of the country in which the prefix is written.
        area: The shop's own area code, such as `021`, for beginnings of local numbers.

    Raises:
        ValueError: Empty, not a number, shorter than two digits, or open to more than one reading; the message is one
            sentence that says what to write instead.
    """
    written = repr(text[:_SHOWN])
    spelling = read_spelling(text.strip().removesuffix("*"))
    digits = spelling.digits
    if not digits:
        raise ValueError(f"{written} is no number prefix: write digits and one * at the end, such as 138* or +4420*")
    plan = PLANS.get(country)
    abroad = digits if spelling.plus else _after_international_prefix(digits, plan, country)
    trunk = plan.trunk if plan else library.trunk_of(country)
    if len(digits.removeprefix(trunk) if abroad is None else abroad) < SHORTEST or (abroad or "").startswith("0"):
        raise ValueError(f"{written} is too short: a prefix needs {SHORTEST} digits or more, such as 138* or 021*")
    if abroad is not None:
        return _abroad(abroad)
    if plan is None:
        return library.prefix(digits, country)
    starts = list(dict.fromkeys(_readings(plan, digits, area)))
    if len(starts) > 1:
        raise ValueError(
            f"{written} can mean {' or '.join(f'{start}*' for start in starts)}: write more digits,"
            f" or begin with +{plan.calling_code}, or with {plan.trunk} and an area code"
        )
    return starts[0] if starts else f"{plan.country}:{digits}"


def _after_international_prefix(digits: str, plan: Plan | None, country: str) -> str | None:
    if plan is None:
        return library.without_international_prefix(digits, country)
    return digits[len(plan.international) :] if digits.startswith(plan.international) else None


def _abroad(digits: str) -> str:
    for plan in PLANS.values():
        if digits.startswith(plan.calling_code):
            return f"+{plan.calling_code}{digits[len(plan.calling_code) :].removeprefix(plan.trunk)}"
    return f"+{library.without_stray_trunk(digits)}"


def _readings(plan: Plan, digits: str, area: str) -> Iterator[str]:
    """Beginnings of keys that numbers with these first digits can have."""
    code = f"+{plan.calling_code}"
    if digits.startswith(plan.trunk):
        rest = digits[len(plan.trunk) :]
        if _begins_subscriber(plan, rest):
            yield code + rest
        return
    certain, possible = _classes(plan, digits)
    yield from (_start(plan, number_class, digits) for number_class in certain or possible)
    if certain:
        return
    own = plan.areas.get(area.removeprefix(plan.trunk))
    if digits.startswith(plan.local.begins) and len(digits) <= max(own.lengths if own else plan.local.lengths):
        if own:
            yield f"{code}{own.code}{digits}"
            return
        if not digits.startswith(plan.calling_code) or not _is_mobile(plan, digits[len(plan.calling_code) :]):
            yield f"{plan.country}:{digits}"
    if _begins_landline(plan, digits):
        yield code + digits
    if digits.startswith(plan.calling_code) and _begins_subscriber(plan, digits[len(plan.calling_code) :]):
        yield f"+{digits}"


def _start(plan: Plan, number_class: NumberClass, digits: str) -> str:
    return f"+{plan.calling_code}{digits}" if number_class.form is Form.SUBSCRIBER else f"{plan.country}:{digits}"


def _classes(plan: Plan, digits: str) -> tuple[list[NumberClass], list[NumberClass]]:
    """Classes that the digits settle on, longest beginning only, and classes that further digits could lead to."""
    settled: dict[int, list[NumberClass]] = {}
    possible: list[NumberClass] = []
    for begin, classes in plan.index.items():
        if digits.startswith(begin):
            settled.setdefault(len(begin), []).extend(_long_enough(classes, digits))
        elif begin.startswith(digits):
            possible += _long_enough(classes, digits)
    longest = next((settled[size] for size in sorted(settled, reverse=True) if settled[size]), [])
    return _assigned(longest), _assigned(possible)


def _long_enough(classes: Iterable[NumberClass], digits: str) -> list[NumberClass]:
    return [number_class for number_class in classes if len(digits) <= max(number_class.lengths)]


def _assigned(classes: list[NumberClass]) -> list[NumberClass]:
    return [number_class for number_class in classes if "impossible" not in number_class.classes] or classes


def _begins_subscriber(plan: Plan, digits: str) -> bool:
    certain, possible = _classes(plan, digits)
    forms = {number_class.form for number_class in (*certain, *possible)}
    return Form.SUBSCRIBER in forms or _begins_landline(plan, digits)


def _is_mobile(plan: Plan, digits: str) -> bool:
    certain, _ = _classes(plan, digits)
    return any(number_class.form is Form.SUBSCRIBER for number_class in certain)


def _begins_landline(plan: Plan, digits: str) -> bool:
    area = plan.area_of(digits)
    if area is None:
        return any(code.startswith(digits) for code in plan.areas)
    local = digits[len(area.code) :]
    return not local or (local.startswith(plan.landline.begins) and len(local) <= max(area.lengths))
