"""The whole call log: searched by anything, page by page, each call with its full trace, and as files."""

from asyncio import Semaphore
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response, StreamingResponse

from callfilter import past_call
from callfilter.config import Did
from callfilter.marked import N_
from callfilter.store import calls, numbers, reports, search
from callfilter.store.calls import CallQuery
from callfilter.store.record import format_id, moment_of, parse_id
from callfilter.store.search import Found
from callfilter.web import number_deeds
from callfilter.web.call_filter import LONGEST, CallFilter, FilterError
from callfilter.web.exports import Sheet, as_csv, as_xlsx
from callfilter.web.own_numbers import ended_early
from callfilter.web.saying.vocabulary import REASONS
from callfilter.web.visit import Clerk, Viewer, Visit
from callfilter.web.words import ACTIONS
from callfilter.web.xlsx import Cell
from filters import directory
from filters.decide import CHAPTERS
from filters.explain import not_reached
from filters.number import ANONYMOUS, INVALID
from filters.verdict import Reason

router = APIRouter()

PAGE: Final = 50
DAY: Final = timedelta(days=1)
PATIENCE: Final = 0.25
"""Seconds of a search that goes on by itself: nobody waits for a page meanwhile."""
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS: Final = 2
"""Files that rows are read for at once; whoever asks for another one waits."""
_exports = Semaphore(EXPORTS)

Filter = Annotated[CallFilter, Depends()]
Place = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a page of the log ends: addresses of what comes before and behind it."""

    newer: str = ""
    older: str = ""
    further: str = ""
    """Where to go on searching, as the time was up."""
    reached: datetime | None = None
    """How far the search got."""


@router.get("/calls")
async def show(
    visit: Viewer, filters: Filter, before: Place = "", after: Place = "", left: Annotated[int, Query(ge=1)] = PAGE
) -> Response:
    """The log; `before` and `after` are where another page ended, `left` how many rows are wanted yet."""
    zone, fault, found, ends = visit.site.zone(), None, Found([], more=False), Ends()
    start, end = _place(before), _place(after)
    try:
        query = replace(filters.query(visit.site, zone), limit=min(left, PAGE), before_id=start, after_id=end)
        seconds = PATIENCE if visit.by_htmx else search.BUDGET
        found = await search.look(visit.site.database, query, seconds=seconds)
        ends = _ends(filters, query, found)
    except FilterError as error:
        fault = (error.field, visit.say(str(error), **error.values))
    values: dict[str, Any] = {
        "rows": found.rows,
        "ends": ends,
        "zone": zone,
        "format_id": format_id,
        "dids": visit.site.config.dids,
        "home": visit.site.config.country,
        "first": start is None and end is None,
    }
    if visit.by_htmx:
        return visit.page("parts/calls_rows.html", **values)
    return visit.page(
        "calls.html",
        status=400 if fault else 200,
        filters=filters,
        fault=fault,
        actions=ACTIONS,
        reasons=REASONS,
        did_choices=await _choices(visit, "did", filters.did, visit.site.config.dids),
        trunk_choices=await _choices(visit, "trunk", filters.trunk, visit.site.config.trunks),
        rule_choices=[rule.name for rule in visit.site.current().policy.rules],
        **values,
    )


@router.get("/calls.csv")
async def as_csv_file(visit: Viewer, filters: Filter) -> Response:
    """The calls that are looked for as CSV, all of them, as they are read."""
    pages, sheet = await _pages(visit, filters)
    await visit.note("exported", what="csv", **filters.given)
    return StreamingResponse(
        as_csv(_in_turn(pages), sheet.headings),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{_file_name(visit)}.csv"'},
    )


@router.get("/calls.xlsx")
async def as_xlsx_file(visit: Viewer, filters: Filter) -> Response:
    """The same as a file of Excel's."""
    pages, sheet = await _pages(visit, filters)
    await visit.note("exported", what="xlsx", **filters.given)
    return StreamingResponse(
        as_xlsx(_in_turn(pages), sheet.headings, visit.say(N_("Calls"))),
        media_type=EXCEL,
        headers={"content-disposition": f'attachment; filename="{_file_name(visit)}.xlsx"'},
    )


