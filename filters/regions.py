"""Where a Chinese number is registered: province and city of landlines, by area code, and of mobiles, by segment.

Where a number is registered, not where the caller is. The segments of mobiles are the `phone` library's; they are read
when first asked for, or by `load`. Nothing in here raises for a caller number.
"""

import re
import struct
import sys
import unicodedata
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache

from phone.phone import Phone, get_record_content  # type: ignore[import-untyped]  # ships no types

from filters.number import Number
from filters.plans.cn import CN
from filters.regions_data import CITIES, PROVINCES, SHARED_AREAS, SPELLINGS, WITHIN

_MOBILE = "+861"
_MOBILE_LENGTH = len("+8613800138000")
_SEGMENT = slice(len("+86"), len("+861380013"))
_INTEGER = 4
"""Bytes of an integer in the library's records."""

# Words that say which kind of place a name is, and are no part of the name.
_OF_PROVINCE = re.compile(
    r"省|(?:壮族|回族|维吾尔)?自治区|特别行政区"
    r"|\b(?:province|sheng|(?:(?:zhuang|hui|uyghur|uygur) )?autonomous region)\b"
)
_PEOPLE = "藏|羌|彝|土家|苗|布依|侗|傣|景颇|哈尼|壮|白|傈僳|朝鲜|回|蒙古|哈萨克|柯尔克孜"
_OF_CITY = re.compile(
    rf"(?:市|地区|盟|林区|新区|(?:(?:{_PEOPLE})族?){{0,3}}自治州|州)$|\b(?:city|shi|municipality|prefecture|league)\b"
)
_LIKENESS = 0.5  # of two Chinese characters, one may be wrong
_SHOWN = 40
_REMEMBERED = 2000
"""Names that are kept: a policy is read for its faults first, and again to be used."""


@dataclass(frozen=True, slots=True)
class Province:
    """One of China's 34 provinces, municipalities, autonomous and special regions."""

    word: str
    """Stable, such as `inner-mongolia`."""
    english: str
    chinese: str
    """Short: `陕西`, not `陕西省`."""
    country: str
    """ISO 3166 code that its numbers have: CN, HK, MO or TW."""


@dataclass(frozen=True, slots=True)
class City:
    """A city, or a prefecture or league of that rank. Municipalities such as Beijing are provinces, without cities."""

    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class Region:
    """Where a number is registered."""

    country: str
    """ISO 3166 code."""
    province: Province | None = None
    """None for numbers from outside China."""
    cities: tuple[City, ...] = ()
    """The city; more than one where an area code or a segment is shared, the largest first; none where unknown."""

    @property
    def city(self) -> City | None:
        """The city, or the largest of those that it may be."""
        return self.cities[0] if self.cities else None

    @property
    def english(self) -> str:
        """For people: `Xi'an, Shaanxi`, `Beijing`, and `GB` outside China."""
        if self.province is None:
            return self.country
        return f"{self.cities[0].english}, {self.province.english}" if self.cities else self.province.english

    @property
    def chinese(self) -> str:
        """For people: `陕西西安`, `北京`, and `GB` outside China."""
        if self.province is None:
            return self.country
        return self.province.chinese + (self.cities[0].chinese if self.cities else "")

    @staticmethod
    def parse(text: str) -> "RegionPattern":
        """Understand a province or city in English, pinyin or Chinese, alone or with its province.

        `Xi'an`, `xian`, `西安市`, `Xi'an, Shaanxi` and `陕西省西安市` are one. A name of both a province and a city,
        such as `Jilin` or `海南`, is the province; `Jilin City`, `海南州` and `Hainan, Qinghai` are the cities.

        Raises:
            ValueError: No such place, or several; names the nearest, or all of them.
        """
        return _parse(text)


@dataclass(frozen=True, slots=True)
class RegionPattern:
    """A province, or one city in it. As text it is what `Region.parse` reads back as the same."""

    province: Province
    city: City | None = None

    def __str__(self) -> str:
        return f"{self.city.english}, {self.province.english}" if self.city else self.province.english

    @property
    def chinese(self) -> str:
        """`陕西` or `陕西西安`."""
        return self.province.chinese + (self.city.chinese if self.city else "")

    def matches(self, region: Region) -> bool:
        """Whether the number is registered here; of cities that share an area code, it matches each."""
        return region.province == self.province and (self.city is None or self.city in region.cities)


def _cities_of(english: str) -> tuple[City, ...]:
    return tuple(City(*names) for names in CITIES.get(english, {}).items())


_CITIES = {Province(*names): _cities_of(names[1]) for names in PROVINCES}

ALL_PROVINCES = tuple(_CITIES)
"""In the order of official lists."""


def _regions_of_areas() -> dict[str, Region]:
    """`Xi'an, Shaanxi`, as the numbering plan has it -> region."""
    found: dict[str, Region] = {}
    for province, cities in _CITIES.items():
        found[province.english] = Region(province.country, province)
        by_name = {city.english: city for city in cities}
        for city in cities:
            name = f"{city.english}, {province.english}"
            others = (by_name[other] for other in SHARED_AREAS.get(name, ()))
            found[name] = Region(province.country, province, (city, *others))
    return found


_AREAS = _regions_of_areas()
_UNDIVIDED = {
    province.country: Region(province.country, province) for province in _CITIES if province.country != CN.country
}


