"""Whom a rule is about, as a person would say it: `landlines from other provinces, except those in the directory`.

Every language puts the parts together by messages of its own, so that Chinese has them before the noun.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying import places
from callfilter.web.saying.asked import Asked
from callfilter.web.saying.hours import hours
from callfilter.web.saying.said import both, count_of, either, fill, quoted
from callfilter.web.saying.vocabulary import CALLERS, KINDS

_OWN: Final = "own"
_NUMBERS: Final = frozenset({"prefix", "range", "pattern", "regex", "digits"})
"""Kinds that are about digits: then it is numbers that are spoken of."""
_REGISTERED: Final = frozenset({"landline", "mobile", "mvno", "satellite"})
"""Classes all of whose numbers have a place: outside of one is then in another one."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Whom conditions are about."""

    core: str
    """Who it is."""
    rest: tuple[str, ...] = ()
    """Who is left out, and when it holds."""

    def text(self, language: Language) -> str:
        """All of it."""
        return joined(language, (self.core, *self.rest))


def joined(language: Language, parts: Sequence[str]) -> str:
    """Parts of a sentence, with commas."""
    text = parts[0]
    for part in parts[1:]:
        text = fill(language, N_("%(first)s, %(then)s"), first=text, then=part)
    return text


def callers(language: Language, asked: Sequence[Asked]) -> Callers:
    """Those who meet all of the conditions."""
    plain = {one.kind: one for one in asked if not one.negated}
    negated = {one.kind: one for one in asked if one.negated}
    core, said = _noun(language, plain)
    for kind in ("region", "country"):
        if kind in plain:
            place = _places(language, plain[kind])
            core = fill(language, N_("%(callers)s from %(place)s"), callers=core, place=place)
    if "region" in negated and _is_registered(plain):
        core = _elsewhere(language, core, negated.pop("region"))
    whichs = [_which(language, one) for kind, one in plain.items() if kind not in {said, "region", "country", "window"}]
    flips = {kind: _FLIPS[kind] for kind, one in negated.items() if kind in _FLIPS and not one.values}
    whichs += [language.say(words) for words in flips.values()]
    if whichs:
        core = fill(language, N_("%(callers)s %(which)s"), callers=core, which=_together(language, whichs))
    others = [_others(language, one) for kind, one in negated.items() if kind not in {*flips, "window"}]
    rest = [fill(language, N_("except %(callers)s"), callers=both(language, others))] if others else []
    times = [hours(language, one) for one in asked if one.kind == "window"]
    return Callers(core, (*rest, *times))


def _together(language: Language, whichs: Sequence[str]) -> str:
    """Several things that qualify one noun."""
    text = whichs[0]
    for which in whichs[1:]:
        text = fill(language, N_("%(first)s and %(then)s"), first=text, then=which)
    return text


def _noun(language: Language, plain: Mapping[str, Asked]) -> tuple[str, str]:
    """What is spoken of, and the kind of condition that is told by that."""
    if "number" in plain:
        return both(language, plain["number"].values, plain["number"].more), "number"
    if "class" in plain:
        return both(language, _classes(language, plain["class"]), plain["class"].more), "class"
    if "listed" in plain and plain["listed"].values:
        return _organisations(language, plain["listed"]), "listed"
    if plain.keys() & _NUMBERS:
        return language.say(N_("numbers")), ""
    return language.say(N_("callers") if plain.keys() - {"window"} else N_("every caller")), ""


def _classes(language: Language, one: Asked) -> list[str]:
    return [language.say(CALLERS.get(name.lower(), name)) for name in one.values]


def _organisations(language: Language, one: Asked) -> str:
    kinds = [language.say(KINDS.get(name.lower(), name)) for name in one.values]
    return fill(language, N_("%(kinds)s in the directory"), kinds=both(language, kinds, one.more))


def _places(language: Language, one: Asked) -> str:
    named = [_place(language, one.kind, value) for value in one.values]
    return either(language, named, one.more)


def _place(language: Language, kind: str, value: str) -> str:
    if kind == "country":
        return places.country(language, value.upper())
    return language.say(N_("your own province")) if value.lower() == _OWN else places.region(language, value)


def _is_registered(plain: Mapping[str, Asked]) -> bool:
    return "class" in plain and _REGISTERED.issuperset(plain["class"].values)


def _elsewhere(language: Language, core: str, one: Asked) -> str:
    if [value.lower() for value in one.values] == [_OWN]:
        return fill(language, N_("%(callers)s from other provinces"), callers=core)
    return fill(language, N_("%(callers)s from outside %(place)s"), callers=core, place=_places(language, one))


