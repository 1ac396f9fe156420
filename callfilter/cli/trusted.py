"""`callfilter trusted` and `report`: callers whom the shop knows, and those whom somebody there called salesmen."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callfilter.cli.numbers import Note, every_named, refuse_protected
from callfilter.cli.options import Json, author, awaited, config_of, typed
from callfilter.cli.say import NO, console, harmless, refuse, say, say_json
from callfilter.config import Config
from callfilter.own_numbers import Named
from filters.facts import Bond

if TYPE_CHECKING:
    from callfilter.store.bonds import BondRow

Whole = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Numbers in any spelling.")]

WHY = {Bond.DIALLED: "you dialled it", Bond.TALKED: "you talked", Bond.PROVED: "pressed the right key"}

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def trusted(context: typer.Context, *, json: Json = False) -> None:
    """Show whom the shop knows and why, since when and until when they ring: those who did something last, first.

    With --json an array of objects. Exit status: 0 also where there are none, 2 wrong input or a fault.
    """
    if context.invoked_subcommand:
        return
    rows = awaited(_in_force(config_of(context).database))
    if json:
        say_json([_as_json(row) for row in rows])
    elif rows:
        _show_table(rows)
    else:
        say("Nobody is trusted yet; see 'callfilter trusted --help'.")


@app.command("forget")
def revoke(context: typer.Context, *, numbers: Whole) -> None:
    """Trust these callers no more. They may earn it again; see 'callfilter report' for those who shall not.

    Exit status: 0 done, 1 one of them is not trusted and nothing was changed, 2 wrong input or a fault.
    """
    config = config_of(context)
    awaited(_revoke(config.database, _whole(config, numbers)))


def report(
    context: typer.Context,
    *,
    numbers: Whole,
    note: Note = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="It was none; they may be trusted again.")] = False,
) -> None:
    """Say that these callers were salesmen. They lose all trust and gain none; to reject them, see 'callfilter block'.

    Exit status: 0 done, 1 a number always rings, or with --take-back was not reported, and nothing was changed, 2 wrong
    input or a fault.
    """
    config = config_of(context)
    named = _whole(config, numbers)
    if take_back:
        awaited(_take_back(config.database, named))
        return
    refuse_protected(config, named)
    awaited(_report(config.database, named, typed(note).strip()))


def _whole(config: Config, numbers: Iterable[str]) -> list[Named]:
    named = every_named(config, numbers)
    for one in named:
        if one.is_prefix:
            refuse(f"{one.words} are no single caller; name whole numbers here, or see 'callfilter block --help'")
    return named


async def _in_force(path: Path) -> "list[BondRow]":
    from callfilter.store import bonds  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path, read_only=True) as database:
        return await bonds.in_force(database, datetime.now(UTC))


async def _revoke(path: Path, named: Sequence[Named]) -> None:
    from callfilter.store import bonds  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path) as database:
        known = {row.key for row in await bonds.in_force(database, datetime.now(UTC))}
        missing = [one.words for one in named if one.key not in known]
        if missing:
            refuse(f"not trusted, so nothing was changed: {', '.join(missing)}", NO)
        await bonds.revoke(database, [one.key for one in named])
    for one in named:
        say(harmless(f"Trusted no more: {one.words}."))


async def _report(path: Path, named: Sequence[Named], note: str) -> None:
    from callfilter.store import bonds, reports  # noqa: PLC0415 - SQLAlchemy takes longer than reading the arguments
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    now = datetime.now(UTC)
    async with await open_database(path) as database:
        known = {row.key for row in await bonds.in_force(database, now)}
        await reports.put(database, [reports.Report(one.key, now, author(), note) for one in named])
    for one in named:
        say(harmless(f"Reported: {one.words}{'; it is trusted no more' if one.key in known else ''}."))


async def _take_back(path: Path, named: Sequence[Named]) -> None:
    from callfilter.store import reports  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path) as database:
        missing = [one.words for one in named if await reports.find(database, one.key) is None]
        if missing:
            refuse(f"not reported, so nothing was taken back: {', '.join(missing)}", NO)
        await reports.remove(database, [one.key for one in named])
    for one in named:
        say(harmless(f"Taken back: {one.words} is not reported any more."))


def _as_json(row: "BondRow") -> dict[str, Any]:
    return {
        "number": row.key,
        "bond": row.bond,
        "first_at": row.first_at.isoformat(),
        "at": row.at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
    }


def _show_table(rows: "Iterable[BondRow]") -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in ("number", "why", "since", "last", "until"):
        table.add_column(column, no_wrap=column == "number", overflow="fold")
    for row in rows:
        times = (f"{moment.astimezone():%Y-%m-%d %H:%M}" for moment in (row.first_at, row.at, row.expires_at))
        table.add_row(harmless(row.key), WHY[row.bond], *times)
    console().print(table)
