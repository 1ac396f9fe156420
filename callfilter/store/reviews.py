"""What was said of callers who did not get through: done, and undone, each in one transaction.

A review keeps what it replaced and what it left behind, so that undoing puts back exactly that; where somebody has
changed it since, undoing is refused, as it would take away more than was meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store import numbers, reports
from callfilter.store.codec import compact, from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.number_changes import Stored, is_as_left, put_back, stored
from callfilter.store.reports import Report
from callfilter.store.tables import calls, inbox
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
    key, last_id = wish.key, wish.last_id
    async with database.begin(alone=True) as connection:
        waiting = (await connection.execute(select(inbox).where(inbox.c.key == key))).mappings().one_or_none()
        if waiting is None:
            raise GoneError
        left = await _calls_after(connection, key, last_id)
        seen = [min(last_id, waiting["last_id"]), max(1, waiting["calls"] - left)]
        kept = await _do(connection, at, author, wish) | {"inbox": seen}
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
            "deed": str(wish.deed),
            "rule": (await connection.execute(rule)).scalar() or "",
            "before": compact(kept),
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
    async with database.begin(alone=True) as connection:
        found = await connection.execute(select(rows).where(rows.c.id == review_id, rows.c.undone_at.is_(None)))
        row = found.mappings().one_or_none()
        if row is None:
            raise GoneError
        later = select(rows.c.id).where(rows.c.id > review_id, rows.c.key == row["key"], rows.c.undone_at.is_(None))
        if (await connection.execute(later.limit(1))).first():
            raise ChangedError
        kept = loads(row["before"])
        if row["deed"] != Deed.SEEN:
            await _take_back(connection, row, kept)
        await _put_in_inbox(connection, row["key"], *kept["inbox"])
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
    callers = func.count(rows.c.key.distinct())
    query = select(rows.c.rule, callers).where(allowing, rows.c.undone_at.is_(None), rows.c.rule != "")
    async with database.begin() as connection:
        found = (await connection.execute(query.group_by(rows.c.rule))).all()
    return {str(rule): int(count) for rule, count in found}


async def _do(connection: AsyncConnection, at: datetime, author: str, wish: Wish) -> dict[str, Any]:
    """Does the deed, and returns which entry it made, what was there before and what is now.

    Raises:
        OwnEntryError: as it says.
    """
    entry = wish.entry
    subject = (entry.key, entry.is_prefix) if entry else (wish.key, False)
    before = await stored(connection, [subject])
    if entry and entry.expires_at and any(_outlasts(own, entry) for own in before["numbers"]):
        raise OwnEntryError
    if entry:
        entry = numbers.anew(entry, await numbers.found(connection, {subject}))
        await numbers.put_in(connection, entry, at)
    elif wish.deed is Deed.RIGHT:
        await reports.put_in(connection, Report(wish.key, at, author))
    made = {"entry": entry.text, "label": entry.label} if entry else {"entry": "", "label": ""}
    return {"subject": subject, **made, **before, "after": await stored(connection, [subject])}


def _outlasts(own: Mapping[str, Any], entry: OwnEntry) -> bool:
    """Whether an own number would be in force after the entry, which takes its place, has ended."""
    until = own["expires_at"]
    return entry.expires_at is not None and (until is None or until > to_microseconds(entry.expires_at))


async def _calls_after(connection: AsyncConnection, key: str, last_id: int) -> int:
    """Calls that did not get through and that the author has not seen."""
    away = calls.c.action != "allow", calls.c.screened.is_distinct_from("passed")
    query = select(func.count()).where(calls.c.key == key, calls.c.id > last_id, *away)
    return int((await connection.execute(query)).scalar_one())


async def _take_back(connection: AsyncConnection, row: RowMapping, kept: Mapping[str, Any]) -> None:
    """Puts back what the deed has changed.

    Raises:
        ChangedError: somebody has changed since what it left behind.
    """
    key, is_prefix = kept["subject"]
    now = await stored(connection, [(key, is_prefix)])
    after = kept.get("after")
    if not (_has_its_time(now, row) if after is None else is_as_left(now, after)):
        raise ChangedError
    await put_back(connection, [(key, is_prefix)], kept, after or now)


def _has_its_time(now: Stored, row: RowMapping) -> bool:
    """Whether something is there of the time of a review that an older callfilter kept, without what it left behind."""
    if row["deed"] == Deed.RIGHT:
        return any(report["at"] == row["at"] for report in now["reports"])
    return any(one["added_at"] == row["at"] for one in now["numbers"])


async def _put_in_inbox(connection: AsyncConnection, key: str, last_id: int, count: int) -> None:
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
