"""Keys to the API: made, shown once, revoked."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from callfilter.marked import N_
from callfilter.store import users
from callfilter.store.users import Role
from callfilter.web.passwords import fault_of_name
from callfilter.web.visit import Keeper, Visit, digest_of

router = APIRouter()

PREFIX: Final = "callfilter_"
"""So that people, and programs that look for leaked secrets, know what it is."""


@router.get("/tokens")
async def show(visit: Keeper) -> Response:
    """All tokens."""
    return await _page(visit)


@router.post("/tokens")
async def add(
    visit: Keeper, role: Annotated[Role, Form()], name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """One more, which this page alone shows."""
    name = name.strip()
    if fault := fault_of_name(name):
        return await _page(visit, fault=visit.say(fault), name=name, role=role)
    _, secret = await make(visit, name, role)
    return await _page(visit, secret=secret, made=name)


@router.post("/tokens/{token_id}/revoke")
async def revoke(visit: Keeper, token_id: int) -> Response:
    """It opens nothing any more."""
    name = await end(visit, token_id)
    return visit.go("/tokens", visit.say("The token %(name)s opens nothing any more.", name=name))


async def make(visit: Visit, name: str, role: Role) -> tuple[int, str]:
    """Makes a token; returns its id and the secret, which nobody can tell again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token_id = await users.add_token(
        visit.site.database, digest=digest_of(secret), name=name, role=role, author=visit.author, at=visit.now
    )
    await visit.note("token-added", name=name, role=role)
    return token_id, secret


async def end(visit: Visit, token_id: int) -> str:
    """Revokes a token; returns its name.

    Raises:
        HTTPException: there is none to revoke.
    """
    name = next((one.name for one in await users.every_token(visit.site.database) if one.id == token_id), None)
    if name is None or not await users.revoke_token(visit.site.database, token_id, visit.now):
        raise HTTPException(404, N_("There is no such token any more."))
    await visit.note("token-revoked", name=name)
    return name


async def _page(
    visit: Visit, *, fault: str = "", name: str = "", role: Role = Role.VIEWER, secret: str = "", made: str = ""
) -> Response:
    return visit.page(
        "tokens.html",
        status=400 if fault else 200,
        tokens=await users.every_token(visit.site.database),
        roles=list(Role),
        fault=fault,
        name=name,
        role=role,
        secret=secret,
        made=made,
        zone=visit.site.zone(),
    )
