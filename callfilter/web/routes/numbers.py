"""Own numbers: blocked, allowed, trusted and reported ones; changed, removed, undone, written into a file."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import Response, StreamingResponse

from callfilter.imports.sheets import csv_text
from callfilter.own_numbers import read_named
from callfilter.store import bonds, number_changes, numbers, reports
from callfilter.store.codec import LARGEST
from callfilter.store.number_changes import NothingToUndoError
from callfilter.store.numbers import NumberRow
from callfilter.web import number_deeds
from callfilter.web.own_numbers import (
    RefusedError,
    Shown,
    action_of,
    as_answers,
    end_of,
    label_of,
    ours,
    place_of,
    remove,
    shown,
    shown_row,
    text_of,
)
from callfilter.web.visit import Admin, Viewer, Visit
from filters.verdict import Action

router = APIRouter()

PAGE: Final = 50
LINES: Final = 200
"""Lines of a file that are sent at once."""
TABS: Final = ("blocked", "allowed", "trusted", "reported")
MOST_ROWS: Final = 200
"""Of one form."""
Text = Annotated[str, Form(max_length=1000)]
Rows = Annotated[list[str] | None, Form(max_length=MOST_ROWS)]


@router.get("/numbers")
async def show(
    visit: Viewer,
    tab: Annotated[str, Query(max_length=20)] = "blocked",
    q: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """A page of one of the lists."""
    tab = tab if tab in TABS else "blocked"
    read = {"trusted": _trusted, "reported": _reported}.get(tab, _own)
    rows, more = await read(visit, tab, q.strip(), after)
    change = await number_changes.last(visit.site.database, visit.author) if visit.may("admin") else None
    here = f"/numbers?{urlencode({name: value for name, value in (('tab', tab), ('q', q), ('after', after)) if value})}"
    older = f"/numbers?{urlencode({'tab': tab, 'q': q, 'after': more})}" if more else ""
    return visit.page(
        "numbers.html",
        tab=tab, q=q, after=after, rows=rows, older=older, here=here, change=change, zone=visit.site.zone()
    )  # fmt: skip


async def _own(visit: Visit, tab: str, q: str, after: str) -> tuple[list[Shown], str]:
    """Rows of own numbers, and where the next page begins; nothing where there is none."""
    database, allowed = visit.site.database, tab == "allowed"
    place = place_of(after) if after else None
    begin = ""
    if q:
        begin, key = _meant(visit, q)
        found = await numbers.covering(database, key) if key else []
        found = [row for row in found if (row.entry.action is Action.ALLOW) == allowed]
        if not found and not begin:
            found = await numbers.labelled(database, q, allowed=allowed, limit=PAGE)
        if found or not begin:
            return [shown_row(visit, row) for row in found], ""
    page = await numbers.page(database, allowed=allowed, begin=begin, after=place, limit=PAGE + 1)
    more = page[PAGE - 1].entry.text if len(page) > PAGE else ""
    return [shown_row(visit, row) for row in page[:PAGE]], more


async def _trusted(visit: Visit, _tab: str, q: str, after: str) -> tuple[list[tuple[Shown, bonds.BondRow]], str]:
    begin, key = _meant(visit, q)
    database, now = visit.site.database, visit.now
    last = tuple(after.partition(" ")[::2]) if after else ("", "")
    page = await bonds.page(database, now, begin=key or begin, after=(last[0], last[1]), limit=PAGE + 1)
    if key and not page and begin:
        page = await bonds.page(database, now, begin=begin, after=(last[0], last[1]), limit=PAGE + 1)
    more = f"{page[PAGE - 1].key} {page[PAGE - 1].bond}" if len(page) > PAGE else ""
    return [(shown(visit, row.key), row) for row in page[:PAGE]] if begin or key or not q else [], more


async def _reported(visit: Visit, _tab: str, q: str, after: str) -> tuple[list[tuple[Shown, reports.Report]], str]:
    begin, key = _meant(visit, q)
    page = await reports.page(visit.site.database, begin=key or begin, after=after, limit=PAGE + 1)
    if key and not page and begin:
        page = await reports.page(visit.site.database, begin=begin, after=after, limit=PAGE + 1)
    more = page[PAGE - 1].key if len(page) > PAGE else ""
    return [(shown(visit, row.key), row) for row in page[:PAGE]] if begin or key or not q else [], more


def _meant(visit: Visit, q: str) -> tuple[str, str]:
    """What somebody looks for: the beginning of keys, and a whole key; both empty for something else."""
    config = visit.site.config
    key = begin = ""
    if not q:
        return "", ""
    try:
        named = read_named(q, country=config.country, area=config.area)
        begin, key = (named.key, "") if named.is_prefix else ("", named.key)
        if key:
            begin = read_named(f"{q}*", country=config.country, area=config.area).key
    except ValueError:
        pass
    return begin, key


@router.get("/numbers/edit")
async def edit_form(
    visit: Admin, row: Annotated[str, Query(max_length=200)], back: Annotated[str, Query(max_length=500)] = "/numbers"
) -> Response:
    """The form for one own number: a row of the list for htmx, or a page."""
    [found] = await _found(visit, [row])
    template = "parts/numbers_edit_row.html" if visit.by_htmx else "numbers_edit.html"
    typed = {"label": found.entry.label, "note": found.entry.note, "days": "keep", "until": ""}
    return visit.page(template, **_editing(visit, found, back), typed=typed, fault="")


@router.post("/numbers/edit")
async def edit(
    visit: Admin,
    *,
    row: Text,
    label: Text = "",
    note: Text = "",
    days: Text = "keep",
    until: Text = "",
    back: Text = "",
) -> Response:
    """One own number's name, note and end; the form comes back as it was typed where that is refused."""
    [found] = await _found(visit, [row])
    try:
        changes: dict[str, object] = {"label": label_of(visit, label), "note": text_of(visit, note)}
        if until or days != "keep":
            # An empty field would be read as one that was not sent.
            changes["expires_at"] = end_of(visit, "" if days == "never" else days, until)
    except RefusedError as refusal:
        typed = {"label": label, "note": note, "days": days, "until": until}
        values = {**_editing(visit, found, back), "typed": typed, "fault": visit.say(str(refusal))}
        return visit.page("numbers_edit.html", status=400, **values)
    await number_deeds.change(visit, [found], **changes)
    return visit.go(ours(back), visit.say("Changed: %(number)s.", number=shown_row(visit, found).display))


