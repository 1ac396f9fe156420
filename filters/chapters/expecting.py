"""Open windows: while somebody unknown is expected, strangers ring. Each window closes by itself."""

from filters.call import Call
from filters.chapters.chapter import Chapter, settle
from filters.facts import Expecting, Facts
from filters.moment import is_over
from filters.number import Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

NAME = "expecting"
_OTHERS = Step(NAME, "somebody is expected, but not this caller", matched=False)


def judge(call: Call, number: Number, facts: Facts, policy: Policy, trace: list[Step]) -> Verdict | None:
    """Let the call ring if a window is open for it; where nobody is expected there is no step."""
    if not facts.expecting:
        return None
    window = next((one for one in facts.expecting if _is_for(one, call, number)), None)
    if window is None:
        trace.append(_OTHERS)
        return None
    who = window.note or window.number_class or "a call"
    trace.append(Step(NAME, f"{who} is expected until {window.expires_at:%Y-%m-%d %H:%M %Z}".rstrip(), matched=True))
    return settle(Action.ALLOW, Reason.EXPECTING, call=call, policy=policy, trace=trace, rule=window.note)


def _is_for(window: Expecting, call: Call, number: Number) -> bool:
    return (
        not is_over(window.expires_at, call.at)
        and (window.opened_at is None or is_over(window.opened_at, call.at))
        and window.did in ("", call.did)
        and (not window.number_class or window.number_class in number.classes)
    )


EXPECTING = Chapter(NAME, "While you expect a call from somebody unknown, callers of that kind ring.", judge)
