"""Calls as files for a spreadsheet, CSV and XLSX, made while they are read and in constant memory.

What callers sent is hostile: no cell may become a formula, and no character may hide, reorder or break a line.
"""

import csv
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import tzinfo
from functools import lru_cache
from io import StringIO
from typing import Final

from callfilter.cli.say import harmless
from callfilter.config import Did
from callfilter.marked import N_
from callfilter.store.calls import CallRow
from callfilter.web import xlsx
from callfilter.web.languages import Language
from callfilter.web.saying import places, vocabulary
from callfilter.web.site import Site
from callfilter.web.words import ACTIONS
from callfilter.web.xlsx import Cell
from filters.number import ANONYMOUS, INVALID, read_number

LONGEST_CELL: Final = 32_000
"""Characters; Excel takes 32,767."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate instead of show, at the beginning of a text."""
_ONLY_A_NUMBER: Final = re.compile(r"\+[0-9 ()-]+")

HEADINGS: Final = (
    N_("Call"),
    N_("Time"),
    N_("Number"),
    N_("Caller's name"),
    N_("Place"),
    N_("Kind of number"),
    N_("Called number"),
    N_("Its name"),
    N_("Trunk"),
    N_("What became of it"),
    N_("Reason"),
    N_("Decided by"),
    N_("Label"),
    N_("Answered"),
    N_("Seconds talked"),
    N_("Seconds of voicemail"),
)

WIDTHS: Final = (12, 19, 18, 18, 18, 22, 18, 16, 12, 16, 22, 22, 12, 9, 9, 9)
"""Of the columns in Excel, in characters."""


class Sheet:
    """Makes rows of a table, in the words of a language."""

    def __init__(self, site: Site, language: Language, zone: tzinfo) -> None:
        self._config = site.config
        self._language = language
        self._zone = zone
        self._did = lru_cache(maxsize=1000)(self._did_of)
        self._place = lru_cache(maxsize=1000)(self._place_of)

    @property
    def headings(self) -> list[str]:
        """The first row."""
        return [self._language.say(heading) for heading in HEADINGS]

    def cells(self, row: CallRow, shown_id: str) -> list[Cell]:
        """A call; texts are on one line and visible, but not yet kept from being formulas."""
        record, outcome, say = row.record, row.outcome, self._language.say
        did, name = self._did(record.did)
        return [
            shown_id,
            f"{record.at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}",
            self._number(record.key, record.display, record.caller),
            harmless(record.name),
            self._place(record.region, record.country),
            ", ".join(say(vocabulary.CLASSES.get(each, each)) for each in sorted(record.classes)),
            did,
            name,
            harmless(record.trunk),
            self._word(ACTIONS, record.action),
            self._word(vocabulary.REASONS, record.reason),
            harmless(record.rule),
            harmless(record.label),
            None if outcome.answered is None else say(N_("yes")) if outcome.answered else say(N_("no")),
            None if outcome.talk_seconds is None else round(outcome.talk_seconds, 1),
            None if outcome.voicemail_seconds is None else round(outcome.voicemail_seconds, 1),
        ]

    def _number(self, key: str, display: str, sent: str) -> str:
        if key == ANONYMOUS:
            return ""
        return harmless(sent if key == INVALID else display)

    def _word(self, words: Mapping[str, str], word: str) -> str:
        return self._language.say(words[word]) if word in words else harmless(word)

    def _did_of(self, did: str) -> tuple[str, str]:
        """As a person writes it, so that no spreadsheet takes it for an amount; and its name."""
        read = read_number(did, country=self._config.country, area=self._config.area)
        shown = did if read.key in {ANONYMOUS, INVALID} else read.display
        return harmless(shown), harmless(self._config.dids.get(did, Did()).name)

    def _place_of(self, region: str, country: str) -> str:
        return harmless(places.region(self._language, region) if region else places.country(self._language, country))


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


async def as_csv(pages: AsyncIterator[list[list[Cell]]], headings: list[str]) -> AsyncIterator[bytes]:
    """The table as CSV, page by page; with the mark by which Excel knows UTF-8."""
    yield "\ufeff".encode() + _lines([headings])
    async for page in pages:
        yield _lines(page)


def _lines(rows: Iterable[Iterable[Cell]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode()


async def as_xlsx(pages: AsyncIterator[list[list[Cell]]], headings: list[str], title: str) -> AsyncIterator[bytes]:
    """The table as a file of Excel's, page by page; of very many calls in several sheets."""

    async def guarded_pages() -> AsyncIterator[list[list[Cell]]]:
        async for page in pages:
            yield [[_text(cell) if isinstance(cell, str) else cell for cell in row] for row in page]

    async for part in xlsx.stream(guarded_pages(), list(zip(headings, WIDTHS, strict=True)), title):
        yield part


def _text(text: str) -> str:
    """A text as it may stand in a cell for texts: a number from abroad keeps its plus, which nothing calculates."""
    return text if _ONLY_A_NUMBER.fullmatch(text) else guarded(text)[:LONGEST_CELL]
