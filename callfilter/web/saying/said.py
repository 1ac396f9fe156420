"""Messages put together from others, with the spaces that a language has between scripts."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from babel.lists import format_list

from callfilter.marked import N_
from callfilter.web.languages import Language

PLACE: Final = re.compile(r"%\((\w+)\)s")
_GAP: Final = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9+_^*])|(?<=[A-Za-z0-9+_*])(?=[\u4e00-\u9fff])")


def fill(language: Language, message: str, **values: str) -> str:
    """A message with values in its places; between Chinese and Latin letters where they meet stands a space."""
    return _joined(values[part] if place % 2 else part for place, part in _parts(language.words.gettext(message)))


def _parts(message: str) -> Iterable[tuple[int, str]]:
    """Literals at even places, names of values at odd ones."""
    return enumerate(PLACE.split(message))


def _joined(parts: Iterable[str]) -> str:
    text = ""
    for part in parts:
        text += f" {part}" if _GAP.search(text[-1:] + part[:1]) else part
    return text


def either(language: Language, values: Sequence[str], more: int = 0) -> str:
    """`a, b or c`."""
    return _listed(language, values, more, "or")


def both(language: Language, values: Sequence[str], more: int = 0) -> str:
    """`a, b and c`."""
    return _listed(language, values, more, "standard")


def _listed(language: Language, values: Sequence[str], more: int, style: Literal["or", "standard"]) -> str:
    named = list(values)
    if more:
        named.append(language.say_count("%(num)s more", "%(num)s more", more))
    # Babel puts the names of places between its commas, and then the values take those places.
    pattern = format_list([f"%({place})s" for place in range(len(named))], style, language.locale)
    return _joined(named[int(part)] if place % 2 else part for place, part in _parts(pattern))


def quoted(language: Language, text: str) -> str:
    """A text that somebody wrote, in quotes."""
    return fill(language, N_("“%(text)s”"), text=text)


def count_of(language: Language, count: int, unit: str) -> str:
    """Such as `10 minutes`, not rounded. `unit` is `seconds`, `minutes`, `hours` or `days`."""
    match unit:
        case "seconds":
            return language.say_count("%(num)s second", "%(num)s seconds", count)
        case "minutes":
            return language.say_count("%(num)s minute", "%(num)s minutes", count)
        case "hours":
            return language.say_count("%(num)s hour", "%(num)s hours", count)
        case _:
            return language.say_count("%(num)s day", "%(num)s days", count)
