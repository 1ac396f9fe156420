"""What the score is made of: each symbol a kind of evidence, with its weight and the group whose sum is capped.

Evidence of one group goes together, such as a number's kind and its place; the cap keeps it from counting twice. No
group reaches the score at which callers are screened: it takes evidence of two kinds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from filters.number import ANONYMOUS, INVALID, read_number
from filters.plans import PLANS
from filters.regions import region_of, region_of_area
from filters.suspicion.case import Case
from filters.verdict import Action

_DAY = timedelta(days=1)
_MANY = 5
"""Calls in a day."""
_NIGHT_FROM, _NIGHT_TO = 22, 7
"""Hours of the shop's time."""
_FEWEST_IMPOSSIBLE = 8
"""Digits: shorter ones may be a company's own short numbers."""
_FEWEST_IN_NAME = 5
_WARNINGS = re.compile(
    r"骚扰|推销|诈骗|营销|广告|spam|scam|telemarket|robocall|fraud|nuisance",
    re.IGNORECASE,
)
"""What carriers and phone apps put into the name of numbers that others complained about."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A kind of evidence."""

    name: str
    group: str
    weight: float
    """Points; negative where it speaks for the caller."""
    about: str
    """One sentence for the shop's owner."""
    evidence: Callable[[Case], str]
    """In a few words, or an empty text where there is none."""


CAPS = {
    "number": 3.0,
    "history": 4.0,
    "block": 4.0,
    "burst": 4.0,
    "likeness": 3.0,
    "signalling": 4.0,
    "hours": 1.0,
    "directory": 4.0,
}
"""Group -> the most points that count of it, for or against."""


def _of_class(name: str, words: str) -> Callable[[Case], str]:
    return lambda case: words if name in case.number.classes and not case.listed else ""


def _impossible(case: Case) -> str:
    classes = case.number.classes
    is_long = sum(digit.isdigit() for digit in case.number.key) >= _FEWEST_IMPOSSIBLE
    fits = "impossible" in classes and "unassigned" not in classes and is_long and not case.listed
    return "nobody can have this number" if fits else ""


def _unassigned(case: Case) -> str:
    classes = case.number.classes
    return "a segment that nobody has" if "unassigned" in classes and "international" not in classes else ""


def _international(case: Case) -> str:
    return f"from {case.number.country or 'abroad'}" if "international" in case.number.classes else ""


def _other_province(case: Case) -> str:
    number = case.number
    plan = PLANS.get(case.shop.country)
    if plan is None or "landline" not in number.classes or number.country != plan.country:
        return ""
    own, theirs = region_of_area(case.shop.area), region_of(number)
    return number.region if own and theirs and own.province != theirs.province else ""


def _no_number(case: Case) -> str:
    if case.number.key == ANONYMOUS:
        return "the caller sent no number"
    return "the caller withholds the number" if "withheld" in case.number.classes else ""


def _first_call(case: Case) -> str:
    return "no call in the last 30 days" if case.is_numbered and not case.around.own else ""


def _reported(case: Case) -> str:
    return "the shop reported this caller" if case.number.key in case.around.reported else ""


def _many_calls(case: Case) -> str:
    count = 1 + len(case.within(case.around.own, _DAY))
    return f"{count} calls in a day" if count >= _MANY else ""


def _screened(*results: str) -> Callable[[Case], str]:
    def evidence(case: Case) -> str:
        last = next((one for one in case.around.own if one.screened in results and one.at <= case.call.at), None)
        return f"on {last.at.astimezone(case.shop.zone):%Y-%m-%d}" if last else ""

    return evidence


def _called_before(case: Case) -> str:
    since = case.call.at - _DAY
    rang = any(one.action is Action.ALLOW and one.at <= since for one in case.around.own)
    return "rang on another day" if rang else ""


def _found(name: str) -> Callable[[Case], str]:
    """What the step of that name found."""

    def evidence(case: Case) -> str:
        found = case.found.get(name)
        return found.evidence if found else ""

    return evidence


def _look_alike(*, weak: bool) -> Callable[[Case], str]:
    return lambda case: case.likeness.evidence if case.likeness and case.likeness.weak is weak else ""


def _attested(word: str, words: str) -> Callable[[Case], str]:
    return lambda case: words if case.call.attestation == word else ""


