"""Values of the store's rows, in and out: lines of JSON, times, and texts as SQLite can hold them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from json import JSONEncoder, loads
from math import isfinite
from typing import Any

LARGEST = 2**63 - 1
"""The largest integer of SQLite."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

compact = JSONEncoder(separators=(",", ":")).encode
"""JSON in ASCII, without spaces."""


def line_of(fields: Mapping[str, Any]) -> bytes:
    """`fields` as one line of JSON in ASCII, with its newline. Every text survives, lone surrogates too."""
    return compact(fields).encode("ascii") + b"\n"


def fields_of(line: bytes) -> dict[str, Any]:
    """The fields in one line of JSON.

    Raises:
        ValueError: it isn't a JSON object.
    """
    try:
        fields = loads(line.decode("ascii"))
    except RecursionError as error:
        raise ValueError("not a line of ours: nested too deeply") from error
    if isinstance(fields, dict):
        return fields
    raise ValueError("not a line of ours: no JSON object")


def storable(value: str) -> str:
    """`value` as UTF-8 can hold it: a lone surrogate is written out, the way Python writes it in source."""
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def to_microseconds(at: datetime) -> int:
    """Microseconds since 1970 UTC, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(value: object) -> datetime:
    """The UTC time of `to_microseconds`.

    Raises:
        ValueError: not an integer, or no time that Python knows.
    """
    try:
        return _EPOCH + timedelta(microseconds=whole(value))
    except OverflowError as error:
        raise ValueError(f"no such time: {value}") from error


def text(value: object) -> str:
    """`value` if it is a text, else ValueError."""
    if isinstance(value, str):
        return value
    raise ValueError(f"not a text: {value!r}")


def whole(value: object) -> int:
    """`value` if it is an integer that SQLite holds, else ValueError."""
    if isinstance(value, int) and -LARGEST <= value <= LARGEST:
        return int(value)
    raise ValueError(f"not a whole number of 64 bits: {value!r}")


def real(value: object) -> float:
    """`value` if it is a finite number, else ValueError."""
    if isinstance(value, int | float) and isfinite(value):
        return float(value)
    raise ValueError(f"not a number: {value!r}")
