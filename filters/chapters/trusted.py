"""Callers whom the shop knows from earlier: dialled, talked with, or proved to be human. Trust ends by itself."""

from filters.call import Call
from filters.chapters.chapter import Chapter, settle
from filters.facts import Bond, Facts
from filters.moment import is_over
from filters.number import ANONYMOUS, INVALID, Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

NAME = "trusted"
_OVER = Step(NAME, "you knew this caller, but it is too long ago", matched=False)
_WORDS = {
    Bond.DIALLED: "you dialled this number",
    Bond.TALKED: "you talked with this caller",
    Bond.PROVED: "this caller proved to be human",
}


def judge(call: Call, number: Number, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Let a trusted caller ring; about others there is no step."""
    trusted = facts.trusted
    if trusted is None or number.key in (ANONYMOUS, INVALID):
        return None
    if is_over(trusted.expires_at, call.at):
        trace.append(_OVER)
        return None
    trace.append(Step(NAME, f"{_WORDS[trusted.bond]} on {trusted.at:%Y-%m-%d}", matched=True))
    return settle(Action.ALLOW, Reason.TRUSTED, call=call, policy=policy, trace=trace, rule=trusted.bond)


TRUSTED = Chapter(NAME, "Callers whom you dialled or talked with lately, or who proved to be human: they ring.", judge)
