"""The bytes of the AGI protocol: header block in, one command line out. No I/O in here.

Asterisk escapes nothing: a newline in a caller's number or name ends the header line, and what follows looks like a
line of Asterisk's own. It does send its lines in a fixed order though, so an honest header has each name once and in
that order; any other is *forged*. Everything before the caller's number was written by Asterisk alone; behind it the
last line of each name is the real one, because forged lines stand in front of the lines that Asterisk still had to
send. An invented line can thus change nothing but the value it was hidden in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

HEADER_LIMIT = 64 * 1024
"""Bytes of a whole header block."""
LINE_LIMIT = 16 * 1024
"""Bytes of one header line."""
LINES_LIMIT = 128
"""Lines of a header block."""
COMMAND_LIMIT = 2000
"""Bytes of a command: Asterisk reads into 2,048 (AGI_BUF_LEN in res_agi.c)."""
VARIABLES_LIMIT = 24
"""Variables that one MSet takes (pbx_builtin_setvar_multiple)."""
FORGED_WAIT = 0.05
"""Seconds that a header may take to go on behind a blank line that should have been its end."""
HANGUP = b"HANGUP\n"
"""Asterisk's word, at any moment, that the caller is gone."""

CALLER = "agi_callerid"
_NAME = "agi_calleridname"
_LAST = "agi_threadid"
# The order of setup_env() in Asterisk's res_agi.c, unchanged from 1.6 to 22.
_HEAD = (
    "agi_network",
    "agi_network_script",
    "agi_request",
    "agi_channel",
    "agi_language",
    "agi_type",
    "agi_uniqueid",
    "agi_version",
)
_TAIL = (
    CALLER,
    _NAME,
    "agi_callingpres",
    "agi_callingani2",
    "agi_callington",
    "agi_callingtns",
    "agi_dnid",
    "agi_rdnis",
    "agi_context",
    "agi_extension",
    "agi_priority",
    "agi_enhanced",
    "agi_accountcode",
    _LAST,
)
_RANK = {name: rank for rank, name in enumerate(_HEAD + _TAIL)}
_TAIL_MARKS = tuple(f"{name}: ".encode() for name in _TAIL)

# A header in which nothing is out of the ordinary, as nearly all are; reading it so takes a quarter of the time.
_HONEST = re.compile(
    "".join(rf"(?:{name}: ([^\n]*)\n)?" for name in _RANK) + r"((?:agi_arg_[0-9]+: [^\n]*\n)*)\n",
)
_LINE = re.compile(rb"(agi_\w{1,64}):(?: (.*))?", re.DOTALL)
_ARGUMENT = re.compile(r"agi_arg_([1-9]\d{0,3})")
_LATIN_BEFORE_GBK = re.compile(rb"[A-Za-z][\x81-\xfe][\x40-\x7e]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_VARIABLE_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
# What MSet, AGI's own quoting and Asterisk's substitution would read as something else; the last two rows are
# invisible characters that break or reorder a line.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"
    r""",="'\\$`{}()\[\];|&"""
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff]",
)


class WireError(Exception):
    """What came is not an AGI header; the text says why, without quoting the peer."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk said about the call, one value for each name; names whose value is `unknown` are absent."""

    values: Mapping[str, str]
    """`agi_channel` and so on; the arguments are not in here."""
    args: tuple[str, ...] = ()
    """`agi_arg_1` and on, empty ones too."""
    forged: bool = False
    """A caller-written value held a newline. The value is whole, with its newlines."""


class _Line(NamedTuple):
    name: str
    """Empty where the line is none of Asterisk's."""
    value: bytes
    raw: bytes


def is_complete(received: bytes | bytearray) -> bool:
    r"""Whether this is a whole header block, as far as one can tell.

    A blank line alone does not end one: a caller's `x\n\n` writes blank lines too. So every name that Asterisk sends
    from the caller's number on must be there.
    """
    return received.endswith(b"\n\n") and all(mark in received for mark in _TAIL_MARKS)


def parse_environment(header: bytes) -> Environment:
    """Read a header block, with or without the blank line that ends it.

    Raises:
        WireError: it is too large, or its first lines are not Asterisk's.
    """
    return _read_honest(header) or _read_any(header)


def _read_honest(header: bytes) -> Environment | None:
    try:
        match = _HONEST.fullmatch(header.decode()) if len(header) <= LINE_LIMIT else None
    except UnicodeDecodeError:
        return None
    if match is None or match.end() == 1:
        return None
    *texts, block = match.groups()
    arguments = [line.partition(": ") for line in block.split("\n")[:-1]]
    if any(name != f"agi_arg_{at}" for at, (name, _, _) in enumerate(arguments, 1)):
        return None
    values = {name: text for name, text in zip(_RANK, texts, strict=True) if text is not None and text != "unknown"}
    return Environment(values, tuple(text for _, _, text in arguments))


def _read_any(header: bytes) -> Environment:
    lines = _split(header)
    start = next((at for at, line in enumerate(lines) if line.name == CALLER), len(lines))
    head, tail = lines[:start], lines[start:]
    if not _in_order(head) or not lines:
        raise WireError("the header does not begin with Asterisk's own lines in their order")
    if _in_order(tail):
        chosen = {line.name: line.value for line in tail}
        forged = False
    else:
        chosen = _real(tail)
        forged = True
    found = {line.name: line.value for line in head} | chosen
    return _environment(found, forged=forged)


