"""Which column of a table holds the numbers, and which the names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from filters.number import read_number
from filters.spelling import read_spelling

NUMBER_WORDS: Final = ("number", "phone", "mobile", "tel", "caller", "cid", "号码", "电话", "手机", "主叫", "来电")
NAME_WORDS: Final = (
    "name",
    "descr",
    "label",
    "contact",
    "姓名",
    "名称",
    "名字",
    "联系人",
    "说明",
    "描述",
    "备注",
    "标记",
)
FEWEST: Final = 3
"""Digits of what is counted as a number: a column of row numbers is none."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns to read, counted from 0."""

    number: int
    name: int = -1
    """-1 for none."""
    skip: int = 0
    """Rows at the top that are headings."""


def guess(rows: Sequence[tuple[str, ...]], *, country: str, area: str) -> Columns:
    """From the first rows of a table.

    Args:
        rows: as many as there are, up to some hundred.
        country: ISO 3166 code of the country in which the numbers are written.
        area: The shop's own area code; empty for none.
    """
    width = max(map(len, rows), default=0)
    columns = range(width)
    heads = [text.casefold() for text in rows[0]] if rows else []
    heads += [""] * (width - len(heads))
    scores = [sum(_score(row[at], country, area) for row in rows if at < len(row)) for at in columns]
    scores = [score + _has(heads[at], NUMBER_WORDS) for at, score in enumerate(scores)]
    number = max(columns, key=lambda at: scores[at], default=0)
    skip = 1 if heads and not _score(heads[number], country, area) and len(rows) > 1 and _is_heading(heads) else 0
    names = [sum(_is_text(row[at]) for row in rows[skip:] if at < len(row)) for at in columns]
    names = [(score + len(rows) * _has(heads[at], NAME_WORDS)) if score else 0 for at, score in enumerate(names)]
    name = max((at for at in columns if at != number), key=lambda at: names[at], default=-1)
    return Columns(number, name if name >= 0 and names[name] else -1, skip)


def _score(text: str, country: str, area: str) -> int:
    """How much like a caller's number: one that fits the country's plan is worth two that fit none."""
    if len(read_spelling(text.strip().removesuffix("*")).digits) < FEWEST:
        return 0
    return 1 if "impossible" in read_number(text, country=country, area=area).classes else 2


def _has(head: str, words: Sequence[str]) -> bool:
    return any(word in head for word in words)


def _is_heading(heads: Sequence[str]) -> bool:
    """Nothing in the row has more than two digits."""
    return all(sum(map(str.isdecimal, head)) < FEWEST for head in heads)


def _is_text(text: str) -> bool:
    return any(map(str.isalpha, text))
