"""Fixed words about users, what they did, and what the doctor looks at."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from markupsafe import Markup, escape

from callfilter.web.languages import N_, Language
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
    "name": N_("name"),
    "names": N_("names"),
    "note": N_("note"),
    "number": N_("number"),
    "numbers": N_("numbers"),
    "number_class": N_("class of numbers"),
    "off": N_("switched off"),
    "on": N_("switched on"),
    "place": N_("place"),
    "removed": N_("removed"),
    "review": N_("review"),
    "role": N_("role"),
    "rule": N_("rule"),
    "until": N_("until"),
    "version": N_("version"),
}
"""Names of what the audit tells beside a deed."""

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}[+-][0-9]{2}:[0-9]{2}")


def detail(language: Language, value: object, zone: tzinfo) -> Markup:
    """What the audit tells beside a deed, in words where these are fixed ones; all else is shown harmless."""
    if isinstance(value, list | tuple):
        return Markup(", ").join(detail(language, each, zone) for each in value)
    if isinstance(value, dict):
        pairs = ((name, detail(language, each, zone)) for name, each in value.items())
        return Markup(", ").join(Markup("{} {}").format(*pair) for pair in pairs)
    for words in (ROLES, vocabulary.DOES, vocabulary.PRESETS, vocabulary.WATCHES):
        if isinstance(value, str) and value in words:
            return escape(language.say(words[value]))
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return escape(language.moment(datetime.fromisoformat(value), zone))
    return sentences.value(str(value))
