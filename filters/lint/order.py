"""Rules that another one, before them, leaves nothing to decide."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from filters.lint.finding import Said, Severity
from filters.lint.reading import OF_NUMBER, Begin, Reading
from filters.lint.shapes import Shape
from filters.lint.within import STATES, World, is_about_all_of
from filters.moment import is_over
from filters.ranges import Range
from filters.rule import Mode, Rule, Who
from filters.verdict import Action

_MEANT = "switch the preset off, or give your rule narrower conditions"

MOST_PAIRS = 300_000
"""Pairs of rules that are compared: beyond, nothing is said of an order."""

_Kind = tuple[str, bool]
"""Kind of a condition, and whether it is negated."""
_ANSWERED_BY_OTHERS = {*OF_NUMBER, *STATES, "window"}
"""Kinds of which other conditions than of the same kind can tell something, or nobody need ask."""
_ANSWERED_BY_ONE_NUMBER = frozenset({"pattern", "regex", "region"})
"""Kinds of which numbers that are not one by one tell nothing."""


class Earlier:
    """The rules that decide before the present one, found by the numbers that they name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rules: list[Reading] = []
        self._named: dict[str, list[int]] = {}
        self._others: dict[frozenset[_Kind], list[int]] = {}
        self._pairs = 0

    def add(self, one: Reading) -> None:
        """One more rule; those that decide nothing hide no other."""
        if one.rule.mode is not Mode.ENFORCE:
            return
        begins = _begins(one)
        for begin in dict.fromkeys(begins):
            self._named.setdefault(begin, []).append(len(self._rules))
        if not begins:
            self._others.setdefault(_needed(one), []).append(len(self._rules))
        self._rules.append(one)

    def hiding(self, one: Reading, shapes: Sequence[Shape]) -> Reading | None:
        """The first rule that is about every call that this one is about.

        Args:
            one: A rule that some call can meet.
            shapes: Of the numbers that it leaves.
        """
        for position in sorted(self._candidates(one, shapes)):
            other = self._rules[position]
            self._pairs += 1
            if self._pairs > MOST_PAIRS:
                return None
            if _lasts(other.rule.expires_at, one.rule.expires_at) and is_about_all_of(other, one, shapes, self._world):
                return other
        return None

    def _candidates(self, one: Reading, shapes: Sequence[Shape]) -> Iterator[int]:
        """Places of rules that may hide one: what they ask of calls it asks too, and its numbers they name too."""
        asked = {(each.kind, each.negated) for each in one.asked}
        if shapes[0].number is not None:
            asked.update((kind, False) for kind in _ANSWERED_BY_ONE_NUMBER)
        for needed, positions in self._others.items():
            if needed <= asked:
                yield from positions
        text = shapes[0].first or shapes[0].begin
        for size in range(1, len(text) + 1):
            yield from self._named.get(text[:size], ())


def _needed(one: Reading) -> frozenset[_Kind]:
    """Conditions that a rule which this one hides must have too, with what values ever."""
    kinds = {(each.kind, each.negated) for each in one.asked}
    alone = {kind for kind in kinds if kind[0] not in _ANSWERED_BY_OTHERS}
    return frozenset(alone | {kind for kind in kinds if kind[0] in _ANSWERED_BY_ONE_NUMBER and not kind[1]})


def _begins(one: Reading) -> list[str]:
    """What the numbers that a rule names begin with; empty where it names none."""
    for kind in ("number", "prefix", "range"):
        asked = one.by_kind.get(kind)
        if asked is not None:
            return [_begin(value) for value in asked.values]
    return []


def _begin(value: object) -> str:
    match value:
        case Begin(begin):
            return begin
        case Range(first, last):
            size = next((at for at, pair in enumerate(zip(first, last, strict=True)) if pair[0] != pair[1]), len(first))
            return first[:size]
        case _:
            return str(value)


def _lasts(wide: datetime | None, narrow: datetime | None) -> bool:
    """Whether what ends at one moment still holds as long as what ends at another."""
    return wide is None or (narrow is not None and is_over(narrow, wide))


def is_hidden(one: Reading, other: Reading) -> Said:
    """What to say of a rule all of whose calls another one decides."""
    first, second = other.rule, one.rule
    name = f"‘{first.name}’"
    if one.is_preset:
        yield (
            Severity.WARNING,
            (),
            f"is on and never decides, since your rule {name} decides all of its calls: {_MEANT}",
        )
        return
    what = "observes" if second.mode is Mode.OBSERVE else "decides"
    chapter = ", for rules for everyone come first" if first.who is not second.who else ""
    if first.conditions == second.conditions and first.who is second.who and _does(first) == _does(second):
        yield Severity.WARNING, (), f"never {what}, since {name} before it says the same: remove one of them"
    elif _rings(first.action) is not _rings(second.action):
        text = (
            f"never {what} and says the opposite of {name}, which has all of its calls{chapter}: {name} wins"
            f" ({first.action}), so {_put(first.who, second.who)}, or remove it"
        )
        yield Severity.WARNING, (), text
    else:
        text = (
            f"never {what}, since {name} before it has all of its calls ({first.action}){chapter}:"
            f" {_put(first.who, second.who)}, or remove it"
        )
        yield Severity.WARNING, (), text


def _put(first: Who, second: Who) -> str:
    return "move this one above" if first is second else 'write who = "everyone" and move this one above'


def _does(rule: Rule) -> tuple[object, ...]:
    return rule.action, rule.signal, rule.target, rule.label, rule.mode


def _rings(action: Action) -> bool:
    return action is Action.ALLOW