def region_of(number: Number) -> Region | None:
    """Where a number is registered.

    The first Chinese mobile loads the segments, unless `load` did.

    Returns:
        None where that is unknown: no number, a short number, a segment that the data does not have. A number from
        another country has that country alone.
    """
    country = number.country
    if country != CN.country:
        return _UNDIVIDED.get(country) or (Region(country) if country else None)
    key = number.key
    if key.startswith(_MOBILE) and len(key) == _MOBILE_LENGTH and key[len(_MOBILE)] >= "3":
        return _mobiles().region_of(int(key[_SEGMENT]))
    return _AREAS.get(number.region)


def region_of_area(code: str) -> Region | None:
    """The region of a Chinese area code, with or without its trunk zero; None where there is no such code."""
    area = CN.areas.get(code.removeprefix(CN.trunk))
    return _AREAS[area.region] if area else None


def load() -> None:
    """Read the segments of mobiles now, once, in about 30 ms: for when a rule that asks for regions is made ready.

    Raises:
        OSError: The library's data cannot be read.
    """
    _mobiles()


@dataclass(frozen=True, slots=True)
class _Mobiles:
    segments: "array[int]"
    """Their seven digits, in order."""
    places: "array[int]"
    """Where the library keeps the place of each."""
    regions: Mapping[int, Region | None]

    def region_of(self, segment: int) -> Region | None:
        """None for one that the data does not have."""
        at = bisect_left(self.segments, segment)
        is_there = at < len(self.segments) and self.segments[at] == segment
        return self.regions[self.places[at]] if is_there else None


@cache
def _mobiles() -> _Mobiles:
    """The library's sorted records as columns: its own search takes 8 µs, this one less than one."""
    library = Phone()
    records = library.buf[library.first_phone_record_offset :]
    size = struct.calcsize(library.phone_fmt)
    segments, places = _column(records, 0, size), _column(records, _INTEGER, size)
    named = _regions_of_names()

    def region_at(place: int) -> Region | None:
        province, city, *_codes = get_record_content(library.buf, place).split("|")
        return named.get((province, city)) or named.get((province, ""))

    return _Mobiles(segments, places, {place: region_at(place) for place in set(places)})


def _column(records: bytes, at: int, size: int) -> "array[int]":
    """The little-endian integers that stand `at` bytes into records of that size, all by slices."""
    numbers = bytearray(len(records) // size * _INTEGER)
    for byte in range(_INTEGER):
        numbers[byte::_INTEGER] = records[at + byte :: size]
    column = array("I", numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _regions_of_names() -> dict[tuple[str, str], Region]:
    """Province and city, both in Chinese, as the library writes them -> region."""
    found: dict[tuple[str, str], Region] = {}
    for province, cities in _CITIES.items():
        found[province.chinese, ""] = Region(province.country, province)
        for city in cities:
            region = Region(province.country, province, (city,))
            for name in (city.chinese, *SPELLINGS.get(f"{city.english}, {province.english}", ())):
                found[province.chinese, name] = region
    for name, within in WITHIN.items():
        city_name, province_name = name.split(", ")
        province = next(province for province in _CITIES if province.chinese == province_name)
        by_name = {city.english: city for city in _CITIES[province]}
        found[province_name, city_name] = Region(province.country, province, tuple(by_name[city] for city in within))
    return found


@lru_cache(_REMEMBERED)
def _parse(text: str) -> RegionPattern:
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = _places().get(_fold(plain), ())
    if not found:
        bare = _OF_CITY.sub("", _OF_PROVINCE.sub("", plain).strip())
        found = _places().get(_fold(bare), ())
        if _OF_CITY.search(plain):
            found = tuple(place for place in found if place.city) or found
    provinces = tuple(place for place in found if place.city is None)
    if len(found) == 1 or provinces:
        return (provinces or found)[0]
    if found:
        raise ValueError(f"region {_shown(text)} is the name of several places: write {_named(found)}")
    raise ValueError(f"region {_shown(text)} is no province or city of China that we know{_nearest(_fold(plain))}")


def _fold(text: str) -> str:
    """Letters and digits alone, without accents: `Lüliang` and `Xi’an` as people type them."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


@cache
def _places() -> dict[str, tuple[RegionPattern, ...]]:
    """Folded name -> the places that have it."""
    found: defaultdict[str, dict[RegionPattern, None]] = defaultdict(dict)
    for province, cities in _CITIES.items():
        place = RegionPattern(province)
        names = (province.word, province.chinese, *SPELLINGS.get(province.english, ()))
        provinces = tuple(map(_fold, names))
        for name in provinces:
            found[name][place] = None
        for city in cities:
            place = RegionPattern(province, city)
            for name in map(_fold, (city.english, city.chinese, *SPELLINGS.get(str(place), ()))):
                for spelling in (name, *_with(name, provinces)):
                    found[spelling][place] = None
    return {name: tuple(places) for name, places in found.items()}


def _with(city: str, provinces: Iterable[str]) -> Iterable[str]:
    for province in provinces:
        yield city + province
        yield province + city


def _nearest(folded: str) -> str:
    names = get_close_matches(folded[:_SHOWN], _places(), n=3, cutoff=_LIKENESS)
    near = dict.fromkeys(place for name in names for place in _places()[name])
    return f"; did you mean {_named(near)}?" if near else ": write its name in English, pinyin or Chinese"


def _named(places: Iterable[RegionPattern]) -> str:
    return " or ".join(f"{place} ({place.chinese})" for place in places)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
