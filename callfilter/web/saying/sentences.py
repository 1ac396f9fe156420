"""Sentences of the filter in the language of the page.

The filter speaks English, and the log keeps what it said. Each of its sentences is a template in `messages.py`: a
sentence is matched back to its template, and told anew with what stands in its places. Each place is matched once, at
the first chance, so hostile texts cost no more than others. What fits no template stays English.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

from callfilter.cli.say import harmless
from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying import asked, places, vocabulary
from callfilter.web.saying.callers import callers
from callfilter.web.saying.messages import SENTENCES
from callfilter.web.saying.said import PLACE, both, count_of, either, fill

LONGEST: Final = 4000
"""Characters of a sentence that are looked at; the trace has none so long."""
_LONGEST_VALUE: Final = 200
_REMEMBERED: Final = 4096
"""Sentences, in each language."""
_GLANCE: Final = 4
"""Characters at either end by which templates are looked up."""
_DEEPEST: Final = 8
"""Sentences within sentences."""


def value(text: str) -> Markup:
    """What somebody wrote or sent: shortened, and unable to reorder what stands around it."""
    short = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
    return _isolated(short)


def _isolated(text: str) -> Markup:
    shown = escape(harmless(text))
    return shown if text.isascii() else Markup("<bdi>{}</bdi>").format(shown)


class Template:
    """A sentence with places for values."""

    def __init__(self, message: str) -> None:
        parts = PLACE.split(message)
        self.message = message
        self.names = parts[1::2]
        literals = parts[::2]
        self._begin: str = literals[0]
        self._between: list[str] = literals[1:-1]
        self._end: str = literals[-1]
        self.weight = sum(map(len, literals))

    def may_be(self, begin: str, end: str) -> bool:
        """Whether a sentence that begins and ends so may be this one."""
        at_begin, at_end = self._begin[:_GLANCE], self._end[-_GLANCE:]
        return begin.startswith(at_begin) and end.endswith(at_end)

    def values(self, text: str) -> list[str] | None:
        """What stands in the places of a sentence; None if it is another one."""
        if not self.names:
            return [] if text == self.message else None
        if not (text.startswith(self._begin) and text.endswith(self._end)):
            return None
        at, stop = len(self._begin), len(text) - len(self._end)
        found = []
        for literal in self._between:
            place = text.find(literal, at + 1, stop)
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(literal)
        return [*found, text[at:stop]] if at < stop else None


_ORDERED: Final = sorted(map(Template, SENTENCES), key=lambda one: -one.weight)
"""Those that say most come first."""


@lru_cache(maxsize=2048)
def _candidates(begin: str, end: str) -> tuple[Template, ...]:
    """Templates for sentences whose first and last characters are these."""
    return tuple(one for one in _ORDERED if one.may_be(begin, end))


class Teller:
    """The filter's sentences in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._speaks_english = language.tag == "en"
        self.remembered = lru_cache(maxsize=_REMEMBERED)(self._whole)

    def __call__(self, text: str) -> Markup:
        """A sentence, or as it is if nobody knows it."""
        return self.remembered(text[:LONGEST])

    def _whole(self, text: str) -> Markup:
        if not self._speaks_english:
            found = self.tell(text)
            if found is not None:
                return found
        return _isolated(text)

    def tell(self, text: str, depth: int = 0) -> Markup | None:
        """A sentence in this language; None if nobody knows it."""
        if depth > _DEEPEST:
            return None
        for template in _candidates(text[:_GLANCE], text[-_GLANCE:]):
            found = template.values(text)
            if found is None:
                continue
            told = {
                name: _PLACES.get(name, _as_written)(self, inner, depth + 1)
                for name, inner in zip(template.names, found, strict=True)
            }
            if None not in told.values():
                message = escape(self.language.say(template.message))
                return message % told if told else message
        return None

    def word(self, words: Mapping[str, str], text: str) -> str | None:
        """A fixed word of the filter."""
        found = words.get(text)
        return None if found is None else self.language.say(found)


