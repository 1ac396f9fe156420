"""Which rules a call's number, trunk, name or place can be about at all, so that not all must be tried on it.

May name a rule too many, never one too few.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from filters.conditions.kind import By, Hint, Question
from filters.expressions import ExpressionSet, literal

Finder = Callable[[Question, set[int]], None]
"""Adds the positions of the rules that a call can be about."""

_Positions = Mapping[str, list[int]]

_TEXT: Mapping[By, Callable[[Question], str]] = {
    By.KEY: lambda asked: asked.number.key,
    By.TRUNK: lambda asked: asked.call.trunk,
    By.DID: lambda asked: asked.call.did,
    By.COUNTRY: lambda asked: asked.number.country,
}


_TEXTS: Mapping[By, Callable[[Question], Iterable[str]]] = {
    By.NUMBER_REGEX: lambda asked: asked.spellings,
    By.NAME_REGEX: lambda asked: (asked.name,),
    By.NAME_PART: lambda asked: (asked.folded_name,),
}


def _exact(by: By, values: _Positions) -> Finder:
    text_of = _TEXT[by]

    def find(asked: Question, positions: set[int]) -> None:
        positions.update(values.get(text_of(asked), ()))

    return find


def _beginnings(by: By, values: _Positions) -> Finder:
    lengths = sorted({len(begin) for begin in values})

    def find(asked: Question, positions: set[int]) -> None:
        for text in (asked.number.key,) if by is By.BEGINS else asked.spellings:
            for length in lengths:
                found = values.get(text[:length])
                if found is not None:
                    positions.update(found)

    return find


def _classes(values: _Positions) -> Finder:
    def find(asked: Question, positions: set[int]) -> None:
        for name in asked.number.classes:
            positions.update(values.get(name, ()))

    return find


def _expressions(by: By, values: _Positions) -> Finder | None:
    """All expressions at once, or None where they are too many for that."""
    try:
        together = ExpressionSet([literal(text) for text in values] if by is By.NAME_PART else tuple(values))
    except MemoryError:
        return None
    rules = tuple(values.values())
    texts_of = _TEXTS[by]

    def find(asked: Question, positions: set[int]) -> None:
        for text in texts_of(asked):
            for place in together.found(text):
                positions.update(rules[place])

    return find


class RuleIndex:
    """Positions of rules, found by the hints of their conditions."""

    def __init__(self, hints: Sequence[Sequence[Hint]]) -> None:
        """Take the hints of each rule; a rule without any is a candidate for every call."""
        self._always = [position for position, of_rule in enumerate(hints) if not of_rule]
        found: dict[By, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for position, of_rule in enumerate(hints):
            for by, value in dict.fromkeys(of_rule):
                found[by][value].append(position)
        self._finders = tuple(self._finders_of(found))
        self._always.sort()

    def candidates(self, asked: Question) -> Iterable[int]:
        """Positions of the rules to try, in their order."""
        if not self._finders:
            return self._always
        positions = set(self._always)
        for find in self._finders:
            find(asked, positions)
        return sorted(positions)

    def _finders_of(self, found: Mapping[By, _Positions]) -> Iterator[Finder]:
        for by, positions in found.items():
            values = dict(positions)
            match by:
                case By.BEGINS | By.DIALS:
                    yield _beginnings(by, values)
                case By.NUMBER_REGEX | By.NAME_REGEX | By.NAME_PART:
                    finder = _expressions(by, values)
                    if finder is not None:
                        yield finder
                    else:
                        self._always += (position for of_text in values.values() for position in of_text)
                case By.CLASS:
                    yield _classes(values)
                case _:
                    yield _exact(by, values)
