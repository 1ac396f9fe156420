"""The last word, for callers about whom nothing is known: always a verdict."""

from filters.call import Call
from filters.chapters.chapter import Chapter, settle
from filters.facts import Facts
from filters.number import ANONYMOUS, INVALID, Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

NAME = "default"
_RINGS = Step(NAME, "nothing speaks against this caller: the call rings", matched=True)


def judge(call: Call, number: Number, _facts: Facts, policy: Policy, trace: list[Step]) -> Verdict:
    """Apply the settings for anonymous and for invalid callers; let everyone else ring."""
    if number.key == ANONYMOUS or "withheld" in number.classes:
        what = "sent no number" if number.key == ANONYMOUS else "withholds the number"
        trace.append(
            Step(NAME, f"the caller {what}: the setting for anonymous callers is {policy.anonymous}", matched=True)
        )
        return settle(policy.anonymous, Reason.ANONYMOUS, call=call, policy=policy, trace=trace, rule="anonymous")
    if number.key == INVALID:
        trace.append(
            Step(NAME, f"no number can be read: the setting for invalid callers is {policy.invalid}", matched=True)
        )
        return settle(policy.invalid, Reason.INVALID, call=call, policy=policy, trace=trace, rule="invalid")
    trace.append(_RINGS)
    return Verdict(Action.ALLOW, Reason.DEFAULT, trace=tuple(trace))


DEFAULT = Chapter(NAME, "Anonymous and invalid callers meet your settings for them; everyone else rings.", judge)
