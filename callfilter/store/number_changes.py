"""Changes of own numbers that can be undone, the latest of them.

Each keeps what it replaced, with reports and trust, so that undoing puts back exactly that; where somebody has changed
it since, undoing is refused, as it would take away more than was meant.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from json import loads
from typing import Any, Final

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store.codec import compact, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import bonds, number_changes, numbers, reports

KEPT: Final = 20
"""Changes that can be undone, those of all authors together."""
AT_ONCE: Final = 500
"""Keys asked for in one statement."""

Names = Sequence[tuple[str, bool]]
"""Keys, and whether each is a prefix."""
Stored = Mapping[str, list[dict[str, Any]]]
"""What is stored of some numbers: rows by the name of their table."""


class NothingToUndoError(Exception):
    """There is no change by this author, or somebody has changed the same numbers since."""


@asynccontextmanager
async def remembered(connection: AsyncConnection, at: datetime, author: str, named: Names) -> AsyncIterator[None]:
    """Keeps what is stored of these numbers before and after the block, within a transaction begun `alone`."""
    before = await stored(connection, named)
    yield
    after = await stored(connection, named)
    values = {
        "at": to_microseconds(at),
        "author": storable(author),
        "before": compact({"named": named, **before}),
        "after": compact(after),
    }
    done = insert(number_changes).values(values).returning(number_changes.c.id)
    newest = (await connection.execute(done)).scalar_one()
    await connection.execute(delete(number_changes).where(number_changes.c.id <= newest - KEPT))


async def last(database: Database, author: str) -> tuple[int, int] | None:
    """Id of the author's last change that can be undone, and how many numbers it was about; None for none.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(number_changes).where(number_changes.c.author == storable(author))
    async with database.begin() as connection:
        row = (await connection.execute(query.order_by(number_changes.c.id.desc()).limit(1))).mappings().one_or_none()
    return None if row is None else (row["id"], len(loads(row["before"])["named"]))


async def undo(database: Database, change: int, author: str) -> list[str]:
    """Puts back what was before a change of this author, and returns the keys.

    Raises:
        NothingToUndoError: as it says; nothing was changed.
        StoreError: the database can't be written; nothing was.
    """
    mine = number_changes.c.id == change, number_changes.c.author == storable(author)
    async with database.begin(alone=True) as connection:
        row = (await connection.execute(select(number_changes).where(*mine))).mappings().one_or_none()
        if row is None:
            raise NothingToUndoError
        before, after = loads(row["before"]), loads(row["after"])
        named = [(key, is_prefix) for key, is_prefix in before["named"]]
        if not is_as_left(await stored(connection, named), after):
            raise NothingToUndoError
        await put_back(connection, named, before, after)
        await connection.execute(delete(number_changes).where(*mine))
    return [key for key, _ in named]


async def stored(connection: AsyncConnection, named: Names) -> Stored:
    """All that is stored of these numbers, within somebody else's transaction."""
    wanted = set(named)
    whole = [key for key, is_prefix in named if not is_prefix]
    own = await _rows(connection, numbers, dict.fromkeys(key for key, _ in named))
    return {
        "numbers": [row for row in own if (row["key"], row["is_prefix"]) in wanted],
        "reports": await _rows(connection, reports, whole),
        "bonds": await _rows(connection, bonds, whole),
    }


def is_as_left(now: Stored, after: Stored) -> bool:
    """Whether numbers and reports are as a change left them. Trust comes and goes by itself."""
    return all(now[table.name] == after[table.name] for table in (numbers, reports))


async def put_back(connection: AsyncConnection, named: Names, before: Stored, after: Stored) -> None:
    """Puts back what was before a change, within somebody else's transaction; of trust only what the change ended."""
    for key, is_prefix in named:
        await connection.execute(delete(numbers).where(numbers.c.key == key, numbers.c.is_prefix == is_prefix))
        if not is_prefix:
            await connection.execute(delete(reports).where(reports.c.key == key))
    ended = [row for row in before["bonds"] if row not in after["bonds"]]
    for table, kept in ((numbers, before["numbers"]), (reports, before["reports"]), (bonds, ended)):
        for row in kept:
            # A bond that was made since is newer than the one that is put back.
            await connection.execute(upsert(table).values(row).on_conflict_do_nothing())


async def _rows(connection: AsyncConnection, table: Table, keys: Iterable[str]) -> list[dict[str, Any]]:
    every, found = list(keys), list[dict[str, Any]]()
    for start in range(0, len(every), AT_ONCE):
        query = select(table).where(table.c.key.in_(every[start : start + AT_ONCE])).order_by(*table.primary_key)
        found += [dict(row) for row in (await connection.execute(query)).mappings()]
    return found