Tell = Callable[[Teller, str, int], Markup | str | None]
"""What stands in a place, or None if it does not fit there."""


def _as_written(_teller: Teller, text: str, _depth: int) -> Markup | None:
    return value(text)


def _fitting(pattern: str) -> Tell:
    fits = re.compile(pattern, re.DOTALL).fullmatch
    return lambda _teller, text, _depth: value(text) if fits(text) else None


def _word(words: Mapping[str, str]) -> Tell:
    return lambda teller, text, _depth: teller.word(words, text)


def _sentence(teller: Teller, text: str, depth: int) -> Markup | None:
    return teller.tell(text, depth)


def _sentence_if_known(teller: Teller, text: str, depth: int) -> Markup:
    """Faults may be anything: they come from libraries too."""
    return teller.tell(text, depth) or value(text)


def _conditions(teller: Teller, text: str, _depth: int) -> str | None:
    read = asked.read(text)
    return None if read is None else callers(teller.language, read).text(teller.language)


def _conditions_in_quotes(teller: Teller, text: str, _depth: int) -> str | None:
    """`class mobile” and “digits 5`, whose outer quotes stand in the template."""
    told = [_conditions(teller, each, 0) for each in text.split("” and “")]
    return "”“".join(each for each in told if each) if all(told) else None


def _country(teller: Teller, text: str, _depth: int) -> str | None:
    found = places.country(teller.language, text)
    return found if found != text or len(text) == _CODE else None


def _region(teller: Teller, text: str, _depth: int) -> str:
    return places.region(teller.language, text)


def _evidence(teller: Teller, text: str, depth: int) -> Markup | str | None:
    """A sentence, the place of a landline, or an organisation of the directory."""
    told = teller.tell(text, depth)
    if told is not None:
        return told
    return places.chinese_region(text) or places.organisation(text)


def _symbols(teller: Teller, text: str, depth: int) -> Markup | None:
    """`night 0.5 (at 23:10), first-call 1 (no call in the last 30 days)`."""
    found = list(_SYMBOL.finditer(text))
    if not found or found[0].start() != 0:
        return None
    told = []
    ends = [one.start() for one in found[1:]] + [len(text)]
    for one, end in zip(found, ends, strict=True):
        name, points, group, most = one.groups()
        message = N_("all of “%(name)s” together %(points)s") if group else N_("%(name)s %(points)s (%(evidence)s)")
        values = {
            "name": teller.word(vocabulary.GROUPS if group else vocabulary.SYMBOLS, group or name),
            "points": points or most,
            "evidence": "" if group else _evidence(teller, text[one.end() : end].removesuffix(")"), depth),
        }
        if None in values.values():
            return None
        told.append(escape(teller.language.say(message)) % values)
    return escape(fill(teller.language, N_("%(first)s, %(then)s"), first="", then="")).join(told)


def _model(teller: Teller, text: str, _depth: int) -> Markup | None:
    """`95588 (Industrial and Commercial Bank of China)`: a number and whose it is."""
    number, _, whose = text.partition(" (")
    whose = whose.removesuffix(")")
    told = teller.word(vocabulary.WHOSE, whose) or places.organisation(whose)
    if not told:
        return None
    return escape(teller.language.say(N_("%(number)s (%(whose)s)"))) % {"number": value(number), "whose": told}


def _kinds(teller: Teller, text: str, _depth: int) -> str | None:
    """`3 bank, 1 courier`."""
    told = []
    for each in text.split(", "):
        count, _, kind = each.partition(" ")
        name = teller.word(vocabulary.KINDS, kind)
        if name is None:
            return None
        told.append(teller.language.say(N_("%(kind)s: %(count)s"), kind=name, count=count))
    return both(teller.language, told)


def _choice(teller: Teller, text: str, _depth: int) -> Markup | None:
    """`allow, screen or voicemail`: words to write, which stay."""
    words = re.split(r", | or ", text)
    if any(" " in each for each in words):
        return None
    return value(either(teller.language, words))


