"""The caller ID, understood: every spelling of one caller folds to one key.

Own plans come first, because the phone-number library reads letters as digits and short numbers as subscribers; it
knows the rest of the world. Nothing in here raises for a caller number, whatever its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from filters import library
from filters.plan import Area, Form, NumberClass, Plan
from filters.plans import PLANS
from filters.prefix import read_prefix
from filters.spelling import Spelling, read_spelling

__all__ = ["ANONYMOUS", "INVALID", "Number", "read_number", "read_prefix"]

ANONYMOUS = "anonymous"
INVALID = "invalid"
_IMPOSSIBLE = frozenset({"impossible"})
_WITHHELD = frozenset({"withheld"})
_INTERNATIONAL = frozenset({"international"})
_AREA_PREFIXED = frozenset({"area-prefixed"})
_NO_CLASSES: frozenset[str] = frozenset()

_BY_CALLING_CODE = {plan.calling_code: plan for plan in PLANS.values()}


@dataclass(frozen=True, slots=True)
class Number:
    """What a raw caller number means under a country's numbering plan."""

    raw: str
    """As sent."""
    key: str
    """`+8613800138000` for E.164, `CN:95588` for a number that only exists inside a country (short and service
    numbers, message ports, digits that fit no plan), `anonymous`, or `invalid` where no number can be read."""
    display: str
    """How a person of that country would write it."""
    classes: frozenset[str] = field(default_factory=frozenset)
    """Names from the plan, such as `mobile`, `landline`, `service`, `emergency`, `impossible`."""
    country: str = ""
    """ISO 3166 code, empty where unknown."""
    region: str = ""
    """Province or city in English where the plan knows it, else empty."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A plan's answer."""

    key: str
    display: str
    classes: frozenset[str]
    country: str = ""
    region: str = ""


def read_number(
    raw: str, *, country: str = "CN", strip: Sequence[str] = (), withheld: bool = False, area: str = ""
) -> Number:
    """Understand a caller number; never raises.

    Args:
        raw: As sent: any text of any length.
        country: ISO 3166 code of the trunk's country.
        strip: Texts that the trunk puts before numbers; the longest that fits is taken off, once.
        withheld: The caller asked that the number not be shown; a number that came all the same keeps its key.
        area: The shop's own area code, such as `021`, for local numbers that come without one.
    """
    spelling = read_spelling(raw, strip)
    hidden = _WITHHELD if withheld or spelling.withheld else _NO_CLASSES
    if not spelling.digits:
        key = INVALID if spelling.unreadable else ANONYMOUS
        return Number(raw, key, key, hidden)
    found = _find(spelling, country, area)
    classes = found.classes | hidden if hidden else found.classes
    return Number(raw, found.key, found.display, classes, found.country, found.region)


def _find(spelling: Spelling, country: str, area: str) -> _Found:
    plan = PLANS.get(country)
    digits = spelling.digits
    if spelling.context:
        return _in_context(digits, spelling.context, plan, country)
    if spelling.plus:
        return _international(digits[2:] if _has_prefix(digits, "00") else digits, country)
    if plan is None:
        return _from_library(digits, country)
    if _has_prefix(digits, plan.international):
        return _international(digits[len(plan.international) :], country)
    return _national(plan, digits, area)


def _has_prefix(digits: str, prefix: str) -> bool:
    """Whether an international prefix and then a country code begin the digits; no country code begins with 0."""
    return digits.startswith(prefix) and digits[len(prefix) : len(prefix) + 1] not in ("", "0")


def _in_context(digits: str, context: str, plan: Plan | None, country: str) -> _Found:
    """RFC 3966: a local number, and the country, or country and area, in which it is one."""
    if plan is not None and context.startswith(plan.calling_code):
        return _national(plan, digits, context[len(plan.calling_code) :])
    return _international(context + digits.removeprefix("0"), country)


def _international(digits: str, country: str) -> _Found:
    """Digits that begin with a country code."""
    plan = _BY_CALLING_CODE.get(digits[:2])
    if plan is None:
        return _from_library(f"+{digits}", country)
    found = _after_code(plan, digits[2:])
    if found is None:
        return _Found(f"+{digits}", f"+{digits}", _IMPOSSIBLE, plan.country)
    if plan.country == country:
        return found
    return _Found(found.key, _abroad(plan, found), found.classes | _INTERNATIONAL, found.country, found.region)


def _abroad(plan: Plan, found: _Found) -> str:
    return f"+{plan.calling_code} {found.display.removeprefix(plan.trunk)}" if found.key[0] == "+" else found.key


