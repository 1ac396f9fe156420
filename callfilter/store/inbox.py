"""Callers who did not get through and whom nobody has looked at since, as the page shows them. Read only.

Triggers (`tables.py`) fill the table `inbox`; `reviews.py` empties it. Every look is bounded, however long the log is.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from json import dumps
from typing import Final

from sqlalchemy import ColumnElement, RowMapping, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store.codec import from_microseconds, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import bonds, calls, inbox, numbers, reports
from filters.block import block_of

PAGE: Final = 20
LOOKED_AT: Final = 200
"""Calls of a caller that are looked at, the newest; those among them that got through are left out."""
SHOWN: Final = 50
COUNTED: Final = 1000
"""Calls of a block of numbers that are counted: of more, it is said that there are more."""
_LAST_DIGITS: Final = 3
"""Digits of a number that tell it from the others of its block."""
_AFTER_DIGITS: Final = ":"
"""The character after `9`: keys that begin with a block are below the block and this."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A call that did not get through."""

    id: int
    at: datetime
    name: str
    """Caller name as sent."""
    did: str
    action: str
    screened: str
    """How a screening ended; empty where there was none, or nobody told."""
    voicemail_seconds: float | None
    """Length of the message that was left; None for no message."""

    @property
    def message(self) -> timedelta | None:
        """The same as a span."""
        return None if self.voicemail_seconds is None else timedelta(seconds=self.voicemail_seconds)


@dataclass(frozen=True, slots=True)
class Block:
    """A caller's block of 1,000 numbers, and what it did before."""

    prefix: str
    """What the keys of its numbers begin with."""
    calls: int
    """In the log, the caller's own too; at most `COUNTED`."""
    callers: int
    """Numbers that these calls came from."""
    reported: int
    """Reported numbers, the caller's own not among them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in the inbox. Texts are as the last call has them in the log."""

    key: str
    last_id: int
    """The last call that did not get through."""
    count: int
    """Calls since somebody looked."""
    caller: str
    """Number as sent."""
    display: str
    country: str
    region: str
    classes: str
    """JSON: a list of words."""
    action: str
    reason: str
    rule: str
    trace: str
    """JSON, as `calls.trace`."""
    turned: tuple[Turned, ...]
    """These calls, newest first; of very many the newest."""
    block: Block | None
    """None for short numbers, and where there is no number."""
    known: bool
    """The shop knows the caller by now: dialled, talked with, or proved to be human."""
    reported: bool
    allowed: bool
    """Somebody has allowed the number since."""

    @property
    def is_own(self) -> bool:
        """An own number, and no prefix, turned the last call away."""
        return self.reason == "blocked" and self.rule == self.key


async def waiting(
    database: Database, at: datetime, *, before: int | None = None, again: bool = False, limit: int = PAGE
) -> list[Waiting]:
    """Callers in the inbox, who called last in front; the next page is `before` the last one's `last_id`.

    Args:
        database: open.
        at: the present moment.
        before: only callers whose last call is older than this one.
        again: reported callers only; otherwise none of them.
        limit: how many at most.

    Raises:
        StoreError: the database can't be read.
    """
    wanted: list[ColumnElement[bool]] = [_reported(again=again)]
    if before is not None:
        wanted.append(inbox.c.last_id < before)
    async with database.begin() as connection:
        return await _callers(connection, at, wanted, limit)


async def count(database: Database, most: int) -> int:
    """How many callers wait, reported ones not among them; no further than `most`.

    Raises:
        StoreError: the database can't be read.
    """
    some = select(inbox.c.key).where(_reported(again=False)).limit(most).subquery()
    async with database.begin() as connection:
        return (await connection.execute(select(func.count()).select_from(some))).scalar_one()


async def find(database: Database, key: str, at: datetime) -> Waiting | None:
    """The caller with this key, or None where they are not in the inbox.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        found = await _callers(connection, at, [inbox.c.key == key], 1)
    return found[0] if found else None


async def any_again(database: Database) -> bool:
    """Whether a reported caller has called again.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(inbox.c.key).join(reports, reports.c.key == inbox.c.key).limit(1)
    async with database.begin() as connection:
        return (await connection.execute(query)).first() is not None


async def allowed_within(database: Database, prefix: str, at: datetime) -> list[str]:
    """Numbers and prefixes beginning so that are allowed, and callers beginning so whom the shop knows; a few of them.

    Raises:
        StoreError: the database can't be read.
    """
    now = to_microseconds(at)
    own = select(numbers.c.key).where(_within(numbers.c.key, prefix), numbers.c.action == "allow", _alive(at))
    known = select(bonds.c.key).where(_within(bonds.c.key, prefix), bonds.c.expires_at > now).distinct().limit(_FEW)
    async with database.begin() as connection:
        found = [*(await connection.execute(own.limit(_FEW))).scalars(), *(await connection.execute(known)).scalars()]
    return list(dict.fromkeys(found))[:_FEW]


