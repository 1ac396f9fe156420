"""What a chapter is, and how a setting becomes a verdict. Nothing in here knows a particular chapter."""

from collections.abc import Callable
from dataclasses import dataclass

from filters.call import Call
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.rule import Mode
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
    facts: Facts | None = None,
    rule: str = "",
    label: str = "",
    signal: Signal | None = None,
    target: str = "",
) -> Verdict:
    """A verdict with what its action needs: a SIP answer, a mailbox, or an extension; without those the call rings.

    With `facts`, whoever just failed a screening is not screened again, if the policy says so.
    """
    if action is Action.REJECT or action is Action.TARPIT:
        return Verdict(action, reason, rule, signal or policy.signal, "", label, tuple(trace))
    if action is Action.SCREEN:
        # Whoever does not pass leaves a message, where there is a mailbox.
        target = target or policy.mailbox_of(call.did)
        if facts and target and _failed_just_now(call, facts, policy, trace):
            action = Action.VOICEMAIL
        return Verdict(action, reason, rule, None, target, label, tuple(trace))
    if action is Action.VOICEMAIL or action is Action.DIVERT:
        missing = "no extension to divert to is set"
        if action is Action.VOICEMAIL:
            target = target or policy.mailbox_of(call.did)
            missing = "no mailbox is configured for this number"
        if target:
            return Verdict(action, reason, rule, None, target, label, tuple(trace))
        trace.append(Step(trace[-1].chapter, f"{missing}: the call rings", matched=False))
    return Verdict(Action.ALLOW, reason, rule, None, "", label, tuple(trace))


def _failed_just_now(call: Call, facts: Facts, policy: Policy, trace: list[Step]) -> bool:
    """Whether the step `redial` keeps the caller from trying another digit; tells it in the trace."""
    redial = policy.suspicions.redial if policy.suspicions else None
    if redial is None or facts.surroundings is None or not redial.failed(call, facts.surroundings):
        return False
    check = f"{redial.name}: the caller failed a screening a moment ago: to voicemail, without another try"
    if redial.mode is Mode.OBSERVE:
        check = f"{redial.name}: the caller failed a screening a moment ago; it only observes"
    would = Action.VOICEMAIL if redial.mode is Mode.OBSERVE else None
    trace.append(Step(trace[-1].chapter, check, matched=False, would=would))
    return would is None
