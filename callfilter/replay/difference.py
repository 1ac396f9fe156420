"""Which calls two policies can decide differently at all, where they differ in some rules only.

A rule that does not match a call changes nothing about it, whatever chapter it is in. So of all calls that no rule
matches which only one of the policies has, the second decision is the first. With a thousand rules in force and one
more in the draft, that is half of the work.
"""

from dataclasses import replace

from callfilter.config import Config
from callfilter.policy import PolicyText
from filters.call import Call
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.rule import Rule
from filters.verdict import Step


class Difference:
    """The rules that only one of two policies has."""

    def __init__(self, policy: Policy) -> None:
        """`policy` has these rules and no others."""
        self._books = [book for book in (policy.books.everyone, policy.books.strangers) if book] if policy.books else []

    def touches(self, call: Call, number: Number, facts: Facts) -> bool:
        """Whether one of the rules has anything to say about a call."""
        for book in self._books:
            trace: list[Step] = []
            # The last step says that none matched.
            if book.first(call, number, facts, trace) or len(trace) > 1:
                return True
        return False

    @classmethod
    def between(cls, draft: PolicyText, now: PolicyText, config: Config) -> "Difference | None":
        """What to ask; None where asking would not tell, or not be worth it."""
        if _frame(draft) != _frame(now):
            return None
        ours, theirs = _rules(draft), _rules(now)
        only = ours.keys() ^ theirs.keys()
        if [rule for rule in ours if rule not in only] != [rule for rule in theirs if rule not in only]:
            return None
        if len(only) > len(theirs):
            return None
        # Under other names, since two versions of one rule can be among them.
        either = ours | theirs
        rules = tuple(replace(either[rule], name=str(place)) for place, rule in enumerate(only))
        return cls(replace(draft, presets=frozenset(), rules=rules).policy(config))


def _frame(policy: PolicyText) -> PolicyText:
    """All but the rules."""
    return replace(policy, rules=(), presets=frozenset())


def _rules(policy: PolicyText) -> dict[str, Rule]:
    """Those that are switched on, in their order, by all that is in them: to Python, 1 and True are the same."""
    return {repr(rule): rule for rule in policy.every_rule() if rule.enabled}
