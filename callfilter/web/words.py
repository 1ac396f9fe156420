"""How values are shown: as filters of templates, made for each language."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from callfilter.cli.say import harmless
from callfilter.web.languages import N_, Language

LONGEST: Final = 200


ACTIONS: Final = {
    "allow": N_("rang"),
    "reject": N_("rejected"),
    "voicemail": N_("to voicemail"),
    "screen": N_("had to press a key"),
    "divert": N_("diverted"),
}


def told(text: str) -> Markup:
    """Text that a caller may have written: on one line, shortened, and unable to reorder what stands around it."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return Markup("<bdi>{}</bdi>").format(escape(harmless(short)))


def _action(language: Language) -> Callable[[str], str]:
    return lambda word: language.say(ACTIONS.get(word, word))


FILTERS: Final[Mapping[str, Callable[[Language], Callable[..., Any]]]] = {
    "told": lambda _: told,
    "number": lambda language: language.number,
    "percent": lambda language: language.percent,
    "day": lambda language: language.day,
    "moment": lambda language: language.moment,
    "clock": lambda language: language.clock,
    "span": lambda language: language.span,
    "action": _action,
}
"""Name -> what makes the filter for a language."""
