"""What is odd about a stranger. Nobody is rejected for it, and who is in the directory is suspected of nothing."""

from typing import TYPE_CHECKING

from filters.call import Call
from filters.chapters.chapter import Chapter, settle
from filters.facts import Facts, Surroundings
from filters.number import ANONYMOUS, INVALID, Number
from filters.policy import Policy
from filters.rule import Mode
from filters.verdict import Action, Reason, Step, Verdict

if TYPE_CHECKING:
    from filters.suspicion.case import Finding
    from filters.suspicion.watches import Watch

NAME = "suspicion"
_NOTHING = Step(NAME, "nothing about this caller is suspicious", matched=False)
_BLIND = Step(NAME, "what went on around the caller was not looked up, so only the number is looked at", matched=False)
_GRAVITY = {Action.ALLOW: 0, Action.SCREEN: 1, Action.VOICEMAIL: 2}
_NOWHERE = Surroundings()


def judge(call: Call, number: Number, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Do the gravest of what the steps ask for that find something; without steps that are on there is none."""
    suspicions = policy.suspicions
    if suspicions is None or not suspicions.watches or _has_setting(number, policy):
        return None
    if facts.surroundings is None and suspicions.needs_surroundings:
        trace.append(_BLIND)
    case = suspicions.case(call, number, facts.surroundings or _NOWHERE)
    found = [
        (watch, finding)
        for watch in suspicions.watches
        if (finding := case.found.get(watch.name)) and (facts.surroundings is not None or not watch.looks_around)
    ]
    asked = [one for one in found if one[1].action is not None and one[0].mode is Mode.ENFORCE]
    decides = max(asked, key=_gravity, default=None)
    trace += (_step(*one) for one in found if one is not decides)
    if decides is None:
        if not found:
            trace.append(_NOTHING)
        return None
    watch, finding = decides
    trace.append(Step(NAME, _told(watch, finding), matched=True, score=finding.score))
    label = next((each.label for _, each in (decides, *asked) if each.label), "")
    return _settled(
        watch.name, finding.action or Action.ALLOW, label, call=call, facts=facts, policy=policy, trace=trace
    )


def _has_setting(number: Number, policy: Policy) -> bool:
    """Whether the last chapter filters the caller: suspicion must not let anybody off more lightly."""
    hides = number.key == ANONYMOUS or "withheld" in number.classes
    unread = number.key == INVALID
    return (hides and policy.anonymous is not Action.ALLOW) or (unread and policy.invalid is not Action.ALLOW)


def _gravity(one: "tuple[Watch, Finding]") -> int:
    return _GRAVITY.get(one[1].action or Action.ALLOW, 0)


def _told(watch: "Watch", finding: "Finding") -> str:
    return finding.evidence if finding.score is not None else f"{watch.name}: {finding.evidence}"


def _step(watch: "Watch", finding: "Finding") -> Step:
    """The step of a finding that does not decide."""
    check, would = _told(watch, finding), None
    if finding.action is not None and watch.mode is Mode.OBSERVE:
        check, would = f"{check}; it only observes, and would have said {finding.action}", finding.action
    elif finding.action is None and finding.score is None:
        check = f"{check}; that only counts for the score"
    return Step(NAME, check, matched=False, would=would, score=finding.score)


def _settled(
    rule: str, action: Action, label: str, *, call: Call, facts: Facts, policy: Policy, trace: list[Step]
) -> Verdict:
    if action is Action.VOICEMAIL and not policy.mailbox_of(call.did):
        trace.append(Step(NAME, "no mailbox is configured for this number: the caller is screened", matched=False))
        action = Action.SCREEN
    return settle(action, Reason.SUSPICION, call=call, facts=facts, policy=policy, trace=trace, rule=rule, label=label)


SUSPICION = Chapter(
    NAME,
    "Steps that you switch on, such as neighbours of reported numbers: strangers who are suspicious must press a key or"
    " go to voicemail, and are never rejected.",
    judge,
)
