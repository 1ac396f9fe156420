"""What a row of a file means: the number that it holds, or why it is left out. What is counted goes into a summary."""

from collections.abc import Iterator

from agi.wire import is_safe
from callfilter.imports.faults import RowFault
from callfilter.imports.pasted import read_line
from callfilter.imports.summary import LONGEST, SHOWN, Reading, Summary
from callfilter.own_numbers import STARS, always_rings
from callfilter.store.codec import storable
from filters.number import ANONYMOUS, INVALID, Number, read_number
from filters.policy import Policy

NO_NUMBERS = (ANONYMOUS, INVALID)

Row = tuple[int, str, str]
"""Line, text of the number, and name."""
Staged = tuple[str, bool, int, str, bool, bool]
"""Key, whether it is a prefix, line, name, whether the phone can show that, and whether nobody can block the number."""


def understood(row: Row, summary: Summary, reading: Reading) -> tuple[Staged, ...]:
    """The number of a row; several where the cell has several, none with a fault."""
    line, text, name = row
    # Before what could be a formula there stands an apostrophe, in files of ours too.
    text = text.removeprefix("'")
    if not text.startswith("=") and not text.rstrip().endswith(STARS):
        number = read_number(text, country=reading.country, area=reading.area)
        if number.key not in NO_NUMBERS:
            return (_staged(line, text, number.key, number, name, summary, reading.policy),)
    return tuple(_slowly(line, text, name, summary, reading))


def _slowly(line: int, text: str, name: str, summary: Summary, reading: Reading) -> Iterator[Staged]:
    """As above, for all that is not plainly one number."""
    if text.startswith("="):
        summary.complain(line, RowFault.FORMULA, text)
        return
    found = read_line(text, line, country=reading.country, area=reading.area)
    named = [each for each in found if each.named]
    for each in found if named else found[:1]:
        if each.named is None:
            summary.complain(line, each.fault or RowFault.NO_NUMBER, text)
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
