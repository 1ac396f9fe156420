"""Every kind of condition, in the order of docs and forms. Docs, forms and parsers are made from `KINDS`."""

from filters.conditions import circumstances, numbers, plan, signalling
from filters.conditions.kind import Kind, Test, shown, test_of
from filters.rule import Condition
from filters.shop import Shop

KINDS: dict[str, Kind] = {
    kind.name: kind for module in (numbers, plan, signalling, circumstances) for kind in module.KINDS
}
"""Name -> kind."""


def kind_of(condition: Condition) -> Kind:
    """The kind of a condition.

    Raises:
        ValueError: there is none of that name.
    """
    kind = KINDS.get(condition.kind)
    if kind is None:
        raise ValueError(f"{shown(condition.kind)} is no condition: write one of {', '.join(KINDS)}")
    return kind


def read_condition(condition: Condition, shop: Shop) -> Test:
    """A condition, ready to be asked.

    Raises:
        ValueError: it cannot be read; one sentence that says what to write instead.
    """
    return test_of(kind_of(condition), condition, shop)
