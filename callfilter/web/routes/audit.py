"""Who did what."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from callfilter.store import audit
from callfilter.store.codec import LARGEST
from callfilter.web.visit import Admin

router = APIRouter()

AT_ONCE: Final = 50


@router.get("/audit")
async def show(visit: Admin, before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None) -> Response:
    """What was done, newest first."""
    deeds = await audit.every(visit.site.database, before=before, limit=AT_ONCE + 1)
    older = deeds[AT_ONCE - 1].id if len(deeds) > AT_ONCE else None
    zone = visit.site.zone()
    return visit.page("audit.html", deeds=deeds[:AT_ONCE], older=older, before=before, zone=zone)
