"""Conditions about the digits of the caller's number."""

import re
from itertools import takewhile

from filters.conditions.kind import By, Hint, Kind, Question, Test, shown, text_of
from filters.expressions import compile_expression
from filters.number import ANONYMOUS, INVALID, read_number, read_prefix
from filters.patterns import Pattern, compile_pattern
from filters.ranges import Range
from filters.rule import Scalar
from filters.shop import Shop

_NUMBER = "a number, such as 13800138000"
_PREFIX = "the beginning of numbers, such as 138*"
_RANGE = "two numbers with - between, such as 02161500000-02161599999"
_PATTERN = "an Asterisk pattern, such as _1[3-9]XXXXXXXXX"
_REGEX = "an RE2 expression, such as ^1[38]"
_DIGITS = "a number of digits such as 11, a span such as 7-8, or 12- for 12 and more"
_SPAN = re.compile(r"([0-9]{1,2})(?:(-)([0-9]{1,2})?)?")
_MOST = 99
_HANDFUL = 100


def _number(value: Scalar, shop: Shop) -> Test:
    key = key_of(text_of(value, _NUMBER), shop)
    return Test(lambda asked: asked.number.key == key, ((By.KEY, key),))


def key_of(text: str, shop: Shop) -> str:
    """The key of a number that an admin wrote.

    Raises:
        ValueError: it is no number.
    """
    key = read_number(text, country=shop.country, area=shop.area).key
    if key in (ANONYMOUS, INVALID):
        raise ValueError(f"{shown(text)} is no number: write {_NUMBER}")
    return key


def _prefix(value: Scalar, shop: Shop) -> Test:
    begin = read_prefix(text_of(value, _PREFIX), country=shop.country, area=shop.area)
    return Test(lambda asked: asked.number.key.startswith(begin), ((By.BEGINS, begin),))


def _range(value: Scalar, shop: Shop) -> Test:
    span = Range.parse(text_of(value, _RANGE), country=shop.country, area=shop.area)
    return Test(lambda asked: span.matches(asked.number.key), ((By.BEGINS, _common(span)),))


def _common(span: Range) -> str:
    """What both ends, and so all numbers between them, begin with."""
    pairs = zip(span.first, span.last, strict=True)
    return "".join(first for first, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _pattern(value: Scalar, _shop: Shop) -> Test:
    pattern = compile_pattern(text_of(value, _PATTERN))

    def matches(asked: Question) -> bool:
        return any(pattern.matches(spelling) for spelling in asked.spellings)

    return Test(matches, _beginnings(pattern))


def _beginnings(pattern: Pattern) -> tuple[Hint, ...]:
    """All that a number which matches can begin with, as far as that stays a handful."""
    begins = [""]
    for place in pattern.places:
        if len(begins) * len(place) > _HANDFUL:
            break
        begins = [begin + character for begin in begins for character in sorted(place)]
    return tuple((By.DIALS, begin) for begin in begins if begin)


def _regex(value: Scalar, _shop: Shop) -> Test:
    text = text_of(value, _REGEX)
    search = compile_expression(text).search
    return Test(
        lambda asked: any(search(spelling) for spelling in asked.spellings),
        ((By.NUMBER_REGEX, text),),
    )


def _digits(value: Scalar, _shop: Shop) -> Test:
    fewest, most = digits_of(value)
    return Test(lambda asked: fewest <= _length(asked) <= most)


def digits_of(value: Scalar) -> tuple[int, int]:
    """Fewest and most digits, as an admin wrote them.

    Raises:
        ValueError: it is no such span.
    """
    span = _SPAN.fullmatch(text_of(value, _DIGITS))
    if span is None:
        raise ValueError(f"{shown(value)} is no number of digits: write {_DIGITS}")
    fewest = int(span[1])
    most = int(span[3]) if span[3] else _MOST if span[2] else fewest
    if most < fewest:
        raise ValueError(f"{shown(value)} runs backwards: write {most}-{fewest}")
    return fewest, most


def _length(asked: Question) -> int:
    return len(asked.spellings[0].removeprefix("+")) if asked.spellings else 0


KINDS = (
    Kind("number", _NUMBER, "This number, however it is spelled.", ("13800138000", 95588), "number {}", _number),
    Kind("prefix", _PREFIX, "Numbers that begin so.", ("138*", "021*", "+44*"), "number begins with {}", _prefix),
    Kind("range", _RANGE, "All numbers from one to the other.", ("02161500000-02161599999",), "number in {}", _range),
    Kind(
        "pattern",
        _PATTERN,
        "Numbers that Asterisk would match: as dialled in your country, or with `+` and country code.",
        ("_1[3-9]XXXXXXXXX", "_021N.", "_+44!"),
        "number like {}",
        _pattern,
    ),
    Kind(
        "regex",
        _REGEX,
        "Numbers in which the expression is found: as dialled in your country, or with `+` and country code.",
        ("^1[38]", "(0000|1111|8888)$", r"^\+852"),
        "number fits {}",
        _regex,
    ),
    Kind(
        "digits",
        _DIGITS,
        "Numbers with so many digits, as dialled in your country; a caller without a number has none.",
        (11, "7-8", "12-"),
        "{} digits",
        _digits,
    ),
)
