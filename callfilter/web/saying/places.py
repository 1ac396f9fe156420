"""Names of places and organisations that the filter has in English."""

from functools import cache, lru_cache

from babel import Locale

from callfilter.web.languages import Language
from filters.directories import DIRECTORIES
from filters.directories.listing import Listing
from filters.regions import ALL_PROVINCES, Region

_OWN_NAMES = {province.country: province for province in ALL_PROVINCES if province.country != "CN"}
"""Hong Kong, Macau and Taiwan by their codes: Babel's names are those of passports."""


def is_chinese(language: Language) -> bool:
    """Whether its readers want names in Chinese."""
    return language.tag.startswith("zh")


def country(language: Language, code: str) -> str:
    """The name of a country by its ISO 3166 code; what is no code stays."""
    own = _OWN_NAMES.get(code)
    if own:
        return own.chinese if is_chinese(language) else own.english
    return _territory(language.locale, code)


def _territory(locale: Locale, code: str) -> str:
    return str(locale.territories.get(code, code))


def region(language: Language, text: str) -> str:
    """A province or city as `Number.region` and conditions have it, or a country's code; other texts stay."""
    found = _names(text)
    if found is None:
        return country(language, text)
    return found[is_chinese(language)]


def chinese_region(text: str) -> str | None:
    """The Chinese name of a place in China, however it is written; None for other texts."""
    found = _names(text)
    return found[True] if found else None


@lru_cache(maxsize=2000)
def _names(text: str) -> tuple[str, str] | None:
    """The names of a place in China, in English and Chinese."""
    try:
        place = Region.parse(text)
    except ValueError:
        return None
    return str(place), place.chinese


def listing(language: Language, listed: Listing) -> str:
    """Whose number it is."""
    return listed.organisation if is_chinese(language) else listed.english


def organisation(english: str) -> str | None:
    """The own name of an organisation of the directory by its English one."""
    return _organisations().get(english)


@cache
def _organisations() -> dict[str, str]:
    groups = (group for groups in DIRECTORIES.values() for group in groups)
    return {english: name for group in groups for _, name, english in group.rows}
