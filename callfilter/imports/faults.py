"""What keeps a file from being read, as fixed words; whoever shows them has the sentences."""

from enum import StrEnum


class Fault(StrEnum):
    """Of a whole file."""

    EMPTY = "empty"
    NO_TEXT = "no-text"
    QUOTES = "quotes"
    OLD_EXCEL = "old-excel"
    BROKEN_EXCEL = "broken-excel"
    BROKEN_CARDS = "broken-cards"
    TOO_LARGE = "too-large"
    TOO_MANY_ROWS = "too-many-rows"
    NO_NUMBERS = "no-numbers"
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
