"""What keeps a file from being read, as fixed words and as sentences."""

from enum import StrEnum
from typing import Final

from callfilter.marked import N_


class Fault(StrEnum):
    """Of a whole file."""

    EMPTY = "empty"
    NO_TEXT = "no-text"
    QUOTES = "quotes"
    OLD_EXCEL = "old-excel"
    BROKEN_EXCEL = "broken-excel"
    TOO_LARGE = "too-large"
    TOO_MANY_ROWS = "too-many-rows"
    UNREADABLE = "unreadable"
    NO_ROOM = "no-room"
    STOPPED = "stopped"
    """Reading took too much memory or time."""


class RowFault(StrEnum):
    """Of one row, which is left out."""

    NO_NUMBER = "no-number"
    PREFIX = "prefix"
    FORMULA = "formula"
    BROKEN_CARD = "broken-card"


class FileFaultError(Exception):
    """A file cannot be read."""

    def __init__(self, fault: Fault, line: int = 0) -> None:
        """`line` is where; 0 where that cannot be told."""
        self.fault = fault
        self.line = line
        super().__init__(str(fault))


FAULTS: Final = {
    Fault.EMPTY: N_("There is nothing in this file."),
    Fault.NO_TEXT: N_("This is no file that can be read: save it as CSV, XLSX or vCard."),
    Fault.QUOTES: N_("A quotation mark in line %(line)s has no end: mend it, or save the file as XLSX."),
    Fault.OLD_EXCEL: N_("This is a spreadsheet of an old kind: save it as XLSX or CSV."),
    Fault.BROKEN_EXCEL: N_("This spreadsheet is broken: open it, and save it as XLSX or CSV again."),
    Fault.TOO_LARGE: N_("This spreadsheet becomes too large when it is unpacked: save it as CSV."),
    Fault.TOO_MANY_ROWS: N_("This file has more than two million rows: split it."),
    Fault.UNREADABLE: N_("This file cannot be read: look whether it is there and who may read it."),
    Fault.NO_ROOM: N_("There is no room to read this file into: make some where temporary files go, often /tmp."),
    Fault.STOPPED: N_("Reading this file takes too much memory or time: save it as CSV, or split it."),
}
"""Of a whole file, with the line where one is to be named."""
ROW_FAULTS: Final = {
    RowFault.NO_NUMBER: N_("This is no number."),
    RowFault.PREFIX: N_("This beginning of numbers is too short, or may mean several."),
    RowFault.FORMULA: N_("Formulas are not worked out."),
    RowFault.BROKEN_CARD: N_("This card is broken."),
}
"""Of one row."""
