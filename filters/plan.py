"""The types of a numbering plan. A plan is data: prefixes, lengths and samples; it knows nothing of spelling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Form(Enum):
    """How the numbers of a class are written, and thereby what their key looks like."""

    SUBSCRIBER = "subscriber"
    """A full number: bare, after the trunk zero or after the country code. Key `+8613800138000`."""
    SHORT = "short"
    """Dialled bare, or after an area code, never after a bare country code. Key `CN:95588`."""
    BARE = "bare"
    """Seen bare only. Key `CN:10690001234`."""


@dataclass(frozen=True, slots=True)
class NumberClass:
    """Numbers of one kind: those that begin with one of `begins` and have one of `lengths` digits.

    Of two classes that fit, the one with the longer beginning is meant.
    """

    name: str
    begins: tuple[str, ...]
    """First digits, without country code and trunk zero."""
    lengths: frozenset[int]
    """Allowed numbers of digits, beginnings included."""
    form: Form
    samples: tuple[str, ...]
    """Numbers of this class; a test wants two or more."""
    counter_samples: tuple[str, ...]
    """Numbers that look alike and are not of this class."""
    also: tuple[str, ...] = ()
    """Further names that its numbers go by, such as `mobile` for `mvno`."""
    groups: tuple[int, ...] = ()
    """Where a person puts gaps: digits in each group; empty for none."""
    gap: str = " "
    classes: frozenset[str] = field(init=False)
    """`name` and `also`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", frozenset((self.name, *self.also)))

    def display(self, digits: str) -> str:
        """Digits as a person would write them."""
        if not self.groups:
            return digits
        parts: list[str] = []
        at = 0
        for size in self.groups:
            parts.append(digits[at : at + size])
            at += size
        parts.append(digits[at:])
        return self.gap.join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Area:
    """An area code, without the trunk zero."""

    code: str
    region: str
    """City and province in English."""
    lengths: frozenset[int]
    """Digits of a local number there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A country's numbering plan."""

    country: str
    """ISO 3166 code."""
    version: str
    """Date of the data, `YYYY-MM`."""
    calling_code: str
    trunk: str
    """Prefix before a number of another city, `0` nearly everywhere."""
    international: str
    """Prefix before a country code, beside `+`."""
    carriers: tuple[str, ...]
    """Dialling prefixes that choose a carrier and are sometimes sent along with the number."""
    classes: tuple[NumberClass, ...]
    landline: NumberClass
    """Its `begins` are the first digits of a local number; the area code stands before them."""
    local: NumberClass
    """The same numbers without an area code."""
    areas: Mapping[str, Area]
    index: Mapping[str, tuple[NumberClass, ...]] = field(init=False)
    """Beginning -> its classes."""
    longest: int = field(init=False)
    """Digits of the longest beginning."""

    def __post_init__(self) -> None:
        index: dict[str, tuple[NumberClass, ...]] = {}
        for number_class in self.classes:
            for begin in number_class.begins:
                index[begin] = (*index.get(begin, ()), number_class)
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "longest", max(map(len, index)))

    def class_of(self, digits: str) -> NumberClass | None:
        """The class of bare digits; None for landlines, local numbers and what fits nowhere."""
        length = len(digits)
        for size in range(min(length, self.longest), 0, -1):
            for number_class in self.index.get(digits[:size], ()):
                if length in number_class.lengths:
                    return number_class
        return None

    def area_of(self, digits: str) -> Area | None:
        """The area code that the digits begin with. Codes have two or three digits, and none begins another."""
        return self.areas.get(digits[:2]) or self.areas.get(digits[:3])

    def is_local(self, digits: str, area: Area) -> bool:
        """Whether the digits are a full local number of this area."""
        return len(digits) in area.lengths and digits.startswith(self.landline.begins)