@router.get("/calls/{call_id}")
async def show_call(visit: Viewer, call_id: str) -> Response:
    """One call with the whole trace of its verdict."""
    place = _place(call_id)
    found = await past_call.find(visit.site.database, visit.site.config, place) if place is not None else None
    if found is None:
        raise HTTPException(404)
    row, explanation = found
    record, config = row.record, visit.site.config
    async with visit.site.database.begin() as connection:
        own = await numbers.found(connection, {(record.key, False)})
    later = not_reached(record.trace)
    told = {*later, *(step.chapter for step in record.trace)}
    return visit.page(
        "calls_one.html",
        row=row,
        shown_id=format_id(record.id),
        explanation=explanation,
        listed=directory.find(config.country, record.key),
        numbered=record.key not in {ANONYMOUS, INVALID},
        number=record.key.partition(":")[2] or record.key,
        did_name=config.dids.get(record.did, Did()).name,
        later=later,
        silent=[one.name for one in CHAPTERS if one.name not in told] if record.reason != Reason.ERROR else [],
        zone=visit.site.zone(),
        home=config.country,
        mailbox=config.has_mailbox,
        reported=await reports.find(visit.site.database, record.key),
        day_long=not ended_early(visit, own, visit.now + DAY),
    )


@router.post("/calls/{call_id}/report")
async def report(visit: Clerk, call_id: str) -> Response:
    """The caller is a salesman: trusted no more, and evidence against the block of numbers."""
    place = _place(call_id)
    row = await calls.get(visit.site.database, place) if place is not None else None
    if row is None or row.record.key in {ANONYMOUS, INVALID}:
        raise HTTPException(404)
    await number_deeds.report(visit, [row.record.key])
    return visit.go(f"/calls/{format_id(row.record.id)}", visit.say("Reported: %(number)s.", number=row.record.display))


def _place(shown: str) -> int | None:
    """The id in an address; None where there is none that anybody could have got from us."""
    with suppress(ValueError):
        return parse_id(shown)
    return None


def _ends(filters: CallFilter, query: CallQuery, found: Found) -> Ends:
    down = query.after_id is None
    first = format_id(found.rows[0].record.id) if found.rows else ""
    last = format_id(found.rows[-1].record.id) if found.rows else ""
    newer = first if (query.before_id is not None if down else found.more) else ""
    older = last if found.more or not down else ""
    reached = found.searched_to
    further = ""
    if reached is not None:
        left = query.limit - len(found.rows)
        further = filters.at("/calls", **{"before" if down else "after": format_id(reached)}, left=left)
    return Ends(
        newer=filters.at("/calls", after=newer) if newer else "",
        older=filters.at("/calls", before=older) if older else "",
        further=further,
        reached=None if reached is None else moment_of(reached),
    )


async def _choices(visit: Visit, column: str, chosen: str, configured: Iterable[str]) -> list[str]:
    """What there is to choose from, in the settings and in the log: what somebody sent to confuse us is not."""
    logged = [value for value in await search.values(visit.site.database, column) if value.isprintable()]
    return sorted({*configured, *(value for value in logged if len(value) <= LONGEST), chosen} - {""})


async def _pages(visit: Visit, filters: CallFilter) -> tuple[AsyncIterator[list[list[Cell]]], Sheet]:
    """The rows of a file.

    Raises:
        HTTPException: a field cannot be understood.
    """
    zone: tzinfo = visit.site.zone()
    try:
        query = filters.query(visit.site, zone)
    except FilterError as error:
        raise HTTPException(400, visit.say(str(error), **error.values)) from None
    sheet = Sheet(visit.site, visit.language, zone)
    return _rows(visit, query, sheet), sheet


async def _rows(visit: Visit, query: CallQuery, sheet: Sheet) -> AsyncIterator[list[list[Cell]]]:
    async for rows in search.every(visit.site.database, query):
        yield [sheet.cells(row, format_id(row.record.id)) for row in rows]


async def _in_turn(pages: AsyncIterator[list[list[Cell]]]) -> AsyncIterator[list[list[Cell]]]:
    """The pages, each read in its turn. To send one may take for ever, and holds nobody else up."""
    while True:
        async with _exports:
            page = await anext(pages, None)
        if page is None:
            return
        yield page


def _file_name(visit: Visit) -> str:
    return f"calls-{visit.now.astimezone(visit.site.zone()):%Y-%m-%d}"
