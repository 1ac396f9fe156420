"""Pasted text: numbers in any spelling, many to a line or one, with names before or behind them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from callfilter.imports.faults import RowFault
from callfilter.own_numbers import Named, NoNumberError, read_named

LONGEST_LINE: Final = 2000
_BETWEEN: Final = re.compile(r"[,;\t，；、|\r]+")
_DIGITS: Final = r"[+＋]?[(（]?[0-9０-９](?:[0-9０-９()（） .\-‐-―－/]*[0-9０-９])?(?:[ \-]*[*＊])?"
_BEFORE_NAME: Final = re.compile(rf"({_DIGITS})(?:[\s:：]+|(?=[^\x00-\x7f]|[(\[<]))(\D.*)")
_BEHIND_NAME: Final = re.compile(rf"(.*?[^\s0-9０-９:：+＋(（])(?:[\s:：]+|(?<=[^\x00-\x7f]))({_DIGITS})")
"""Letters of Latin that touch a number are no name, but a number spelled in letters or masked."""
_AROUND_NAME: Final = " ()（）\"'"
_FEWEST: Final = 3
"""Digits of something that is meant as a number: `2F` behind a number is part of a name."""


@dataclass(slots=True)
class Found:
    """Something that was pasted."""

    line: int
    """Counted from 1."""
    written: str
    named: Named | None = None
    name: str = ""
    fault: RowFault | None = None
    detail: str = ""
    """More about the fault, as a sentence of the filter."""


def read_pasted(text: str, *, country: str, area: str) -> Iterator[Found]:
    """Everything in the text, in its order; what is no number comes with a fault.

    Args:
        text: Of any kind.
        country: ISO 3166 code of the country in which the numbers are written.
        area: The shop's own area code, such as `021`; empty for none.
    """
    for at, line in enumerate(text.split("\n"), 1):
        yield from read_line(line[:LONGEST_LINE], at, country=country, area=area)


def read_line(line: str, at: int, *, country: str, area: str) -> list[Found]:
    """What is in line `at`; arguments as for `read_pasted`."""
    found: list[Found] = []
    name = ""
    for field in filter(None, map(str.strip, _BETWEEN.split(line))):
        numbers = _numbers_in(field, at, country, area)
        if numbers:
            found += numbers
            if name and not numbers[0].name:
                numbers[0].name, name = name, ""
        elif found and found[-1].named and not found[-1].name and _is_name(field):
            found[-1].name = field
        elif not found and not name and _is_name(field):
            name = field
        else:
            found.append(_read(field, at, country, area))
    if name:
        found.append(Found(at, name, fault=RowFault.NO_NUMBER))
    return found


def _is_name(field: str) -> bool:
    return sum(map(str.isdecimal, field)) < _FEWEST and "*" not in field


def _numbers_in(field: str, at: int, country: str, area: str) -> list[Found]:
    """The numbers of a field; none where the whole of it is a name or a fault."""
    whole = _read(field, at, country, area)
    if whole.named:
        parts = field.split()
        if len(parts) > 1 and _fits_nothing(whole):
            split = [_read(part, at, country, area) for part in parts]
            if not any(_fits_nothing(each) for each in split):
                return split
        return [whole]
    for pattern, number, name in ((_BEFORE_NAME, 1, 2), (_BEHIND_NAME, 2, 1)):
        match = pattern.fullmatch(field)
        if match and not _is_name(match[number]) and _is_name(match[name]):
            each = _read(match[number], at, country, area)
            if each.named:
                each.name = match[name].strip(_AROUND_NAME)
                return [each]
    return []


def _fits_nothing(found: Found) -> bool:
    return found.named is None or (found.named.number is not None and "impossible" in found.named.number.classes)


def _read(text: str, at: int, country: str, area: str) -> Found:
    text = text.strip()
    try:
        return Found(at, text, read_named(text, country=country, area=area))
    except NoNumberError:
        return Found(at, text, fault=RowFault.NO_NUMBER)
    except ValueError as error:
        return Found(at, text, fault=RowFault.PREFIX, detail=str(error))