def _national(plan: Plan, digits: str, area: str) -> _Found:
    """Digits as they come from a trunk of the plan's own country."""
    number_class = plan.class_of(digits)
    if number_class is not None:
        return _classed(plan, number_class, digits)
    found = (
        (_after_trunk(plan, digits[len(plan.trunk) :]) if digits.startswith(plan.trunk) else None)
        or _local(plan, digits, area)
        or _landline(plan, digits)
        or (_after_code(plan, digits[len(plan.calling_code) :]) if digits.startswith(plan.calling_code) else None)
        or _after_carrier(plan, digits)
    )
    return found or _Found(f"{plan.country}:{digits}", digits, _IMPOSSIBLE, plan.country)


def _classed(plan: Plan, number_class: NumberClass, digits: str) -> _Found:
    start = f"+{plan.calling_code}" if number_class.form is Form.SUBSCRIBER else f"{plan.country}:"
    return _Found(start + digits, number_class.display(digits), number_class.classes, plan.country)


def _after_trunk(plan: Plan, digits: str) -> _Found | None:
    """Digits from which the trunk zero or the country code was taken."""
    number_class = plan.class_of(digits)
    if number_class is not None and number_class.form is Form.SUBSCRIBER:
        return _classed(plan, number_class, digits)
    return _landline(plan, digits) or _area_prefixed(plan, digits) or _after_carrier(plan, digits)


def _after_code(plan: Plan, digits: str) -> _Found | None:
    """As after the trunk zero, and carriers leave a stray one there."""
    return _after_trunk(plan, digits.removeprefix(plan.trunk))


def _landline(plan: Plan, digits: str) -> _Found | None:
    area = plan.area_of(digits)
    return _of_area(plan, area, digits[len(area.code) :]) if area else None


def _of_area(plan: Plan, area: Area, local: str) -> _Found | None:
    if not plan.is_local(local, area):
        return None
    key = f"+{plan.calling_code}{area.code}{local}"
    display = f"{plan.trunk}{area.code}-{_grouped(local)}"
    return _Found(key, display, plan.landline.classes, plan.country, area.region)


def _grouped(local: str) -> str:
    return f"{local[:-4]} {local[-4:]}"


def _local(plan: Plan, digits: str, area_code: str) -> _Found | None:
    """A number of the shop's own city, or of a city that we cannot know."""
    if len(digits) not in plan.local.lengths or not digits.startswith(plan.local.begins):
        return None
    area = plan.areas.get(area_code.removeprefix(plan.trunk))
    found = _of_area(plan, area, digits) if area else None
    if found or _is_code_before_short(plan, digits):
        return found
    return _Found(f"{plan.country}:{digits}", _grouped(digits), plan.local.classes, plan.country)


def _is_code_before_short(plan: Plan, digits: str) -> bool:
    """`8695588`: nobody can dial it so, and it looks like a bank. With eight digits it is a big city's own number."""
    code = plan.calling_code
    if len(digits) != min(plan.local.lengths) or not digits.startswith(code):
        return False
    number_class = plan.class_of(digits[len(code) :])
    return number_class is not None and number_class.form is Form.SHORT


def _area_prefixed(plan: Plan, digits: str) -> _Found | None:
    """`01095588`: an area code before a short number is the short number."""
    area = plan.area_of(digits)
    if area is None:
        return None
    short = digits[len(area.code) :]
    number_class = plan.class_of(short)
    if number_class is None or number_class.form is not Form.SHORT:
        return None
    classes = number_class.classes | _AREA_PREFIXED
    return _Found(f"{plan.country}:{short}", number_class.display(short), classes, plan.country, area.region)


def _after_carrier(plan: Plan, digits: str) -> _Found | None:
    """A dialling prefix such as 17951, sent along with a full number."""
    if not digits.startswith(plan.carriers):
        return None
    rest = digits[len(plan.carriers[0]) :].removeprefix(plan.trunk)
    number_class = plan.class_of(rest)
    if number_class is not None and number_class.form is Form.SUBSCRIBER:
        return _classed(plan, number_class, rest)
    return _landline(plan, rest)


def _from_library(text: str, country: str) -> _Found:
    known = library.look_up(text, country)
    if known is None:
        key = text if text.startswith("+") else f"{country}:{text}"
        return _Found(key, text, _IMPOSSIBLE, "" if text.startswith("+") else country)
    return _Found(known.key, known.display, known.classes, known.country)
