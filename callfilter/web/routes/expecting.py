"""Somebody unknown is expected: for a while strangers ring, and then that ends by itself."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Path
from fastapi.responses import Response

from agi.wire import is_safe
from callfilter.marked import N_
from callfilter.store import expected
from callfilter.store.codec import LARGEST
from callfilter.web.saying.vocabulary import CALLERS
from callfilter.web.visit import Clerk, Viewer, Visit
from filters.conditions.plan import CLASSES

router = APIRouter()

MINUTES: Final = (15, 30, 60, 120)
USUAL: Final = 30
OFFERED: Final = (
    "mobile", "landline", "company", "regional", "toll-free", "shared-cost", "call-centre", "mvno", "international",
    "voip",
)  # fmt: skip
"""Classes that somebody expected may call by; by the command line there are all."""
LONGEST_NOTE: Final = 100


@router.get("/expecting")
async def show(visit: Viewer) -> Response:
    """The page."""
    return await _page(visit)


@router.get("/expecting/open")
async def opened(visit: Viewer) -> Response:
    """Only the open windows, with the time left."""
    return visit.page("parts/expecting_open.html", **await _windows(visit))


@router.post("/expecting")
async def expect(
    visit: Clerk,
    minutes: Annotated[int, Form()] = USUAL,
    did: Annotated[str, Form(max_length=100)] = "",
    number_class: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Opens a window."""
    if minutes not in MINUTES or (did and did not in visit.site.config.dids):
        raise HTTPException(400)
    if number_class and number_class not in CLASSES:
        raise HTTPException(400)
    note = note.strip()
    if len(note) > LONGEST_NOTE or (note and not is_safe(note)):
        return await _page(visit, N_("A note has at most 100 characters, on one line."))
    window = await expected.open_window(
        visit.site.database,
        visit.now,
        timedelta(minutes=minutes),
        did=did,
        number_class=number_class,
        note=note,
        author=visit.author,
    )
    await visit.note("expecting", minutes=minutes, did=did, number_class=number_class)
    until = visit.language.clock(window.expires_at, visit.site.zone())
    return visit.go("/expecting", visit.say(N_("Strangers ring until %(clock)s."), clock=until))


@router.post("/expecting/end/{window_id}")
async def end(visit: Clerk, window_id: Annotated[int, Path(ge=0, le=LARGEST)]) -> Response:
    """Ends a window now."""
    if await expected.end_window(visit.site.database, visit.now, window_id):
        await visit.note("expecting-ended", count=1)
    return visit.go("/expecting", visit.say(N_("The call is no longer expected.")))


async def _page(visit: Visit, fault: str = "") -> Response:
    return visit.page(
        "expecting.html",
        status=400 if fault else 200,
        fault=fault,
        minutes=[timedelta(minutes=each) for each in MINUTES],
        usual=timedelta(minutes=USUAL),
        classes={name: CALLERS[name] for name in OFFERED if name in CLASSES},
        **await _windows(visit),
    )


async def _windows(visit: Visit) -> dict[str, Any]:
    windows = await expected.windows_by_id(visit.site.database, visit.now)
    return {"windows": windows, "now": visit.now, "zone": visit.site.zone(), "dids": visit.site.config.dids}
