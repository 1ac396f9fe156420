"""Conditions as a trace tells them, read back: `class landline, not (from own)`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from filters.conditions.registry import KINDS
from filters.rule import Condition

EVERY_CALL: Final = "every call"
_NOT: Final = "not ("
_MORE: Final = re.compile(r"([0-9]+) more")
_DIGITS: Final = re.compile(r"[0-9][0-9-]*(?: or [0-9][0-9-]*)*(?: or [0-9]+ more)? digits")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about a call, whatever it was told in."""

    kind: str
    values: tuple[str, ...]
    """Empty for what is only so or not."""
    negated: bool = False
    more: int = 0
    """Values that are not named."""


def _heads() -> Iterator[tuple[str, str]]:
    """How phrases begin, and the kinds they are of; the longest first."""
    found = [(kind.words.partition("{}")[0].strip(), kind.name) for kind in KINDS.values()]
    yield from sorted((one for one in found if one[0]), key=lambda one: -len(one[0]))


_HEADS: Final = tuple(_heads())


def of_conditions(conditions: Iterable[Condition]) -> tuple[Asked, ...]:
    """The conditions of a rule."""
    return tuple(map(_of_condition, conditions))


def _of_condition(condition: Condition) -> Asked:
    negated, values = condition.negated, condition.values
    if len(values) == 1 and values[0] is False:
        negated, values = not negated, (True,)
    shown = values[:_NAMED]
    named = () if any(value is True for value in shown) else tuple(map(str, shown))
    return Asked(condition.kind, named, negated, len(values) - len(shown) if named else 0)


_NAMED: Final = 6
"""Values that a rule's summary names."""


def read(text: str) -> tuple[Asked, ...] | None:
    """The conditions in a text as traces have it; None for any other text. A comma may stand in a value."""
    if text == EVERY_CALL:
        return ()
    phrases: list[str] = []
    for piece in text.split(", "):
        if _kind_of(piece.removeprefix(_NOT)):
            phrases.append(piece)
        elif phrases:
            phrases[-1] += f", {piece}"
        else:
            return None
    return tuple(map(_read, phrases))


def _kind_of(phrase: str) -> tuple[str, str] | None:
    """The kind of condition that a phrase tells, and the rest of it."""
    if _DIGITS.match(phrase):
        return "digits", phrase.partition(" digits")[0]
    for head, kind in _HEADS:
        if phrase.startswith(head) and phrase[len(head) : len(head) + 1] in ("", " ", ")"):
            return kind, phrase[len(head) :].strip()
    return None


def _read(phrase: str) -> Asked:
    negated = phrase.startswith(_NOT)
    plain = phrase[len(_NOT) :].removesuffix(")") if negated else phrase
    kind, rest = _kind_of(plain) or ("", plain)
    values = [] if rest.startswith("or ") else [value for value in rest.split(" or ") if value]
    more = _MORE.fullmatch(values[-1]) if values else None
    if more:
        values.pop()
    return Asked(kind, tuple(values), negated, int(more[1]) if more else 0)
