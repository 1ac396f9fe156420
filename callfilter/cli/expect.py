"""`callfilter expect`: somebody unknown is expected, so strangers ring for a while."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from callfilter.cli.options import Json, author, awaited, config_of, duration, typed
from callfilter.cli.say import complain, console, harmless, refuse, say, say_json
from callfilter.config import Config
from filters.facts import LONGEST_WINDOW, Expecting
from filters.number import read_number


def expect(
    context: typer.Context,
    length: Annotated[
        str,
        typer.Argument(metavar="DURATION", help="For how long from now: 30m or 2h, at most 24h.", show_default=False),
    ] = "",
    *,
    to: Annotated[str, typer.Option(help="Only calls to this number, as the trunk sends it.", metavar="DID")] = "",
    class_: Annotated[
        str, typer.Option("--class", help="Only callers of this class of numbers, such as mobile.", metavar="CLASS")
    ] = "",
    note: Annotated[str, typer.Option(help="Who is expected.", metavar="TEXT")] = "",
    end: Annotated[bool, typer.Option("--end", help="End all windows that are open.")] = False,
    json: Json = False,
) -> None:
    """Expect a call from somebody unknown: for a while strangers ring. Without DURATION, show who is expected.

    Without --class that is any caller, also one who sends no number. Numbers that you blocked stay blocked. The window
    closes by itself.

    With --json an array of objects: the window opened, those ended, or those that are open.
    Exit status: 0 done, 2 wrong input or a fault.
    """
    config, now = config_of(context), datetime.now(UTC)
    to, class_, note = (typed(text).strip() for text in (to, class_, note))
    if (end and length) or ((to or class_ or note) and not length):
        refuse("write for how long, such as 'callfilter expect 30m', or --end alone, or nothing to see who is expected")
    if end:
        windows = awaited(_end(config.database, now))
        lines = [f"No longer expected: {_words(window)}." for window in windows] or ["Nobody was expected."]
    elif length:
        window = awaited(_open(config, now, _length(length), did=to, number_class=_class(class_), note=note))
        windows, lines = [window], [f"Expecting {_words(window)} until {_local(window.expires_at)}."]
        _doubt(config, to)
    else:
        windows, lines = awaited(_every(config.database, now)), []
    if json:
        say_json([_as_json(window) for window in windows])
    elif lines:
        say("\n".join(map(harmless, lines)))
    else:
        _show(windows)


def _length(text: str) -> timedelta:
    length = duration(typed(text), "the time to expect a call for")
    if length > LONGEST_WINDOW:
        refuse(
            f"a call can be expected for {LONGEST_WINDOW // timedelta(hours=1)}h at most, not {text.strip()}; to let a "
            "number ring for longer, use 'callfilter allow'"
        )
    return length


def _class(text: str) -> str:
    if not text:
        return ""
    from filters.conditions.plan import CLASSES  # noqa: PLC0415 - it takes longer than reading the command line

    if text.lower() not in CLASSES:
        refuse(f"--class is {text!r}, but must be one of {', '.join(sorted(CLASSES))}")
    return text.lower()


def _doubt(config: Config, did: str) -> None:
    """A window for a number that nobody calls helps nobody; but only the trunk knows how it writes numbers."""
    if not did or not config.dids or did in config.dids:
        return
    key = read_number(did, country=config.country, area=config.area).key
    same = (own for own in config.dids if read_number(own, country=config.country, area=config.area).key == key)
    meant = next(same, None)
    complain(
        f"--to is {did!r}, which is not among the dids of the settings"
        + (f"; there it is written {meant!r}" if meant else "")
        + ", so calls ring only if the trunk sends just this"
    )


async def _open(
    config: Config, now: datetime, length: timedelta, *, did: str, number_class: str, note: str
) -> Expecting:
    from callfilter.store import expected  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(config.database) as database:
        return await expected.open_window(
            database, now, length, did=did, number_class=number_class, note=note, author=author()
        )


async def _every(path: Path, now: datetime) -> list[Expecting]:
    from callfilter.store import expected  # noqa: PLC0415 - as above
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path, read_only=True) as database:
        return await expected.open_windows(database, now)


async def _end(path: Path, now: datetime) -> list[Expecting]:
    from callfilter.store import expected  # noqa: PLC0415 - as above
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(path) as database:
        return await expected.end_windows(database, now)


def _words(window: Expecting) -> str:
    who = f"any {window.number_class} number" if window.number_class else "any caller"
    to = f" to {window.did}" if window.did else ""
    note = f" ({window.note})" if window.note else ""
    return f"{who}{to}{note}"


def _as_json(window: Expecting) -> dict[str, Any]:
    return {
        "opened_at": window.opened_at.isoformat() if window.opened_at else None,
        "expires_at": window.expires_at.isoformat(),
        "to": window.did,
        "class": window.number_class,
        "note": window.note,
        "author": window.author,
    }


def _show(windows: Sequence[Expecting]) -> None:
    if not windows:
        say("Nobody is expected; see 'callfilter expect --help'.")
        return
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in ("until", "callers", "to", "note", "by"):
        table.add_column(column, no_wrap=column == "until", overflow="fold")
    for window in windows:
        texts = (window.number_class or "any", window.did or "any", window.note, window.author)
        table.add_row(_local(window.expires_at), *map(harmless, texts))
    console().print(table)


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
