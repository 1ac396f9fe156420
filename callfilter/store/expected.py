"""Windows in which somebody unknown is expected. Written here, read by `lookup.py` too; rows are never deleted."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, insert, select, update

from callfilter.store.codec import from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import expected
from filters.facts import Expecting


async def open_window(
    database: Database,
    at: datetime,
    length: timedelta,
    *,
    did: str = "",
    number_class: str = "",
    note: str = "",
    author: str,
) -> Expecting:
    """Opens a window and returns it; the next call finds it. The texts are as in `Expecting`.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    window = Expecting(at + length, at, *map(storable, (did, number_class, note, author)))
    values = {
        "opened_at": to_microseconds(at),
        "expires_at": to_microseconds(window.expires_at),
        "did": window.did,
        "number_class": window.number_class,
        "note": window.note,
        "author": window.author,
    }
    async with database.begin() as connection:
        await connection.execute(insert(expected).values(values))
    return window


async def open_windows(database: Database, at: datetime) -> list[Expecting]:
    """The windows that are not over at that moment, the one that ends first in front.

    Raises:
        StoreError: the database can't be read.
    """
    return list((await windows_by_id(database, at)).values())


async def windows_by_id(database: Database, at: datetime) -> dict[int, Expecting]:
    """The same windows by what `end_window` takes.

    Raises:
        StoreError: the database can't be read.
    """
    still = expected.c.expires_at > to_microseconds(at)
    query = select(expected).where(still).order_by(expected.c.expires_at, expected.c.id)
    async with database.begin() as connection:
        return {row["id"]: _window(row) for row in (await connection.execute(query)).mappings()}


async def end_window(database: Database, at: datetime, window_id: int) -> bool:
    """Ends one window; whether it was not over yet.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    mine = expected.c.id == window_id, expected.c.expires_at > to_microseconds(at)
    async with database.begin() as connection:
        ended = await connection.execute(update(expected).where(*mine).values(expires_at=to_microseconds(at)))
    return bool(ended.rowcount)


async def end_windows(database: Database, at: datetime) -> list[Expecting]:
    """Ends every window that is not over, and returns them as they are now.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    still = expected.c.expires_at > to_microseconds(at)
    statement = update(expected).where(still).values(expires_at=to_microseconds(at)).returning(*expected.c)
    async with database.begin() as connection:
        rows = (await connection.execute(statement)).mappings().all()
    return [replace(_window(row), expires_at=at) for row in sorted(rows, key=lambda row: row["id"])]


def _window(row: RowMapping) -> Expecting:
    return Expecting(
        from_microseconds(row["expires_at"]),
        from_microseconds(row["opened_at"]),
        row["did"],
        row["number_class"],
        row["note"],
        row["author"],
    )
