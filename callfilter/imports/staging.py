"""A file made ready for import: its numbers in a database of their own, each once and in the order of keys.

So the real database is held up only by what is put into it, and a second look at the file costs nothing.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from agi.wire import is_safe
from callfilter.imports.cards import cards, is_cards
from callfilter.imports.columns import Columns, guess
from callfilter.imports.faults import Fault, FileFaultError, RowFault
from callfilter.imports.pasted import read_line
from callfilter.imports.sheets import Row, csv_rows, xlsx_rows
from callfilter.own_numbers import STARS, always_rings
from callfilter.store.codec import storable
from filters.number import ANONYMOUS, INVALID, Number, read_number
from filters.policy import Policy

LOOKED_AT: Final = 300
"""Rows from which the columns are guessed."""
SHOWN: Final = 50
"""Rows of the preview, and of the table's beginning for whoever chooses columns."""
FAULTS_SHOWN: Final = 1000
LONGEST: Final = 200
"""Characters of a name, and of what is shown of a fault."""
NO_NUMBERS: Final = (ANONYMOUS, INVALID)
BATCH: Final = 50_000
"""Numbers put in at once, sorted, as that finds their places faster."""
CACHE_KIB: Final = 64 * 1024

SCHEMA: Final = """
CREATE TABLE staged (
    key TEXT, is_prefix INTEGER, line INTEGER, name TEXT, is_label INTEGER, protected INTEGER,
    PRIMARY KEY (key, is_prefix)
) WITHOUT ROWID;
CREATE TABLE told (what TEXT PRIMARY KEY, json TEXT);
"""
"""`is_label`: the phone can show the name. `protected`: nobody can block the number."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read."""

    country: str
    area: str
    policy: Policy
    columns: Columns | None = None
    """None to guess."""


@dataclass(slots=True)
class Summary:
    """What was found in a file."""

    kind: str = ""
    """`table`, `sheet` or `cards`."""
    rows: int = 0
    numbers: int = 0
    """Different ones."""
    repeated: int = 0
    prefixes: int = 0
    protected: int = 0
    impossible: int = 0
    no_labels: int = 0
    """Names that a phone cannot be sent."""
    faults: int = 0
    named_faults: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, fault and text of the first of them."""
    columns: Columns | None = None
    """None for cards."""
    width: int = 0
    heads: list[str] = field(default_factory=list)
    """The first row."""
    first: list[tuple[int, str, str, bool, str]] = field(default_factory=list)
    """Line, text, key, whether it is a prefix, and name, of the first numbers."""


def stage(path: Path, to: Path, reading: Reading) -> Summary:
    """Reads a file into a new database at `to`.

    Raises:
        FileFaultError: the file cannot be read, or has no numbers.
    """
    to.unlink(missing_ok=True)
    with closing(sqlite3.connect(to, isolation_level=None)) as connection:
        # Nobody needs this file after a crash.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(SCHEMA)
        summary = Summary()
        connection.execute("BEGIN")
        _fill(connection, _rows(path, reading, summary), summary, reading)
        told = json.dumps(asdict(summary))
        connection.execute("INSERT INTO told VALUES ('summary', ?)", (told,))
        connection.execute("COMMIT")
    if not summary.numbers and not summary.faults:
        raise FileFaultError(Fault.EMPTY)
    return summary


def summary_of(staged: Path) -> Summary:
    """What `stage` found."""
    with closing(sqlite3.connect(staged)) as connection:
        told: dict[str, Any] = json.loads(connection.execute("SELECT json FROM told").fetchone()[0])
    columns = told.pop("columns")
    first = [tuple(each) for each in told.pop("first")]
    return Summary(**told, first=first, columns=Columns(**columns) if columns else None)


def _rows(path: Path, reading: Reading, summary: Summary) -> Iterator[tuple[int, str, str]]:
    """Line, text of the number, and name."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise FileFaultError(Fault.EMPTY)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileFaultError(Fault.OLD_EXCEL)
    if start.startswith(b"PK"):
        summary.kind = "sheet"
        return _of_table(xlsx_rows(path), reading, summary)
    if is_cards(path):
        summary.kind = "cards"
        return _of_cards(path, summary)
    summary.kind = "table"
    return _of_table(csv_rows(path), reading, summary)


