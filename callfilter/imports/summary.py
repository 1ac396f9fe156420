"""How a file is to be read, and what was found in it."""

from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Final

from callfilter.imports.columns import Columns
from callfilter.imports.faults import RowFault
from filters.policy import Policy

SHOWN: Final = 50
"""Rows of the preview, and of the table's beginning for whoever chooses columns."""
FAULTS_SHOWN: Final = 1000
LONGEST: Final = 200
"""Characters of a name, and of what is shown of a fault."""


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
    """Different ones, when all is read; until then the repeated are among them."""
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

    def complain(self, line: int, fault: RowFault, text: str) -> None:
        """Counts a row that is left out, and keeps it if it is one of the first."""
        self.faults += 1
        if len(self.named_faults) < FAULTS_SHOWN:
            self.named_faults.append((line, str(fault), text[:LONGEST]))

    def add(self, other: "Summary") -> None:
        """Takes in what was found in other rows of the same file."""
        for name in ("numbers", "prefixes", "protected", "impossible", "no_labels", "faults"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.named_faults = list(islice(merge(self.named_faults, other.named_faults), FAULTS_SHOWN))
        self.first = list(islice(merge(self.first, other.first), SHOWN))
