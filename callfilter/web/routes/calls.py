"""The whole call log: searched by anything, page by page, each call with its full trace, and as files."""

import tempfile
from asyncio import Semaphore
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.background import BackgroundTask

from callfilter import past_call
from callfilter.config import Did
from callfilter.store import calls, number_changes, reports, search
from callfilter.store.calls import CallQuery
from callfilter.store.record import format_id, moment_of, parse_id
from callfilter.store.reports import Report
from callfilter.store.search import Found
from callfilter.web.call_filter import LONGEST, CallFilter, FilterError
from callfilter.web.exports import Cell, Sheet, TooManyError, as_csv, into_xlsx
from callfilter.web.languages import N_
from callfilter.web.saying.vocabulary import REASONS
from callfilter.web.visit import Clerk, Viewer, Visit
from callfilter.web.words import ACTIONS
from filters import directory
from filters.decide import CHAPTERS
from filters.explain import not_reached
from filters.number import ANONYMOUS, INVALID
from filters.verdict import Reason

router = APIRouter()

PAGE: Final = 50
PATIENCE: Final = 0.25
"""Seconds of a search that goes on by itself: nobody waits for a page meanwhile."""
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS: Final = 2
"""Files that are made at once; whoever asks for another one waits."""
TOO_MANY: Final = N_("A sheet of Excel holds 1,048,575 calls, and these are more: choose a shorter time, or take CSV.")

_exports = Semaphore(EXPORTS)

Filter = Annotated[CallFilter, Depends()]
Place = Annotated[str, Query(max_length=20)]


class GoneError(Exception):
    """Nobody waits for the file any more."""


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
        _in_turn(as_csv(pages, sheet.headings)),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{_file_name(visit)}.csv"'},
    )


@router.get("/calls.xlsx")
async def as_xlsx_file(visit: Viewer, filters: Filter) -> Response:
    """The same as a sheet of Excel, which must be whole before its first byte."""
    pages, sheet = await _pages(visit, filters)
    name = f"{_file_name(visit)}.xlsx"
    folder = tempfile.TemporaryDirectory(prefix="callfilter-")
    try:
        async with _exports:
            file = Path(folder.name) / name
            await into_xlsx(file, _while_awaited(visit, pages), sheet.headings, visit.say(N_("Calls")))
    except TooManyError:
        folder.cleanup()
        raise HTTPException(400, TOO_MANY) from None
    except BaseException as error:
        folder.cleanup()
        if isinstance(error, GoneError):
            return Response(status_code=400)
        raise
    await visit.note("exported", what="xlsx", **filters.given)
    return FileResponse(file, media_type=EXCEL, filename=name, background=BackgroundTask(folder.cleanup))


@router.get("/calls/{call_id}")
async def show_call(visit: Viewer, call_id: str) -> Response:
    """One call with the whole trace of its verdict."""
    place = _place(call_id)
    found = await past_call.find(visit.site.database, visit.site.config, place) if place is not None else None
    if found is None:
        raise HTTPException(404)
    row, explanation = found
    record, config = row.record, visit.site.config
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
    )


@router.post("/calls/{call_id}/report")
async def report(visit: Clerk, call_id: str) -> Response:
    """The caller is a salesman: trusted no more, and evidence against the block of numbers."""
    place = _place(call_id)
    row = await calls.get(visit.site.database, place) if place is not None else None
    if row is None or row.record.key in {ANONYMOUS, INVALID}:
        raise HTTPException(404)
    key, begun = row.record.key, visit.site.database.begin()
    async with begun as connection, number_changes.remembered(connection, visit.now, visit.author, [(key, False)]):
        await reports.put_in(connection, Report(key, visit.now, visit.author))
    await visit.note("reported", number=key)
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


async def _in_turn(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with _exports:
        async for chunk in chunks:
            yield chunk


async def _while_awaited(visit: Visit, pages: AsyncIterator[list[list[Cell]]]) -> AsyncIterator[list[list[Cell]]]:
    """The pages, as long as somebody waits for them.

    Raises:
        GoneError: nobody does any more.
    """
    async for page in pages:
        if await visit.request.is_disconnected():
            raise GoneError
        yield page


def _file_name(visit: Visit) -> str:
    return f"calls-{visit.now.astimezone(visit.site.zone()):%Y-%m-%d}"
