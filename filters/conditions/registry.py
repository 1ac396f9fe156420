"""Every kind of condition, in the order of docs and forms. Docs, forms and parsers are made from `KINDS`."""

from filters.conditions import circumstances, numbers, plan, signalling, suspicion
from filters.conditions.kind import Kind, Test, shown, test_of
from filters.rule import Condition, Scalar
from filters.shop import Shop

KINDS: dict[str, Kind] = {
    kind.name: kind for module in (numbers, plan, signalling, circumstances, suspicion) for kind in module.KINDS
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


def table() -> str:
    """All kinds of condition in Markdown, as `docs/rules.md` shows them."""
    rows = (
        f"| `{kind.name}` | {kind.about} | {', '.join(f'`{_written(sample)}`' for sample in kind.samples)} |\n"
        for kind in KINDS.values()
    )
    return "| Condition | Which calls | Such as |\n|---|---|---|\n" + "".join(rows)


def _written(value: Scalar) -> str:
    """A value as it stands in TOML, and in a cell of a table."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    quote = "'" if "\\" in value else '"'
    return f"{quote}{value}{quote}".replace("|", "\\|")
