"""Whom the shop knows, and why: shown and revoked. Made by the writer (`items.py`); `lookup.py` reads them too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store.codec import from_microseconds, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import bonds
from filters.facts import Bond


@dataclass(frozen=True, slots=True)
class BondRow:
    """One reason why a caller is trusted."""

    key: str
    bond: Bond
    first_at: datetime
    at: datetime
    """When they last did what made the bond."""
    expires_at: datetime


async def in_force(database: Database, at: datetime) -> list[BondRow]:
    """The bonds that have not ended then, the latest first.

    Raises:
        StoreError: the database can't be read.
    """
    newest_first = bonds.c.at.desc(), bonds.c.key, bonds.c.bond
    query = select(bonds).where(bonds.c.expires_at > to_microseconds(at)).order_by(*newest_first)
    async with database.begin() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [_bond_row(row) for row in rows]


async def page(
    database: Database, at: datetime, *, begin: str = "", after: tuple[str, str] = ("", ""), limit: int = 50
) -> list[BondRow]:
    """The bonds that have not ended then, in the order of their keys.

    Args:
        database: open for reading.
        at: the moment.
        begin: only keys that begin so.
        after: key and bond of the last one of the page before.
        limit: the most that are read.

    Raises:
        StoreError: the database can't be read.
    """
    behind = bonds.c.expires_at > to_microseconds(at), tuple_(bonds.c.key, bonds.c.bond) > after
    query = select(bonds).where(*behind)
    if begin:
        query = query.where(bonds.c.key >= begin, bonds.c.key < begin + "\U0010ffff")
    async with database.begin() as connection:
        rows = (await connection.execute(query.order_by(*bonds.primary_key).limit(limit))).mappings().all()
    return [_bond_row(row) for row in rows]


async def revoke(database: Database, keys: Iterable[str]) -> None:
    """Forgets all bonds of these callers in one transaction.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with database.begin() as connection:
        for key in keys:
            await revoke_in(connection, key)


async def revoke_in(connection: AsyncConnection, key: str) -> None:
    """As `revoke`, within somebody else's transaction."""
    await connection.execute(delete(bonds).where(bonds.c.key == key))


def _bond_row(row: RowMapping) -> BondRow:
    return BondRow(
        key=row["key"],
        bond=Bond(row["bond"]),
        first_at=from_microseconds(row["first_at"]),
        at=from_microseconds(row["at"]),
        expires_at=from_microseconds(row["expires_at"]),
    )
