"""`callfilter doctor`: is everything wired up, and what is to be mended."""

import os
import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from callfilter.cli.options import Json
from callfilter.cli.say import NO, YES, refuse, say, say_json, sentence
from callfilter.config import ConfigError, load_config
from callfilter.doctor.finding import Finding, Mark
from callfilter.doctor.settings import examine_settings

if TYPE_CHECKING:
    from pathlib import Path

SIGNS = {Mark.OK: "✓", Mark.WARNING: "!", Mark.FAULT: "✗"}


def doctor(
    context: typer.Context,
    *,
    asterisk: Annotated[
        str,
        typer.Option(
            help="Command that reaches Asterisk's console, options included.",
            metavar="COMMAND",
            envvar="CALLFILTER_ASTERISK",
        ),
    ] = "asterisk",
    json: Json = False,
) -> None:
    """Examine the installation and say, line by line, what to mend. Changes nothing.

    With --json {"ok": …, "findings": [{"mark", "subject", "text"}]}. Exit status: 0 all well (warnings allowed),
    1 something is to be mended, 2 wrong input.
    """
    try:
        command = shlex.split(asterisk) or ["asterisk"]
    except ValueError as error:
        refuse(f"--asterisk is {asterisk!r}, but must be a command as a shell reads it ({error})")
    raise typer.Exit(report(examine(context.find_root().obj, command), json=json))


def examine(path: "Path | None", asterisk: Iterable[str]) -> Iterator[Finding]:
    """Everything that there is to examine, with the settings in the file at `path` or the usual places."""
    from callfilter.doctor.everything import examine_everything  # noqa: PLC0415 - only needed in here

    yield from examine_settings(path, os.environ)
    try:
        config = load_config(path, os.environ)
    except ConfigError:
        return
    yield from examine_everything(config, asterisk)


def report(findings: Iterable[Finding], *, json: bool = False) -> int:
    """Shows findings, each as it comes; returns the exit status."""
    worst = YES
    shown = []
    for finding in findings:
        worst = NO if finding.mark is Mark.FAULT else worst
        if json:
            shown.append({"mark": finding.mark, "subject": finding.subject, "text": sentence(finding.text)})
        else:
            say(f"{SIGNS[finding.mark]} {finding.subject}: {sentence(finding.text)}")
    if json:
        say_json({"ok": worst == YES, "findings": shown})
    return worst
