"""Who may open the page: users, their sessions, and tokens of the API. Knows digests, never the secrets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store.codec import from_microseconds, storable, to_microseconds
from callfilter.store.database import Database
from callfilter.store.file import StoreError
from callfilter.store.tables import sessions, tokens, users

SEEN_EVERY = timedelta(minutes=1)
"""A session's last use is written down no more often than this."""


class TakenError(StoreError):
    """Somebody has that name, or was the first to come."""


class LastAdminError(StoreError):
    """Nobody would be admin any more."""


class Role(StrEnum):
    """What somebody may do; each may do all that those before it may."""

    VIEWER = "viewer"
    """Look."""
    CLERK = "clerk"
    """Review calls, allow callers for a day, expect a call."""
    ADMIN = "admin"
    """All."""

    def covers(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    id: int
    name: str
    role: Role
    password: str
    """An argon2 hash."""
    language: str
    """Tag of the language of the page; empty for that of the browser."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A user who is logged in."""

    user: User
    csrf: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A key to the API."""

    id: int
    name: str
    role: Role
    author: str
    created_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


async def count(database: Database) -> int:
    """How many users there are: none means that nobody has set the page up.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        return int((await connection.execute(select(func.count()).select_from(users))).scalar_one())


async def every(database: Database) -> list[User]:
    """All users, by name.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        rows = (await connection.execute(select(users).order_by(users.c.name))).mappings().all()
    return [_user(row) for row in rows]


async def find(database: Database, name: str) -> User | None:
    """The user of that name, in capitals or not; None if there is none.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        row = (await connection.execute(select(users).where(users.c.name == storable(name)))).mappings().one_or_none()
    return None if row is None else _user(row)


async def find_by_id(database: Database, user_id: int) -> User | None:
    """The user with that id; None if there is none.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        row = (await connection.execute(select(users).where(users.c.id == user_id))).mappings().one_or_none()
    return None if row is None else _user(row)


async def add(database: Database, *, name: str, role: Role, password: str, at: datetime, first: bool = False) -> int:
    """Adds a user; returns the id. With `first` only where there is none yet.

    Raises:
        TakenError: somebody has that name, or there is a user already.
        StoreError: the database can't be written.
    """
    values = {"name": storable(name), "role": role.value, "password": password, "created_at": to_microseconds(at)}
    try:
        async with database.begin() as connection:
            added = await connection.execute(insert(users).values(values).returning(users.c.id))
            user_id = int(added.scalar_one())
            if first:
                # Now that this connection alone may write: two who come at once must not both be the first.
                await _nobody_but(connection, user_id)
            return user_id
    except StoreError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise TakenError(f"there is a user {name!r} already; choose another name") from error
        raise


async def change(database: Database, user_id: int, *, password: str | None = None, language: str | None = None) -> None:
    """Changes what is given. A new password ends the user's sessions.

    Raises:
        StoreError: the database can't be written.
    """
    given = {"password": password, "language": language}
    values = {name: value for name, value in given.items() if value is not None}
    async with database.begin() as connection:
        await connection.execute(update(users).where(users.c.id == user_id).values(values))
        if password is not None:
            await connection.execute(delete(sessions).where(sessions.c.user_id == user_id))


async def change_role(database: Database, user: User, role: Role, at: datetime) -> list[str]:
    """Gives a user another role and ends the sessions. The last admin stays one.

    Returns:
        Names of the tokens that are revoked with it: those the user made that may do more than the user now may.

    Raises:
        LastAdminError: nobody would be admin any more.
        StoreError: the database can't be written.
    """
    async with database.begin() as connection:
        await connection.execute(update(users).where(users.c.id == user.id).values(role=role.value))
        await connection.execute(delete(sessions).where(sessions.c.user_id == user.id))
        await _still_an_admin(connection)
        return await _revoke_tokens_of(connection, user, [one for one in Role if not role.covers(one)], at)


async def remove(database: Database, user: User, at: datetime) -> list[str]:
    """Removes a user and ends the sessions. The last admin stays.

    Returns:
        Names of the tokens that are revoked with it: all that the user made.

    Raises:
        LastAdminError: nobody would be admin any more.
        StoreError: the database can't be written.
    """
    async with database.begin() as connection:
        await connection.execute(delete(sessions).where(sessions.c.user_id == user.id))
        await connection.execute(delete(users).where(users.c.id == user.id))
        await _still_an_admin(connection)
        return await _revoke_tokens_of(connection, user, list(Role), at)


async def begin_session(database: Database, digest: bytes, user_id: int, csrf: str, at: datetime) -> None:
    """Logs a user in.

    Raises:
        StoreError: the database can't be written.
    """
    now = to_microseconds(at)
    values = {"digest": digest, "user_id": user_id, "csrf": csrf, "created_at": now, "seen_at": now}
    async with database.begin() as connection:
        await connection.execute(insert(sessions).values(values))


async def session(
    database: Database, digest: bytes, at: datetime, *, idle: timedelta, longest: timedelta
) -> Session | None:
    """The session of a cookie's digest, unless it was idle or open for too long; notes its use.

    Raises:
        StoreError: the database can't be read.
    """
    mine = sessions.c.digest == digest
    query = select(users, sessions.c.csrf, sessions.c.created_at.label("began_at"), sessions.c.seen_at)
    async with database.begin() as connection:
        row = (await connection.execute(query.join(sessions).where(mine))).mappings().one_or_none()
        if row is None:
            return None
        found = Session(_user(row), row["csrf"], from_microseconds(row["began_at"]), from_microseconds(row["seen_at"]))
        if at - found.seen_at > idle or at - found.created_at > longest:
            await connection.execute(delete(sessions).where(mine))
            return None
        if at - found.seen_at > SEEN_EVERY:
            await connection.execute(update(sessions).where(mine).values(seen_at=to_microseconds(at)))
    return found


async def has_session(database: Database, digest: bytes) -> bool:
    """Whether the session of a cookie's digest is still there, for who listens: that is no use of it.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        found = await connection.execute(select(sessions.c.digest).where(sessions.c.digest == digest))
        return found.first() is not None


async def end_session(database: Database, digest: bytes) -> None:
    """Logs out.

    Raises:
        StoreError: the database can't be written.
    """
    async with database.begin() as connection:
        await connection.execute(delete(sessions).where(sessions.c.digest == digest))


async def add_token(database: Database, *, digest: bytes, name: str, role: Role, author: str, at: datetime) -> int:
    """Adds a key to the API; returns the id.

    Raises:
        StoreError: the database can't be written.
    """
    values = {"digest": digest, "name": storable(name), "role": role.value, "author": author}
    async with database.begin() as connection:
        added = insert(tokens).values({**values, "created_at": to_microseconds(at)}).returning(tokens.c.id)
        return int((await connection.execute(added)).scalar_one())


async def every_token(database: Database) -> list[Token]:
    """All tokens, revoked ones too, newest first.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        rows = (await connection.execute(select(tokens).order_by(tokens.c.id.desc()))).mappings().all()
    return [_token(row) for row in rows]


async def token(database: Database, digest: bytes, at: datetime) -> Token | None:
    """The token with this digest unless it was revoked; notes its use, at most once a minute.

    Raises:
        StoreError: the database can't be read.
    """
    async with database.begin() as connection:
        mine = tokens.c.digest == digest, tokens.c.revoked_at.is_(None)
        row = (await connection.execute(select(tokens).where(*mine))).mappings().one_or_none()
        if row is None:
            return None
        found = _token(row)
        if found.used_at is None or at - found.used_at > SEEN_EVERY:
            await connection.execute(update(tokens).where(*mine).values(used_at=to_microseconds(at)))
    return found


async def revoke_token(database: Database, token_id: int, at: datetime) -> bool:
    """Revokes a token; whether there was one to revoke.

    Raises:
        StoreError: the database can't be written.
    """
    mine = tokens.c.id == token_id, tokens.c.revoked_at.is_(None)
    async with database.begin() as connection:
        result = await connection.execute(update(tokens).where(*mine).values(revoked_at=to_microseconds(at)))
    return bool(result.rowcount)


async def _revoke_tokens_of(connection: AsyncConnection, user: User, roles: list[Role], at: datetime) -> list[str]:
    """Revokes the tokens with these roles that a user made, and returns their names."""
    mine = tokens.c.author == user.name, tokens.c.role.in_(role.value for role in roles), tokens.c.revoked_at.is_(None)
    revoke = update(tokens).where(*mine).values(revoked_at=to_microseconds(at)).returning(tokens.c.name)
    return sorted((await connection.execute(revoke)).scalars())


async def _nobody_but(connection: AsyncConnection, user_id: int) -> None:
    if (await connection.execute(select(users.c.id).where(users.c.id != user_id).limit(1))).first():
        raise TakenError("there is a user already, so nobody was added; log in instead")


async def _still_an_admin(connection: AsyncConnection) -> None:
    if not (await connection.execute(select(users.c.id).where(users.c.role == Role.ADMIN.value).limit(1))).first():
        raise LastAdminError("nobody would be admin any more, so nothing was changed; make somebody else admin first")


def _user(row: RowMapping) -> User:
    return User(
        row["id"],
        row["name"],
        Role(row["role"]),
        row["password"],
        row["language"],
        from_microseconds(row["created_at"]),
    )


def _token(row: RowMapping) -> Token:
    times = (None if row[name] is None else from_microseconds(row[name]) for name in ("used_at", "revoked_at"))
    return Token(row["id"], row["name"], Role(row["role"]), row["author"], from_microseconds(row["created_at"]), *times)
