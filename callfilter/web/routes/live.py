"""Calls as they come, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Final

from fastapi import APIRouter, Header, HTTPException, Query
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from callfilter.store import calls, users
from callfilter.store.calls import CallRow
from callfilter.store.record import format_id, parse_id
from callfilter.web.live import WATCHED, FullError, Listener
from callfilter.web.visit import COOKIE, IDLE, LONGEST, Person, Visit, digest_of

router = APIRouter()

LOOK: Final = 2.0
"""Seconds between two looks whether the listener is still logged in."""
PING: Final = 15
"""Seconds between comments that keep proxies from closing a quiet stream."""
AGAIN: Final = 3000
"""Milliseconds until a browser comes back."""
TO_SEND: Final = 20
"""Seconds that one event may take to be sent."""


@router.get("/live")
async def live(
    visit: Person,
    after: Annotated[str, Query(max_length=20)] = "",
    last_event_id: Annotated[str, Header(max_length=20)] = "",
) -> Response:
    """Events `call`: a call as HTML. Begins behind the call `after`, or behind the last event that was received."""
    zone = visit.site.zone()

    def draw(row: CallRow) -> str:
        return visit.site.render(
            "parts/live_row.html",
            visit.language,
            row=row,
            zone=zone,
            format_id=format_id,
            dids=visit.site.config.dids,
            home=visit.site.config.country,
        )

    try:
        begin = parse_id(last_event_id or after) if last_event_id or after else None
    except ValueError:
        raise HTTPException(400) from None
    try:
        listener = await visit.site.live.listen(visit.site.database, draw)
    except FullError:
        raise HTTPException(503) from None
    events = _events(visit, listener, begin)
    return EventSourceResponse(events, ping=PING, send_timeout=TO_SEND)


async def _events(visit: Visit, listener: Listener, begin: int | None) -> AsyncIterator[ServerSentEvent]:
    database, session = visit.site.database, visit.session
    digest = digest_of(visit.request.cookies.get(COOKIE, ""))
    try:
        # A proxy or browser shows the stream as open only when the first bytes are there.
        yield ServerSentEvent(comment="open", retry=AGAIN)
        if begin is not None:
            for row in await calls.newer(database, begin, WATCHED):
                yield _event(row.record.id, listener.draw(row))
        looked = monotonic()
        while session and visit.now < min(session.created_at + LONGEST, session.seen_at + IDLE):
            if monotonic() - looked > LOOK:
                if not await users.has_session(database, digest):
                    return
                looked = monotonic()
            try:
                line = await asyncio.wait_for(listener.lines.get(), LOOK)
            except TimeoutError:
                continue
            if line is None:
                return
            yield _event(line.call_id, line.html)
    finally:
        visit.site.live.let_go(listener)


def _event(call_id: int, html: str) -> ServerSentEvent:
    return ServerSentEvent(html, event="call", id=format_id(call_id))
