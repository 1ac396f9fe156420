"""Which words of the page want translating: found in code and templates, for translators and for the test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.extract import extract_from_dir

PACKAGE: Final = Path(__file__).parent.parent
METHODS: Final = [("web/templates/**.html", "jinja2"), ("web/**.py", "python"), ("imports/**.py", "python")]
KEYWORDS: Final = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "say": None, "say_count": (1, 2)}
OPTIONS: Final = {"web/templates/**.html": {"trimmed": "true", "silent": "false"}}

Message = str | tuple[str, ...]


def messages() -> Iterator[tuple[str, int, Message]]:
    """File, line and message of everything that is shown."""
    found = extract_from_dir(str(PACKAGE), METHODS, OPTIONS, KEYWORDS)
    for file, line, message, _, _ in found:
        yield str(file), line, message
