"""Writes `docs/cli.md`: every command with its `--help`. Run `python -m callfilter.cli.reference > docs/cli.md`."""

from collections.abc import Iterator
from typing import Any

import typer

from callfilter.cli.main import app
from callfilter.cli.say import say

WIDTH = 100
INTRODUCTION = """\
# The `callfilter` command

Made from the commands' own `--help` by `python -m callfilter.cli.reference > docs/cli.md`; a test compares.

Every command ends with 0 for yes or done, 1 for no, and 2 for wrong input or a fault, told in one sentence on stderr.
`--json` prints data for programs, with the same names as in the call log. `callfilter --install-completion` teaches
your shell to complete commands and options."""


def reference() -> str:
    """The whole page."""
    command = typer.main.get_command(app)
    parts = [INTRODUCTION]
    for name, text in _helps(command, "callfilter", None):
        parts.append(f"## `{name}`\n\n```\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = typer.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    for child, sub in getattr(command, "commands", {}).items():
        yield from _helps(sub, child, context)


if __name__ == "__main__":
    say(reference().rstrip("\n"))
