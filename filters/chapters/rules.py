"""What both chapters of rules have in common: the first rule that matches decides."""

from filters.call import Call
from filters.chapters.chapter import settle
from filters.facts import Facts
from filters.policy import Policy
from filters.rule import Rule
from filters.verdict import Reason, Step, Verdict


def settle_by(rule: Rule, *, call: Call, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict:
    """The verdict of a rule that matched."""
    return settle(
        rule.action,
        Reason.RULE,
        call=call,
        facts=facts,
        policy=policy,
        trace=trace,
        rule=rule.name,
        label=rule.label,
        signal=rule.signal,
        target=rule.target,
    )
