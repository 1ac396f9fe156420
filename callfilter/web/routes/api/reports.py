"""Callers whom somebody at the shop called salesmen."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from callfilter.marked import N_
from callfilter.store import reports
from callfilter.store.reports import Report
from callfilter.web import number_deeds
from callfilter.web.own_numbers import LONGEST, MOST_PASTED, as_answers, protected, text_of
from callfilter.web.routes.api.numbers import named_of
from callfilter.web.routes.api.trusted import keys_of
from callfilter.web.visit import Admin, Clerk, Viewer

router = APIRouter(tags=["reports"])

MOST: Final = 1000
NOT_REPORTED = N_("This caller is not reported.")


class Said(BaseModel):
    """Callers who are salesmen."""

    numbers: list[Annotated[str, Field(max_length=LONGEST)]] = Field(
        min_length=1, max_length=MOST_PASTED, description="Whole numbers in any spelling."
    )
    note: str = Field("", max_length=LONGEST)


@router.get("/reports")
async def reported(
    visit: Viewer,
    number: Annotated[str, Query(max_length=LONGEST, description="Only this caller.")] = "",
    after: Annotated[str, Query(max_length=LONGEST, description="Only what comes after this number.")] = "",
) -> dict[str, Any]:
    """Reported callers by key, a thousand at most; `after` is the last one's number."""
    database = visit.site.database
    if number:
        found = [await reports.find(database, key) for key in keys_of(visit, number)]
        return {"reports": [_as_json(one) for one in found if one]}
    return {"reports": [_as_json(one) for one in await reports.page(database, after=after, limit=MOST)]}


@router.post("/reports")
async def report(visit: Clerk, said: Said) -> dict[str, Any]:
    """Says that callers are salesmen: all of them, or none. They lose all trust and gain none, and still ring."""
    named = named_of(visit, said.numbers)
    if blocks := [one for one in named if one.is_prefix]:
        raise HTTPException(400, visit.say(N_("%(number)s is no single caller."), number=f"{blocks[0].key}*"))
    if ring := protected(visit, named):
        always = visit.say("%(number)s always rings and cannot be blocked.", number=ring[0].words)
        raise HTTPException(400, always)
    keys = [one.key for one in named]
    with as_answers():
        await number_deeds.report(visit, keys, text_of(visit, said.note))
    return {"numbers": keys}


@router.delete("/reports/{number}")
async def take_back(visit: Admin, number: str) -> dict[str, Any]:
    """Says that a caller was no salesman."""
    for key in keys_of(visit, number):
        if await reports.find(visit.site.database, key):
            await number_deeds.take_back(visit, key)
            return {"taken_back": key}
    raise HTTPException(404, visit.say(NOT_REPORTED))


def _as_json(one: Report) -> dict[str, Any]:
    return {"number": one.key, "at": one.at.isoformat(), "author": one.author, "note": one.note}
