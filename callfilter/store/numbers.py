"""Own numbers: whole numbers and prefixes that the admin allowed or blocked. Written here, read by `lookup.py` too.

Whoever blocks a whole number reports it (`reports.py`); to allow or to forget it takes the report back.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, RowMapping, delete, select, text, tuple_, update
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store import reports
from callfilter.store.codec import from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.reports import Report
from callfilter.store.tables import numbers
from filters.facts import OwnEntry
from filters.verdict import Action

PAGE = 1000
"""Rows read at a time, so that nobody waits for a reader of millions."""


ORDER = tuple_(*numbers.primary_key)
LAST_CHARACTER = "\U0010ffff"


class Place(NamedTuple):
    """Where an entry stands among the others."""

    key: str
    is_prefix: bool
    did: str


FIRST = Place("", False, "")
"""Before all entries."""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """An own entry and when it was last put in."""

    entry: OwnEntry
    added_at: datetime


async def put(database: Database, entries: Iterable[OwnEntry], added_at: datetime) -> None:
    """Adds all entries in one transaction; one with the same key, whole number or prefix alike, is replaced.

    An entry for all calls also replaces those for calls to one number.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with database.begin() as connection:
        for entry in entries:
            await put_in(connection, entry, added_at)


async def found(connection: AsyncConnection, named: Collection[tuple[str, bool]]) -> list[NumberRow]:
    """The entries with these keys, for all calls and for those to one number, within somebody else's transaction.

    Args:
        connection: of the transaction.
        named: key of each, and whether it is a prefix.
    """
    keys, rows = list(dict.fromkeys(key for key, _ in named)), list[NumberRow]()
    for start in range(0, len(keys), PAGE):
        query = select(numbers).where(numbers.c.key.in_(keys[start : start + PAGE]))
        page = (await connection.execute(query.order_by(*numbers.primary_key))).mappings().all()
        rows += [_number_row(row) for row in page if (row["key"], row["is_prefix"]) in named]
    return rows


async def covering(database: Database, key: str) -> list[NumberRow]:
    """The entries that speak of the caller with this key: that for the number itself, and prefixes it begins with.

    Raises:
        StoreError: the database can't be read.
    """
    beginnings = {(key[:size], True) for size in range(1, len(key) + 1)}
    async with database.begin() as connection:
        return await found(connection, beginnings | {(key, False)})


async def edit(connection: AsyncConnection, rows: Iterable[NumberRow], **changes: Any) -> None:
    """Changes fields of entries that are there, within somebody else's transaction; those gone since stay away."""
    if "expires_at" in changes and changes["expires_at"] is not None:
        changes["expires_at"] = to_microseconds(changes["expires_at"])
    values = {name: storable(value) if isinstance(value, str) else value for name, value in changes.items()}
    for row in rows:
        mine = *_named(row.entry.key, row.entry.is_prefix), numbers.c.did == row.entry.did
        await connection.execute(update(numbers).where(*mine).values(values))


def anew(entry: OwnEntry, there: Iterable[NumberRow]) -> OwnEntry:
    """The entry; where the number was allowed and is again, with the label and the note that it had."""
    place = Place(entry.key, entry.is_prefix, entry.did)
    for old in (row.entry for row in there):
        if Place(old.key, old.is_prefix, old.did) == place and old.action is entry.action is Action.ALLOW:
            return replace(entry, label=entry.label or old.label, note=entry.note or old.note)
    return entry


async def put_in(connection: AsyncConnection, entry: OwnEntry, added_at: datetime) -> None:
    """As `put`, within somebody else's transaction."""
    if not entry.did:
        await connection.execute(delete(numbers).where(*_named(entry.key, entry.is_prefix)))
    await connection.execute(_upsert(_values_of(entry, added_at)))
    if entry.is_prefix:
        return
    if entry.action is Action.ALLOW:
        await reports.remove_in(connection, entry.key)
    elif not entry.did:
        await reports.put_in(connection, Report(entry.key, added_at, entry.author, entry.note))


async def remove(database: Database, named: Iterable[tuple[str, bool]]) -> None:
    """Forgets these entries, and reports of these numbers, in one transaction; what is not there is passed over.

    Entries for calls to one number go with those for all calls.

    Args:
        database: open for writing.
        named: key of each, and whether it is a prefix.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    async with database.begin() as connection:
        for key, is_prefix in named:
            await connection.execute(delete(numbers).where(*_named(key, is_prefix)))
            if not is_prefix:
                await reports.remove_in(connection, key)


async def remove_in(connection: AsyncConnection, entry: OwnEntry) -> None:
    """Forgets one entry, and no other with its key, within somebody else's transaction."""
    await connection.execute(delete(numbers).where(*_named(entry.key, entry.is_prefix), numbers.c.did == entry.did))


