"""`callfilter setup`: shows what would be written on this PBX, asks, does it, and examines the result."""

import difflib
import os
import secrets
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from callfilter.cli.doctor import examine, report
from callfilter.cli.say import NO, YES, complain, harmless, refuse, say
from callfilter.config import DEFAULT_PATH
from callfilter.setup.apply import apply, run
from callfilter.setup.manifest import read_manifest
from callfilter.setup.pbx import SetupFault, console_command, find_pbx
from callfilter.setup.plan import Change, Places, Plan, plan_install, plan_remove

UNITS = Path("/etc/systemd/system")
SYSTEMD_RUNS = Path("/run/systemd/system")


def setup(
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take everything out again that setup has put in.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    asterisk_etc: Annotated[
        Path | None,
        typer.Option(help="Asterisk's configuration folder, if it is not found.", metavar="DIR", show_default=False),
    ] = None,
    systemd: Annotated[
        Path | None,
        typer.Option(help="Folder for the systemd unit, if there is systemd.", metavar="DIR", show_default=False),
    ] = None,
) -> None:
    """Put callfilter on this machine's Asterisk or FreePBX: show what would be written, ask, write, and examine.

    Files that you have changed are never overwritten, and --remove gives every file back as it was.

    Exit status: 0 done, 1 not agreed to or something is left to mend, 2 wrong input or a fault.
    """
    try:
        plan, places, console = _plan(context, asterisk_etc, systemd, remove=remove)
        _show(plan)
        if dry_run or not plan.changes:
            say("Nothing was written." if dry_run else "There is nothing to write.")
            raise typer.Exit(YES)
        if not (yes or typer.confirm("Do this?")):
            say("Nothing was written.")
            raise typer.Exit(NO)
        faults = _done(plan, places, remove=remove)
    except SetupFault as error:
        refuse(str(error))
    if remove:
        raise typer.Exit(NO if faults else YES)
    found = report(examine(places.config, console))
    raise typer.Exit(NO if faults else found)


def _plan(
    context: typer.Context, etc: Path | None, systemd: Path | None, *, remove: bool
) -> tuple[Plan, Places, tuple[str, ...]]:
    named = context.find_root().obj or os.environ.get("CALLFILTER_CONFIG") or DEFAULT_PATH
    units = systemd or (UNITS if SYSTEMD_RUNS.is_dir() else None)
    places = Places(Path(named).absolute(), units.absolute() if units else None, _program())
    manifest = read_manifest(places.manifest)
    if remove:
        console = console_command(etc)
        return plan_remove(places, manifest, console), places, console
    pbx = find_pbx(etc)
    return plan_install(pbx, places, manifest, secrets.token_hex(16)), places, pbx.console


def _program() -> Path:
    """The `callfilter` that a service manager can start."""
    beside = Path(sys.prefix) / "bin" / "callfilter"
    return beside if beside.exists() else Path(shutil.which("callfilter") or beside)


def _done(plan: Plan, places: Places, *, remove: bool) -> list[str]:
    """Does it: a service that goes is stopped before its files go."""
    first = [command for command in plan.commands if remove and command[0] == "systemctl"]
    faults = run(first)
    apply(plan, places)
    faults += run(command for command in plan.commands if command not in first)
    for each in faults:
        complain(each)
    say("Done.")
    return faults


def _show(plan: Plan) -> None:
    for change in plan.changes:
        say(f"{change.path} ({change.kind})")
        for line in _diff(change):
            say(harmless(line.replace(plan.secret, "(the secret)") if plan.secret else line))
        say("")
    for command in plan.commands:
        say(f"run: {shlex.join(command)}")
    for note in plan.notes:
        say("")
        for line in note.splitlines():
            say(harmless(line))
    say("")


def _diff(change: Change) -> Iterator[str]:
    """The lines that come and go, and none of those around them: they may hold secrets. A new file as a whole."""
    before, after = (
        (content or b"").decode(errors="replace").splitlines() for content in (change.before, change.after)
    )
    if change.before is None:
        yield from (f"  + {line}" for line in after)
    elif change.after is None:
        yield "  - (the whole file)"
    else:
        yield from (f"  {line}" for line in list(difflib.unified_diff(before, after, lineterm="", n=0))[2:])
