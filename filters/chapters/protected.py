"""Numbers that nothing can block: emergency and public service, the shop's own lines, and what the admin protects."""

from filters.call import Call
from filters.chapters.chapter import Chapter, settle
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

NAME = "protected"
_NOT_PROTECTED = Step(
    NAME, "not an emergency or public-service number, nor one of your lines or protected numbers", False
)


def judge(call: Call, number: Number, _facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Allow a protected number."""
    found = protection(number, policy)
    if found is None:
        trace.append(_NOT_PROTECTED)
        return None
    rule, sentence = found
    trace.append(Step(NAME, f"{number.display} is {sentence}", matched=True))
    return settle(Action.ALLOW, Reason.PROTECTED, call=call, policy=policy, trace=trace, rule=rule)


def protection(number: Number, policy: Policy) -> tuple[str, str] | None:
    """Why nobody can block a number: a word for the log, and the end of a sentence; None where anybody can."""
    if "emergency" in number.classes:
        return "emergency", "an emergency number"
    if "public-service" in number.classes:
        return "public-service", "a public-service number"
    if number.key in policy.own_lines:
        return "own line", "one of your own lines"
    if number.key in policy.protected:
        return number.key, "a number you protect"
    return None


PROTECTED = Chapter(
    NAME,
    "Emergency and public-service numbers, your own lines and the numbers you protect: they always ring.",
    judge,
)