def decode(raw: bytes) -> str:
    """Text in UTF-8, else in GBK where that gives Chinese, else UTF-8 with the wrong bytes replaced. Never raises."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _decode_chinese(raw) or raw.decode(errors="replace")


def set_variables(variables: Mapping[str, str]) -> bytes:
    """Write the one AGI command that sets these channel variables.

    Raises:
        ValueError: a name is not `[A-Z_][A-Z0-9_]*`, a value is empty or has a character that Asterisk would read as
            more than text (see `is_safe`), or there are too many or none.
    """
    if not 0 < len(variables) <= VARIABLES_LIMIT:
        raise ValueError(f"cannot set {len(variables)} variables with one command, only 1 to {VARIABLES_LIMIT}")
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a channel variable's name: use A-Z, 0-9 and _")
        if not is_safe(value):
            raise ValueError(f"{name} cannot be sent to Asterisk as {value!r}: it is empty or has special characters")
    command = 'EXEC MSet "{}"\n'.format(",".join(f"{name}={value}" for name, value in variables.items())).encode()
    if len(command) > COMMAND_LIMIT:
        raise ValueError(f"the variables take {len(command)} bytes, and Asterisk reads {COMMAND_LIMIT}")
    return command


def is_safe(value: str) -> bool:
    """Whether the value can be set by `set_variables` and arrives as it is.

    Not safe: empty texts (MSet skips them), control and direction characters, and any of , = " ' ` $ & | ; and
    backslash, round, square and curly brackets.
    """
    return value != "" and value == value.strip() and not _UNSAFE.search(value)


def _split(header: bytes) -> list[_Line]:
    if len(header) > HEADER_LIMIT:
        raise WireError(f"the header has {len(header)} bytes, and at most {HEADER_LIMIT} are read")
    raw_lines = header.rstrip(b"\n").split(b"\n")
    if len(raw_lines) > LINES_LIMIT:
        raise WireError(f"the header has {len(raw_lines)} lines, and at most {LINES_LIMIT} are read")
    if any(len(raw) > LINE_LIMIT for raw in raw_lines):
        raise WireError(f"a header line is longer than {LINE_LIMIT} bytes")
    return [_read_line(raw) for raw in raw_lines]


def _read_line(raw: bytes) -> _Line:
    match = _LINE.fullmatch(raw)
    if match is None:
        return _Line("", raw, raw)
    # `\w` in a bytes pattern is ASCII only.
    return _Line(match[1].decode("ascii"), match[2] or b"", raw)


def _rank(name: str) -> int | None:
    """A place in Asterisk's order; None for a name of some later Asterisk that could stand anywhere."""
    rank = _RANK.get(name)
    if rank is None and (argument := _ARGUMENT.fullmatch(name)):
        rank = len(_RANK) + int(argument[1])
    return rank


def _in_order(lines: Sequence[_Line]) -> bool:
    names = [line.name for line in lines]
    ranks = [rank for rank in map(_rank, names) if rank is not None]
    return "" not in names and len(set(names)) == len(names) and all(a < b for a, b in pairwise(ranks))


def _real(tail: Sequence[_Line]) -> dict[str, bytes]:
    """Pick the last line of each name, going backwards through Asterisk's order; lines between belong to the value."""
    threadid = _last_index(tail, _LAST, len(tail))
    behind = tail[threadid + 1 :] if threadid is not None else ()
    places: dict[str, int] = {}
    end = len(tail)
    for name in reversed(_TAIL):
        place = 0 if name == CALLER else _last_index(tail, name, end)
        if place is not None:
            places[name] = end = place
    ends = [*sorted(places.values()), threadid + 1 if threadid is not None else len(tail)]
    values = {
        name: b"\n".join([tail[place].value, *(line.raw for line in tail[place + 1 : ends[at + 1]])])
        for at, (name, place) in enumerate(sorted(places.items(), key=lambda item: item[1]))
    }
    return values | {line.name: line.value for line in behind if _ARGUMENT.fullmatch(line.name)}


def _last_index(lines: Sequence[_Line], name: str, end: int) -> int | None:
    # Never 0: there stands the caller's number.
    return next((at for at in range(end - 1, 0, -1) if lines[at].name == name), None)


def _environment(found: Mapping[str, bytes], *, forged: bool) -> Environment:
    values: dict[str, str] = {}
    args: dict[int, str] = {}
    for name, raw in found.items():
        if name not in _RANK and (argument := _ARGUMENT.fullmatch(name)):
            args[int(argument[1])] = decode(raw)
        elif raw != b"unknown":
            values[name] = decode(raw)
    highest = max((at for at in args if at <= LINES_LIMIT), default=0)
    return Environment(values, tuple(args.get(at, "") for at in range(1, highest + 1)), forged)


def _decode_chinese(raw: bytes) -> str:
    """The text if it is GBK (in GB 18030, which holds it), else an empty one."""
    # "José e" in Latin-1 is valid GBK too, but of a letter followed by half an ideograph.
    if _LATIN_BEFORE_GBK.search(raw):
        return ""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    foreign = [char for char in text if not char.isascii()]
    sensible = all(char.isprintable() or char == "\u3000" for char in foreign)
    return text if sensible and any(_IDEOGRAPH.match(char) for char in foreign) else ""
