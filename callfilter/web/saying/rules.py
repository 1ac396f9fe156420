"""A rule in plain words, as admins read it: `Reject landlines from other provinces, on Mon to Fri 09:00-18:30`."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from callfilter.cli.say import harmless
from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying.asked import of_conditions
from callfilter.web.saying.callers import callers, joined
from callfilter.web.saying.said import fill
from filters.moment import is_over
from filters.rule import Mode, Rule, Who
from filters.verdict import Action, Signal

_DEEDS: Final = {
    Action.ALLOW: N_("Let %(callers)s through"),
    Action.REJECT: N_("Reject %(callers)s"),
    Action.VOICEMAIL: N_("Send %(callers)s to voicemail"),
    Action.SCREEN: N_("Ask %(callers)s to press a key"),
    Action.DIVERT: N_("Divert %(callers)s to %(target)s"),
    Action.TARPIT: N_("Keep %(callers)s busy with music"),
}
_SIGNALS: Final = {
    Signal.NOT_FOUND: N_("answered as if there were no such number (SIP %(code)s)"),
    Signal.UNAVAILABLE: N_("answered as not available (SIP %(code)s)"),
    Signal.BUSY: N_("answered as busy (SIP %(code)s)"),
    Signal.DECLINE: N_("answered as declined (SIP %(code)s)"),
    Signal.UNWANTED: N_("answered as unwanted (SIP %(code)s)"),
}


def rule_words(language: Language, rule: Rule, zone: tzinfo | None = None, now: datetime | None = None) -> str:
    """All that a rule does, and to whom.

    Args:
        language: In which it is told.
        rule: May be faulty: then its values are told as they are written.
        zone: Of the shop, for the time at which the rule ends; that time's own if it is not given.
        now: Whether the rule has ended is told if it is given.
    """
    told = callers(language, of_conditions(rule.conditions))
    deed = fill(language, _DEEDS[rule.action], callers=told.core, target=rule.target)
    text = joined(language, (deed, *told.rest))
    for detail in _details(language, rule, zone, now):
        text = fill(language, N_("%(rule)s; %(detail)s"), rule=text, detail=detail)
    return harmless(text)


def _details(language: Language, rule: Rule, zone: tzinfo | None, now: datetime | None) -> Iterator[str]:
    if rule.label:
        yield fill(language, N_("shown as “%(label)s”"), label=rule.label)
    if rule.signal is not None and rule.action in (Action.REJECT, Action.TARPIT):
        yield fill(language, _SIGNALS[rule.signal], code=str(int(rule.signal)))
    if rule.target and rule.action is Action.VOICEMAIL:
        yield fill(language, N_("mailbox %(target)s"), target=rule.target)
    if rule.target and rule.action is Action.SCREEN:
        yield fill(language, N_("who fails goes to mailbox %(target)s"), target=rule.target)
    yield language.say(N_("for everyone") if rule.who is Who.EVERYONE else N_("strangers only"))
    if rule.mode is Mode.OBSERVE:
        yield language.say(N_("only watches"))
    if rule.expires_at is not None:
        until = rule.expires_at
        shown = zone or until.tzinfo
        day = language.day((until.astimezone(shown) if shown else until).date())
        clock = f"{(until.astimezone(shown) if shown else until):%H:%M}"
        ended = now is not None and is_over(until, now)
        yield fill(
            language, N_("ended %(day)s %(clock)s") if ended else N_("until %(day)s %(clock)s"), day=day, clock=clock
        )
    if not rule.enabled:
        yield language.say(N_("switched off"))
