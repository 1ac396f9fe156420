"""Who did what."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from callfilter.store import audit
from callfilter.web.routes.api.policy import LARGEST
from callfilter.web.visit import Admin

router = APIRouter(tags=["audit"])

PAGE: Final = 50


@router.get("/audit")
async def deeds(visit: Admin, before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None) -> dict[str, Any]:
    """What was done, newest first, fifty at a time; `before` is the last one's id."""
    found = await audit.every(visit.site.database, before=before, limit=PAGE)
    return {
        "deeds": [
            {"id": one.id, "at": one.at.isoformat(), "author": one.author, "deed": one.deed, "detail": one.detail}
            for one in found
        ]
    }
