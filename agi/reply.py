"""From a verdict to the channel variables of the dialplan. Whatever cannot be sent safely is left out here."""

import re
from dataclasses import dataclass

from agi.wire import is_safe
from filters.verdict import Action, Reason, Verdict

_TARGET = re.compile(r"[A-Za-z0-9_.+*#-]+@[A-Za-z0-9_.-]+")
_REFUSING = frozenset({Action.REJECT, Action.TARPIT})
_TARGETED = frozenset({Action.VOICEMAIL, Action.SCREEN, Action.DIVERT})


@dataclass(frozen=True, slots=True)
class Answer:
    """What Asterisk gets to know about a call."""

    verdict: Verdict
    call_id: str
    """Id of the call's row in the call log."""


def variables_for(answer: Answer) -> dict[str, str]:
    """The `CALLFILTER_*` variables to set; those that would be empty are absent, the dialplan has preset them.

    A voicemail or divert verdict whose target is not `box@context` becomes allow with reason `error`: better a ring
    than a call that ends nowhere. A screening goes without: who fails it is sent away instead of to the mailbox.
    """
    verdict = answer.verdict
    action, reason = verdict.action, verdict.reason
    target = verdict.target if action in _TARGETED and _TARGET.fullmatch(verdict.target) else ""
    if action in (Action.VOICEMAIL, Action.DIVERT) and not target:
        action, reason = Action.ALLOW, Reason.ERROR
    variables = {
        "CALLFILTER_ACTION": action.value,
        "CALLFILTER_REASON": reason.value,
        "CALLFILTER_SIGNAL": str(int(verdict.signal)) if verdict.signal and action in _REFUSING else "",
        "CALLFILTER_TARGET": target,
        "CALLFILTER_LABEL": verdict.label.strip(),
        "CALLFILTER_ID": answer.call_id,
    }
    return {name: value for name, value in variables.items() if is_safe(value)}
