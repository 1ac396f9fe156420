"""How the commands speak: refusals in one sentence, caller-written text made harmless, tables as wide as they need.

Everything that a caller may have written goes through `harmless` before a terminal sees it.
"""

import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from rich.console import Console

YES: Final = 0
NO: Final = 1
FAILED: Final = 2

PIPE_WIDTH: Final = 200
"""Columns of a table that goes into a file or a pipe."""


class Refusal(Exception):  # noqa: N818 - it is an answer, not always an error
    """A command ends here, with one sentence on stderr."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        """`code` is the exit status: FAILED for bad input and faults, NO where the answer is no."""
        self.code = code
        super().__init__(sentence)


def refuse(sentence: str, code: int = FAILED) -> NoReturn:
    """End the command with a sentence.

    Raises:
        Refusal: always.
    """
    raise Refusal(sentence, code)


def harmless(text: str) -> str:
    r"""Text on one line in which nothing moves a cursor, hides or reorders: such characters show as `\u202e`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def sentence(text: str) -> str:
    """Text on one line, with its full stop."""
    line = harmless(" ".join(text.split()))
    return line if line.endswith((".", "!", "?")) else f"{line}."


def complain(text: str) -> None:
    """One sentence on stderr."""
    print(f"callfilter: {sentence(text)}", file=sys.stderr)  # noqa: T201 - this is where the commands speak


def say(text: str) -> None:
    """One line on stdout, at once."""
    print(text, flush=True)  # noqa: T201 - this is where the commands speak


def say_json(value: Any) -> None:
    """A value as one line of JSON in ASCII, which every terminal, log and parser takes."""
    say(json.dumps(value, separators=(", ", ": ")))


def console() -> "Console":
    """A Rich console on stdout; wide where no terminal limits it, so that `| grep` sees whole lines."""
    from rich.console import Console  # noqa: PLC0415 - 25 ms that `--json` need not pay

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)
