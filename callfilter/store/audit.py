"""Who did what, for whoever asks later. Rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from sqlalchemy import insert, select

from callfilter.store.codec import compact, from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import audit


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did."""

    id: int
    at: datetime
    author: str
    deed: str
    """A fixed word, such as `allowed` or `logged-in`."""
    detail: Mapping[str, Any]


async def note(database: Database, at: datetime, author: str, deed: str, **detail: Any) -> None:
    """Writes down what was done.

    Raises:
        StoreError: the database can't be written.
    """
    values = {"at": to_microseconds(at), "author": storable(author), "deed": deed, "detail": compact(detail)}
    async with database.begin() as connection:
        await connection.execute(insert(audit).values(values))


async def every(database: Database, *, before: int | None = None, limit: int = 50) -> list[Deed]:
    """What was done, newest first; the next page is `before` the last one's id.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    async with database.begin() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [
        Deed(row["id"], from_microseconds(row["at"]), row["author"], row["deed"], loads(row["detail"])) for row in rows
    ]