_FEW: Final = 3


def _reported(*, again: bool) -> ColumnElement[bool]:
    found = exists().where(reports.c.key == inbox.c.key)
    return found if again else ~found


def _alive(at: datetime) -> ColumnElement[bool]:
    """Own numbers that have not ended then."""
    return numbers.c.expires_at.is_(None) | (numbers.c.expires_at > to_microseconds(at))


def _within(column: ColumnElement[str], prefix: str | ColumnElement[str]) -> ColumnElement[bool]:
    return (column >= prefix) & (column < prefix + _AFTER_DIGITS)


_LAST: Final = ("caller", "display", "country", "region", "classes", "action", "reason", "rule", "trace")
_TURNED: Final = ("id", "at", "name", "did", "action", "screened", "voicemail_file", "voicemail_seconds")


async def _callers(
    connection: AsyncConnection, at: datetime, wanted: Sequence[ColumnElement[bool]], limit: int
) -> list[Waiting]:
    columns = (calls.c[name] for name in _LAST)
    query = select(inbox.c.key, inbox.c.last_id, inbox.c.calls.label("count"), *columns)
    query = query.join_from(inbox, calls, calls.c.id == inbox.c.last_id).where(*wanted)
    rows = (await connection.execute(query.order_by(inbox.c.last_id.desc()).limit(limit))).mappings().all()
    keys = [row["key"] for row in rows]
    turned = await _turned(connection, rows)
    blocks = await _blocks(connection, {block_of(key) for key in keys} - {""})
    known = select(bonds.c.key).where(bonds.c.key.in_(keys), bonds.c.expires_at > to_microseconds(at))
    reported = select(reports.c.key).where(reports.c.key.in_(keys))
    mine = numbers.c.key.in_(keys), numbers.c.is_prefix.is_(False), numbers.c.did == ""
    allowed = select(numbers.c.key).where(*mine, numbers.c.action == "allow", _alive(at))
    are_known, are_reported, are_allowed = [
        frozenset((await connection.execute(some)).scalars()) for some in (known, reported, allowed)
    ]
    return [
        Waiting(
            **row,
            turned=tuple(turned[key][: min(row["count"], SHOWN)]),
            block=_seen_by(blocks.get(block_of(key)), is_reported=key in are_reported),
            known=key in are_known,
            reported=key in are_reported,
            allowed=key in are_allowed,
        )
        for key, row in zip(keys, rows, strict=True)
    ]


async def _turned(connection: AsyncConnection, rows: Sequence[RowMapping]) -> Mapping[str, list[Turned]]:
    """Each caller's key -> calls that did not get through, up to the one it is in the inbox for, newest first."""
    given = func.json_each(dumps({row["key"]: row["last_id"] for row in rows})).table_valued("key", "value")
    of_caller = select(calls).where(calls.c.key == given.c.key, calls.c.id <= given.c.value)
    looked = of_caller.order_by(calls.c.id.desc()).limit(LOOKED_AT).correlate(given).subquery()
    away = select(looked.c.id).where(looked.c.action != "allow", looked.c.screened.is_distinct_from("passed"))
    shown = away.order_by(looked.c.id.desc()).limit(SHOWN)
    query = select(calls.c.key, *(calls.c[name] for name in _TURNED)).join_from(given, calls, calls.c.id.in_(shown))
    found: dict[str, list[Turned]] = defaultdict(list)
    for row in (await connection.execute(query.order_by(calls.c.id.desc()))).mappings():
        found[row["key"]].append(_one(row))
    return found


async def _blocks(connection: AsyncConnection, prefixes: Collection[str]) -> dict[str, Block]:
    """What the keys of a block begin with -> the block, all its reported numbers counted."""
    given = func.json_each(dumps(sorted(prefixes))).table_valued("value")
    prefix = given.c.value
    some = select(calls.c.key).where(_within(calls.c.key, prefix)).limit(COUNTED).correlate(given).subquery()
    as_long = func.length(reports.c.key) == func.length(prefix) + _LAST_DIGITS
    query = select(
        prefix,
        select(func.count()).select_from(some).scalar_subquery(),
        select(func.count(some.c.key.distinct())).scalar_subquery(),
        select(func.count()).where(_within(reports.c.key, prefix), as_long).scalar_subquery(),
    )
    return {row[0]: Block(*row) for row in await connection.execute(query)}


def _seen_by(block: Block | None, *, is_reported: bool) -> Block | None:
    """The block beside a caller of it, who is not counted among the reported."""
    return replace(block, reported=block.reported - 1) if block and is_reported else block


def _one(row: RowMapping) -> Turned:
    return Turned(
        id=row["id"],
        at=from_microseconds(row["at"]),
        name=row["name"],
        did=row["did"],
        action=row["action"],
        screened=row["screened"] or "",
        voicemail_seconds=row["voicemail_seconds"] if row["voicemail_file"] else None,
    )
