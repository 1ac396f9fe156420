"""What a chapter is, and how a setting becomes a verdict. Nothing in here knows a particular chapter."""

from collections.abc import Callable
from dataclasses import dataclass

from filters.call import Call
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

Judge = Callable[[Call, Number, Facts, Policy, list[Step]], Verdict | None]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter of the order of decision."""

    name: str
    """As in traces, docs and on the page."""
    about: str
    """One sentence for people: what it looks at and what comes of it."""
    judge: Judge
    """Adds the steps it looks at to the list, in order, and returns a verdict or passes on with None."""


def settle(
    action: Action,
    reason: Reason,
    *,
    call: Call,
    policy: Policy,
    trace: list[Step],
    rule: str = "",
    label: str = "",
) -> Verdict:
    """A verdict with what its action needs: a SIP answer, or a mailbox; without a mailbox the call rings."""
    chapter = trace[-1].chapter
    if action is Action.REJECT:
        return Verdict(action, reason, rule, policy.signal, "", label, tuple(trace))
    if action is Action.VOICEMAIL:
        mailbox = policy.mailbox_of(call.did)
        if mailbox:
            return Verdict(action, reason, rule, None, mailbox, label, tuple(trace))
        trace.append(Step(chapter, "no mailbox is configured for this number: the call rings", matched=False))
    return Verdict(Action.ALLOW, reason, rule, None, "", label, tuple(trace))
