"""The admin's rules for all callers, such as closing hours. Protected and own numbers have been let through before."""

from filters.call import Call
from filters.chapters.chapter import Chapter
from filters.chapters.rules import settle_by
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.rule import EVERYONE
from filters.verdict import Step, Verdict


def judge(call: Call, number: Number, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Do what the first rule that matches says; without such rules there is no step."""
    if policy.books is None or policy.books.everyone is None:
        return None
    rule = policy.books.everyone.first(call, number, facts, trace)
    return settle_by(rule, call=call, facts=facts, policy=policy, trace=trace) if rule else None


FOR_EVERYONE = Chapter(
    EVERYONE,
    "Your rules that are for everyone, such as closing hours: top to bottom, the first that matches wins.",
    judge,
)
