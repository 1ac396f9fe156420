"""What was said of callers who did not get through: done, and undone, each in one transaction.

A review keeps what it replaced, so that undoing puts back exactly that; where somebody has changed it since, undoing is
refused, as it would take away more than was meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any, Final

from sqlalchemy import RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store import numbers, reports
from callfilter.store.codec import compact, from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.reports import Report
from callfilter.store.tables import bonds, calls, inbox
from callfilter.store.tables import numbers as number_rows
from callfilter.store.tables import reports as report_rows
from callfilter.store.tables import reviews as rows
from filters.facts import OwnEntry


class Deed(StrEnum):
    """What can be done about a caller."""

    ALLOW = "allow"
    """Let through from now on."""
    DAY = "day"
    """For 24 hours."""
    DID = "did"
    """On one of the shop's numbers only."""
    LABEL = "label"
    """From now on, with a label."""
    LABEL_DAY = "label-day"
    """For 24 hours, with a label."""
    RIGHT = "right"
    """Rightly turned away: reported."""
    BLOCK = "block"
    """The whole block of numbers is blocked."""
    SEEN = "seen"
    """Nothing but looked at."""


ALLOWING: Final = frozenset({Deed.ALLOW, Deed.DAY, Deed.DID, Deed.LABEL, Deed.LABEL_DAY})
"""Deeds which say that the caller was turned away wrongly."""


class ReviewError(Exception):
    """It cannot be done, and nothing was."""


class GoneError(ReviewError):
    """The caller is not in the inbox any more, or the review is undone already."""


class ChangedError(ReviewError):
    """What the review did was changed since."""


class OwnEntryError(ReviewError):
    """There is an own number already, which an entry with an end would put out of force for good."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done about a caller."""

    key: str
    last_id: int
    """The last call that was seen by whoever wishes it."""
    deed: Deed
    entry: OwnEntry | None = None
    """The own number to put in; with none, `Deed.RIGHT` reports the caller."""


@dataclass(frozen=True, slots=True)
class Review:
    """One review."""

    id: int
    at: datetime
    author: str
    key: str
    last_id: int
    """The last call that was looked at."""
    deed: Deed
    rule: str
    """What had turned the caller away, as `calls.rule`."""
    undone: bool
    display: str
    """The caller as people write the number; the key where the call is not in the log any more."""
    entry: str
    """The own number that it made, as `OwnEntry.text`; empty for none."""
    label: str


async def review(database: Database, at: datetime, author: str, wish: Wish) -> Review:
    """Does what is wished and takes the caller out of the inbox. Calls that nobody has seen stay there.

    Raises:
        GoneError: the caller is not in the inbox.
        OwnEntryError: as it says.
        StoreError: the database can't be written; nothing was.
    """
    key, last_id, deed, entry = wish.key, wish.last_id, wish.deed, wish.entry
    async with database.begin() as connection:
        waiting = (await connection.execute(select(inbox).where(inbox.c.key == key))).mappings().one_or_none()
        if waiting is None:
            raise GoneError
        left = await _calls_after(connection, key, last_id)
        seen = [min(last_id, waiting["last_id"]), max(1, waiting["calls"] - left)]
        before = await _before(connection, wish) | {"inbox": seen}
        if entry and entry.expires_at and any(_outlasts(own, entry) for own in before["numbers"]):
            raise OwnEntryError
        if entry:
            await numbers.put_in(connection, entry, at)
        elif deed is Deed.RIGHT:
            await reports.put_in(connection, Report(key, at, author))
        if left:
            await connection.execute(update(inbox).where(inbox.c.key == key).values(calls=left))
        else:
            await connection.execute(delete(inbox).where(inbox.c.key == key))
        rule = select(calls.c.rule).where(calls.c.id == last_id, calls.c.key == key)
        values = {
            "at": to_microseconds(at),
            "author": storable(author),
            "key": key,
            "last_id": last_id,
            "deed": str(deed),
            "rule": (await connection.execute(rule)).scalar() or "",
            "before": compact(before),
        }
        done = (await connection.execute(insert(rows).values(values).returning(rows.c.id))).scalar_one()
        return (await _reviews(connection, rows.c.id == done, 1))[0]


async def undo(database: Database, at: datetime, review_id: int) -> Review:
    """Puts back what was before a review, the caller into the inbox too, and returns the review.

    Raises:
        GoneError: there is no such review, or it is undone.
        ChangedError: somebody has changed since what it did.
        StoreError: the database can't be written; nothing was.
    """
    async with database.begin() as connection:
        found = await connection.execute(select(rows).where(rows.c.id == review_id, rows.c.undone_at.is_(None)))
        row = found.mappings().one_or_none()
        if row is None:
            raise GoneError
        later = select(rows.c.id).where(rows.c.id > review_id, rows.c.key == row["key"], rows.c.undone_at.is_(None))
        before = loads(row["before"])
        if (await connection.execute(later.limit(1))).first() or not await _unchanged(connection, row, before):
            raise ChangedError
        await _put_back(connection, row["key"], before)
        await connection.execute(update(rows).where(rows.c.id == review_id).values(undone_at=to_microseconds(at)))
        return (await _reviews(connection, rows.c.id == review_id, 1))[0]


