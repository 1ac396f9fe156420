"""Fixed words of the filter, as people read them. Whatever is not in here is shown as it is."""

from collections.abc import Mapping
from typing import Final

from callfilter.marked import N_

REASONS: Final[Mapping[str, str]] = {
    "protected": N_("protected number"),
    "allowed": N_("allowed by you"),
    "blocked": N_("blocked by you"),
    "rule": N_("one of your rules"),
    "expecting": N_("a call you expect"),
    "trusted": N_("somebody you know"),
    "suspicion": N_("suspicious"),
    "anonymous": N_("no caller number"),
    "invalid": N_("unreadable caller number"),
    "default": N_("nothing against the caller"),
    "error": N_("passed because the filter failed"),
}
"""Reason -> in plain words."""

CHAPTERS: Final[Mapping[str, str]] = {
    "protected": N_("protected"),
    "own numbers": N_("own numbers"),
    "rules for everyone": N_("rules for everyone"),
    "expecting": N_("expecting"),
    "trusted": N_("trusted"),
    "rules for strangers": N_("rules for strangers"),
    "suspicion": N_("suspicion"),
    "default": N_("default"),
    "policy": N_("policy"),
    "error": N_("error"),
}
"""Name of a chapter -> its heading."""

CLASSES: Final[Mapping[str, str]] = {
    "emergency": N_("emergency number"),
    "public-service": N_("public service"),
    "company": N_("company's service line"),
    "call-centre": N_("rented call-centre number"),
    "regional": N_("regional service (96)"),
    "carrier": N_("carrier's number"),
    "toll-free": N_("toll-free number (such as 800)"),
    "shared-cost": N_("shared-cost number (such as 400)"),
    "premium": N_("premium-rate number"),
    "message-port": N_("text-message port"),
    "service": N_("service number"),
    "mvno": N_("resold mobile"),
    "satellite": N_("satellite phone"),
    "iot": N_("SIM card of a machine"),
    "mobile": N_("mobile"),
    "landline": N_("landline"),
    "landline-local": N_("landline without area code"),
    "landline-or-mobile": N_("landline or mobile"),
    "unassigned": N_("unassigned segment"),
    "impossible": N_("impossible number"),
    "area-prefixed": N_("area code before a short number"),
    "international": N_("another country"),
    "withheld": N_("number withheld"),
    "voip": N_("internet telephone"),
    "personal": N_("personal number"),
    "pager": N_("pager"),
    "voicemail-access": N_("voicemail access"),
}
"""Class of numbers -> one of its numbers."""

CALLERS: Final[Mapping[str, str]] = {
    "emergency": N_("emergency numbers"),
    "public-service": N_("public services"),
    "company": N_("companies' service lines"),
    "call-centre": N_("rented call-centre numbers"),
    "regional": N_("regional services (96)"),
    "carrier": N_("carriers' numbers"),
    "toll-free": N_("toll-free numbers (such as 800)"),
    "shared-cost": N_("shared-cost numbers (such as 400)"),
    "premium": N_("premium-rate numbers"),
    "message-port": N_("text-message ports"),
    "service": N_("service numbers"),
    "mvno": N_("resold mobiles"),
    "satellite": N_("satellite phones"),
    "iot": N_("SIM cards of machines"),
    "mobile": N_("mobiles"),
    "landline": N_("landlines"),
    "landline-local": N_("landlines without area code"),
    "landline-or-mobile": N_("landlines or mobiles"),
    "unassigned": N_("numbers of unassigned segments"),
    "impossible": N_("impossible numbers"),
    "area-prefixed": N_("short numbers with an area code"),
    "international": N_("callers from abroad"),
    "withheld": N_("withheld numbers"),
    "voip": N_("internet telephones"),
    "personal": N_("personal numbers"),
    "pager": N_("pagers"),
    "voicemail-access": N_("voicemail accesses"),
}
"""Class of numbers -> those who call by them, as a rule speaks of them."""

KINDS: Final[Mapping[str, str]] = {
    "emergency": N_("emergency services"),
    "public-service": N_("authorities"),
    "carrier": N_("phone carriers"),
    "utility": N_("utilities"),
    "bank": N_("banks"),
    "payment": N_("payment services"),
    "insurer": N_("insurers"),
    "broker": N_("brokers"),
    "courier": N_("couriers"),
    "takeaway": N_("takeaways"),
    "shop": N_("online and other shops"),
    "airline": N_("airlines"),
    "rail": N_("railways"),
    "travel": N_("travel agencies"),
    "hotel": N_("hotels"),
    "hailing": N_("ride hailing"),
    "phone-maker": N_("phone makers"),
    "maker": N_("makers of goods"),
    "media": N_("media"),
    "online": N_("internet companies"),
}
"""Kind of organisation -> several of them."""

DOES: Final[Mapping[str, str]] = {
    "allow": N_("let it ring"),
    "reject": N_("reject it"),
    "voicemail": N_("send it to voicemail"),
    "screen": N_("ask for a key"),
    "divert": N_("divert it"),
    "tarpit": N_("keep it busy"),
}
"""Action -> what it does, as an end of a sentence."""

WATCHES: Final[Mapping[str, str]] = {
    "neighbour": N_("neighbour of reported numbers"),
    "look-alike": N_("look-alike number"),
    "sweep": N_("sweep over your numbers"),
    "block-in-turn": N_("block of numbers in turn"),
    "flood": N_("flood of calls"),
    "redial": N_("redial"),
    "score": N_("score"),
}
"""Step of suspicion -> its name."""

