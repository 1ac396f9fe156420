"""What is wrong with the settings, in sentences: each names file, setting and value, and what to write instead."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic_core import ErrorDetails

_SHOWN: Final = 60
_SECRET: Final = frozenset({"ami"})
_EXPECTED: Final = {
    "database": "the path of an SQLite file, or sqlite:///path",
    "voicemail_spool": "the whole path of a folder, beginning with /",
    "country": "the two-letter code of a country, such as CN",
    "area": "an area code in digits, such as 021, or empty",
    "fastagi": "host:port, such as 127.0.0.1:4573",
    "web": "host:port, such as 127.0.0.1:8480, or off",
    "listen_anywhere": "true or false",
    "ami": 'off, or user:secret@host:port, such as "callfilter:secret@127.0.0.1:5038"',
    "mask_numbers": "true or false",
    "extensions": 'a list of extensions in quotes, such as ["8001", "8002"]',
    "policy": "a table: write [policy] and its settings below",
    "anonymous": "allow, reject, voicemail or screen",
    "invalid": "allow, reject, voicemail or screen",
    "signal": "one of 603, 607, 486, 404 and 480",
    "mailbox": "box@context, such as 100@default",
    "protected": 'a list of numbers in quotes, such as ["02161234567"]',
    "dids": 'tables such as [dids."02161234567"]',
    "name": "a text in quotes",
    "language": "en, zh-Hans, or empty for that of the browser",
    "keep_days": "a number of days up to 36500, or 0 for ever",
    "trunks": "tables such as [trunks.my-carrier]",
    "strip": 'a list of leading digits in quotes, such as ["9"]',
}


Place = tuple[int | str, ...]
"""The way to a setting, such as `("policy", "protected", 2)`."""


class ConfigError(Exception):
    """The settings cannot be used. `faults` holds one sentence for each thing to mend, `places` where each stands.

    There are no places where a file cannot be read at all.
    """

    def __init__(self, faults: Iterable[str], places: Iterable[Place] = ()) -> None:
        self.faults: tuple[str, ...] = tuple(faults)
        self.places: tuple[Place, ...] = tuple(places)
        super().__init__(" ".join(self.faults))


@dataclass(frozen=True, slots=True)
class Source:
    """Says where a setting stands and what is wrong with it."""

    file: str
    variables: Mapping[str, str]
    """Setting -> environment variable, of those that lie over the file's."""
    page: str = ""
    """The file with the settings made on the page."""
    of_page: frozenset[Place] = frozenset()
    """Settings that come from there."""

    def of(self, place: Place) -> str:
        """`FILE: policy.signal`, or the variable's name."""
        return self.variables.get(str(place[0])) or f"{self.file_of(place)}: {path_of(place)}"

    def file_of(self, place: Place) -> str:
        """The file that a setting comes from."""
        return self.page if self.of_page & {place[:1], place[:2]} else self.file

    def unknown(self, place: Place, known: Iterable[str]) -> str:
        """A setting that is none, with the one that was probably meant."""
        near = difflib.get_close_matches(str(place[-1]), tuple(known), n=1)
        hint = f"perhaps {near[0]} was meant" if near else f"there are {', '.join(sorted(known))}"
        return f"{self.of(place)} is no setting; {hint}."

    def wrong(self, detail: ErrorDetails) -> str:
        """One of pydantic's faults as a sentence."""
        place = detail["loc"]
        field = next(str(step) for step in reversed(place) if step in _EXPECTED)
        if field in _SECRET:
            return f"{self.of(place)} must be {_EXPECTED[field]}; its value is not shown here."
        return f"{self.of(place)} is {shown(detail['input'])}, but must be {_EXPECTED[field]}."


def expected(setting: str) -> str:
    """What a setting must be."""
    return _EXPECTED[setting]


def path_of(place: Place) -> str:
    """`policy.protected[2]`, `dids."021".name`: as one would look for it in the file, lists counted from 1."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            plain = re.fullmatch(r"[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*", step)
            text += f"{'.' if text else ''}{step if plain else shown(step)}"
    return text


def shown(value: object) -> str:
    """A value for a message: on one line, not too long, nothing in it that moves a terminal."""
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
