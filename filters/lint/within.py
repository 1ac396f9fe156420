"""What calls a rule is about, and whether another rule is about all of them: for certain, or nothing is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from filters import directory
from filters.lint.clock import always_within, never_open
from filters.lint.compare import all_covered, holds, left
from filters.lint.reading import OF_NUMBER, Asked, Reading
from filters.lint.shapes import Shape, few, shapes_for, shapes_of_key

_ORDER = ("number", "prefix", "range", "pattern", "class", "country")
_MOST_KEYS = 100
"""Numbers of one rule that are read one by one, and values of one condition that are followed at all."""
_FLAGS = {"first_call": (True, False), "anonymous": (True, False), "invalid": (True, False)}
STATES = {**_FLAGS, "attestation": ("a", "b", "c", "failed", "none")}
"""Kinds whose values are few -> all of them, of which each call has one."""


@dataclass(frozen=True, slots=True)
class World:
    """Where numbers come from."""

    country: str
    """ISO 3166 code of the shop."""
    others: frozenset[str] = frozenset()
    """Of its trunks."""


def numbers_left(asked: Sequence[Asked], world: World) -> list[Shape]:
    """Shapes of all numbers that can meet some conditions, and perhaps of more."""
    followed = (one for one in asked if one.kind in OF_NUMBER and len(one.values) <= _MOST_KEYS)
    of_number = sorted(followed, key=_place_in_order)
    shapes = _exact(of_number, world) or list(shapes_for(world.country, world.others))
    for one in of_number:
        fewer = few(chain.from_iterable(left(one, shape, world.country) for shape in shapes))
        shapes = shapes if fewer is None else fewer
    return shapes


def _place_in_order(one: Asked) -> tuple[bool, int]:
    return one.negated, _ORDER.index(one.kind) if one.kind in _ORDER else len(_ORDER)


def _exact(of_number: Iterable[Asked], world: World) -> list[Shape]:
    """The numbers themselves, where a condition names all that there are; else nothing."""
    for one in of_number:
        keys = () if one.negated else _keys(one, world)
        if keys:
            found = [shapes_of_key(key, world.country, world.others) for key in keys]
            if all(found):
                return list(chain.from_iterable(found))
    return []


def _keys(one: Asked, world: World) -> tuple[str, ...]:
    if one.kind == "number":
        return one.values
    if one.kind == "listed" and False not in one.values:
        return directory.keys(world.country)
    return ()


def excluded(asked: Sequence[Asked], world: World) -> bool:
    """Whether conditions exclude each other, so that no call meets them all."""
    return exclude_each_other(asked) or not numbers_left(asked, world)


def exclude_each_other(asked: Sequence[Asked]) -> bool:
    """Whether conditions of one kind, or about earlier calls or hours, exclude each other."""
    plain = {one.kind: one for one in asked if not one.negated}
    unless = {one.kind: one for one in asked if one.negated}
    if any(all_covered(unless[kind], one) for kind, one in plain.items() if kind in unless):
        return True
    if any(not _states(kind, plain.get(kind), unless.get(kind)) for kind in STATES):
        return True
    first = _states("first_call", plain.get("first_call"), unless.get("first_call"))
    if first == {True} and "calls" in plain and all(fewest > 1 for fewest, _ in plain["calls"].values):
        return True
    return never_open([one for one in asked if one.kind == "window"])


def _states(kind: str, plain: Asked | None, unless: Asked | None) -> set[object]:
    """Of the few values of a kind, those that are left."""
    found: set[object] = set(plain.values if plain else STATES[kind])
    return found.difference(unless.values if unless else ())


def is_about_all_of(wide: Reading, narrow: Reading, shapes: Sequence[Shape], world: World) -> bool:
    """Whether one rule is about every call that another one is about.

    Args:
        wide: The one that may be about more.
        narrow: The other.
        shapes: Of the numbers that `narrow` leaves.
        world: Where numbers come from.
    """
    return all(_is_met(one, narrow, shapes, world) for one in wide.quickest_first)


def _is_met(one: Asked, narrow: Reading, shapes: Sequence[Shape], world: World) -> bool:
    """Whether every call that a rule is about meets a condition of another."""
    kind = one.kind
    same = (narrow.unless if one.negated else narrow.by_kind).get(kind)
    if same is not None:
        wide, less = (same, one) if one.negated else (one, same)
        if all_covered(wide, less):
            return True
    if kind == "window":
        return always_within([each for each in narrow.asked if each.kind == "window"], one)
    if kind in OF_NUMBER and all(holds(one, shape, world.country) for shape in shapes):
        return True
    if kind not in STATES or not (kind in narrow.by_kind or kind in narrow.unless):
        return False
    states = _states(kind, narrow.by_kind.get(kind), narrow.unless.get(kind))
    return states.isdisjoint(one.values) if one.negated else states.issubset(one.values)