def _others(language: Language, one: Asked) -> str:
    """Those who are left out, as a noun of their own."""
    if one.kind == "number":
        return both(language, one.values, one.more)
    if one.kind == "class":
        return both(language, _classes(language, one), one.more)
    if one.kind == "listed" and one.values:
        return _organisations(language, one)
    if one.kind in {"region", "country"}:
        return fill(language, N_("those from %(place)s"), place=_places(language, one))
    return fill(language, N_("those %(which)s"), which=_which(language, one))


def _which(language: Language, one: Asked) -> str:
    """A condition as what qualifies a noun."""
    if not one.values and one.kind in _PLAIN:
        return language.say(_PLAIN[one.kind])
    each = _EACH.get(one.kind)
    if each:
        return either(language, [each(language, value) for value in one.values], one.more)
    words = _WITH_VALUES.get(one.kind)
    shown = _SHOWN.get(one.kind)
    values = either(language, [shown(language, value) if shown else value for value in one.values], one.more)
    if words is None:
        return fill(language, N_("whose %(kind)s is %(values)s"), kind=one.kind, values=values)
    return fill(language, words, values=values)


_PLAIN: Final[Mapping[str, str]] = {
    "anonymous": N_("hiding their number"),
    "invalid": N_("with an unreadable number"),
    "first_call": N_("calling for the first time"),
    "listed": N_("in the directory"),
    "redirecting": N_("forwarded to you"),
}
"""Kinds that are so or not -> the words for what is so."""

_FLIPS: Final[Mapping[str, str]] = {
    "anonymous": N_("showing their number"),
    "invalid": N_("with a readable number"),
    "first_call": N_("having called before"),
    "listed": N_("unknown to the directory"),
    "redirecting": N_("not forwarded to you"),
}
"""The same for what is not so."""

_WITH_VALUES: Final[Mapping[str, str]] = {
    "number": N_("with the number %(values)s"),
    "prefix": N_("beginning with %(values)s"),
    "range": N_("in the range %(values)s"),
    "pattern": N_("like %(values)s"),
    "regex": N_("that fit the expression %(values)s"),
    "name": N_("with %(values)s in the name"),
    "name_regex": N_("whose name fits the expression %(values)s"),
    "did": N_("calling %(values)s"),
    "trunk": N_("coming in by trunk %(values)s"),
    "redirecting": N_("forwarded by %(values)s"),
    "listed": N_("that are listed as %(values)s"),
    "class": N_("that are %(values)s"),
}
"""Kind -> the words around its values."""

_SHOWN: Final[Mapping[str, Callable[[Language, str], str]]] = {
    "prefix": lambda _, value: value.removesuffix("*"),
    "pattern": quoted,
    "regex": lambda language, value: quoted(language, _short(value)),
    "name": quoted,
    "name_regex": lambda language, value: quoted(language, _short(value)),
    "listed": lambda language, value: language.say(KINDS.get(value.lower(), value)),
    "class": lambda language, value: language.say(CALLERS.get(value.lower(), value)),
}
"""Kind -> how one of its values is shown, where that is not as it is written."""


def _short(expression: str) -> str:
    """As much of an expression as tells it from others; the whole stands in the editor."""
    return expression if len(expression) <= _LONG else f"{expression[: _LONG - 6]}…"


_LONG: Final = 30
"""Characters."""


def _digits(language: Language, value: str) -> str:
    fewest, span, most = value.partition("-")
    if most:
        return fill(language, N_("with %(fewest)s to %(most)s digits"), fewest=fewest, most=most)
    return fill(language, N_("with %(count)s digits or more") if span else N_("with %(count)s digits"), count=fewest)


def _attestation(language: Language, value: str) -> str:
    match value.lower():
        case "failed":
            return language.say(N_("with a wrong signature"))
        case "none":
            return language.say(N_("without attestation"))
        case _:
            return fill(language, N_("with attestation %(level)s"), level=value.upper())


def _calls(language: Language, value: str) -> str:
    count, _, span = (part.strip() for part in value.lower().partition("in"))
    number = span.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = {"m": "minutes", "h": "hours", "d": "days"}.get(span[len(number) :].strip()[:1])
    if unit and number.isdecimal():
        span = count_of(language, int(number), unit)
    return fill(language, N_("calling %(count)s times or more within %(span)s"), count=count, span=span)


def _score(language: Language, value: str) -> str:
    least, span, most = (part.strip() for part in value.partition("-"))
    if span and not most:
        return fill(language, N_("with a score of %(least)s or more"), least=least)
    return fill(language, N_("with a score of %(least)s to %(most)s"), least=least, most=most)


_EACH: Final[Mapping[str, Callable[[Language, str], str]]] = {
    "digits": _digits,
    "attestation": _attestation,
    "calls": _calls,
    "score": _score,
}
"""Kinds whose values are told one by one."""
