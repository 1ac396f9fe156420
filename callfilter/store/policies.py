"""Versions of the policy: every text that was ever in force. Written here, read by `lookup.py` too."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from callfilter.store.codec import from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.file import StoreError
from callfilter.store.tables import policy_versions


class MovedOnError(StoreError):
    """Somebody else changed the policy meanwhile."""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy, and who put it in force when."""

    id: int
    """Counted from 1; the largest is in force."""
    at: datetime
    author: str
    note: str
    text: str
    """The whole policy, as `callfilter.policy` writes it."""


async def newest(database: Database, *, before: int | None = None) -> PolicyVersion | None:
    """The version in force, or the newest below `before`; None if there is none.

    Raises:
        StoreError: the database can't be read.
    """
    found = await every(database, before=before, limit=1)
    return found[0] if found else None


async def every(database: Database, *, before: int | None = None, limit: int | None = None) -> list[PolicyVersion]:
    """All versions, newest first, at most `limit`.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(policy_versions).order_by(policy_versions.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(policy_versions.c.id < before)
    async with database.begin() as connection:
        rows = (await connection.execute(query)).mappings().all()
    return [
        PolicyVersion(row["id"], from_microseconds(row["at"]), row["author"], row["note"], row["text"]) for row in rows
    ]


async def get(database: Database, version: int) -> PolicyVersion | None:
    """The version of that number, or None.

    Raises:
        StoreError: the database can't be read.
    """
    found = await every(database, before=version + 1, limit=1)
    return found[0] if found and found[0].id == version else None


async def add(database: Database, version: PolicyVersion) -> None:
    """Puts a version in force.

    Raises:
        MovedOnError: somebody else took the version's number meanwhile.
        StoreError: the database can't be written.
    """
    values = {
        "id": version.id,
        "at": to_microseconds(version.at),
        "author": storable(version.author),
        "note": storable(version.note),
        "text": storable(version.text),
    }
    try:
        async with database.begin() as connection:
            await connection.execute(insert(policy_versions).values(values))
    except StoreError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise MovedOnError(
                f"somebody else made version {version.id} of the policy meanwhile, so nothing was changed; try again"
            ) from error
        raise
