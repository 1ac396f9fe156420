"""Own numbers out of files: sent, looked at, and then put in."""

import asyncio
from pathlib import PurePath
from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException, UploadFile
from fastapi.responses import Response

from callfilter.imports.columns import Columns
from callfilter.imports.faults import Fault, FileFaultError
from callfilter.imports.reader import read_file
from callfilter.imports.staging import Reading, Summary, summary_of
from callfilter.store import numbers
from callfilter.store.imports import Wanted, put_staged
from callfilter.store.numbers import NumberRow
from callfilter.web.languages import N_
from callfilter.web.own_numbers import (
    ROW_FAULTS,
    RefusedError,
    action_of,
    end_of,
    label_of,
    shown,
    shown_row,
    text_of,
)
from callfilter.web.uploads import Upload
from callfilter.web.visit import Admin, Visit
from filters.facts import OwnEntry
from filters.policy import Policy
from filters.verdict import Action

router = APIRouter()

Text = Annotated[str, Form(max_length=1000)]
MOST_COLUMNS: Final = 30
FAULTS: Final = {
    Fault.EMPTY: N_("There is nothing in this file."),
    Fault.NO_TEXT: N_("This is no file that can be read: save it as CSV, XLSX or vCard."),
    Fault.QUOTES: N_("A quotation mark in line %(line)s has no end: mend it, or save the file as XLSX."),
    Fault.OLD_EXCEL: N_("This is a spreadsheet of an old kind: save it as XLSX or CSV."),
    Fault.BROKEN_EXCEL: N_("This spreadsheet is broken: open it, and save it as XLSX or CSV again."),
    Fault.TOO_LARGE: N_("This spreadsheet becomes too large when it is unpacked: save it as CSV."),
    Fault.TOO_MANY_ROWS: N_("This file has more than two million rows: split it."),
    Fault.STOPPED: N_("Reading this file takes too much memory or time: save it as CSV, or split it."),
}


@router.get("/numbers/import")
async def form(visit: Admin) -> Response:
    """The form."""
    return visit.page("numbers_import.html", fault="")


@router.post("/numbers/import")
async def send(visit: Admin, file: UploadFile | None = None) -> Response:
    """Takes a file and reads it."""
    if file is None or not file.filename:
        return visit.page("numbers_import.html", status=400, fault=visit.say("Choose a file first."))
    name = PurePath(file.filename.replace("\\", "/")).name[:100]
    uploads = visit.site.uploads
    try:
        upload = await asyncio.to_thread(uploads.keep, visit.author, name, file.file, visit.now)
    except OSError:
        return visit.page("numbers_import.html", status=503, fault=visit.say("There is no room on the disk."))
    try:
        await read_file(upload.path, upload.staged, _reading(visit, None))
    except FileFaultError as error:
        uploads.drop(upload)
        fault = visit.say(FAULTS[error.fault], line=visit.language.number(error.line))
        return visit.page("numbers_import.html", status=400, fault=fault)
    return visit.go(f"/numbers/import/{upload.id}")


@router.get("/numbers/import/{upload_id}")
async def preview(visit: Admin, upload_id: str) -> Response:
    """What is in the file."""
    return await _preview(visit, _upload(visit, upload_id))


@router.post("/numbers/import/{upload_id}")
async def read_again(
    visit: Admin,
    upload_id: str,
    *,
    number: Annotated[int, Form(ge=0, lt=MOST_COLUMNS)] = 0,
    name: Annotated[int, Form(ge=-1, lt=MOST_COLUMNS)] = -1,
    heading: Annotated[bool, Form()] = False,
) -> Response:
    """The file by other columns."""
    upload = _upload(visit, upload_id)
    try:
        await read_file(upload.path, upload.staged, _reading(visit, Columns(number, name, int(heading))))
    except FileFaultError as error:
        visit.site.uploads.drop(upload)
        fault = visit.say(FAULTS[error.fault], line=visit.language.number(error.line))
        return visit.page("numbers_import.html", status=400, fault=fault)
    return visit.go(f"/numbers/import/{upload.id}")


@router.post("/numbers/import/{upload_id}/save")
async def save(
    visit: Admin,
    upload_id: str,
    *,
    action: Text = "",
    days: Text = "",
    until: Text = "",
    note: Text = "",
    label: Text = "",
    replace: Annotated[bool, Form()] = False,
) -> Response:
    """Puts the numbers in."""
    upload = _upload(visit, upload_id)
    try:
        does = action_of(visit, action)
        end = end_of(visit, days, until)
        entry = OwnEntry("", False, does, label_of(visit, label), text_of(visit, note), visit.author, end)
    except RefusedError as error:
        return await _preview(visit, upload, fault=str(error), status=400)
    wanted = Wanted(NumberRow(entry, visit.now), replace)
    done = await asyncio.to_thread(put_staged, visit.site.database.path, upload.staged, wanted)
    visit.site.uploads.drop(upload)
    await visit.note("imported", file=upload.name, action=str(does), count=done)
    told = visit.language.say_count("Imported one number.", "Imported %(num)s numbers.", done)
    return visit.go(f"/numbers?tab={'allowed' if does is Action.ALLOW else 'blocked'}", told)


@router.post("/numbers/import/{upload_id}/drop")
async def drop(visit: Admin, upload_id: str) -> Response:
    """Forgets the file."""
    visit.site.uploads.drop(_upload(visit, upload_id))
    return visit.go("/numbers")


def _reading(visit: Visit, columns: Columns | None) -> Reading:
    config = visit.site.config
    policy = visit.site.current().policy
    # Rules are of no use there, and cannot be sent to another process.
    protecting = Policy(protected=policy.protected, own_lines=policy.own_lines)
    return Reading(config.country, config.area, protecting, columns)


def _upload(visit: Visit, upload_id: str) -> Upload:
    """The file that the visitor sent.

    Raises:
        HTTPException: it is gone.
    """
    upload = visit.site.uploads.get(upload_id, visit.author)
    if upload is None or not upload.staged.exists():
        raise HTTPException(404, visit.say("This file is gone: send it again."))
    return upload


async def _preview(visit: Visit, upload: Upload, *, fault: str = "", status: int = 200) -> Response:
    summary: Summary = await asyncio.to_thread(summary_of, upload.staged)
    named = {(key, is_prefix) for _, _, key, is_prefix, _ in summary.first}
    async with visit.site.database.begin() as connection:
        there = {(row.entry.key, row.entry.is_prefix): row for row in await numbers.found(connection, named)}
    rows = []
    for line, text, key, is_prefix, name in summary.first:
        before = there.get((key, is_prefix))
        here = shown(visit, key, is_prefix=is_prefix)
        rows.append((line, text, here, name, shown_row(visit, before) if before else None))
    return visit.page(
        "numbers_preview.html",
        status=status, upload=upload, summary=summary, rows=rows, faults=ROW_FAULTS, fault=fault, zone=visit.site.zone()
    )  # fmt: skip
