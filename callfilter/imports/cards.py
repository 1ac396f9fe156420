"""Contacts out of vCard files, as phones and address books write them: versions 2.1 to 4.0."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from callfilter.imports.sheets import LOOKED_AT, encoding_of

LONGEST_CARD: Final = 64 * 1024
"""Characters of the lines of a card that are looked at."""
WANTED: Final = frozenset({"BEGIN", "VERSION", "FN", "N", "ORG", "TEL", "END"})
"""Properties: photos and addresses are most of a card, and nobody asks for them."""

Card = tuple[int, list[str], str]
"""Line at which it begins, its numbers, its name; no numbers at all where it cannot be read."""


def is_cards(path: Path) -> bool:
    """Whether the file looks like one of vCards.

    Raises:
        FileFaultError: it is no text.
    """
    with path.open(encoding=encoding_of(path), newline="") as file:
        return file.read(LOOKED_AT).lstrip("\ufeff \t\r\n")[:11].upper() == "BEGIN:VCARD"


def cards(path: Path) -> Iterator[Card]:
    """The cards that have numbers; one that is broken has none, and those without a number are passed over.

    Raises:
        FileFaultError: it is no text.
    """
    lines: list[str] = []
    began = size = 0
    wanted = quoted = False
    with path.open(encoding=encoding_of(path)) as file:
        for at, raw in enumerate(file, 1):
            line = raw.rstrip("\r\n")
            upper = line[:20].upper()
            if upper.startswith("BEGIN:VCARD"):
                if lines:
                    yield began, [], ""
                lines, began, size = [], at, 0
            elif not began:
                continue
            # A property goes on in lines that begin with a blank, or, in version 2.1, behind a `=` at the end.
            if not (line[:1] in (" ", "\t") or quoted):
                wanted = _name_of(line) in WANTED
            quoted = wanted and line.endswith("=") and (quoted or "QUOTED-PRINTABLE" in line.upper())
            if wanted and size <= LONGEST_CARD:
                lines.append(line)
                size += len(line)
            if upper.startswith("END:VCARD") and not quoted:
                card = _card(began, "\r\n".join(lines) if size <= LONGEST_CARD else "")
                lines, began = [], 0
                if card:
                    yield card
    if lines:
        yield began, [], ""


def _name_of(line: str) -> str:
    """`TEL` of `item1.TEL;TYPE=CELL:138…`."""
    return line.partition(":")[0].partition(";")[0].rpartition(".")[2].strip().upper()


def _card(began: int, text: str) -> Card | None:
    """None for a card without a number."""
    import vobject  # noqa: PLC0415 - slow to load, and few files are vCards
    from vobject.base import VObjectError  # noqa: PLC0415 - as above

    try:
        card = vobject.readOne(text + "\r\n", allowQP=True)
        numbers = [str(tel.value) for tel in card.contents.get("tel", ())]
        return (began, numbers, _name(card.contents)) if numbers else None
    except (VObjectError, ValueError, AttributeError, KeyError, IndexError, TypeError, StopIteration, LookupError):
        # vobject meets a broken card with whatever the code at hand raises.
        return began, [], ""


def _name(contents: dict[str, list[Any]]) -> str:
    for name in ("fn", "n", "org"):
        for each in contents.get(name, ()):
            text = _text(each.value)
            if text := " ".join(text.split()):
                return text
    return ""


def _text(value: Any) -> str:
    """A name as its owner's country writes it: in Chinese the family comes first, and nothing stands between."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if not hasattr(value, "family"):
        return str(value)
    family, given = str(value.family), str(value.given)
    return f"{given} {family}" if (family + given).isascii() else f"{family}{given}"
