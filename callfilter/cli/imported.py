"""`callfilter import`: own numbers out of a file, as the page takes them."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from callfilter.cli.options import author, awaited, config_of, label_of, typed, until
from callfilter.cli.say import NO, harmless, refuse, say
from callfilter.imports.columns import Columns
from callfilter.imports.faults import FAULTS, ROW_FAULTS, FileFaultError, RowFault
from filters.facts import OwnEntry
from filters.policy import Policy
from filters.verdict import Action

if TYPE_CHECKING:
    from callfilter.config import Config
    from callfilter.imports.summary import Reading, Summary

ACTIONS: Final = {each.value: each for each in (Action.ALLOW, Action.REJECT, Action.VOICEMAIL)}
SHOWN: Final = 10
"""Rows that are shown of those left out, and of what a dry run found."""


def import_(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="A CSV, XLSX or vCard file.", metavar="FILE")],
    action: Annotated[
        str, typer.Option(help="What becomes of their calls: allow, reject or voicemail.", metavar="ACTION")
    ],
    for_: Annotated[str, typer.Option("--for", help="Until when: 30m, 12h, 7d or 2w from now.", metavar="TIME")] = "",
    note: Annotated[str, typer.Option(help="Why, for whoever reads it later.", metavar="TEXT")] = "",
    label: Annotated[
        str, typer.Option(help="What the phone shows before the names of those without one.", metavar="TEXT")
    ] = "",
    number_column: Annotated[
        int, typer.Option(min=0, max=30, help="Column of the numbers, counted from 1; 0 to find it.", metavar="N")
    ] = 0,
    name_column: Annotated[
        int, typer.Option(min=0, max=30, help="With --number-column: column of the names; 0 for none.", metavar="N")
    ] = 0,
    headings: Annotated[bool, typer.Option("--headings", help="With --number-column: skip the first row.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also change numbers that are allowed or blocked already.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")] = False,
) -> None:
    """Allow or block all numbers of a file. Rows that hold no number are named and left out.

    Numbers that always ring are never blocked. Calls go on meanwhile.

    Exit status: 0 done, 1 there was nothing to import, 2 wrong input or a fault.
    """
    config = config_of(context)
    now = datetime.now(UTC)
    entry = OwnEntry(
        "", False, _action(config, action), label_of(label), typed(note).strip(), author(), until(for_, "--for", now),
    )  # fmt: skip
    columns = Columns(number_column - 1, name_column - 1, int(headings)) if number_column else None
    with TemporaryDirectory(prefix="callfilter-") as folder:
        staged = Path(folder) / "staged.db"
        summary = _read(file, staged, _reading(config, columns))
        _tell(summary)
        if not summary.numbers:
            refuse(f"{file} has no numbers; choose the column with --number-column", NO)
        if dry_run:
            _show(summary)
            return
        done = awaited(_put(config, staged, entry, now, file.name, replace=replace))
    kept = summary.numbers - done
    say(f"Imported {_count(done, 'number')}{f'; {kept:,} unchanged' if kept else ''}.")


def _action(config: "Config", text: str) -> Action:
    action = ACTIONS.get(text.strip().lower())
    if action is None:
        refuse(f"--action is {text!r}, but must be one of {', '.join(ACTIONS)}")
    if action is Action.VOICEMAIL and not config.has_mailbox:
        refuse("--action voicemail needs a mailbox: set policy.mailbox in the settings")
    return action


def _reading(config: "Config", columns: Columns | None) -> "Reading":
    from callfilter.imports.summary import Reading  # noqa: PLC0415 - other commands need not wait for it

    policy = config.policy()
    return Reading(config.country, config.area, Policy(protected=policy.protected, own_lines=policy.own_lines), columns)


def _read(file: Path, staged: Path, reading: "Reading") -> "Summary":
    from callfilter.imports.reader import read_file  # noqa: PLC0415 - as above

    try:
        if not file.is_file():
            refuse(f"there is no file {file}; check its name")
        file.open("rb").close()
    except OSError as error:
        refuse(f"{file} can't be read ({error.strerror}); mend that, or run this as root")
    try:
        return awaited(read_file(file.absolute(), staged, reading))
    except FileFaultError as error:
        refuse(f"{file} can't be imported: {FAULTS[error.fault] % {'line': error.line}}")


async def _put(config: "Config", staged: Path, entry: OwnEntry, now: datetime, name: str, *, replace: bool) -> int:
    from callfilter.store import audit  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above
    from callfilter.store.imports import Wanted, put_staged  # noqa: PLC0415 - as above
    from callfilter.store.numbers import NumberRow  # noqa: PLC0415 - as above

    async with await open_database(config.database) as database:
        done = put_staged(config.database, staged, Wanted(NumberRow(entry, now), replace))
        await audit.note(database, now, entry.author, "imported", file=name, action=str(entry.action), count=done)
    return done


def _tell(summary: "Summary") -> None:
    """What was read, and the rows that are left out."""
    parts = [f"Read {_count(summary.rows, 'row')}: {_count(summary.numbers, 'number')}"]
    parts += [
        f"{count:,} {what}"
        for count, what in (
            (summary.repeated, "repeated"),
            (summary.protected, "that always ring"),
            (summary.impossible, "that nobody can have"),
            (summary.faults, "left out"),
        )
        if count
    ]
    say(f"{', '.join(parts)}.")
    for line, fault, text in summary.named_faults[:SHOWN]:
        say(harmless(f"  line {line}: {text or '(empty)'}: {ROW_FAULTS[RowFault(fault)]}"))
    if summary.faults > SHOWN:
        say(f"  … and {summary.faults - SHOWN:,} more")


def _show(summary: "Summary") -> None:
    for line, text, key, is_prefix, name in summary.first[:SHOWN]:
        say(harmless(f"  line {line}: {text} is {key}{'*' if is_prefix else ''}{f' ({name})' if name else ''}"))
    say("Nothing was changed.")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
