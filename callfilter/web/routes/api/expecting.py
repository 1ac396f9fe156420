"""Windows in which somebody unknown is expected."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field, StrictInt

from callfilter.marked import N_
from callfilter.store import expected
from callfilter.web.visit import Clerk, Viewer
from filters.conditions.plan import CLASSES
from filters.facts import LONGEST_WINDOW, Expecting

router = APIRouter(tags=["expecting"])

MINUTES = LONGEST_WINDOW // timedelta(minutes=1)


class Window(BaseModel):
    """Who is expected, and for how long."""

    minutes: StrictInt = Field(30, ge=1, le=MINUTES)
    did: str = Field("", max_length=200, description="Only calls to this number, as the trunk sends it.")
    number_class: str = Field("", max_length=60, description="Only callers of this class, such as mobile.")
    note: str = Field("", max_length=200)


@router.get("/expecting")
async def windows(visit: Viewer) -> dict[str, Any]:
    """The windows that are open, the one that ends first in front."""
    return {"windows": [_as_json(one) for one in await expected.open_windows(visit.site.database, visit.now)]}


@router.post("/expecting")
async def expect(visit: Clerk, window: Window) -> dict[str, Any]:
    """Opens a window: strangers ring until it ends by itself."""
    if window.number_class and window.number_class not in CLASSES:
        raise HTTPException(400, visit.say(N_("There is no such class of numbers.")))
    opened = await expected.open_window(
        visit.site.database,
        visit.now,
        timedelta(minutes=window.minutes),
        did=window.did,
        number_class=window.number_class,
        note=window.note,
        author=visit.author,
    )
    await visit.note("expecting", minutes=window.minutes, did=window.did, number_class=window.number_class)
    return _as_json(opened)


@router.delete("/expecting")
async def end(visit: Clerk) -> dict[str, Any]:
    """Ends all open windows now."""
    ended = await expected.end_windows(visit.site.database, visit.now)
    await visit.note("expecting-ended", count=len(ended))
    return {"windows": [_as_json(one) for one in ended]}


def _as_json(window: Expecting) -> dict[str, Any]:
    return {
        "opened_at": window.opened_at.isoformat() if window.opened_at else None,
        "expires_at": window.expires_at.isoformat(),
        "did": window.did,
        "number_class": window.number_class,
        "note": window.note,
        "author": window.author,
    }
