"""The admin's rules for callers who are neither own numbers nor expected nor trusted."""

from filters.call import Call
from filters.chapters.chapter import Chapter
from filters.chapters.rules import settle_by
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.rule import STRANGERS
from filters.verdict import Step, Verdict


def judge(call: Call, number: Number, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Do what the first rule that matches says; without such rules there is no step."""
    if policy.books is None or policy.books.strangers is None:
        return None
    rule = policy.books.strangers.first(call, number, facts, trace)
    return settle_by(rule, call=call, facts=facts, policy=policy, trace=trace) if rule else None


FOR_STRANGERS = Chapter(
    STRANGERS, "Your rules for callers whom you do not know: top to bottom, the first that matches wins.", judge
)
