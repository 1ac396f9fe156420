"""Fixed words about users, what they did, and what the doctor looks at."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from markupsafe import Markup, escape

from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying import sentences, vocabulary

ROLES: Final[Mapping[str, str]] = {"viewer": N_("Viewer"), "clerk": N_("Clerk"), "admin": N_("Admin")}

ROLES_MAY: Final[Mapping[str, str]] = {
    "viewer": N_("looks at everything, changes nothing"),
    "clerk": N_("reviews calls, lets callers through for a day, expects calls"),
    "admin": N_("may do everything"),
}

SUBJECTS: Final[Mapping[str, str]] = {
    "settings": N_("Settings"),
    "database": N_("Database"),
    "disk": N_("Disk"),
    "policy": N_("Rules"),
    "service": N_("Service"),
    "call log": N_("Call log"),
    "manager": N_("Asterisk's manager interface"),
    "asterisk": N_("Asterisk"),
    "modules": N_("Asterisk's modules"),
    "dialplan": N_("Dialplan"),
    "voicemail": N_("Voicemail"),
}
"""What the doctor looks at."""

MARKS: Final[Mapping[str, str]] = {"ok": N_("in order"), "warning": N_("worth a look"), "fault": N_("to be mended")}

DETAILS: Final[Mapping[str, str]] = {
    "action": N_("action"),
    "address": N_("from"),
    "added": N_("added"),
    "at": N_("time"),
    "before": N_("before"),
    "caller": N_("caller"),
    "calls": N_("calls"),
    "changed": N_("changed"),
    "class": N_("class of numbers"),
    "count": N_("count"),
    "deed": N_("what"),
    "did": N_("called number"),
    "entries": N_("entries"),
    "file": N_("file"),
    "format": N_("format"),
    "key": N_("number"),
    "keys": N_("numbers"),
    "label": N_("label"),
    "minutes": N_("minutes"),
    "name": N_("name"),
    "names": N_("names"),
    "note": N_("note"),
    "number": N_("number"),
    "numbers": N_("numbers"),
    "number_class": N_("class of numbers"),
    "off": N_("switched off"),
    "on": N_("switched on"),
    "place": N_("place"),
    "preset": N_("preset"),
    "presets": N_("presets"),
    "reason": N_("reason"),
    "removed": N_("removed"),
    "restored": N_("version that is in force again"),
    "review": N_("review"),
    "role": N_("role"),
    "rule": N_("rule"),
    "since": N_("since"),
    "step": N_("step of suspicion"),
    "tab": N_("list"),
    "tokens": N_("revoked tokens"),
    "trunk": N_("trunk"),
    "until": N_("until"),
    "version": N_("version"),
    "what": N_("format"),
}
"""Names of what the audit tells beside a deed."""

REVIEWS: Final[Mapping[str, str]] = {
    "allow": N_("let through from now on"),
    "day": N_("let through for 24 hours"),
    "did": N_("let through on one number"),
    "label": N_("let through with a label"),
    "label-day": N_("let through for 24 hours, with a label"),
    "right": N_("correctly blocked"),
    "block": N_("block of numbers blocked"),
    "seen": N_("looked at"),
}
"""What was said of a caller in the inbox."""

LISTS: Final[Mapping[str, str]] = {
    "blocked": N_("Blocked"),
    "allowed": N_("Allowed and contacts"),
    "trusted": N_("Trusted"),
    "reported": N_("Reported"),
}
"""Lists of numbers."""

SETTINGS: Final[Mapping[str, str]] = {
    "area": N_("Your area code"),
    "country": N_("Country"),
    "extensions": N_("Extensions"),
    "keep_days": N_("Days for which calls are kept"),
    "language": N_("Language for those who chose none"),
    "mask_numbers": N_("Hide the middle of numbers in the service's log"),
    "policy.anonymous": N_("Callers who send no number"),
    "policy.invalid": N_("Callers whose number cannot be read"),
    "policy.mailbox": N_("Mailbox for filtered calls"),
    "policy.protected": N_("Protected numbers"),
    "policy.signal": N_("What a rejected caller's side is told"),
}
"""Settings as the audit names them -> as the page for them does."""
_OF_SETTINGS: Final[Mapping[str, str]] = {"dids": N_("Called number"), "trunks": N_("Trunk")}
"""Tables of settings: behind a full stop stands what somebody wrote."""

_READY: Final = {**vocabulary.PRESETS, **vocabulary.WATCHES}
VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "action": vocabulary.DOES,
    "before": ROLES,
    "mask_numbers": {"True": N_("yes"), "False": N_("no")},
    "number_class": vocabulary.CLASSES,
    "off": _READY,
    "on": _READY,
    "policy.anonymous": vocabulary.DOES,
    "policy.invalid": vocabulary.DOES,
    "preset": _READY,
    "presets": _READY,
    "reason": vocabulary.REASONS,
    "review": REVIEWS,
    "role": ROLES,
    "rule": vocabulary.PRESETS,
    "step": vocabulary.WATCHES,
    "tab": LISTS,
}
"""Name of a detail -> its fixed words. All other details are what somebody wrote, even where that looks like one."""

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}[+-][0-9]{2}:[0-9]{2}")


def detail(language: Language, name: str, value: object, zone: tzinfo) -> Markup:
    """What the audit tells beside a deed, in words where these are fixed ones; all else is shown harmless."""
    if isinstance(value, list | tuple):
        return Markup(", ").join(detail(language, name, each, zone) for each in value)
    if isinstance(value, dict):
        pair = escape(language.say(N_("%(what)s: %(value)s")))
        return escape(language.say(N_("; "))).join(
            pair % {"what": _setting(language, inner), "value": detail(language, inner, each, zone)}
            for inner, each in value.items()
        )
    words = VALUES.get(name, {})
    if isinstance(value, str) and value in words:
        return escape(language.say(words[value]))
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return escape(language.moment(datetime.fromisoformat(value), zone))
    return sentences.value(str(value))


def _setting(language: Language, name: str) -> Markup:
    table, _, written = name.partition(".")
    if table in _OF_SETTINGS:
        return Markup("{} {}").format(language.say(_OF_SETTINGS[table]), sentences.value(written))
    return escape(language.say(SETTINGS[name])) if name in SETTINGS else sentences.value(name)
