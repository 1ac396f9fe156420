"""`callfilter policy`: the policy as a text file. Every change is a new version; nothing is ever overwritten."""

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from callfilter.cli.options import Json, author, awaited, config_of, typed
from callfilter.cli.say import NO, YES, complain, console, harmless, refuse, say, say_json
from callfilter.config import Config
from callfilter.store.file import StoreError

if TYPE_CHECKING:
    from callfilter.policy import PolicyText
    from callfilter.store.policies import PolicyVersion
    from filters.lint.finding import Finding

File = Annotated[Path, typer.Argument(metavar="FILE", help="A policy, as export writes it.")]
Note = Annotated[str, typer.Option(help="Why, for whoever reads it later.", metavar="TEXT")]

T = TypeVar("T")

LARGEST = 4_000_000
"""Bytes of a policy: ten thousand rules have two million."""

app = typer.Typer(rich_markup_mode=None, help="Read and change the policy: your rules, and the presets that are on.")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to; stdout without it.")] = None,
) -> None:
    """Write the policy in force as a text that apply takes back unchanged.

    Exit status: 0 written, 2 a fault.
    """
    config = config_of(context)
    text = _text_of(newest_of(config))
    if file is None:
        say(text.removesuffix("\n"))
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"{file} cannot be written: {error.strerror}; name another file")


@app.command()
def validate(context: typer.Context, file: File) -> None:
    """Say what is wrong or odd with a policy: each fault, error and warning with file and line. Changes nothing.

    Exit status: 0 it can be applied, perhaps with warnings; 2 it cannot.
    """
    config = config_of(context)
    policy = sound_policy_in(file, config)
    say(f"{file} can be applied: {_size(policy)}.")


@app.command()
def diff(context: typer.Context, file: File) -> None:
    """Show what applying a policy would change, line by line. Changes nothing.

    Exit status: 0 nothing would change, 1 something would, 2 the file has faults.
    """
    from callfilter.policy import write  # noqa: PLC0415 - it takes longer than reading the command line

    config = config_of(context)
    wanted = write(policy_in(file, config))
    version = newest_of(config)
    now = _text_of(version)
    lines = difflib.unified_diff(now.splitlines(), wanted.splitlines(), _name(version), str(file), lineterm="")
    for line in lines:
        say(harmless(line))
    raise typer.Exit(YES if now == wanted else NO)


@app.command()
def apply(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A policy, as export writes it.")] = None,
    *,
    note: Note = "",
    undo: Annotated[bool, typer.Option("--undo", help="Put the version before this one in force again.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also a policy in which validate finds errors.")] = False,
) -> None:
    """Put a policy in force: all of it, or none. The next call is judged by it.

    Says what is odd about it, as validate does. Exit status: 0 done, or nothing had to change; 1 there is nothing to
    undo; 2 the file has faults or errors, or another fault.
    """
    config = config_of(context)
    if undo:
        if file is not None or anyway:
            refuse("--undo takes neither FILE nor --anyway: it goes back to the version before")
        _undo(config, typed(note).strip())
        return
    if file is None:
        refuse("apply needs the FILE to apply, or --undo")
    policy = sound_policy_in(file, config, anyway=anyway)
    put_in_force(config, policy, note=typed(note).strip(), since=newest_of(config, to_change=True))


@app.command()
def history(context: typer.Context, *, json: Json = False) -> None:
    """Show all versions of the policy, newest first: when, by whom, why.

    With --json an array of objects, each with its whole text. Exit status: 0 also where there are none, 2 a fault.
    """
    versions = awaited(_every(config_of(context)))
    if json:
        say_json(
            [
                {"id": one.id, "at": one.at.isoformat(), "author": one.author, "note": one.note, "text": one.text}
                for one in versions
            ]
        )
    elif versions:
        _show_table(versions)
    else:
        say("No versions yet: nobody has changed the policy.")


def policy_in(file: Path, config: Config) -> "PolicyText":
    """The policy in a file.

    Raises:
        Refusal: it cannot be read, or has faults: then all of them are told but the last, which is the refusal.
    """
    from callfilter.policy import read  # noqa: PLC0415 - as above

    return text_in(file, lambda text: read(text, config))


def sound_policy_in(file: Path, config: Config, *, anyway: bool = False) -> "PolicyText":
    """The policy in a file, after everything odd about it was told.

    Raises:
        Refusal: as `policy_in`; or the linter finds errors, unless it is wanted `anyway`.
    """
    from callfilter.policy import read  # noqa: PLC0415 - as above
    from callfilter.policy_lint import told_with_lines  # noqa: PLC0415 - as above
    from filters.lint.finding import Severity  # noqa: PLC0415 - as above

    policy, text = text_in(file, lambda text: (read(text, config), text))
    found = linted(policy, config)
    for line, told in told_with_lines(found, text):
        complain(f"{file}:{line}: {told}" if line else f"{file}: {told}")
    errors = sum(each.severity is Severity.ERROR for each in found)
    if errors and not anyway:
        several = f"{errors} errors: mend them" if errors > 1 else "1 error: mend it"
        refuse(f"{file} has {several}, or write policy apply --anyway if you mean it")
    return policy