async def find(database: Database, key: str, *, is_prefix: bool, did: str | None = None) -> NumberRow | None:
    """The entry with exactly this key, or None. Without `did` that for all calls, or else one for calls to one number.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(numbers).where(*_named(key, is_prefix)).order_by(numbers.c.did).limit(1)
    if did is not None:
        query = query.where(numbers.c.did == did)
    async with database.begin() as connection:
        row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _number_row(row)


async def page(
    database: Database, *, allowed: bool, begin: str = "", after: Place | None = None, limit: int = 50
) -> list[NumberRow]:
    """Entries that allow, or those that do anything else, in the order of their keys, by index however many there are.

    Args:
        database: open for reading.
        allowed: which of the two.
        begin: only keys that begin so.
        after: the last one of the page before.
        limit: the most that are read.

    Raises:
        StoreError: the database can't be read.
    """
    kind = text("action = 'allow'") if allowed else numbers.c.action != str(Action.ALLOW)
    query = select(numbers).where(kind).order_by(*numbers.primary_key).limit(limit)
    if begin:
        query = query.where(numbers.c.key >= begin, numbers.c.key < begin + LAST_CHARACTER)
    if after is not None:
        query = query.where(tuple(after) < ORDER)
    async with database.begin() as connection:
        return [_number_row(row) for row in (await connection.execute(query)).mappings()]


async def labelled(database: Database, words: str, *, allowed: bool, limit: int) -> list[NumberRow]:
    """Entries whose label has these words in it, however they are written in upper and lower case; the first of them.

    Raises:
        StoreError: the database can't be read.
    """
    kind = numbers.c.action == "allow" if allowed else numbers.c.action != "allow"
    having = numbers.c.label.contains(storable(words), autoescape=True)
    query = select(numbers).where(text("label <> ''"), having, kind).order_by(numbers.c.label).limit(limit)
    async with database.begin() as connection:
        return [_number_row(row) for row in (await connection.execute(query)).mappings()]


async def every(database: Database, *, action: Action | None = None, after: Place = FIRST) -> AsyncIterator[NumberRow]:
    """All entries, or those with `action`, in the order of their keys, behind a place.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(numbers).order_by(*numbers.primary_key).limit(PAGE)
    if action is not None:
        query = query.where(numbers.c.action == str(action))
    behind = tuple(after)
    while True:
        async with database.begin() as connection:
            page = (await connection.execute(query.where(behind < ORDER))).mappings().all()
        for row in page:
            yield _number_row(row)
        if len(page) < PAGE:
            return
        behind = (page[-1]["key"], page[-1]["is_prefix"], page[-1]["did"])


def _named(key: str, is_prefix: bool) -> tuple[ColumnElement[bool], ...]:  # noqa: FBT001 - a column's value
    return numbers.c.key == key, numbers.c.is_prefix == is_prefix


def _values_of(entry: OwnEntry, added_at: datetime) -> dict[str, Any]:
    return {
        "key": entry.key,
        "is_prefix": entry.is_prefix,
        "did": storable(entry.did),
        "action": str(entry.action),
        "label": storable(entry.label),
        "note": storable(entry.note),
        "author": storable(entry.author),
        "added_at": to_microseconds(added_at),
        "expires_at": None if entry.expires_at is None else to_microseconds(entry.expires_at),
    }


def _upsert(values: dict[str, Any]) -> Insert:
    statement = insert(numbers).values(values)
    changes = {name: statement.excluded[name] for name in values if name not in {"key", "is_prefix", "did"}}
    return statement.on_conflict_do_update(index_elements=["key", "is_prefix", "did"], set_=changes)


def _number_row(row: RowMapping | dict[str, Any]) -> NumberRow:
    entry = OwnEntry(
        key=row["key"],
        is_prefix=row["is_prefix"],
        action=Action(row["action"]),
        label=row["label"],
        note=row["note"],
        author=row["author"],
        expires_at=None if row["expires_at"] is None else from_microseconds(row["expires_at"]),
        did=row["did"],
    )
    return NumberRow(entry, from_microseconds(row["added_at"]))
