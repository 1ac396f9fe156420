"""Callers whom somebody at the shop called salesmen. Who is reported loses all trust and gets no more of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store.codec import from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import bonds, reports


@dataclass(frozen=True, slots=True)
class Report:
    """Who said it of whom."""

    key: str
    at: datetime
    author: str
    note: str = ""


async def put(database: Database, given: Iterable[Report]) -> None:
    """Adds all reports in one transaction, and ends all trust in these callers; an earlier report is replaced.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with database.begin() as connection:
        for report in given:
            await put_in(connection, report)


async def remove(database: Database, keys: Iterable[str]) -> None:
    """Takes back the reports of these callers in one transaction; what is not there is passed over.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with database.begin() as connection:
        for key in keys:
            await remove_in(connection, key)


async def find(database: Database, key: str) -> Report | None:
    """The report of the caller with this key, or None.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        row = (await connection.execute(select(reports).where(reports.c.key == key))).mappings().one_or_none()
    return None if row is None else Report(row["key"], from_microseconds(row["at"]), row["author"], row["note"])


async def page(database: Database, *, begin: str = "", after: str = "", limit: int = 50) -> list[Report]:
    """Reports in the order of their keys.

    Args:
        database: open for reading.
        begin: only keys that begin so.
        after: key of the last one of the page before.
        limit: the most that are read.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(reports).where(reports.c.key > after).order_by(reports.c.key).limit(limit)
    if begin:
        query = query.where(reports.c.key >= begin, reports.c.key < begin + "\U0010ffff")
    async with database.begin() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [Report(row["key"], from_microseconds(row["at"]), row["author"], row["note"]) for row in rows]


async def put_in(connection: AsyncConnection, report: Report) -> None:
    """As `put`, within somebody else's transaction."""
    said = {"at": to_microseconds(report.at), "author": storable(report.author), "note": storable(report.note)}
    statement = insert(reports).values(key=report.key, **said)
    await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=said))
    await connection.execute(delete(bonds).where(bonds.c.key == report.key))


async def remove_in(connection: AsyncConnection, key: str) -> None:
    """As `remove`, within somebody else's transaction."""
    await connection.execute(delete(reports).where(reports.c.key == key))
