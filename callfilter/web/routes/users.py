"""Who may log in, for admins; and everybody's own password."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path
from fastapi.responses import Response

from callfilter.marked import N_
from callfilter.store import users
from callfilter.store.codec import LARGEST
from callfilter.store.users import LastAdminError, Role, TakenError, User
from callfilter.web.passwords import fault_of, fault_of_name
from callfilter.web.routes.login import too_often, user_with
from callfilter.web.throttle import TooOftenError
from callfilter.web.visit import Keeper, Person, Visit, log_in

router = APIRouter()

Id = Annotated[int, Path(ge=0, le=LARGEST)]
NAME = Annotated[str, Form(max_length=200)]
PASSWORD = Annotated[str, Form(max_length=1000)]
TAKEN = N_("Somebody has this name already: choose another one.")
LAST = N_("Nobody would be admin any more, so nothing was changed.")
OWN = N_("You cannot change your own role or remove yourself: another admin can.")
DIFFERENT = N_("The two new passwords are not the same.")
WRONG = N_("The old password is not right.")


@router.get("/users")
async def show(visit: Keeper) -> Response:
    """All users."""
    return await _page(visit)


@router.post("/users")
async def add(visit: Keeper, role: Annotated[Role, Form()], name: NAME = "", password: PASSWORD = "") -> Response:
    """One more."""
    name = name.strip()
    if fault := fault_of_name(name) or fault_of(password):
        return await _page(visit, fault=fault, name=name, role=role)
    try:
        await add_user(visit, name, role, password)
    except TakenError:
        return await _page(visit, fault=TAKEN, name=name, role=role)
    return visit.go("/users", visit.say("%(name)s can log in now.", name=name))


@router.post("/users/{user_id}/role")
async def change_role(visit: Keeper, user_id: Id, role: Annotated[Role, Form()]) -> Response:
    """Another role; the user must log in again, and tokens that may do more end."""
    user = await other_user(visit, user_id)
    if user is None:
        return await _page(visit, fault=OWN)
    try:
        revoked = await give_role(visit, user, role)
    except LastAdminError:
        return await _page(visit, fault=LAST)
    told = visit.say("%(name)s has the new role, and has to log in again.", name=user.name)
    return visit.go("/users", _with_tokens(visit, told, revoked))


@router.post("/users/{user_id}/password")
async def reset_password(visit: Keeper, user_id: Id, password: PASSWORD = "") -> Response:
    """A new password for somebody who forgot the old one."""
    user = await other_user(visit, user_id)
    if user is None:
        return visit.go("/me")
    if fault := fault_of(password):
        return await _page(visit, fault=fault)
    await give_password(visit, user, password)
    return visit.go("/users", visit.say("%(name)s has the new password, and has to log in with it.", name=user.name))


@router.post("/users/{user_id}/remove")
async def remove(visit: Keeper, user_id: Id) -> Response:
    """Nobody any more; the user's tokens end, and what the user did stays in the audit."""
    user = await other_user(visit, user_id)
    if user is None:
        return await _page(visit, fault=OWN)
    try:
        revoked = await remove_user(visit, user)
    except LastAdminError:
        return await _page(visit, fault=LAST)
    return visit.go("/users", _with_tokens(visit, visit.say("%(name)s is removed.", name=user.name), revoked))


@router.get("/me")
async def show_me(visit: Person) -> Response:
    """The visitor's own login."""
    return visit.page("me.html", fault="")


@router.post("/me")
async def change_my_password(visit: Person, old: PASSWORD = "", new: PASSWORD = "", again: PASSWORD = "") -> Response:
    """A new password of one's own: every session ends, and this browser gets a new one."""
    if visit.session is None:
        raise HTTPException(403)
    me = visit.session.user
    if fault := fault_of(new) or (DIFFERENT if new != again else ""):
        return visit.page("me.html", status=400, fault=visit.say(fault))
    try:
        if await user_with(visit, me.name, old) is None:
            return visit.page("me.html", status=403, fault=visit.say(WRONG))
    except TooOftenError as error:
        return visit.page("me.html", status=429, fault=too_often(visit, error))
    hashed = await visit.site.passwords.hashed(new)
    await users.change(visit.site.database, me.id, password=hashed)
    await visit.note("password-changed", name=me.name)
    response = visit.go("/me", visit.say("You have a new password. Wherever else you were logged in, that has ended."))
    await log_in(visit, me.id, response)
    return response


async def add_user(visit: Visit, name: str, role: Role, password: str) -> int:
    """Adds a user; returns the id.

    Raises:
        TakenError: somebody has that name.
    """
    hashed = await visit.site.passwords.hashed(password)
    user_id = await users.add(visit.site.database, name=name, role=role, password=hashed, at=visit.now)
    await visit.note("user-added", name=name, role=role)
    return user_id


async def give_role(visit: Visit, user: User, role: Role) -> list[str]:
    """Gives a user another role; returns the names of tokens that are revoked with it.

    Raises:
        LastAdminError: nobody would be admin any more.
    """
    if user.role is role:
        return []
    revoked = await users.change_role(visit.site.database, user, role, visit.now)
    await visit.note("user-changed", name=user.name, role=role, before=user.role, tokens=revoked)
    return revoked


async def give_password(visit: Visit, user: User, password: str) -> None:
    """Gives a user another password."""
    hashed = await visit.site.passwords.hashed(password)
    await users.change(visit.site.database, user.id, password=hashed)
    visit.site.throttle.passed(f"name {user.name.casefold()}")
    await visit.note("password-changed", name=user.name)


async def remove_user(visit: Visit, user: User) -> list[str]:
    """Removes a user; returns the names of tokens that are revoked with it.

    Raises:
        LastAdminError: nobody would be admin any more.
    """
    revoked = await users.remove(visit.site.database, user, visit.now)
    await visit.note("user-removed", name=user.name, role=user.role, tokens=revoked)
    return revoked


def _with_tokens(visit: Visit, told: str, revoked: list[str]) -> str:
    """What was done, and that tokens were revoked with it."""
    if not revoked:
        return told
    also = visit.language.say_count(
        "A token that the user had made is revoked.",
        "%(num)s tokens that the user had made are revoked.",
        len(revoked),
    )
    return f"{told} {also}"


async def other_user(visit: Visit, user_id: int) -> User | None:
    """The user of that id; None for the visitor, who is not to fall by a slip of the finger.

    Raises:
        HTTPException: there is none.
    """
    user = await users.find_by_id(visit.site.database, user_id)
    if user is None:
        raise HTTPException(404, N_("There is no such user any more."))
    return None if visit.session and visit.session.user.id == user_id else user


async def _page(visit: Visit, *, fault: str = "", name: str = "", role: Role = Role.CLERK) -> Response:
    return visit.page(
        "users.html",
        status=400 if fault else 200,
        users=await users.every(visit.site.database),
        roles=list(Role),
        fault=visit.say(fault) if fault else "",
        name=name,
        role=role,
    )