SYMBOLS: Final[Mapping[str, str]] = {
    "call-centre": N_("call centre"),
    "unlisted-400": N_("unlisted 400 number"),
    "resold-mobile": N_("resold"),
    "unassigned": N_("unassigned"),
    "impossible": N_("impossible"),
    "message-port": N_("message port"),
    "premium": N_("premium rate"),
    "international": N_("abroad"),
    "other-province": N_("other province"),
    "no-number": N_("no number"),
    "reported": N_("reported"),
    "first-call": N_("first call"),
    "many-calls": N_("many calls"),
    "failed-screening": N_("failed screening"),
    "left-screening": N_("left screening"),
    "called-before": N_("called before"),
    "neighbour": N_("reported neighbours"),
    "block-in-turn": N_("block in turn"),
    "sweep": N_("sweep"),
    "flood": N_("flood"),
    "look-alike": N_("look-alike"),
    "nearly-alike": N_("nearly alike"),
    "attestation-failed": N_("wrong signature"),
    "attestation-full": N_("full attestation"),
    "name-warns": N_("warning in the name"),
    "name-other-number": N_("other number in the name"),
    "night": N_("night"),
    "listed": N_("listed"),
}
"""Symbol of the score -> its name."""

GROUPS: Final[Mapping[str, str]] = {
    "number": N_("the number"),
    "history": N_("earlier calls"),
    "block": N_("the block"),
    "burst": N_("bursts"),
    "likeness": N_("likeness"),
    "signalling": N_("signalling"),
    "hours": N_("the hour"),
    "directory": N_("the directory"),
}
"""Group of symbols -> its name."""

PRESETS: Final[Mapping[str, str]] = {
    "impossible-numbers": N_("Impossible numbers"),
    "no-caller-id": N_("No caller number"),
    "call-centre-access": N_("Call-centre numbers"),
    "unknown-400": N_("Unknown 400 numbers"),
    "hong-kong-macau-taiwan": N_("Hong Kong, Macau and Taiwan"),
    "international": N_("Other countries"),
    "unassigned-segments": N_("Unassigned segments"),
    "resold-mobiles": N_("Resold mobiles"),
    "landlines-of-other-provinces": N_("Landlines of other provinces"),
}
"""Preset -> its name."""

DEEDS: Final[Mapping[str, str]] = {
    "user-added": N_("added a login"),
    "user-changed": N_("changed a login"),
    "user-removed": N_("removed a login"),
    "password-changed": N_("changed a password"),
    "logged-in": N_("logged in"),
    "logged-out": N_("logged out"),
    "login-failed": N_("failed to log in"),
    "token-added": N_("made a token"),
    "token-revoked": N_("revoked a token"),
    "allowed": N_("allowed a number"),
    "blocked": N_("blocked a number"),
    "forgot": N_("forgot a number"),
    "imported": N_("imported numbers"),
    "numbers-changed": N_("changed numbers"),
    "numbers-undone": N_("took a change of numbers back"),
    "numbers-exported": N_("exported numbers"),
    "trust-revoked": N_("ended the trust in a caller"),
    "report-taken-back": N_("took a report back"),
    "reviewed": N_("reviewed a caller"),
    "review-undone": N_("took a review back"),
    "tagged": N_("labelled a caller"),
    "reported": N_("reported a caller"),
    "expecting": N_("expects a call"),
    "expecting-ended": N_("no longer expects a call"),
    "rule-saved": N_("saved a rule"),
    "rule-removed": N_("removed a rule"),
    "rules-moved": N_("put rules in another order"),
    "policy-saved": N_("saved the policy"),
    "policy-restored": N_("went back to an earlier policy"),
    "preset-on": N_("switched a preset on"),
    "preset-off": N_("switched a preset off"),
    "settings-saved": N_("changed the settings"),
    "exported": N_("exported calls"),
}
"""Deed in the audit -> what was done."""

DECIDERS: Final[Mapping[str, str]] = {
    "protected emergency": N_("an emergency number"),
    "protected public-service": N_("a public service"),
    "protected own line": N_("your own line"),
    "trusted dialled": N_("you had dialled the number"),
    "trusted talked": N_("you had talked with the caller"),
    "trusted proved": N_("the caller had pressed the key before"),
    "anonymous anonymous": N_("your setting for callers without a number"),
    "invalid invalid": N_("your setting for unreadable numbers"),
}
"""What decided, by reason and by what the verdict names."""

SCREENED: Final[Mapping[str, str]] = {
    "passed": N_("pressed the right key"),
    "failed": N_("pressed wrong keys"),
    "silent": N_("pressed no key"),
    "hangup": N_("hung up instead"),
}
"""How a screening ended -> in words."""

SEVERITIES: Final[Mapping[str, str]] = {
    "error": N_("serious"),
    "warning": N_("to be looked at"),
}
"""How bad it is what the linter found."""

TURNS: Final[Mapping[str, str]] = {
    "turns away": N_("turns away"),
    "sends to voicemail": N_("sends to voicemail"),
    "asks for a key from": N_("asks for a key from"),
    "diverts": N_("diverts"),
    "keeps busy": N_("keeps busy"),
}
"""What a rule does to callers, as the linter says it."""

DECIDES: Final[Mapping[str, str]] = {
    "decides": N_("decides"),
    "observes": N_("observes"),
}
"""What a hidden rule never does."""

REMEDIES: Final[Mapping[str, str]] = {
    "move this one above": N_("move this one above"),
    'write who = "everyone" and move this one above': N_('write who = "everyone" and move this one above'),
}
"""What to do about a hidden rule."""

WHOSE: Final[Mapping[str, str]] = {
    "an emergency number": N_("an emergency number"),
    "a public service": N_("a public service"),
    "a number you protect": N_("a number you protect"),
    "one of your own lines": N_("one of your own lines"),
    "your own line": N_("your own line"),
    "a number you allowed": N_("a number you allowed"),
}
"""Whose a number is."""
