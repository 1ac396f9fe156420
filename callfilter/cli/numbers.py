"""`callfilter block`, `allow`, `forget` and `numbers`: the shop's own numbers. All of the numbers named, or none."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callfilter.cli.options import Json, author, awaited, config_of, label_of, typed, until
from callfilter.cli.say import NO, console, harmless, refuse, say, say_json
from callfilter.config import Config
from callfilter.own_numbers import Named, NoNumberError, always_rings, read_named
from filters.facts import OwnEntry
from filters.number import ANONYMOUS
from filters.verdict import Action

if TYPE_CHECKING:
    from callfilter.store.numbers import NumberRow

Numbers = Annotated[
    list[str],
    typer.Argument(metavar="NUMBER...", help="Numbers in any spelling; a trailing * means all that begin so."),
]
For = Annotated[str, typer.Option("--for", help="Until when: 30m, 12h, 7d or 2w from now.", metavar="DURATION")]
Note = Annotated[str, typer.Option(help="Why, for whoever reads it later.", metavar="TEXT")]
Label = Annotated[str, typer.Option(help="Text put before the caller's name on the phone.", metavar="TEXT")]

DONE = {Action.ALLOW: "Allowed", Action.REJECT: "Blocked", Action.VOICEMAIL: "Sent to voicemail"}
WAS = {Action.ALLOW: "allowed", Action.REJECT: "blocked", Action.VOICEMAIL: "sent to voicemail"}


def block(
    context: typer.Context,
    *,
    numbers: Numbers,
    for_: For = "",
    note: Note = "",
    voicemail: Annotated[bool, typer.Option("--voicemail", help="To voicemail instead of rejecting.")] = False,
    label: Label = "",
) -> None:
    """Block numbers, or send them to voicemail. What was said of them before is replaced.

    Whole numbers count as reported, too; see 'callfilter report --help'.

    Exit status: 0 done, 1 a number always rings and nothing was changed, 2 wrong input or a fault.
    """
    config = config_of(context)
    if voicemail and not config.has_mailbox:
        refuse("--voicemail needs a mailbox: set policy.mailbox in the settings")
    named = every_named(config, numbers)
    refuse_protected(config, named)
    _put(config, named, Action.VOICEMAIL if voicemail else Action.REJECT, for_=for_, note=note, label=label)


def allow(
    context: typer.Context,
    *,
    numbers: Numbers,
    for_: For = "",
    note: Note = "",
    label: Label = "",
) -> None:
    """Let numbers ring, whatever else speaks against them. What was said of them before is replaced, a report too.

    Exit status: 0 done, 2 wrong input or a fault.
    """
    config = config_of(context)
    _put(config, every_named(config, numbers), Action.ALLOW, for_=for_, note=note, label=label)


def forget(context: typer.Context, *, numbers: Numbers) -> None:
    """Forget what was said of numbers with block, allow or report.

    Exit status: 0 done, 1 one of them is not listed and nothing was changed, 2 wrong input or a fault.
    """
    config = config_of(context)
    awaited(_forget(config.database, every_named(config, numbers)))


def numbers(context: typer.Context, *, json: Json = False) -> None:
    """Show the shop's own numbers: all that were allowed or blocked, expired ones too.

    With --json an array of objects. Exit status: 0 also where there are none, 2 wrong input or a fault.
    """
    rows = awaited(_every(config_of(context).database))
    if json:
        say_json([_as_json(row) for row in rows])
    elif rows:
        _show_table(rows)
    else:
        say("No own numbers yet; see 'callfilter block --help'.")


async def _every(path: Path) -> "list[NumberRow]":
    from callfilter.store import numbers as store  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path, read_only=True) as database:
        return [row async for row in store.every(database)]


def _as_json(row: "NumberRow") -> dict[str, Any]:
    entry = row.entry
    return {
        "number": entry.text,
        "action": entry.action,
        "label": entry.label,
        "note": entry.note,
        "author": entry.author,
        "added_at": row.added_at.isoformat(),
        "expires_at": entry.expires_at.isoformat() if entry.expires_at else None,
    }


def _show_table(rows: "Iterable[NumberRow]") -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in ("number", "action", "until", "label", "note", "by", "added"):
        table.add_column(column, no_wrap=column == "number", overflow="fold")
    for row in rows:
        entry = row.entry
        until = f"{entry.expires_at.astimezone():%Y-%m-%d %H:%M}" if entry.expires_at else ""
        texts = (harmless(text) for text in (entry.label, entry.note, entry.author))
        table.add_row(harmless(entry.text), entry.action, until, *texts, f"{row.added_at.astimezone():%Y-%m-%d %H:%M}")
    console().print(table)


def every_named(config: Config, numbers: Iterable[str]) -> list[Named]:
    """Every number and prefix, once.

    Raises:
        Refusal: one of them is neither.
    """
    found = [_name(config, typed(number)) for number in numbers]
    return list({(named.key, named.is_prefix): named for named in found}.values())


def _name(config: Config, text: str) -> Named:
    try:
        return read_named(text, country=config.country, area=config.area)
    except NoNumberError as error:
        callers = "callers who send none" if error.key == ANONYMOUS else "callers with such numbers"
        refuse(f"{error}; what becomes of {callers} is set by policy.{error.key} in the settings")
    except ValueError as error:
        refuse(str(error))


def refuse_protected(config: Config, named: Iterable[Named]) -> None:
    """Nobody can block what always rings: to store it would only look as if.

    Raises:
        Refusal: one of them always rings.
    """
    policy = config.policy()
    for one in named:
        if one.number and always_rings(one.number, policy):
            refuse(f"{one.words} is protected and always rings, so nothing was changed", NO)


def _put(config: Config, named: Sequence[Named], action: Action, *, for_: str, note: str, label: str) -> None:
    now = datetime.now(UTC)
    shown, end = label_of(label), until(for_, "--for", now)
    entries = [OwnEntry(one.key, one.is_prefix, action, shown, typed(note).strip(), author(), end) for one in named]
    before = awaited(_replace(config.database, entries, now))
    for one, entry in zip(named, before, strict=True):
        say(harmless(f"{DONE[action]}: {one.words}{_until(end)}{_was(entry, action)}."))


async def _replace(path: Path, entries: Sequence[OwnEntry], now: datetime) -> list[OwnEntry | None]:
    """Stores the entries; returns what each of them replaced."""
    from callfilter.store import numbers  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path) as database:
        rows = [await numbers.find(database, entry.key, is_prefix=entry.is_prefix) for entry in entries]
        await numbers.put(database, entries, now)
    return [row.entry if row else None for row in rows]


async def _forget(path: Path, named: Sequence[Named]) -> None:
    from callfilter.store import numbers, reports  # noqa: PLC0415 - SQLAlchemy takes longer than reading the arguments
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path) as database:
        rows = [await numbers.find(database, one.key, is_prefix=one.is_prefix) for one in named]
        reported = [not one.is_prefix and await reports.find(database, one.key) is not None for one in named]
        was = [_said(row, reported=report) for row, report in zip(rows, reported, strict=True)]
        missing = [one.words for one, said in zip(named, was, strict=True) if not said]
        if missing:
            refuse(f"not listed, so nothing was forgotten: {', '.join(missing)}", NO)
        await numbers.remove(database, [(one.key, one.is_prefix) for one in named])
    for one, said in zip(named, was, strict=True):
        say(harmless(f"Forgotten: {one.words}; it was {said}."))


def _said(row: "NumberRow | None", *, reported: bool) -> str:
    """What was said of a number; empty for nothing."""
    if row:
        return WAS[row.entry.action]
    return "reported" if reported else ""


def _until(moment: datetime | None) -> str:
    return f" until {moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


def _was(entry: OwnEntry | None, action: Action) -> str:
    """What the entry said before, where that is news."""
    if entry is None or entry.action is action:
        return ""
    return f"; it was {WAS[entry.action]}{_until(entry.expires_at)} before"