def _warns(case: Case) -> str:
    found = _WARNINGS.search(case.call.name)
    return f"the name says {found[0]}" if found else ""


def _other_number(case: Case) -> str:
    name = case.call.name.strip().lstrip("+")
    if len(name) < _FEWEST_IN_NAME or not (name.isascii() and name.isdigit()):
        return ""
    shop = case.shop
    key = read_number(case.call.name, country=shop.country, area=shop.area).key
    return "" if key in (case.number.key, ANONYMOUS, INVALID) else "the name is another number"


def _night(case: Case) -> str:
    at = case.call.at.astimezone(case.shop.zone)
    return f"at {at:%H:%M}" if at.hour >= _NIGHT_FROM or at.hour < _NIGHT_TO else ""


def _listed(case: Case) -> str:
    return case.listed.english if case.listed else ""


SYMBOLS = (
    Symbol(
        "call-centre",
        "number",
        2,
        "A rented call-centre number (950, 951, 952, 954, 957 and long 95 numbers) that the directory does not know.",
        _of_class("call-centre", "a rented number"),
    ),
    Symbol(
        "unlisted-400",
        "number",
        1.5,
        "A 400 number that the directory does not know.",
        _of_class("shared-cost", "not in the directory"),
    ),
    Symbol("resold-mobile", "number", 1, "A mobile number of a resold segment.", _of_class("mvno", "a resold segment")),
    Symbol("unassigned", "number", 3, "A mobile number of a segment that nobody has.", _unassigned),
    Symbol("impossible", "number", 3, "A number that nobody can have, of eight digits or more.", _impossible),
    Symbol(
        "message-port",
        "number",
        2,
        "A number that sends text messages, and should not call.",
        _of_class("message-port", "a text message's number"),
    ),
    Symbol("premium", "number", 2, "A number that is dear to call back.", _of_class("premium", "dear to call back")),
    Symbol("international", "number", 1.5, "A caller from another country.", _international),
    Symbol("other-province", "number", 0.5, "A landline of another province.", _other_province),
    Symbol("no-number", "number", 1, "A caller who sends no number, or withholds it.", _no_number),
    Symbol("reported", "history", 4, "You reported this very number, and have not blocked it.", _reported),
    Symbol("first-call", "history", 1, "The first call in 30 days.", _first_call),
    Symbol("many-calls", "history", 1.5, "Five calls or more in a day.", _many_calls),
    Symbol("failed-screening", "history", 3, "Failed a screening in the last 30 days.", _screened("failed", "silent")),
    Symbol("left-screening", "history", 1, "Hung up when asked to press a key.", _screened("hangup")),
    Symbol("called-before", "history", -1, "Rang on another day of the last 30.", _called_before),
    Symbol("neighbour", "block", 3, "What the step `neighbour` finds.", _found("neighbour")),
    Symbol("block-in-turn", "block", 2.5, "What the step `block-in-turn` finds.", _found("block-in-turn")),
    Symbol("sweep", "burst", 2.5, "What the step `sweep` finds.", _found("sweep")),
    Symbol("flood", "burst", 1, "What the step `flood` finds.", _found("flood")),
    Symbol("look-alike", "likeness", 3, "What the step `look-alike` finds.", _look_alike(weak=False)),
    Symbol(
        "nearly-alike",
        "likeness",
        0.5,
        "A number like a trusted one that may well be just another, such as one next to your own.",
        _look_alike(weak=True),
    ),
    Symbol(
        "attestation-failed",
        "signalling",
        4,
        "The signature of the caller's number is wrong (STIR/SHAKEN).",
        _attested("failed", "the signature is wrong"),
    ),
    Symbol(
        "attestation-full",
        "signalling",
        -1.5,
        "The caller's carrier vouches for the number in full (attestation A).",
        _attested("A", "the carrier vouches for it"),
    ),
    Symbol("name-warns", "signalling", 3, "The name is a carrier's warning, such as 骚扰电话 or SPAM.", _warns),
    Symbol("name-other-number", "signalling", 1, "The name is another number than the caller's.", _other_number),
    Symbol("night", "hours", 0.5, "A call between 22:00 and 07:00 of the shop's time.", _night),
    Symbol("listed", "directory", -3, "The directory knows the number.", _listed),
)
"""All symbols, in the order of docs and traces."""
