"""A file made ready for import: its numbers in a database of their own, each once and in the order of keys.

So the real database is held up only by what is put into it, and a second look at the file costs nothing.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from callfilter.imports.cards import cards, is_cards
from callfilter.imports.columns import Columns, guess
from callfilter.imports.faults import Fault, FileFaultError, RowFault
from callfilter.imports.helper import Helper
from callfilter.imports.loose import COLUMNS, open_loose, put
from callfilter.imports.sheets import Row as Cells
from callfilter.imports.sheets import csv_rows, xlsx_rows
from callfilter.imports.summary import LONGEST, Reading, Summary
from callfilter.imports.understood import Row

LOOKED_AT: Final = 300
"""Rows from which the columns are guessed."""
HANDFUL: Final = 2000
"""Rows that are worked out at once."""

SCHEMA: Final = f"""
CREATE TABLE staged ({COLUMNS}, PRIMARY KEY (key, is_prefix)) WITHOUT ROWID;
CREATE TABLE told (what TEXT PRIMARY KEY, json TEXT);
"""
SORT: Final = """
INSERT OR IGNORE INTO staged
SELECT * FROM (SELECT * FROM loose{more}) ORDER BY key, is_prefix, line
"""
"""A table in the order of its keys is filled several times faster than one whose next place is anywhere."""


def stage(path: Path, to: Path, reading: Reading) -> Summary:
    """Reads a file into a new database at `to`.

    Raises:
        FileFaultError: the file cannot be understood, has no numbers, or there is no room for them.
        OSError: it cannot be opened or read.
    """
    summary = Summary()
    beside = to.with_name(f"{to.name}.more")
    try:
        with Helper(beside, reading, size=path.stat().st_size) as helper, closing(open_loose(to)) as connection:
            _fill(connection, _rows(path, reading, summary), summary, reading, helper)
            connection.execute("COMMIT")
            _sort(connection, summary, helper.done(), beside)
    except UnicodeDecodeError as error:
        # Whether it is text is told by its beginning.
        raise FileFaultError(Fault.NO_TEXT) from error
    except sqlite3.Error as error:
        raise FileFaultError(Fault.NO_ROOM) from error
    if not summary.numbers and not summary.faults:
        raise FileFaultError(Fault.EMPTY)
    return summary


def _fill(
    connection: sqlite3.Connection, rows: Iterator[Row], summary: Summary, reading: Reading, helper: Helper
) -> None:
    while handful := list(islice(rows, HANDFUL)):
        if not helper.takes(handful):
            put(connection, handful, summary, reading)


def _sort(connection: sqlite3.Connection, summary: Summary, others: Summary | None, beside: Path) -> None:
    """Makes one table of all numbers, each once, and tells what was found."""
    connection.executescript(SCHEMA)
    if others:
        summary.add(others)
        connection.execute("ATTACH ? AS beside", (str(beside),))
    connection.execute("BEGIN")
    more = " UNION ALL SELECT * FROM beside.loose" if others else ""
    found, summary.numbers = summary.numbers, connection.execute(SORT.format(more=more)).rowcount
    summary.repeated = found - summary.numbers
    connection.execute("DROP TABLE main.loose")
    connection.execute("INSERT INTO told VALUES ('summary', ?)", (json.dumps(asdict(summary)),))
    connection.execute("COMMIT")


def summary_of(staged: Path) -> Summary:
    """What `stage` found."""
    with closing(sqlite3.connect(staged)) as connection:
        told: dict[str, Any] = json.loads(connection.execute("SELECT json FROM told").fetchone()[0])
    columns = told.pop("columns")
    first = [tuple(each) for each in told.pop("first")]
    return Summary(**told, first=first, columns=Columns(**columns) if columns else None)


def _rows(path: Path, reading: Reading, summary: Summary) -> Iterator[Row]:
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


def _of_cards(path: Path, summary: Summary) -> Iterator[Row]:
    for line, numbers, name in cards(path):
        summary.rows += 1
        if not numbers:
            summary.complain(line, RowFault.BROKEN_CARD, "")
        for number in numbers:
            yield line, number, name


def _of_table(rows: Iterator[Cells], reading: Reading, summary: Summary) -> Iterator[Row]:
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
            summary.complain(line, RowFault.NO_NUMBER, "")


def _width(rows: list[tuple[str, ...]]) -> int:
    """Columns up to the last that has something in it: a spreadsheet's rows are as wide as they may be."""
    return max((at for row in rows for at, text in enumerate(row, 1) if text), default=0)
