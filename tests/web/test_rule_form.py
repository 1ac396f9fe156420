"""A rule as a form: whatever a rule may hold comes back whole, and what is too much is told."""

from datetime import UTC

from starlette.datastructures import FormData, UploadFile

from callfilter.web.rule_form import Row, RuleForm
from filters.conditions.registry import KINDS
from filters.rule import Condition
from tests.filters.rules import SHOP, rule


def as_sent(form: RuleForm) -> FormData:
    """The fields that a browser sends."""
    fields: list[tuple[str, str | UploadFile]] = [
        ("name", form.name),
        ("who", form.who),
        ("action", form.action),
        ("mode", form.mode),
    ]
    for row in form.rows:
        sense = "unless" if row.negated else "when"
        fields += [("row", row.id), (f"kind-{row.id}", row.kind), (f"sense-{row.id}", sense)]
        fields += [(f"value-{row.id}", row.text)]
    return FormData(fields)


def test_a_rule_as_long_as_rules_may_be_comes_back_whole() -> None:
    names = tuple(f"{number:04}" * 50 for number in range(1000))
    every = [
        Condition(kind, (about.samples[0],), negated) for kind, about in KINDS.items() for negated in (False, True)
    ]
    wanted = [one for one in every if one.kind != "name" or one.negated]
    whole = rule("long", conditions=[*wanted, Condition("name", names)])
    form = RuleForm.of(whole, UTC)
    assert [(row.kind, row.negated, row.scalars()) for row in RuleForm.sent(as_sent(form)).rows] == [
        (row.kind, row.negated, row.scalars()) for row in form.rows
    ]


def test_more_conditions_than_a_rule_can_have_are_a_fault_and_not_left_out() -> None:
    rows = (Row(kind, ("1",), negated) for _ in range(2) for kind in KINDS for negated in (False, True))
    sent = RuleForm.sent(as_sent(RuleForm("many", rows=tuple(rows))))
    assert any("asked twice" in text for texts in sent.read(SHOP, ()).faults.values() for text in texts)


def test_more_values_than_a_condition_can_have_are_a_fault_and_not_left_out() -> None:
    row = Row("prefix", tuple(f"1380{number:05}" for number in range(50_000)))
    faults = RuleForm.sent(as_sent(RuleForm("many", rows=(row,)))).read(SHOP, ()).faults
    assert any("write 1000 at most" in text for texts in faults.values() for text in texts)
