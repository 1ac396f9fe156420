"""`callfilter user`: who may open the page. Passwords are typed unseen, or come by stdin; never by an argument."""

import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from callfilter.cli.options import Json, author, awaited, config_of, typed
from callfilter.cli.say import NO, console, harmless, refuse, say, say_json

if TYPE_CHECKING:
    from callfilter.store.database import Database
    from callfilter.store.users import Role, User

app = typer.Typer(rich_markup_mode=None, help="Who may open the page, and what they may do there.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the user; capitals make no difference.")]
ROLES = "admin may do all, clerk may review and allow for a day, viewer may look"
LINE = 4096
"""Characters of stdin that are read for a password."""

T = TypeVar("T")


@app.command()
def add(
    context: typer.Context,
    name: Name,
    *,
    role: Annotated[str, typer.Option(help=f"What the user may do: {ROLES}.", metavar="ROLE", show_default=False)],
) -> None:
    """Add a user. Asks for the password, twice; where stdin is no terminal, its first line is the password.

    Exit status: 0 added, 2 wrong input or a fault: then nothing was changed.
    """
    from callfilter.store import users  # noqa: PLC0415 - SQLAlchemy takes longer than reading the command line
    from callfilter.web.passwords import fault_of_name, hash_of  # noqa: PLC0415 - as above

    name, may = typed(name).strip(), _role(role, "--role")
    if fault_of_name(name):
        refuse(f"{name!r} is no name for a user: it has 1 to 60 characters that can be seen")
    password = hash_of(_new_password(name))

    async def added(database: "Database") -> None:
        await users.add(database, name=name, role=may, password=password, at=datetime.now(UTC))
        await _note(database, "user-added", name=name, role=may)

    _done(context, added)
    say(f"Added: {name}, {may}.")


@app.command("list")
def list_users(context: typer.Context, *, json: Json = False) -> None:
    """Show all users and their roles.

    With --json an array of objects. Exit status: 0 also where there are none, 2 a fault.
    """
    from callfilter.store import users  # noqa: PLC0415 - as above

    found = _done(context, users.every)
    if json:
        say_json([{"name": one.name, "role": one.role, "added_at": one.created_at.isoformat()} for one in found])
    elif found:
        _show(found)
    else:
        say("No users yet: open the page to make the first one, or write callfilter user add NAME --role admin.")


@app.command()
def password(context: typer.Context, name: Name) -> None:
    """Give a user a new password; asks for it as add does. Wherever the user was logged in, that ends.

    Exit status: 0 done, 1 there is no such user, 2 wrong input or a fault.
    """
    from callfilter.store import users  # noqa: PLC0415 - as above
    from callfilter.web.passwords import hash_of  # noqa: PLC0415 - as above

    user = _found(context, name)
    hashed = hash_of(_new_password(user.name))

    async def changed(database: "Database") -> None:
        await users.change(database, user.id, password=hashed)
        await _note(database, "password-changed", name=user.name)

    _done(context, changed)
    say(f"{user.name} has a new password, and has to log in with it.")


@app.command()
def role(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"{ROLES[:1].upper()}{ROLES[1:]}.", show_default=False)],
) -> None:
    """Change what a user may do. Wherever the user was logged in, that ends. The last admin stays admin.

    Tokens that the user made and that may do more than the user now may are revoked with it.

    Exit status: 0 done, 1 there is no such user, 2 wrong input or a fault.
    """
    from callfilter.store import users  # noqa: PLC0415 - as above

    may = _role(role, "ROLE")
    user = _found(context, name)
    if user.role is may:
        say(f"Nothing changes: {user.name} is {may} already.")
        return

    async def changed(database: "Database") -> list[str]:
        revoked = await users.change_role(database, user, may, datetime.now(UTC))
        await _note(database, "user-changed", name=user.name, role=may, before=user.role, tokens=revoked)
        return revoked

    say(f"{user.name} is {may} now; it was {user.role} before.{_told(_done(context, changed))}")


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove a user. Wherever the user was logged in, that ends. The last admin stays.

    All tokens that the user made are revoked with it.

    Exit status: 0 removed, 1 there is no such user, 2 a fault.
    """
    from callfilter.store import users  # noqa: PLC0415 - as above

    user = _found(context, name)

    async def removed(database: "Database") -> list[str]:
        revoked = await users.remove(database, user, datetime.now(UTC))
        await _note(database, "user-removed", name=user.name, role=user.role, tokens=revoked)
        return revoked

    say(f"Removed: {user.name}.{_told(_done(context, removed))}")


def _role(text: str, option: str) -> "Role":
    from callfilter.store.users import Role  # noqa: PLC0415 - as above

    word = typed(text).strip().lower()
    if word not in set(Role):
        refuse(f"{option} is {typed(text)!r}, but must be one of {', '.join(reversed(Role))}")
    return Role(word)


def _new_password(name: str) -> str:
    """What is typed twice on the terminal, or the first line of stdin.

    Raises:
        Refusal: it was typed differently, or is no password that we take.
    """
    from callfilter.web.passwords import fault_of  # noqa: PLC0415 - as above

    if sys.stdin is None:  # the shell's <&-
        refuse("the password comes by stdin, but that is closed, so nothing was changed")
    if sys.stdin.isatty():
        chosen = getpass.getpass(f"New password for {name}: ")
        if getpass.getpass("Once more: ") != chosen:
            refuse("the two are not the same, so nothing was changed; try again")
    else:
        try:
            chosen = sys.stdin.readline(LINE).rstrip("\r\n")
        except UnicodeDecodeError:
            refuse("the password on stdin is not UTF-8, so nothing was changed")
        if not chosen:
            refuse("there is no password on stdin: write it into the first line, or call this from a terminal")
    if fault := fault_of(chosen):
        refuse(f"nothing was changed: {fault[:1].lower()}{fault[1:]}")
    return chosen


def _found(context: typer.Context, name: str) -> "User":
    """The user of that name.

    Raises:
        Refusal: there is none.
    """
    from callfilter.store import users  # noqa: PLC0415 - as above

    name = typed(name).strip()
    user = _done(context, lambda database: users.find(database, name))
    if user is None:
        refuse(f"there is no user {name!r}; see callfilter user list", NO)
    return user


def _done(context: typer.Context, work: "Callable[[Database], Awaitable[T]]") -> T:
    """What becomes of work with the database."""
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    config = config_of(context)

    async def with_database() -> T:
        async with await open_database(config.database) as database:
            return await work(database)

    return awaited(with_database())


def _told(revoked: list[str]) -> str:
    """That tokens ended along with something; nothing where there were none."""
    return f" Revoked with it: {', '.join(map(harmless, revoked))}." if revoked else ""


async def _note(database: "Database", deed: str, **detail: object) -> None:
    from callfilter.store import audit  # noqa: PLC0415 - as above

    await audit.note(database, datetime.now(UTC), author(), deed, **detail)


def _show(found: "list[User]") -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in ("name", "role", "added"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(harmless(one.name), one.role, f"{one.created_at.astimezone():%Y-%m-%d %H:%M}")
    console().print(table)
