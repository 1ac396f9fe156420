"""Writes values as TOML, which the standard library only reads. Knows nothing of policies."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def key_of(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else _text(name)


def value_of(value: object) -> str:
    """A value on one line: text, number, flag, date, time, list, or table.

    Raises:
        TypeError: TOML has no such value.
    """
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return _text(value)
        case datetime() | date():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(map(value_of, value))}]"
        case Mapping():
            return f"{{ {', '.join(f'{key_of(key)} = {value_of(inner)}' for key, inner in value.items())} }}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _text(text: str) -> str:
    """In single quotes where that keeps backslashes as they are: so people write expressions."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    # JSON's escapes are TOML's too; only DEL is missing.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