async def get(database: Database, review_id: int) -> Review | None:
    """The review with this id, or None.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        found = await _reviews(connection, rows.c.id == review_id, 1)
    return found[0] if found else None


async def since(database: Database, at: datetime, limit: int = 100) -> list[Review]:
    """Reviews of that moment and later which are not undone, newest first.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        newest = await _reviews(connection, rows.c.undone_at.is_(None), limit)
    return [one for one in newest if one.at >= at]


async def releases_by_rule(database: Database) -> dict[str, int]:
    """How many callers each rule, own number or setting turned away wrongly, as somebody said who let them through.

    Raises:
        StoreError: the database can't be read.
    """
    allowing = rows.c.deed.in_(sorted(map(str, ALLOWING)))
    query = select(rows.c.rule, func.count()).where(allowing, rows.c.undone_at.is_(None), rows.c.rule != "")
    async with database.begin() as connection:
        found = (await connection.execute(query.group_by(rows.c.rule))).all()
    return {str(rule): int(count) for rule, count in found}


async def _before(connection: AsyncConnection, wish: Wish) -> dict[str, Any]:
    """What is there before the deed, and which entry it is about to make."""
    entry = wish.entry
    subject, is_prefix = (entry.key, entry.is_prefix) if entry else (wish.key, False)
    return {
        "subject": [subject, is_prefix],
        "entry": entry.text if entry else "",
        "label": entry.label if entry else "",
        "numbers": await _rows(connection, number_rows, subject, is_prefix=is_prefix),
        "reports": await _rows(connection, report_rows, wish.key),
        "bonds": await _rows(connection, bonds, wish.key),
    }


def _outlasts(own: Mapping[str, Any], entry: OwnEntry) -> bool:
    """Whether an own number would be in force after the entry, which takes its place, has ended."""
    until = own["expires_at"]
    return entry.expires_at is not None and (until is None or until > to_microseconds(entry.expires_at))


async def _rows(connection: AsyncConnection, table: Table, key: str, **more: object) -> list[dict[str, Any]]:
    query = select(table).where(table.c.key == key, *(table.c[name] == value for name, value in more.items()))
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def _calls_after(connection: AsyncConnection, key: str, last_id: int) -> int:
    """Calls that did not get through and that the author has not seen."""
    away = calls.c.action != "allow", calls.c.screened.is_distinct_from("passed")
    query = select(func.count()).where(calls.c.key == key, calls.c.id > last_id, *away)
    return int((await connection.execute(query)).scalar_one())


async def _unchanged(connection: AsyncConnection, row: RowMapping, before: Mapping[str, Any]) -> bool:
    """Whether what the review put in is still there: it has the review's time."""
    key, is_prefix = before["subject"]
    deed = Deed(row["deed"])
    if deed is Deed.SEEN:
        return True
    if deed is Deed.RIGHT:
        return any(report["at"] == row["at"] for report in await _rows(connection, report_rows, key))
    return any(one["added_at"] == row["at"] for one in await _rows(connection, number_rows, key, is_prefix=is_prefix))


async def _put_back(connection: AsyncConnection, key: str, before: Mapping[str, Any]) -> None:
    subject, is_prefix = before["subject"]
    mine = number_rows.c.key == subject, number_rows.c.is_prefix == is_prefix
    await connection.execute(delete(number_rows).where(*mine))
    await connection.execute(delete(report_rows).where(report_rows.c.key == key))
    tables: Sequence[tuple[Table, str]] = ((number_rows, "numbers"), (report_rows, "reports"), (bonds, "bonds"))
    for table, name in tables:
        for each in before[name]:
            # A bond that was made since is newer than the one that is put back.
            await connection.execute(upsert(table).values(each).on_conflict_do_nothing())
    last_id, count = before["inbox"]
    back = upsert(inbox).values(key=key, last_id=last_id, calls=count)
    merged = {"calls": inbox.c.calls + count, "last_id": func.max(inbox.c.last_id, last_id)}
    await connection.execute(back.on_conflict_do_update(index_elements=["key"], set_=merged))


async def _reviews(connection: AsyncConnection, wanted: Any, limit: int) -> list[Review]:
    query = select(rows, calls.c.display).join_from(rows, calls, calls.c.id == rows.c.last_id, isouter=True)
    found = (await connection.execute(query.where(wanted).order_by(rows.c.id.desc()).limit(limit))).mappings().all()
    return [_review(row, loads(row["before"])) for row in found]


def _review(row: RowMapping, before: Mapping[str, Any]) -> Review:
    return Review(
        id=row["id"],
        at=from_microseconds(row["at"]),
        author=row["author"],
        key=row["key"],
        last_id=row["last_id"],
        deed=Deed(row["deed"]),
        rule=row["rule"],
        undone=row["undone_at"] is not None,
        display=row["display"] or row["key"],
        entry=before["entry"],
        label=before["label"],
    )
