"""The call log, and what would become of a call."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, Field

from callfilter import past_call
from callfilter.cli.check import as_json
from callfilter.cli.log import row_as_json
from callfilter.config import Config
from callfilter.marked import N_
from callfilter.store import search
from callfilter.store.record import format_id, parse_id
from callfilter.trial import Trial
from callfilter.web.call_filter import CallFilter, FilterError
from callfilter.web.recordings import RecordingError
from callfilter.web.routes.calls import EXCEL, as_csv_file, as_xlsx_file
from callfilter.web.routes.voicemail import recording
from callfilter.web.visit import Viewer
from filters.call import Call

router = APIRouter(tags=["calls"])

MOST = 500
NO_CALL = N_("There is no such call.")

Filters = Annotated[CallFilter, Depends()]


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    """How the description tells of an answer that is a file."""
    return {200: {"description": "", "content": {media_type: {}}}}


def _text(value: object) -> object:
    """A time is written as ISO 8601 has it; numbers mean none."""
    if not isinstance(value, str) or value.isdecimal():
        raise ValueError("a time is a text, such as 2026-03-01T09:30:00+08:00")
    return value


class Question(BaseModel):
    """A call that somebody thinks of."""

    number: str = Field("", max_length=1000, description="Caller ID as sent, in any spelling; empty for none.")
    name: str = Field("", max_length=1000)
    did: str = Field("", max_length=200)
    trunk: str = Field("", max_length=200)
    at: Annotated[datetime, BeforeValidator(_text)] | None = Field(
        None, description="Time of the call, with its offset from UTC; now without it."
    )


@router.get("/calls")
async def calls(
    visit: Viewer,
    filters: Filters,
    before: Annotated[str, Query(max_length=20, description="Id of a call: only older ones.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Calls of the log, newest first. `next` is the `before` of the next page; null where there is none."""
    try:
        query = filters.query(visit.site, visit.site.zone())
        place = parse_id(before) if before else None
    except FilterError as error:
        raise HTTPException(400, visit.say(str(error), **error.values)) from None
    except ValueError:
        raise HTTPException(400, visit.say(NO_CALL)) from None
    found = await search.look(visit.site.database, replace(query, limit=limit, before_id=place), seconds=1.0)
    last = found.searched_to if not found.more else found.rows[-1].record.id
    rows = [row_as_json(row) for row in found.rows]
    return {"calls": rows, "next": None if last is None else format_id(last)}


@router.get("/calls.csv", response_class=Response, responses=_file("text/csv"))
async def calls_as_csv(visit: Viewer, filters: Filters) -> Response:
    """All calls that are looked for as a file, as they are read; no cell of it is a formula."""
    return await as_csv_file(visit, filters)


@router.get("/calls.xlsx", response_class=Response, responses=_file(EXCEL))
async def calls_as_xlsx(visit: Viewer, filters: Filters) -> Response:
    """The same as a file of Excel's."""
    return await as_xlsx_file(visit, filters)


@router.get("/calls/{call_id}")
async def call(visit: Viewer, call_id: str) -> dict[str, Any]:
    """One call with the whole trace of its verdict, and what each rule says of it."""
    try:
        found = await past_call.find(visit.site.database, visit.site.config, parse_id(call_id))
    except ValueError:
        found = None
    if found is None:
        raise HTTPException(404, visit.say(NO_CALL))
    return row_as_json(*found)


@router.get("/calls/{call_id}/voicemail", response_class=Response, responses=_file("audio/wav"))
async def voicemail(visit: Viewer, call_id: str) -> Response:
    """The message that a call left, or the range of its bytes that is asked for."""
    try:
        return await recording(visit, call_id)
    except RecordingError as error:
        raise HTTPException(404, visit.say(str(error), **error.values)) from None


@router.post("/check")
async def check(visit: Viewer, question: Question) -> dict[str, Any]:
    """What would become of a call, and why. Changes nothing."""
    at = question.at or visit.now
    if at.tzinfo is None:
        at = at.replace(tzinfo=visit.site.zone())
    asked = Call(question.number, at, question.name, did=question.did, trunk=question.trunk)
    return await asyncio.to_thread(_judged, visit.site.config, asked)


def _judged(config: Config, asked: Call) -> dict[str, Any]:
    trial = Trial(config)
    try:
        return as_json(trial(asked), trial.explain(asked))
    finally:
        trial.close()
