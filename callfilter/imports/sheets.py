"""Rows of tables: CSV in any encoding and with any separator that is usual, and XLSX. Formulas are not worked out."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError

from callfilter.imports.faults import Fault, FileFaultError

MOST_ROWS: Final = 2_000_000
MOST_COLUMNS: Final = 30
LOOKED_AT: Final = 64 * 1024
"""Characters from which encoding and separator are told."""
SEPARATORS: Final = (",", ";", "\t", "|")
UNPACKED: Final = 400 * 1024 * 1024
"""Bytes that a spreadsheet may have when unpacked: a million rows with two columns have 100 million."""
TEXTS: Final = 96 * 1024 * 1024
"""Bytes of texts in a spreadsheet, which are kept in memory."""
RATIO, SMALL = 150, 16 * 1024 * 1024
"""No honest sheet is packed tighter; small parts may be."""

Row = tuple[int, tuple[str, ...]]
"""Line counted from 1, and cells."""


def csv_rows(path: Path) -> Iterator[Row]:
    """The rows of a CSV file.

    Raises:
        FileFaultError: it has too many rows, or its quotes do not end.
        UnicodeDecodeError: it is no text behind its beginning.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        separator = _separator(file.read(LOOKED_AT))
        file.seek(0)
        reader = csv.reader(file, delimiter=separator)
        try:
            for at, cells in enumerate(reader):
                if at >= MOST_ROWS:
                    raise FileFaultError(Fault.TOO_MANY_ROWS)
                yield reader.line_num, tuple(cells[:MOST_COLUMNS])
        except csv.Error as error:
            raise FileFaultError(Fault.QUOTES, reader.line_num) from error


def encoding_of(path: Path) -> str:
    """The encoding of a text file: UTF-8, UTF-16, or GB 18030 which holds GBK.

    Raises:
        FileFaultError: it is no text in any of these.
    """
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if zeros := start.count(0):
        # Digits and separators have a zero byte beside them in UTF-16, first or second.
        if zeros * 4 < len(start):
            raise FileFaultError(Fault.NO_TEXT)
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=encoding) as text:
                while text.read(1024 * 1024):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileFaultError(Fault.NO_TEXT)


def _separator(start: str) -> str:
    """The one that most lines have; between equals the one that they have most of."""
    counts: Counter[str] = Counter()
    for line in start.splitlines()[:100]:
        for separator in SEPARATORS:
            counts[separator] += (1000 + line.count(separator)) if separator in line else 0
    best = max(SEPARATORS, key=lambda separator: counts[separator])
    return best if counts[best] else ","


def xlsx_rows(path: Path) -> Iterator[Row]:
    """The rows of the first sheet of an XLSX file. A formula stays text that begins with `=`.

    Raises:
        FileFaultError: it is broken, or becomes too large when unpacked.
    """
    _look_into(path)
    from openpyxl import load_workbook  # noqa: PLC0415 - slow to load, and few files are spreadsheets
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as above

    try:
        # Open, as openpyxl goes by the name otherwise.
        with path.open("rb") as file:
            sheet = load_workbook(file, read_only=True, keep_links=False).worksheets[0]
            # What the file says of its size may be wrong, or made up.
            sheet.reset_dimensions()
            for at, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
                if at > MOST_ROWS:
                    raise FileFaultError(Fault.TOO_MANY_ROWS)
                yield at, tuple(map(text_of, cells))
    except (
        *(InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, AttributeError),
        *(IndexError, OSError, EOFError, NotImplementedError, RuntimeError),
    ) as error:
        # openpyxl meets a broken file with whatever the code at hand raises.
        raise FileFaultError(Fault.BROKEN_EXCEL) from error


def text_of(value: object) -> str:
    """A cell as people see it: numbers without decimals that nobody wrote."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e20:  # noqa: PLR2004 - more is no number
        return str(int(value))
    return str(value)


def _look_into(path: Path) -> None:
    """Refuses archives that are made to fill the memory. What they say of themselves is all that gets unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileFaultError(Fault.BROKEN_EXCEL) from error
    texts = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
    tight = any(part.file_size > SMALL and part.file_size > RATIO * part.compress_size for part in parts)
    if tight or texts > TEXTS or sum(part.file_size for part in parts) > UNPACKED:
        raise FileFaultError(Fault.TOO_LARGE)


def csv_safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Lines of CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(map(csv_safe, row) for row in rows)
    return text.getvalue()
