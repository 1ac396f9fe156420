"""Rules that no call can meet, and rules that only calls meet which nobody makes."""

from collections.abc import Sequence
from itertools import combinations

from filters.lint.finding import Known, Said, Severity
from filters.lint.reading import DIGITS, OF_NUMBER, Asked, Begin, Reading
from filters.lint.shapes import Shape
from filters.lint.within import World, exclude_each_other, excluded
from filters.moment import is_over

OF_IMPOSSIBLE = frozenset({"impossible", "unassigned"})
"""Classes of numbers that nobody can have: whoever names one of them means that."""


def never_matches(one: Reading, shapes: Sequence[Shape], world: World) -> Said:
    """Conditions that exclude each other; `shapes` are those of the numbers that they leave."""
    if shapes and not exclude_each_other(one.asked):
        return
    culprits = _culprits(one.asked, world)
    words = " and ".join(f"“{each.words}”" for each in culprits)
    if len(culprits) == 1:
        text = f"never matches, since no call meets {words}: write another value, or leave it out"
    else:
        text = f"never matches, since no call meets {words} at once: leave one of them out, or write a rule for each"
    yield Severity.ERROR, culprits[-1].place, text


def _culprits(asked: Sequence[Asked], world: World) -> Sequence[Asked]:
    """The fewest conditions that exclude each other."""
    for size in (1, 2):
        for some in combinations(asked, size):
            if excluded(some, world):
                return some
    return asked


def meets_nobody(one: Reading, shapes: Sequence[Shape]) -> Said:
    """Conditions that numbers meet, but none that somebody can have."""
    named = one.by_kind.get("class")
    is_meant = "number" in one.by_kind or "invalid" in one.by_kind or "anonymous" in one.by_kind
    if is_meant or (named and OF_IMPOSSIBLE.intersection(named.values)):
        return
    of_number = [each for each in one.asked if each.kind in OF_NUMBER]
    if of_number and not any(shape.is_real for shape in shapes):
        words = ", ".join(each.words for each in of_number)
        text = (
            f'meets no number that somebody can have ({words}): correct it, or write class = "impossible" too if wrong'
            " numbers are meant"
        )
        yield Severity.WARNING, of_number[0].place, text


def is_past(one: Reading, known: Known) -> Said:
    """Rules whose time is over."""
    until = one.rule.expires_at
    if until is not None and known.at is not None and is_over(until, known.at):
        yield (
            Severity.WARNING,
            ("expires_at",),
            f"never matches any more, since it ended on {until:%Y-%m-%d %H:%M}: remove the rule, or write a later time",
        )


def asks_of_nobody(one: Reading) -> Said:
    """Callers without a number who must have a certain one."""
    flag = one.by_kind.get("anonymous")
    if flag is None or flag.values != (True,):
        return
    number = next((each for each in one.asked if not each.negated and each.kind in (*DIGITS, "class", "region")), None)
    if number is None or (number.kind == "class" and "withheld" in number.values):
        return
    text = (
        f"meets hardly any call, since most who hide theirs send none, and then “{number.words}” is not so: leave"
        " anonymous out, or write a rule for each"
    )
    yield Severity.WARNING, number.place, text


def is_of_other_numbers(one: Reading, known: Known) -> Said:
    """Conditions about numbers of the shop that are not in its settings."""
    asked = one.by_kind.get("did")
    if asked is None or not known.dids:
        return
    for value in asked.values:
        begins = isinstance(value, Begin)
        text = value.text if isinstance(value, Begin) else str(value)
        if not any(did.startswith(text) if begins else did == text for did in known.dids):
            listed = ", ".join(sorted(known.dids)[:4])
            text = (
                f"asks for calls to {text}{'*' if begins else ''}, which is none of the numbers in your settings: write"
                f" one of [dids], such as {listed}, or add it there"
            )
            yield Severity.WARNING, asked.place, text
            return
