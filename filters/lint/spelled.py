"""Patterns and expressions for numbers as trunks may send them: with 00, 0 or 86 before, and none is compared so."""

import re
from collections.abc import Iterator

from filters.lint.compare import left
from filters.lint.finding import Said, Severity
from filters.lint.never import OF_IMPOSSIBLE
from filters.lint.reading import Asked, Reading, asked_of
from filters.lint.shapes import shapes_for
from filters.lint.within import World
from filters.plan import Plan
from filters.plans import PLANS
from filters.rule import Condition
from filters.shop import Shop

# What every number begins with in which the expression is found. Where a | stands outside of ( ), that is open.
_HEAD = re.compile(
    r"\^(?P<plus>\\\+)?(?P<digits>[0-9]+)(?![*?{])(?:\\.|\[[^]]*\]|\([^()]*\)|[^|()\[\\])*",
    re.DOTALL,
)


def is_spelled_otherwise(one: Reading, world: World) -> Said:
    """Patterns and expressions that fit nobody's number, and would without what stands before it."""
    plan = PLANS.get(world.country)
    named = one.by_kind.get("class")
    if plan is None or (named and OF_IMPOSSIBLE.intersection(named.values)):
        return
    for asked in one.asked:
        for head, written in _written(asked):
            instead = _instead(head, written, plan, world)
            if instead:
                text = (
                    f"looks with {head + written!r} for a number that nobody has, as numbers are compared as"
                    f" 13800138000 and +8613800138000: write {instead} in its place"
                )
                yield Severity.WARNING, asked.place, text
                break


def _written(asked: Asked) -> Iterator[tuple[str, str]]:
    """The values of a condition: what stands before the digits of a number, and the digits with all that follows."""
    if asked.kind == "pattern":
        for value in asked.values:
            written = value.text.removeprefix("_")
            yield value.text[: len(value.text) - len(written)], written
    elif asked.kind == "regex":
        # What begins with ^00 is told by `reads_otherwise`.
        found = (text for text in asked.values if _HEAD.fullmatch(text) and not text.startswith("^00"))
        yield from (("^", text[1:]) for text in found)


def _instead(head: str, written: str, plan: Plan, world: World) -> str:
    """What to write so that somebody's number fits; empty where one does already, or none would."""
    plus = r"\+" if head == "^" else "+"
    for before, put in (
        (plan.international, plus),
        (f"{plan.trunk}{plan.calling_code}", f"{plus}{plan.calling_code}"),
        (plan.trunk, ""),
        (plan.calling_code, ""),
    ):
        if written.startswith(before):
            instead = f"{head}{put}{written[len(before) :]}"
            is_better = not _fits_somebody(head + written, world) and _fits_somebody(instead, world, anywhere=False)
            return instead if is_better else ""
    return ""


def _fits_somebody(text: str, world: World, *, anywhere: bool = True) -> bool:
    """Whether somebody may have a number that fits; unless `anywhere`, numbers without an area code do not count."""
    pattern = text
    if found := _HEAD.fullmatch(text):
        pattern = f"_{'+' if found['plus'] else ''}{found['digits']}!"
    try:
        asked = asked_of(Condition("pattern", (pattern,)), Shop(world.country))
    except ValueError:
        return False  # nothing is left of it but what stood before
    local = () if anywhere else tuple(plan.local.classes for plan in PLANS.values())
    return any(
        each.is_real and not any(kinds in local for kinds in each.classes)
        for shape in shapes_for(world.country, world.others)
        for each in left(asked, shape, world.country)
    )
