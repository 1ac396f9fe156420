"""Conditions about what the numbering plan knows of the caller: class, place, and whether there is a number."""

from difflib import get_close_matches

from filters import library
from filters.conditions.kind import By, Kind, Question, Test, flag_of, shown, text_of
from filters.number import ANONYMOUS, INVALID
from filters.plans import PLANS
from filters.regions import Province, Region, RegionPattern, load, region_of
from filters.rule import Scalar
from filters.shop import Shop

_CLASS = "a class of numbers, such as call-centre"
_REGION = "a city or province of China, such as Suzhou, 江苏, or own for the province of your shop"
_COUNTRY = "a country's two letters, such as HK"
_YES = "true or false"
_OWN = "own"

CLASSES = frozenset(
    {
        *(
            name
            for plan in PLANS.values()
            for each in (*plan.classes, plan.landline, plan.local)
            for name in each.classes
        ),
        *library.CLASSES,
        *("area-prefixed", "withheld", "impossible", "international"),
    }
)
"""Every class that a number can be of."""


def _class(value: Scalar, _shop: Shop) -> Test:
    name = text_of(value, _CLASS).lower()
    if name not in CLASSES:
        raise ValueError(f"no numbers are of class {shown(value)}: write {_nearest(name, CLASSES)}")
    return Test(lambda asked: name in asked.number.classes, ((By.CLASS, name),))


def _nearest(name: str, known: frozenset[str]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return " or ".join(near) if near else f"one of {', '.join(sorted(known))}"


def _region(value: Scalar, shop: Shop) -> Test:
    pattern = place_of(value, shop)
    try:
        load()
    except OSError as fault:
        raise ValueError(f"regions of mobile numbers cannot be read ({fault}): install callfilter anew") from fault

    def matches(asked: Question) -> bool:
        region = region_of(asked.number)
        return region is not None and pattern.matches(region)

    return Test(matches)


def place_of(value: Scalar, shop: Shop) -> RegionPattern:
    """The place that an admin wrote.

    Raises:
        ValueError: there is none of that name, or several.
    """
    text = text_of(value, _REGION)
    return RegionPattern(_own_province(shop)) if text.lower() == _OWN else Region.parse(text)


def _own_province(shop: Shop) -> Province:
    plan = PLANS.get(shop.country)
    area = plan.areas.get(shop.area.removeprefix(plan.trunk)) if plan else None
    if area is None:
        raise ValueError("your own province is not known: set your area code in the settings, or write its name")
    return Region.parse(area.region).province


def _country(value: Scalar, _shop: Shop) -> Test:
    code = text_of(value, _COUNTRY).upper()
    if not library.is_country(code):
        raise ValueError(f"{shown(value)} is no country: write {_COUNTRY}")
    return Test(lambda asked: asked.number.country == code, ((By.COUNTRY, code),))


def _anonymous(value: Scalar, _shop: Shop) -> Test:
    wanted = flag_of(value)
    return Test(lambda asked: (asked.number.key == ANONYMOUS or "withheld" in asked.number.classes) is wanted)


def _invalid(value: Scalar, _shop: Shop) -> Test:
    wanted = flag_of(value)
    return Test(lambda asked: (asked.number.key == INVALID) is wanted)


KINDS = (
    Kind(
        "class",
        _CLASS,
        "Numbers of this class; `docs/numbers.md` has them all.",
        ("mvno", "mobile"),
        "class {}",
        _class,
        is_quick=True,
    ),
    Kind(
        "region",
        _REGION,
        "Landlines and mobiles that are registered in this city or province, in English, pinyin or Chinese.",
        ("Shanghai", "江苏", "Xi'an, Shaanxi", "own"),
        "from {}",
        _region,
    ),
    Kind("country", _COUNTRY, "Numbers of this country.", ("HK", "GB"), "from country {}", _country, is_quick=True),
    Kind(
        "anonymous",
        _YES,
        "Callers who send no number, or withhold it.",
        (True, False),
        "anonymous {}",
        _anonymous,
        is_quick=True,
    ),
    Kind("invalid", _YES, "Callers whose number cannot be read.", (True, False), "invalid {}", _invalid, is_quick=True),
)
