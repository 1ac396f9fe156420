"""The call log's queries. Read only: rows are written by `writer.py` and `direct.py`."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from callfilter.store.codec import from_microseconds, to_microseconds
from callfilter.store.database import Database
from callfilter.store.outcome import Outcome
from callfilter.store.record import SLACK, CallRecord, floor_of
from callfilter.store.tables import calls
from filters.facts import History
from filters.verdict import Action

log = logging.getLogger(__name__)

RECENT = 1000
"""Earlier calls of a caller that rules can count."""


@dataclass(frozen=True, slots=True)
class CallRow:
    """A row of the call log."""

    record: CallRecord
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls. Everything given must hold; the next page is the same query with `before_id` of the last row."""

    action: Action | None = None
    key: str | None = None
    since: datetime | None = None
    """Arrived then or later."""
    until: datetime | None = None
    """Arrived before."""
    did: str | None = None
    """The number called."""
    limit: int = 50
    before_id: int | None = None
    # What only `search.look` knows to find within a moment:
    prefix: str | None = None
    """The beginning of a key, from `read_prefix`."""
    name: str | None = None
    """Part of the caller's name."""
    reason: str | None = None
    rule: str | None = None
    """What decided, by its name."""
    trunk: str | None = None
    after_id: int | None = None
    """Only calls newer than this one, the oldest of them."""


async def search(database: Database, query: CallQuery) -> list[CallRow]:
    """The calls that `query` means, newest first.

    Raises:
        StoreError: the database can't be read.
    """
    statement = select(calls).where(*arrived(query.since, query.until)).order_by(calls.c.id.desc()).limit(query.limit)
    if query.action is not None:
        statement = statement.where(calls.c.action == str(query.action))
    if query.key is not None:
        statement = statement.where(calls.c.key == query.key)
    if query.did is not None:
        statement = statement.where(calls.c.did == query.did)
    if query.before_id is not None:
        statement = statement.where(calls.c.id < query.before_id)
    return await _rows(database, statement)


async def get(database: Database, call_id: int) -> CallRow | None:
    """The call with this id, or None.

    Raises:
        StoreError: the database can't be read.
    """
    rows = await _rows(database, select(calls).where(calls.c.id == call_id))
    return rows[0] if rows else None


async def newest(database: Database, limit: int) -> list[CallRow]:
    """The last calls, the newest in front.

    Raises:
        StoreError: the database can't be read.
    """
    return await _rows(database, select(calls).order_by(calls.c.id.desc()).limit(limit))


async def newer(database: Database, call_id: int, limit: int) -> list[CallRow]:
    """The calls after the one with this id, the oldest in front.

    Raises:
        StoreError: the database can't be read.
    """
    return await _rows(database, select(calls).where(calls.c.id > call_id).order_by(calls.c.id).limit(limit))


async def history_before(database: Database, key: str, call_id: int) -> History:
    """The calls of the caller with this key that are older than the call with this id, as they stand in the log.

    Raises:
        StoreError: the database can't be read.
    """
    times = select(calls.c.at).where(calls.c.key == key, calls.c.id < call_id)
    async with database.begin() as connection:
        first = (await connection.execute(times.order_by(calls.c.id).limit(1))).scalar()
        recent = (await connection.execute(times.order_by(calls.c.id.desc()).limit(RECENT))).scalars().all()
    return History(None if first is None else from_microseconds(first), tuple(map(from_microseconds, recent)))


def arrived(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """Narrows by time: by the id, which is the table's order, and by the arrival, which is exact."""
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        conditions += [calls.c.id >= floor_of(since - SLACK), calls.c.at >= to_microseconds(since)]
    if until is not None:
        conditions += [calls.c.id < floor_of(until + SLACK), calls.c.at < to_microseconds(until)]
    return conditions


async def _rows(database: Database, statement: Select[Any]) -> list[CallRow]:
    async with database.begin() as connection:
        found = (await connection.execute(statement)).mappings().all()
    return [row for each in found if (row := row_of(dict(each)))]


def row_of(values: dict[str, Any]) -> CallRow | None:
    """The row with these values; one that is damaged is told and left out, so that the others can be seen."""
    try:
        return CallRow(CallRecord.from_row(values), Outcome.from_row(values))
    except (ValueError, TypeError) as error:
        log.warning("row %s of the call log is damaged, and left out: %s", values["id"], error)
        return None
