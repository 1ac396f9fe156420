"""The caller ID, understood: every spelling of one caller folds to one key.

Own plans come first, because the phone-number library reads letters as digits and short numbers as subscribers; it
knows the rest of the world. Nothing in here raises for a caller number, whatever its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

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
_NATIONWIDE = frozenset({"toll-free", "shared-cost"})
"""Classes whose numbers are full ones and of no area."""
_NO_CLASSES: frozenset[str] = frozenset()

_HIDES = "the caller asked that it not be shown"
_Maybe = TypeVar("_Maybe", "_Found", "_Found | None")

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
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What was done to the raw text, in order: noted by the very code that does it. May hold text of the caller's."""

    @property
    def reading(self) -> tuple[str, ...]:
        """How the raw text became the key: a sentence for each step, for people."""
        return (*self.notes, f"so the key is {self.key}")


@dataclass(slots=True)
class _Found:
    """A plan's answer. Not frozen, so that whoever took something off before can put a note to it."""

    key: str
    display: str
    classes: frozenset[str]
    country: str = ""
    region: str = ""
    notes: tuple[str, ...] = ()


def _noted(note: str, found: _Maybe) -> _Maybe:
    """What was found after the step that `note` tells of."""
    if found is not None:
        found.notes = (note, *found.notes)
    return found


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
    notes = (*spelling.notes, _HIDES) if withheld else spelling.notes
    if not spelling.digits:
        key = INVALID if spelling.unreadable else ANONYMOUS
        return Number(raw, key, key, hidden, notes=notes)
    found = _find(spelling, country, area)
    classes = found.classes | hidden if hidden else found.classes
    return Number(raw, found.key, found.display, classes, found.country, found.region, (*notes, *found.notes))


def _find(spelling: Spelling, country: str, area: str) -> _Found:
    plan = PLANS.get(country)
    digits = spelling.digits
    if spelling.context:
        return _in_context(digits, spelling.context, plan, country)
    if spelling.plus:
        if _has_prefix(digits, "00"):
            return _noted("00 after the + is left out", _international(digits[2:], country))
        return _international(digits, country)
    if plan is None:
        return _from_library(digits, country)
    if _has_prefix(digits, plan.international):
        found = _international(digits[len(plan.international) :], country)
        return _noted(f"{plan.international} is the international prefix", found)
    return _national(plan, digits, area)


def _has_prefix(digits: str, prefix: str) -> bool:
    """Whether an international prefix and then a country code begin the digits; no country code begins with 0."""
    return digits.startswith(prefix) and digits[len(prefix) : len(prefix) + 1] not in ("", "0")


def _in_context(digits: str, context: str, plan: Plan | None, country: str) -> _Found:
    """RFC 3966: a local number, and the country, or country and area, in which it is one."""
    note = f"the address says that numbers begin with +{context} where this is one"
    if plan is not None and context.startswith(plan.calling_code):
        return _noted(note, _national(plan, digits, context[len(plan.calling_code) :]))
    return _noted(note, _international(context + digits.removeprefix("0"), country))


def _international(digits: str, country: str) -> _Found:
    """Digits that begin with a country code."""
    plan = _BY_CALLING_CODE.get(digits[:2])
    if plan is None:
        return _from_library(f"+{digits}", country)
    found = _after_code(plan, digits[2:])
    if found is None:
        return _Found(f"+{digits}", f"+{digits}", _IMPOSSIBLE, plan.country, notes=(_fits_nothing(plan.country),))
    _noted(f"{plan.calling_code} is the country code of {plan.country}", found)
    if plan.country != country:
        found.display = _abroad(plan, found)
        found.classes |= _INTERNATIONAL
    return found


def _abroad(plan: Plan, found: _Found) -> str:
    return f"+{plan.calling_code} {found.display.removeprefix(plan.trunk)}" if found.key[0] == "+" else found.key


def _fits_nothing(country: str) -> str:
    return f"no number of {country or 'any country'} looks so: the digits are kept as they came"


def _national(plan: Plan, digits: str, area: str) -> _Found:
    """Digits as they come from a trunk of the plan's own country."""
    number_class = plan.class_of(digits)
    if number_class is not None:
        return _classed(plan, number_class, digits)
    found = (
        (_after_trunk(plan, digits) if digits.startswith(plan.trunk) else None)
        or _local(plan, digits, area)
        or _landline(plan, digits)
        or _after_bare_code(plan, digits)
        or _after_carrier(plan, digits)
    )
    return found or _Found(
        f"{plan.country}:{digits}", digits, _IMPOSSIBLE, plan.country, notes=(_fits_nothing(plan.country),)
    )


