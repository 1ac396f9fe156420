"""How often rules decided, and when last: counted by a trigger as calls are written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from callfilter.store.codec import from_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import calls, hits


@dataclass(frozen=True, slots=True)
class Hits:
    """What one rule has decided so far."""

    calls: int
    last_id: int
    """The last call that it decided."""
    last_at: datetime | None
    """When that came; None where the log does not have it any more."""


async def of_rules(database: Database, names: Collection[str]) -> dict[str, Hits]:
    """Name -> hits, of those that have decided a call; at most some hundred names.

    Raises:
        StoreError: the database can't be read.
    """
    query = (
        select(hits.c.rule, hits.c.calls, hits.c.last_id, calls.c.at)
        .join_from(hits, calls, calls.c.id == hits.c.last_id, isouter=True)
        .where(hits.c.rule.in_(sorted(names)))
    )
    async with database.begin() as connection:
        rows = (await connection.execute(query)).tuples().all()
    return {
        rule: Hits(count, last_id, None if at is None else from_microseconds(at)) for rule, count, last_id, at in rows
    }