def _places(teller: Teller, text: str, _depth: int) -> Markup:
    """`Suzhou, Jiangsu (江苏苏州) or …`: names to write, which stay."""
    return value(either(teller.language, text.split(" or ")))


def _presets(teller: Teller, text: str, _depth: int) -> str | None:
    """`no-caller-id, sweep`: ready-made rules and steps."""
    words = {**vocabulary.WATCHES, **vocabulary.PRESETS}
    names = [teller.word(words, each) for each in text.split(", ")]
    return both(teller.language, [name for name in names if name]) if all(names) else None


def _minutes(teller: Teller, text: str, _depth: int) -> str | None:
    count = "1" if text == "a minute" else text.removesuffix(" minutes")
    return count_of(teller.language, int(count), "minutes") if count.isdecimal() else None


def _rule(teller: Teller, text: str, _depth: int) -> Markup | str:
    """The name of a rule: presets have names of ours."""
    return teller.word(vocabulary.PRESETS, text) or value(text)


def _who(teller: Teller, text: str, _depth: int) -> Markup | str:
    return teller.word(vocabulary.CLASSES, text) or value(text)


_CODE: Final = 2
_SYMBOL: Final = re.compile(
    r"(?:^|, )(?:([a-z][a-z0-9-]{0,39}) (-?[0-9.]{1,9}) \(|all of group ([a-z]{1,20}) together (-?[0-9.]{1,9}))"
)
_PLAIN: Final = r"(?:[^:]|:(?! ))+"
"""Nothing that a sentence could go on behind."""
_SETTING: Final = r"(?:[^ ]+: )?[^ ]+"
"""A setting, and before it the file in which it stands."""
_NUMBER: Final = _fitting(r"-?[0-9][0-9.,]{0,11}")
_PLACES: Final[Mapping[str, Tell]] = {
    "action": _word(vocabulary.DOES),
    "choice": _choice,
    "condition": _conditions,
    "conditions": _conditions,
    "construct": _sentence,
    "count": _NUMBER,
    "country": _country,
    "does": _word(vocabulary.DECIDES),
    "evidence": _evidence,
    "fault": _sentence_if_known,
    "finds": _sentence,
    "inner": _sentence,
    "instead": _sentence,
    "key": _fitting(r"[\w.+:-]{1,60}"),
    "kinds": _kinds,
    "id": _fitting(r"[0-9A-Za-z?-]{1,40}"),
    "least": _NUMBER,
    "line": _NUMBER,
    "meaning": _sentence,
    "minutes": _minutes,
    "model": _model,
    "most": _NUMBER,
    "name": _fitting(r"(?!rule '|preset ').{1,80}"),
    "number": _fitting(_PLAIN),
    "places": _places,
    "points": _NUMBER,
    "path": _fitting(_PLAIN),
    "presets": _presets,
    "quoted": _conditions_in_quotes,
    "region": _region,
    "remedy": _word(vocabulary.REMEDIES),
    "rule": _rule,
    "seconds": _NUMBER,
    "release": _fitting(r"[0-9A-Za-z?][^ ]{0,40}|Asterisk [^ ]{1,40}|an unknown version"),
    "setting": _fitting(_SETTING),
    "share": _fitting(r"[0-9]{1,3}%"),
    "size": _NUMBER,
    "step": _sentence,
    "span": _fitting(r"[0-9?][0-9.:X-]{0,40}"),
    "symbols": _symbols,
    "takes": _sentence,
    "text": _fitting(rf"'.*'…?|\".*\"…?|{_PLAIN}"),
    "times": _NUMBER,
    "turns": _word(vocabulary.TURNS),
    "version": _fitting(r"[0-9]{1,12}|zero"),
    "wanted": _sentence,
    "watch": _word(vocabulary.WATCHES),
    "who": _who,
    "why": _word(vocabulary.WHOSE),
}
"""Name of a place -> how what stands there is told; what stands in others is shown as it is written."""
