"""The languages of the page: which one somebody reads, its words, and how it writes numbers and dates.

Words stand in English in code and templates, their translations in `callfilter/locale/LANGUAGE/*.po`, one file for each
page. Those are read as they are when the page starts, so there is nothing to compile.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

FOLDER: Final = Path(__file__).parent.parent / "locale"
LANGUAGES: Final[Mapping[str, tuple[str, str]]] = {"en": ("en", "English"), "zh-Hans": ("zh_Hans", "简体中文")}
"""Tag as in HTML -> Babel's name, and what its readers call it. The first is for everyone else."""
DEFAULT: Final = "en"
COOKIE: Final = "callfilter_language"


@dataclass(frozen=True)
class Language:
    """One language, ready for use."""

    tag: str
    """As in HTML, such as `zh-Hans`."""
    locale: Locale
    words: gettext.NullTranslations

    def say(self, message: str, /, **values: object) -> str:
        """A message in this language, with `%(name)s` filled in."""
        text = self.words.gettext(message)
        return text % values if values else text

    def say_count(self, one: str, many: str, count: int, /, **values: object) -> str:
        """A message that counts; `%(num)s` is the number as it is written here."""
        return self.words.ngettext(one, many, count) % {"num": self.number(count), **values}

    def number(self, value: float) -> str:
        """`1,234.5`."""
        return _decimal(value, self.locale)

    def percent(self, value: float) -> str:
        """A share of 1."""
        return format_percent(value, locale=self.locale)

    def day(self, value: date, form: str = "medium") -> str:
        """A day."""
        return format_date(value, form, locale=self.locale)

    def moment(self, value: datetime, zone: tzinfo, form: str = "short") -> str:
        """Day and time in a zone."""
        return format_datetime(value.astimezone(zone), form, locale=self.locale)

    def clock(self, value: datetime, zone: tzinfo) -> str:
        """Hours and minutes in a zone."""
        return format_time(value.astimezone(zone), "short", locale=self.locale)

    def span(self, value: timedelta) -> str:
        """Such as `3 minutes`."""
        return format_timedelta(value, locale=self.locale, threshold=1.2)

    @cached_property
    def name(self) -> str:
        """What its readers call it."""
        return LANGUAGES[self.tag][1]


@lru_cache(maxsize=4096)
def _decimal(value: float, locale: Locale) -> str:
    """Kept, as Babel takes 50 µs and the first page has hundreds of small numbers."""
    return format_decimal(value, locale=locale)


def load() -> dict[str, Language]:
    """All languages by tag.

    Raises:
        OSError: a catalogue is missing.
    """
    return {tag: Language(tag, Locale.parse(name), _words(name)) for tag, (name, _) in LANGUAGES.items()}


def catalogue(name: str) -> Catalog:
    """All translations into a language, by Babel's name of it."""
    whole = Catalog(locale=name)
    for file in sorted((FOLDER / name).glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale=name):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    return whole


def best(wanted: str, chosen: str = "") -> str:
    """The tag of the language to use.

    Args:
        wanted: The browser's `Accept-Language`.
        chosen: What the reader chose; anything that is no tag of ours counts as nothing.
    """
    if chosen in LANGUAGES:
        return chosen
    for each in _by_weight(wanted):
        if each == "zh" or each.startswith("zh-"):
            # zh-CN, zh-SG and plain zh are Simplified; who reads Traditional is better served by it than by English.
            return "zh-Hans"
        if each.split("-")[0] in LANGUAGES:
            return each.split("-")[0]
    return DEFAULT


def _words(name: str) -> gettext.NullTranslations:
    if name == DEFAULT:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(name))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _by_weight(header: str) -> list[str]:
    weighed = []
    for each in header[:1000].lower().split(","):
        tag, _, weight = each.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0])]
