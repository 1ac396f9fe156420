"""One `#include` line in a file of the admin's: where it goes, and out again, byte for byte. Works on bytes only."""

import re
from typing import Final

_BOM: Final = b"\xef\xbb\xbf"
_INCLUDE: Final = re.compile(rb'[ \t]*#[ \t]*(?:try)?include[ \t]+[<"]?([^>"\r\n;]+?)[>"]?[ \t]*(?:;.*)?$')


def includes(content: bytes, target: str) -> bool:
    """The file includes `target` already, by that very name or by a path to a file of that name."""
    names = (match[1].strip().decode("latin-1") for _, line in lines_of(content) if (match := _INCLUDE.match(line)))
    return any(name == target or name.endswith(f"/{target}") for name in names)


def with_include(content: bytes, target: str) -> tuple[bytes, bytes]:
    """The content with the line put in, and the very bytes that were put in.

    The line goes to the top, where no later addition of the admin's can end up in a section of the included file;
    where settings stand before the first section, it goes behind them.
    """
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    line = b'#include "' + target.encode() + b'"' + newline
    at = _place(content)
    if content[:at] not in (b"", _BOM) and not content[:at].endswith(b"\n"):
        line = newline + line
    return content[:at] + line + content[at:], line


def without_include(content: bytes, inserted: bytes) -> bytes | None:
    """The content without what `with_include` put in, or None where that is not there, or not once."""
    line = inserted.lstrip(b"\r\n")
    at_start = [at for at in _starts(content) if content.startswith(line, at)]
    if len(at_start) != 1:
        return None
    at, end = at_start[0], at_start[0] + len(line)
    before = inserted.removesuffix(line)
    # The end of line before ours was put behind the file's last line. If something stands behind ours now, that line
    # needs it; and what stands before ours now may be another line, or none.
    if end == len(content) and content[:at].endswith(before):
        at -= len(before)
    return content[:at] + content[end:]


def _place(content: bytes) -> int:
    """Where a line can go without ending a section that is not its own."""
    top = len(_BOM) if content.startswith(_BOM) else 0
    first = True
    for at, line in lines_of(content):
        start = line.lstrip()
        if start.startswith(b"["):
            return top if first else at
        if start and not start.startswith((b";", b"#")):
            first = False
    return top if first else len(content)


def _starts(content: bytes) -> list[int]:
    top = len(_BOM) if content.startswith(_BOM) else 0
    return [top, *(match.end() for match in re.finditer(rb"\n", content))]


def lines_of(content: bytes) -> list[tuple[int, bytes]]:
    """Offset and text of each line outside `;-- … --;` comments, without its end."""
    found, inside = [], False
    for at in _starts(content):
        end = content.find(b"\n", at)
        line = content[at : end if end >= 0 else None].rstrip(b"\r")
        start = line.lstrip()
        opens = start.startswith(b";--") and not start.startswith(b";---")
        if inside or opens:
            rest = line.split(b";--", 1)[1] if opens and not inside else line
            inside = b"--;" not in rest
            continue
        found.append((at, line))
    return found
