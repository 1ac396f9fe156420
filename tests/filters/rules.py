"""Rules, policies and calls for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from filters.call import Call
from filters.decide import decide
from filters.facts import Facts
from filters.number import read_number
from filters.policy import Policy
from filters.policy_text import rules_from
from filters.rule import Condition, Rule, Scalar
from filters.schedule import Window
from filters.shop import Shop
from filters.verdict import Action, Verdict

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
"""A Monday, and 17:00 in Shanghai."""
SHOP = Shop("CN", "021", UTC, {"open": Window.parse({"days": "mon-fri", "hours": "08:00-18:00"})})


def rule(name: str = "it", *, unless: Mapping[str, Scalar] | None = None, **given: Any) -> Rule:
    """A rule with `when` as keywords; those of a rule's own fields are taken for the rule."""
    fields = {key: given.pop(key) for key in tuple(given) if key in Rule.__dataclass_fields__}
    fields.setdefault("action", Action.REJECT)
    conditions = list(fields.pop("conditions", ()))
    conditions += [
        Condition(kind, values if isinstance(values, tuple) else (values,)) for kind, values in given.items()
    ]
    conditions += [Condition(kind, (value,), negated=True) for kind, value in (unless or {}).items()]
    return Rule(name, tuple(conditions), **fields)


def judged(caller: str, *rules: Rule, facts: Facts | None = None, policy: Policy | None = None, **call: Any) -> Verdict:
    """The verdict of these rules, or of a policy."""
    policy = policy or Policy(rules=rules, shop=SHOP)
    withheld = call.get("withheld", False)
    number = read_number(caller, country=policy.shop.country, area=policy.shop.area, withheld=withheld)
    return decide(Call(caller, call.pop("at", NOW), **call), number, facts or Facts(), policy)


def rules_of(*tables: Mapping[str, object]) -> tuple[Rule, ...]:
    """Sound rules from tables."""
    rules, faults = rules_from({"rule": list(tables)}, SHOP)
    assert not faults
    return rules
