"""Messages that callers left, to play in the page."""

import asyncio

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, PlainTextResponse, Response

from callfilter.marked import N_
from callfilter.store import calls
from callfilter.store.record import parse_id
from callfilter.web import recordings
from callfilter.web.recordings import RecordingError
from callfilter.web.visit import Viewer, Visit

router = APIRouter()

NONE = N_("This call left no message.")


@router.get("/voicemail/{call_id}")
async def play(visit: Viewer, call_id: str) -> Response:
    """The recording that a call left, or as much of it as is asked for."""
    try:
        return await recording(visit, call_id)
    except RecordingError as error:
        return _told(visit, visit.say(str(error), **error.values))


async def recording(visit: Visit, call_id: str) -> Response:
    """The recording that a call left.

    Raises:
        RecordingError: there is none, or it cannot be played.
    """
    try:
        row = await calls.get(visit.site.database, parse_id(call_id))
    except ValueError:
        row = None
    if row is None or not row.outcome.voicemail_file:
        raise RecordingError(NONE)
    told, record = row.outcome.voicemail_file, row.record
    path = await asyncio.to_thread(recordings.find, visit.site.config.voicemail_spool, told, record.channel, record.at)
    return FileResponse(path, media_type="audio/wav", headers={"cache-control": "no-store"})


def _told(visit: Visit, sentence: str) -> Response:
    """Why there is nothing to play: as a page to whoever opens it as one."""
    if "text/html" in visit.request.headers.get("accept", ""):
        raise HTTPException(404, sentence)
    return PlainTextResponse(sentence, 404)
