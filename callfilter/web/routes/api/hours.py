"""Hours and holidays that rules speak of by name, and the shop's time zone: all of them at once."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from callfilter.marked import N_
from callfilter.policy import PolicyError, read, write
from callfilter.web.book import Edition
from callfilter.web.revising import RefusedError, newest, revise, to_change
from callfilter.web.routes.api.policy import Version, refused
from callfilter.web.visit import Admin, Viewer

router = APIRouter(tags=["hours"])

NOT_SAVED = N_("These are no hours that the rules can be read by, so nothing was changed.")


def _text(value: object) -> object:
    """A date is written as ISO 8601 has it; numbers mean none."""
    if not isinstance(value, str) or value.isdecimal():
        raise ValueError("a date is a text, such as 2026-10-01")
    return value


Name = Annotated[str, Field(min_length=1, max_length=80)]
Day = Annotated[date, BeforeValidator(_text)]
Days = Annotated[list[Day], Field(max_length=2000)]
Few = Annotated[str, Field(max_length=200)]


class WindowTable(BaseModel):
    """When a window is open; what is left out is not set."""

    model_config = ConfigDict(extra="forbid")

    days: Few | Annotated[list[Few], Field(max_length=100)] | None = Field(
        None, description="Such as `mon-fri, sun`; an empty list for the dates of `also` alone."
    )
    hours: Few | None = Field(None, description="Such as `09:00-18:30`.")
    also: Days | Name | None = Field(None, description="Dates, or the name of a calendar.")
    never: Days | Name | None = Field(None, description="The same.")


class Hours(BaseModel):
    """All hours, as they shall be."""

    version: Version = Field(description="The version of the policy that was seen; another one in force refuses it.")
    time_zone: str = Field(max_length=80, description="Such as `Asia/Shanghai`; empty for the machine's own.")
    calendars: Annotated[dict[Name, Days], Field(max_length=1000)]
    windows: Annotated[dict[Name, WindowTable], Field(max_length=1000)]


@router.get("/hours")
async def hours(visit: Viewer) -> dict[str, Any]:
    """The shop's time zone, calendars and windows."""
    return _as_json(await newest(visit))


@router.put("/hours")
async def change_hours(visit: Admin, change: Hours) -> Response:
    """Puts hours in force: all of them or, where one is wrong or a rule lacks one, none."""
    windows = {name: table.model_dump(exclude_none=True) for name, table in change.windows.items()}
    calendars = {name: tuple(sorted(set(days))) for name, days in change.calendars.items()}
    try:
        edition = await to_change(visit, change.version)
        policy = replace(edition.policy, time_zone=change.time_zone, calendars=calendars, windows=windows)
        await asyncio.to_thread(read, write(policy), visit.site.config)
        await revise(visit, edition, policy, visit.say(N_("hours and holidays")), "policy-saved")
    except PolicyError as error:
        return refused(400, visit.say(NOT_SAVED), [{"text": text} for _, text in error.faults])
    except RefusedError as refusal:
        raise HTTPException(409, visit.say(str(refusal))) from None
    return JSONResponse(_as_json(await newest(visit)))


def _as_json(edition: Edition) -> dict[str, Any]:
    policy = edition.policy
    windows = {name: {key: _told(value) for key, value in table.items()} for name, table in policy.windows.items()}
    calendars = {name: _told(list(days)) for name, days in policy.calendars.items()}
    return {"version": edition.id, "time_zone": policy.time_zone, "calendars": calendars, "windows": windows}


def _told(value: object) -> object:
    """Dates as ISO 8601 has them."""
    return [str(each) for each in value] if isinstance(value, list) else value
