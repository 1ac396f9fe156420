"""What is done with numbers that are listed already, on the page and by programs; all of it can be undone."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.own_numbers import Named
from callfilter.store import bonds, number_changes, numbers, reports
from callfilter.store.number_changes import Names
from callfilter.store.numbers import NumberRow
from callfilter.store.reports import Report
from callfilter.web.own_numbers import RefusedError, protected, put, shown, shown_row
from callfilter.web.visit import Visit
from filters.verdict import Action


async def change(visit: Visit, rows: Sequence[NumberRow], **changes: object) -> None:
    """Another label, note or end for own numbers.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with _remembered(visit, [(row.entry.key, row.entry.is_prefix) for row in rows]) as connection:
        await numbers.edit(connection, rows, **changes)
    await visit.note("numbers-changed", numbers=[row.entry.text for row in rows[:20]], count=len(rows))


async def act(visit: Visit, rows: Sequence[NumberRow], action: Action, **changes: Any) -> None:
    """Another action for own numbers, which keep all else but `changes`.

    Raises:
        RefusedError: one of them always rings.
        StoreError: the database can't be written; nothing was.
    """
    named = [Named(row.entry.key, row.entry.is_prefix, "", shown_row(visit, row).number) for row in rows]
    if action is not Action.ALLOW and (always := protected(visit, named)):
        number = shown(visit, always[0].key).display
        raise RefusedError(
            visit.say("%(number)s always rings: nobody can block it. Nothing was changed.", number=number)
        )
    await put(visit, [replace(row.entry, action=action, author=visit.author, **changes) for row in rows])


async def undo(visit: Visit, change_id: int) -> list[str]:
    """Puts back what was before a change of the visitor, and returns the keys.

    Raises:
        NothingToUndoError: there is none, or somebody changed these numbers since.
        StoreError: the database can't be written; nothing was.
    """
    keys = await number_changes.undo(visit.site.database, change_id, visit.author)
    await visit.note("numbers-undone", numbers=keys[:20], count=len(keys))
    return keys


async def end_trust(visit: Visit, key: str) -> None:
    """Trusts a caller no more.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with _remembered(visit, [(key, False)]) as connection:
        await bonds.revoke_in(connection, key)
    await visit.note("trust-revoked", number=key)


async def report(visit: Visit, keys: Sequence[str], note: str = "") -> None:
    """Says that callers are salesmen: trusted no more, and evidence against their blocks of numbers.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with _remembered(visit, [(key, False) for key in keys]) as connection:
        for key in keys:
            await reports.put_in(connection, Report(key, visit.now, visit.author, note))
    await visit.note("reported", numbers=list(keys[:20]), count=len(keys))


async def take_back(visit: Visit, key: str) -> None:
    """Says that a caller was no salesman.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with _remembered(visit, [(key, False)]) as connection:
        await reports.remove_in(connection, key)
    await visit.note("report-taken-back", number=key)


@asynccontextmanager
async def _remembered(visit: Visit, named: Names) -> AsyncIterator[AsyncConnection]:
    """A transaction that changes these numbers, and keeps what it replaces."""
    begun = visit.site.database.begin(alone=True)
    async with begun as connection, number_changes.remembered(connection, visit.now, visit.author, named):
        yield connection
