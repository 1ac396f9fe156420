"""What a chapter is, and how a setting becomes a verdict. Nothing in here knows a particular chapter."""

from collections.abc import Callable
from dataclasses import dataclass

from filters.call import Call
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Signal, Step, Verdict

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
    signal: Signal | None = None,
    target: str = "",
) -> Verdict:
    """A verdict with what its action needs: a SIP answer, a mailbox, or an extension; without those the call rings."""
    if action is Action.REJECT:
        return Verdict(action, reason, rule, signal or policy.signal, "", label, tuple(trace))
    if action is Action.SCREEN:
        # Whoever does not pass leaves a message, where there is a mailbox.
        return Verdict(action, reason, rule, None, target or policy.mailbox_of(call.did), label, tuple(trace))
    if action is Action.VOICEMAIL or action is Action.DIVERT:
        missing = "no extension to divert to is set"
        if action is Action.VOICEMAIL:
            target = target or policy.mailbox_of(call.did)
            missing = "no mailbox is configured for this number"
        if target:
            return Verdict(action, reason, rule, None, target, label, tuple(trace))
        trace.append(Step(trace[-1].chapter, f"{missing}: the call rings", matched=False))
    return Verdict(Action.ALLOW, reason, rule, None, "", label, tuple(trace))