def linted(policy: "PolicyText", config: Config) -> "tuple[Finding, ...]":
    """What the linter says of a policy."""
    from callfilter.policy_lint import findings_of, own_entries  # noqa: PLC0415 - as above

    try:
        own = own_entries(config.database)
    except StoreError as error:
        complain(f"rules are not compared with your own numbers, for {error}")
        own = []
    return findings_of(policy.policy(config), config, datetime.now(UTC), own)


def text_in(file: Path, read: Callable[[str], T]) -> T:
    """What `read` makes of the text in a file.

    Raises:
        Refusal: as `policy_in`.
    """
    from callfilter.policy import PolicyError  # noqa: PLC0415 - as above

    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
        if len(data) > LARGEST:
            refuse(f"{file} has more than {LARGEST} bytes, which no policy has; name another file")
        # Some editors put a mark before UTF-8.
        return read(data.decode("utf-8-sig"))
    except OSError as error:
        refuse(f"{file} cannot be read: {error.strerror}; name another file")
    except UnicodeDecodeError as error:
        refuse(f"{file} is not UTF-8 at byte {error.start}: save it as UTF-8")
    except PolicyError as error:
        *first, last = [f"{file}:{line}: {text}" if line else f"{file}: {text}" for line, text in error.faults]
        for each in first:
            complain(each)
        refuse(last)


def policy_of(version: "PolicyVersion | None", config: Config) -> "PolicyText":
    """The policy of a version, or the built-in one.

    Raises:
        Refusal: this callfilter cannot read it any more.
    """
    from callfilter.policy import PolicyError, PolicyText, read  # noqa: PLC0415 - as above

    if version is None:
        return PolicyText()
    try:
        return read(version.text, config)
    except PolicyError as error:
        refuse(f"{_name(version)} has faults ({error}): export it to a file, mend that, and apply it")


def put_in_force(config: Config, policy: "PolicyText", *, note: str, since: "PolicyVersion | None") -> None:
    """Makes a policy the next version after `since`, and says so; unless it is the same.

    Raises:
        StoreError: the database cannot be written, or there is a version after `since` already.
    """
    from callfilter.policy import write  # noqa: PLC0415 - as above

    text = write(policy)
    if text == _text_of(since):
        say(f"Nothing changes: this is {_name(since)}.")
        return
    said = awaited(_add(config, text, note, since))
    say(f"{said}: {_size(policy)}. The next call is judged by it.")


def newest_of(config: Config, *, to_change: bool = False) -> "PolicyVersion | None":
    """The version in force; None where there is none, or no database yet.

    With `to_change` an older database is migrated, as whoever writes does.
    """
    return awaited(_newest(config, read_only=not to_change))


def _undo(config: Config, note: str) -> None:
    version = newest_of(config, to_change=True)
    if version is None:
        refuse("there is nothing to undo: nobody has changed the policy", NO)
    before = awaited(_newest(config, before=version.id))
    said = awaited(_add(config, _text_of(before), note or f"undo of version {version.id}", version))
    say(f"{said}: as {_name(before)} was. The next call is judged by it.")


async def _newest(config: Config, *, before: int | None = None, read_only: bool = True) -> "PolicyVersion | None":
    from callfilter.store import policies  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    if not config.database.exists():
        return None
    async with await open_database(config.database, read_only=read_only) as database:
        return await policies.newest(database, before=before)


async def _every(config: Config) -> "list[PolicyVersion]":
    from callfilter.store import policies  # noqa: PLC0415 - as above
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(config.database, read_only=True) as database:
        return await policies.every(database)


async def _add(config: Config, text: str, note: str, since: "PolicyVersion | None") -> str:
    from callfilter import changes  # noqa: PLC0415 - as above
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(config.database) as database:
        version = await changes.put_in_force(
            database, text, at=datetime.now(UTC), author=author(), note=note, since=since
        )
    return f"Version {version.id} of the policy is in force"


def _text_of(version: "PolicyVersion | None") -> str:
    from callfilter.changes import text_of  # noqa: PLC0415 - as above

    return text_of(version)


def _name(version: "PolicyVersion | None") -> str:
    return f"version {version.id} of the policy" if version else "the policy that is built in"


def _size(policy: "PolicyText") -> str:
    rules, presets = len(policy.rules), len(policy.presets)
    steps = len(policy.suspicion)
    suspicion = f", {steps} step{'' if steps == 1 else 's'} of suspicion on" if steps else ""
    return f"{rules} rule{'' if rules == 1 else 's'}, {presets} preset{'' if presets == 1 else 's'} on{suspicion}"


def _show_table(versions: "list[PolicyVersion]") -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in ("version", "since", "by", "note"):
        table.add_column(column, overflow="fold")
    for one in versions:
        table.add_row(str(one.id), f"{one.at.astimezone():%Y-%m-%d %H:%M}", harmless(one.author), harmless(one.note))
    console().print(table)