def _editing(visit: Visit, found: NumberRow, back: str) -> dict[str, Any]:
    return {"one": shown_row(visit, found), "back": ours(back), "zone": visit.site.zone()}


@router.post("/numbers/bulk")
async def bulk(
    visit: Admin,
    *,
    row: Rows = None,
    what: Text = "",
    text: Text = "",
    days: Text = "",
    back: Text = "",
) -> Response:
    """The same change for all that are ticked."""
    if not row:
        return visit.go(ours(back), visit.say("Tick some numbers first."))
    found = await _found(visit, row)
    with as_answers():
        match what:
            case "remove":
                await remove(visit, found)
            case "end":
                await number_deeds.change(visit, found, expires_at=end_of(visit, days))
            case "note":
                await number_deeds.change(visit, found, note=text_of(visit, text))
            case "label":
                await number_deeds.change(visit, found, label=label_of(visit, text))
            case _:
                await number_deeds.act(visit, found, action_of(visit, what))
    done = visit.language.say_count("Done for one number.", "Done for %(num)s numbers.", len(found))
    return visit.go(ours(back), done)


@router.post("/numbers/undo")
async def undo(visit: Admin, change: Annotated[int, Form(ge=0, le=LARGEST)], back: Text = "") -> Response:
    """Puts back what was before the visitor's last change."""
    try:
        keys = await number_deeds.undo(visit, change)
    except NothingToUndoError:
        return visit.go(ours(back), visit.say("This cannot be undone any more: somebody changed these numbers since."))
    return visit.go(
        ours(back), visit.language.say_count("One number is as before.", "%(num)s numbers are as before.", len(keys))
    )


@router.post("/numbers/revoke")
async def revoke(visit: Admin, key: Text, back: Text = "") -> Response:
    """Trusts a caller no more."""
    await number_deeds.end_trust(visit, key)
    return visit.go(ours(back), visit.say("Trusted no more: %(number)s.", number=shown(visit, key).display))


@router.post("/numbers/take-back")
async def take_back(visit: Admin, key: Text, back: Text = "") -> Response:
    """The caller was no salesman."""
    await number_deeds.take_back(visit, key)
    return visit.go(ours(back), visit.say("Not reported any more: %(number)s.", number=shown(visit, key).display))


@router.get("/numbers/export.csv")
async def export(visit: Viewer, tab: Annotated[str, Query(max_length=20)] = "") -> Response:
    """All own numbers, or those of a tab, as CSV that no spreadsheet takes for formulas."""
    await visit.note("numbers-exported", tab=tab)
    headers = {"content-disposition": 'attachment; filename="numbers.csv"'}
    return StreamingResponse(_lines(visit, tab), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(visit: Visit, tab: str) -> AsyncIterator[str]:
    heads = (
        *(visit.say("Number"), visit.say("Name on the phone"), visit.say("What happens"), visit.say("Note")),
        *(visit.say("Until"), visit.say("Calls to"), visit.say("By"), visit.say("Added")),
    )
    # The mark tells spreadsheets that it is UTF-8.
    yield "\ufeff" + csv_text([heads])
    zone = visit.site.zone()
    lines: list[tuple[str, ...]] = []
    async for row in numbers.every(visit.site.database, action=Action.ALLOW if tab == "allowed" else None):
        entry = row.entry
        if tab == "blocked" and entry.action is Action.ALLOW:
            continue
        until = f"{entry.expires_at.astimezone(zone):%Y-%m-%d %H:%M}" if entry.expires_at else ""
        texts = (shown_row(visit, row).display, entry.label, entry.action, entry.note, until, entry.did, entry.author)
        lines.append((*texts, f"{row.added_at.astimezone(zone):%Y-%m-%d %H:%M}"))
        if len(lines) >= LINES:
            yield csv_text(lines)
            lines.clear()
            # Others want a page meanwhile.
            await asyncio.sleep(0)
    yield csv_text(lines)


async def _found(visit: Visit, ids: list[str]) -> list[NumberRow]:
    """The own numbers that a form means.

    Raises:
        HTTPException: one of them is gone.
    """
    places = {place_of(row_id) for row_id in ids}
    async with visit.site.database.begin() as connection:
        rows = await numbers.found(connection, {(place.key, place.is_prefix) for place in places})
    found = [row for row in rows if (row.entry.key, row.entry.is_prefix, row.entry.did) in places]
    if len(found) < len(places):
        raise HTTPException(404, visit.say("This number is not listed any more."))
    return found
