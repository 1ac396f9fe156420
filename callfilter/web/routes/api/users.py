"""Who may log in. As on the page, this wants an admin's login: a token, which can be stolen, makes nobody."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from callfilter.marked import N_
from callfilter.store import users
from callfilter.store.users import LastAdminError, Role, TakenError, User
from callfilter.web.passwords import fault_of, fault_of_name
from callfilter.web.routes.api.policy import LARGEST
from callfilter.web.routes.users import (
    LAST,
    OWN,
    TAKEN,
    add_user,
    give_password,
    give_role,
    other_user,
    remove_user,
)
from callfilter.web.visit import Keeper, Visit

router = APIRouter(tags=["users"])

OWN_PASSWORD = N_("Your own password is changed on the page, where you give the old one.")

Id = Annotated[int, Path(ge=0, le=LARGEST)]
Password = Annotated[str, Field(max_length=1000)]


class NewUser(BaseModel):
    """Somebody who shall be able to log in."""

    name: str = Field(max_length=200)
    role: Role
    password: Password


class Change(BaseModel):
    """What changes of a user; either ends the user's sessions."""

    role: Role | None = None
    password: Password | None = None


@router.get("/users")
async def everybody(visit: Keeper) -> dict[str, Any]:
    """All users, by name."""
    return {"users": [_as_json(one) for one in await users.every(visit.site.database)]}


@router.post("/users")
async def add(visit: Keeper, new: NewUser) -> dict[str, Any]:
    """Adds a user, who can log in then."""
    name = new.name.strip()
    if fault := fault_of_name(name) or fault_of(new.password):
        raise HTTPException(400, visit.say(fault))
    try:
        user_id = await add_user(visit, name, new.role, new.password)
    except TakenError:
        raise HTTPException(409, visit.say(TAKEN)) from None
    return {"id": user_id, "name": name, "role": new.role}


@router.patch("/users/{user_id}")
async def change_user(visit: Keeper, user_id: Id, change: Change) -> dict[str, Any]:
    """Another role or password. With a lower role, tokens that the user made and that may do more are revoked."""
    user = await _other(visit, user_id, OWN if change.password is None else OWN_PASSWORD)
    if change.password is not None and (fault := fault_of(change.password)):
        raise HTTPException(400, visit.say(fault))
    role, revoked = change.role or user.role, list[str]()
    try:
        revoked = await give_role(visit, user, role)
    except LastAdminError:
        raise HTTPException(409, visit.say(LAST)) from None
    if change.password is not None:
        await give_password(visit, user, change.password)
    return {"id": user.id, "name": user.name, "role": role, "revoked_tokens": revoked}


@router.delete("/users/{user_id}")
async def remove(visit: Keeper, user_id: Id) -> dict[str, Any]:
    """Removes a user, and revokes all tokens that the user made; what the user did stays in the audit."""
    user = await _other(visit, user_id, OWN)
    try:
        return {"removed": user.name, "revoked_tokens": await remove_user(visit, user)}
    except LastAdminError:
        raise HTTPException(409, visit.say(LAST)) from None


async def _other(visit: Visit, user_id: int, refusal: str) -> User:
    user = await other_user(visit, user_id)
    if user is None:
        raise HTTPException(409, visit.say(refusal))
    return user


def _as_json(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "role": user.role, "created_at": user.created_at.isoformat()}