def _of_cards(path: Path, summary: Summary) -> Iterator[tuple[int, str, str]]:
    for line, numbers, name in cards(path):
        summary.rows += 1
        if not numbers:
            _complain(summary, line, RowFault.BROKEN_CARD, "")
        for number in numbers:
            yield line, number, name


def _of_table(rows: Iterator[Row], reading: Reading, summary: Summary) -> Iterator[tuple[int, str, str]]:
    first = list(islice(rows, LOOKED_AT))
    cells = [row for _, row in first]
    columns = reading.columns or guess(cells, country=reading.country, area=reading.area)
    summary.columns, summary.width = columns, _width(cells)
    summary.heads = [text[:LONGEST] for text in (*cells[0], *[""] * summary.width)][: summary.width] if cells else []
    at_number, at_name = columns.number, columns.name
    for line, row in islice(chain(first, rows), columns.skip, None):
        summary.rows += 1
        number = row[at_number] if at_number < len(row) else ""
        if number.strip():
            yield line, number, row[at_name] if 0 <= at_name < len(row) else ""
        elif any(map(str.strip, row)):
            _complain(summary, line, RowFault.NO_NUMBER, "")


def _width(rows: list[tuple[str, ...]]) -> int:
    """Columns up to the last that has something in it: a spreadsheet's rows are as wide as they may be."""
    return max((at for row in rows for at, text in enumerate(row, 1) if text), default=0)


def _complain(summary: Summary, line: int, fault: RowFault, text: str) -> None:
    summary.faults += 1
    if len(summary.named_faults) < FAULTS_SHOWN:
        summary.named_faults.append((line, str(fault), text[:LONGEST]))


def _fill(
    connection: sqlite3.Connection, rows: Iterable[tuple[int, str, str]], summary: Summary, reading: Reading
) -> None:
    numbers = chain.from_iterable(_understood(row, summary, reading) for row in rows)
    while batch := list(islice(numbers, BATCH)):
        before = connection.total_changes
        connection.executemany("INSERT OR IGNORE INTO staged VALUES (?, ?, ?, ?, ?, ?)", sorted(batch))
        added = connection.total_changes - before
        summary.numbers += added
        summary.repeated += len(batch) - added


Staged = tuple[str, bool, int, str, bool, bool]


def _understood(row: tuple[int, str, str], summary: Summary, reading: Reading) -> tuple[Staged, ...]:
    """The number of a row; several where the cell has several, none with a fault."""
    line, text, name = row
    # Before what could be a formula there stands an apostrophe, in files of ours too.
    text = text.removeprefix("'")
    if not text.startswith("=") and not text.rstrip().endswith(STARS):
        number = read_number(text, country=reading.country, area=reading.area)
        if number.key not in NO_NUMBERS:
            return (_staged(line, text, number.key, number, name, summary, reading.policy),)
    return tuple(_understood_slowly(line, text, name, summary, reading))


def _understood_slowly(line: int, text: str, name: str, summary: Summary, reading: Reading) -> Iterator[Staged]:
    """As above, for all that is not plainly one number."""
    if text.startswith("="):
        _complain(summary, line, RowFault.FORMULA, text)
        return
    found = read_line(text, line, country=reading.country, area=reading.area)
    named = [each for each in found if each.named]
    for each in found if named else found[:1]:
        if each.named is None:
            _complain(summary, line, each.fault or RowFault.NO_NUMBER, text)
        else:
            own = each.named
            yield _staged(line, each.written, own.key, own.number, name or each.name, summary, reading.policy)


def _staged(  # noqa: PLR0917 - a row's parts
    line: int, text: str, key: str, number: Number | None, name: str, summary: Summary, policy: Policy
) -> Staged:
    """`number` is None for a prefix."""
    if name:
        name = storable(" ".join(name[:LONGEST].split()))
    is_label = name != "" and is_safe(name)
    if number is None:
        summary.prefixes += 1
        protected = False
    else:
        protected = always_rings(number, policy)
        summary.protected += protected
        summary.impossible += "impossible" in number.classes
    if name and not is_label:
        summary.no_labels += 1
    if len(summary.first) < SHOWN:
        summary.first.append((line, text[:LONGEST], key, number is None, name))
    return key, number is None, line, name, is_label, protected
