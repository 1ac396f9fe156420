"""Numbers and prefixes that the admin allowed or blocked. The longest match wins.

At equal length the entry for calls to one DID wins, and then allow.
"""

from filters.call import Call
from filters.chapters.chapter import Chapter, settle
from filters.facts import Facts, OwnEntry
from filters.moment import is_over
from filters.number import ANONYMOUS, INVALID, Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

NAME = "own numbers"
_NONE = Step(NAME, "none of your own numbers and prefixes covers the caller", matched=False)
_NO_NUMBER = Step(NAME, "there is no number to look up", matched=False)
_WORDS = {
    Action.ALLOW: "allowed",
    Action.REJECT: "blocked",
    Action.VOICEMAIL: "blocked, to voicemail",
    Action.SCREEN: "to be screened",
    Action.DIVERT: "to be diverted",
    Action.TARPIT: "to be kept busy",
}


def judge(call: Call, number: Number, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Do what the longest entry that covers the caller and is not expired says."""
    if number.key in (ANONYMOUS, INVALID):
        trace.append(_NO_NUMBER)
        return None
    if not facts.own:
        trace.append(_NONE)
        return None
    entries = [entry for entry in facts.own if entry.covers(number.key) and entry.did in ("", call.did)]
    if not entries:
        trace.append(_NONE)
        return None
    entries.sort(key=_weight, reverse=True)
    for entry in entries:
        if is_over(entry.expires_at, call.at):
            trace.append(Step(NAME, f"{entry.text} covers the caller, but is expired", matched=False))
            continue
        trace.append(Step(NAME, f"{entry.text} is {_WORDS[entry.action]}", matched=True))
        reason = Reason.ALLOWED if entry.action is Action.ALLOW else Reason.BLOCKED
        return settle(
            entry.action,
            reason,
            call=call,
            facts=facts,
            policy=policy,
            trace=trace,
            rule=entry.text,
            label=entry.label,
        )
    return None


def _weight(entry: OwnEntry) -> tuple[bool, int, bool, bool]:
    return not entry.is_prefix, len(entry.key), bool(entry.did), entry.action is Action.ALLOW


OWN_NUMBERS = Chapter(
    NAME,
    "Numbers and prefixes that you allowed or blocked: the longest match wins, and at equal length allow wins.",
    judge,
)
