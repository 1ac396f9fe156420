"""Keys to the API. As on the page, this wants an admin's login: a token, which can be stolen, makes no other."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from callfilter.store import users
from callfilter.store.users import Role, Token
from callfilter.web.passwords import fault_of_name
from callfilter.web.routes.api.policy import LARGEST
from callfilter.web.routes.tokens import end, make
from callfilter.web.visit import Keeper

router = APIRouter(tags=["tokens"])


class NewToken(BaseModel):
    """A token, and what it shall be for."""

    name: str = Field(max_length=200)
    role: Role


@router.get("/tokens")
async def every(visit: Keeper) -> dict[str, Any]:
    """All tokens, revoked ones too, newest first."""
    return {"tokens": [_as_json(one) for one in await users.every_token(visit.site.database)]}


@router.post("/tokens")
async def add(visit: Keeper, new: NewToken) -> dict[str, Any]:
    """Makes a token; `token` is told this once and never again."""
    name = new.name.strip()
    if fault := fault_of_name(name):
        raise HTTPException(400, visit.say(fault))
    token_id, secret = await make(visit, name, new.role)
    return {"id": token_id, "name": name, "role": new.role, "token": secret}


@router.delete("/tokens/{token_id}")
async def revoke(visit: Keeper, token_id: Annotated[int, Path(ge=0, le=LARGEST)]) -> dict[str, Any]:
    """Revokes a token: it opens nothing any more."""
    return {"revoked": await end(visit, token_id)}


def _as_json(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "author": token.author,
        "created_at": token.created_at.isoformat(),
        "used_at": _moment(token.used_at),
        "revoked_at": _moment(token.revoked_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
