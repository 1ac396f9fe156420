"""How values are shown: as filters of templates, made for each language. `saying/` has the words of the filter."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final

from markupsafe import Markup, escape

from callfilter.cli.say import harmless
from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying import people, places, vocabulary
from callfilter.web.saying.hours import window_words
from callfilter.web.saying.rules import rule_words
from callfilter.web.saying.sentences import Teller
from filters.directories.listing import Listing
from filters.rule import Rule
from filters.schedule import Window

LONGEST: Final = 200


ACTIONS: Final = {
    "allow": N_("rang"),
    "reject": N_("rejected"),
    "voicemail": N_("to voicemail"),
    "screen": N_("had to press a key"),
    "divert": N_("diverted"),
    "tarpit": N_("kept busy"),
}


def told(text: str) -> Markup:
    """Text that a caller may have written: on one line, shortened, and unable to reorder what stands around it."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return Markup("<bdi>{}</bdi>").format(escape(harmless(short)))


Maker = Callable[[Language], Callable[..., Any]]


def _words(words: Mapping[str, str]) -> Maker:
    """A filter for fixed words; one that is not among them stays."""
    return lambda language: lambda word: language.say(words[word]) if word in words else word


@lru_cache(maxsize=8)
def teller(language: Language) -> Teller:
    """What tells the filter's sentences in a language, and remembers them."""
    return Teller(language)


def _rule(language: Language) -> Callable[..., str]:
    def words(rule: Rule, zone: tzinfo | None = None, now: datetime | None = None) -> str:
        return rule_words(language, rule, zone, now)

    return words


def _classes(language: Language) -> Callable[[Iterable[str]], list[str]]:
    """Classes of a number, those that say most first: a company's line is a service number too."""
    order = list(vocabulary.CLASSES)

    def named(classes: Iterable[str]) -> list[str]:
        known = sorted(classes, key=lambda name: (order.index(name) if name in order else len(order), name))
        return [language.say(vocabulary.CLASSES.get(name, name)) for name in known]

    return named


def _decider(language: Language) -> Callable[[str, str], Markup | str]:
    """What decided a call, from its `rule` and its reason: `{{ call.rule|decider(call.reason) }}`."""

    def named(rule: str, reason: str) -> Markup | str:
        known = vocabulary.DECIDERS.get(f"{reason} {rule}")
        if reason == "suspicion":
            known = vocabulary.WATCHES.get(rule)
        elif reason == "rule" and rule in vocabulary.PRESETS:
            known = vocabulary.PRESETS[rule]
        return language.say(known) if known else told(rule)

    return named


def _region(language: Language) -> Callable[[str], str]:
    return lambda text: places.region(language, text)


def _country(language: Language) -> Callable[[str], str]:
    return lambda code: places.country(language, code)


def _listing(language: Language) -> Callable[[Listing], str]:
    return lambda listing: places.listing(language, listing)


def _window(language: Language) -> Callable[[Window], str]:
    return lambda window: window_words(language, window)


def _detail(language: Language) -> Callable[[object, str, tzinfo], Markup]:
    return lambda value, name, zone: people.detail(language, name, value, zone)


FILTERS: Final[Mapping[str, Maker]] = {
    "told": lambda _: told,
    "number": lambda language: language.number,
    "percent": lambda language: language.percent,
    "day": lambda language: language.day,
    "moment": lambda language: language.moment,
    "clock": lambda language: language.clock,
    "span": lambda language: language.span,
    "action": _words(ACTIONS),
    "does": _words(vocabulary.DOES),
    "reason": _words(vocabulary.REASONS),
    "chapter": _words(vocabulary.CHAPTERS),
    "number_class": _words(vocabulary.CLASSES),
    "number_classes": _classes,
    "kind": _words(vocabulary.KINDS),
    "watch": _words(vocabulary.WATCHES),
    "symbol": _words(vocabulary.SYMBOLS),
    "preset": _words(vocabulary.PRESETS),
    "decider": _decider,
    "screened": _words(vocabulary.SCREENED),
    "severity": _words(vocabulary.SEVERITIES),
    "deed": _words(vocabulary.DEEDS),
    "detail_name": _words(people.DETAILS),
    "detail": _detail,
    "role": _words(people.ROLES),
    "role_may": _words(people.ROLES_MAY),
    "subject": _words(people.SUBJECTS),
    "mark": _words(people.MARKS),
    "region": _region,
    "country": _country,
    "listing": _listing,
    "window": _window,
    "rule_words": _rule,
    "step": teller,
    "finding": teller,
    "said": teller,
}
"""Name -> what makes the filter for a language. `step`, `finding` and `said` all tell any sentence of the filter."""
