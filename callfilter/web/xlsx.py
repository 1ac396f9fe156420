"""A spreadsheet that is sent while its rows are still read. openpyxl, which wants them all at once, makes the rest."""

import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import ExitStack
from html import escape
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

MOST_ROWS: Final = 1_048_575
"""Rows that a sheet holds beneath its heading: those that follow go into another sheet."""
_END: Final = b"</sheetData>"

Cell = str | float | None
Row = Sequence[Cell]


async def stream(
    pages: AsyncIterator[Sequence[Row]], columns: Sequence[tuple[str, float]], title: str
) -> AsyncGenerator[bytes, None]:
    """The table as XLSX, page by page. No text in it is taken for a formula.

    Args:
        pages: Rows; the texts have no control characters, for which XML has no room.
        columns: The heading of each, and its width in characters.
        title: Name of the sheet; the next ones have a number behind it.
    """
    sink = _Sink()
    begin, end = _frame(columns, [title])[_sheet(1)].split(_END)
    letters = [get_column_letter(at) for at in range(1, len(columns) + 1)]
    sheets = 1
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book, ExitStack() as parts:
        part = parts.enter_context(book.open(_sheet(1), "w", force_zip64=True))
        part.write(begin)
        async for sheet, at, rows in _placed(pages):
            if sheet > sheets:
                part.write(_END + end)
                parts.close()
                part = parts.enter_context(book.open(_sheet(sheet), "w", force_zip64=True))
                part.write(begin)
                sheets = sheet
            part.write(_rows(rows, at, letters))
            yield sink.taken()
        part.write(_END + end)
        parts.close()
        titles = [title, *(f"{title} {number}" for number in range(2, sheets + 1))]
        written = {_sheet(number) for number in range(1, sheets + 1)}
        for name, content in _frame(columns, titles).items():
            if name not in written:
                book.writestr(name, content)
    yield sink.taken()


async def _placed(pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[tuple[int, int, Sequence[Row]]]:
    """Rows with the sheet that they go into, and the number of the first of them there; the heading is number 1."""
    sheet, used = 1, 0
    async for page in pages:
        rows = page
        while rows:
            if used == MOST_ROWS:
                sheet, used = sheet + 1, 0
            fit, rows = rows[: MOST_ROWS - used], rows[MOST_ROWS - used :]
            yield sheet, used + 2, fit
            used += len(fit)


def _rows(rows: Iterable[Row], at: int, letters: Sequence[str]) -> bytes:
    """ISO/IEC 29500-1, 18.3.1: rows of cells, each with its place, texts within the cell."""
    told = []
    for number, row in enumerate(rows, at):
        cells = [_cell(f"{letter}{number}", cell) for letter, cell in zip(letters, row, strict=True)]
        told.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(told).encode()


def _cell(place: str, cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell, quote=False)}</t></is></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def _sheet(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _frame(columns: Sequence[tuple[str, float]], titles: Iterable[str]) -> dict[str, bytes]:
    """The parts of a workbook whose sheets have nothing but headings."""
    book = Workbook(write_only=True)
    for title in titles:
        sheet: Any = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        heading = []
        for at, (text, width) in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(at)].width = width
            cell: Any = WriteOnlyCell(sheet, text)
            cell.font = Font(bold=True)
            heading.append(cell)
        sheet.append(heading)
    file = io.BytesIO()
    book.save(file)
    with zipfile.ZipFile(file) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


class _Sink:
    """A file that is only written, and of which somebody takes what has been."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to do."""

    def close(self) -> None:
        """Nor here."""

    def taken(self) -> bytes:
        data, self._written = b"".join(self._written), []
        return data