def _classed(plan: Plan, number_class: NumberClass, digits: str) -> _Found:
    if number_class.form is Form.SUBSCRIBER:
        start, note = f"+{plan.calling_code}", f"a full number of {plan.country}"
    else:
        start, note = f"{plan.country}:", f"a number that only exists inside {plan.country}"
    return _Found(start + digits, number_class.display(digits), number_class.classes, plan.country, notes=(note,))


def _after_trunk(plan: Plan, digits: str) -> _Found | None:
    """Digits that begin with the trunk zero."""
    return _noted(f"{plan.trunk} is the trunk prefix", _after_zero(plan, digits[len(plan.trunk) :]))


def _after_zero(plan: Plan, digits: str) -> _Found | None:
    """Digits from which the trunk zero or the country code was taken."""
    number_class = plan.class_of(digits)
    if number_class is not None and number_class.form is Form.SUBSCRIBER:
        return _classed(plan, number_class, digits)
    return _landline(plan, digits) or _area_prefixed(plan, digits) or _after_carrier(plan, digits)


def _after_code(plan: Plan, digits: str) -> _Found | None:
    """As after the trunk zero, and carriers leave a stray one there."""
    return _after_trunk(plan, digits) if digits.startswith(plan.trunk) else _after_zero(plan, digits)


def _after_bare_code(plan: Plan, digits: str) -> _Found | None:
    if not digits.startswith(plan.calling_code):
        return None
    found = _after_code(plan, digits[len(plan.calling_code) :])
    return _noted(f"{plan.calling_code} without + is the country code", found)


def _landline(plan: Plan, digits: str) -> _Found | None:
    area = plan.area_of(digits)
    if area is None:
        return None
    note = f"{plan.trunk}{area.code} is the area code of {area.region}"
    return _noted(note, _of_area(plan, area, digits[len(area.code) :]))


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
    if area is not None and (found := _of_area(plan, area, digits)):
        return _noted(f"a local number: area code {plan.trunk}{area.code} is put before it", found)
    if _is_code_before_short(plan, digits):
        return None
    note = "a local number without its area code"
    return _Found(f"{plan.country}:{digits}", _grouped(digits), plan.local.classes, plan.country, notes=(note,))


def _is_code_before_short(plan: Plan, digits: str) -> bool:
    """`8695588`: nobody can dial it so, and it looks like a bank. With eight digits it is a big city's own number."""
    code = plan.calling_code
    if len(digits) != min(plan.local.lengths) or not digits.startswith(code):
        return False
    number_class = plan.class_of(digits[len(code) :])
    return number_class is not None and number_class.form is Form.SHORT


def _area_prefixed(plan: Plan, digits: str) -> _Found | None:
    """`01095588`: an area code before a short number is the short number, and so with 400 and 800."""
    area = plan.area_of(digits)
    if area is None:
        return None
    rest = digits[len(area.code) :]
    number_class = plan.class_of(rest)
    if number_class is None:
        return None
    if number_class.classes & _NATIONWIDE:
        note = f"area code {plan.trunk}{area.code} before a number of no area is left out"
        return _noted(note, _classed(plan, number_class, rest))
    if number_class.form is not Form.SHORT:
        return None
    found = _classed(plan, number_class, rest)
    found.classes |= _AREA_PREFIXED
    found.region = area.region
    return _noted(f"area code {plan.trunk}{area.code} before a short number is left out", found)


def _after_carrier(plan: Plan, digits: str) -> _Found | None:
    """A dialling prefix such as 17951, sent along with a full number."""
    if not digits.startswith(plan.carriers):
        return None
    size = len(plan.carriers[0])
    rest = digits[size:].removeprefix(plan.trunk)
    number_class = plan.class_of(rest)
    found: _Found | None
    if number_class is not None and number_class.form is Form.SUBSCRIBER:
        found = _classed(plan, number_class, rest)
    else:
        found = _landline(plan, rest)
    return _noted(f"{digits[:size]} is a prefix that chooses a carrier", found)


def _from_library(text: str, country: str) -> _Found:
    known = library.look_up(text, country)
    if known is None:
        key = text if text.startswith("+") else f"{country}:{text}"
        home = "" if text.startswith("+") else country
        return _Found(key, text, _IMPOSSIBLE, home, notes=(_fits_nothing(home),))
    note = f"read by the numbering plan of {known.country}" if known.country else "a number of no single country"
    return _Found(known.key, known.display, known.classes, known.country, notes=(note,))
