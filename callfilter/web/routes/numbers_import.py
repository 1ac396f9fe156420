"""Own numbers out of files: sent, looked at, and then put in."""

import asyncio
from pathlib import Path, PurePath
from typing import Annotated, Final

from fastapi import APIRouter, Form, HTTPException, UploadFile
from fastapi.responses import Response

from callfilter.imports.columns import Columns
from callfilter.imports.faults import FAULTS, ROW_FAULTS, FileFaultError
from callfilter.imports.reader import read_file
from callfilter.imports.staging import summary_of
from callfilter.imports.summary import Reading, Summary
from callfilter.store import numbers
from callfilter.store.imports import Wanted, put_staged
from callfilter.store.numbers import NumberRow
from callfilter.web.own_numbers import (
    RefusedError,
    Wish,
    Wished,
    shown,
    shown_row,
)
from callfilter.web.uploads import Upload
from callfilter.web.visit import Admin, Visit
from filters.facts import OwnEntry
from filters.policy import Policy
from filters.verdict import Action

router = APIRouter()

Text = Annotated[str, Form(max_length=1000)]
MOST_COLUMNS: Final = 30


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
        await read_file(upload.path, upload.staged, reading_of(visit, None))
    except FileFaultError as error:
        uploads.drop(upload)
        fault = visit.say(FAULTS[error.fault], line=visit.language.number(error.line))
        return visit.page("numbers_import.html", status=400, fault=fault)
    return visit.go(f"/numbers/import/{upload.id}")


@router.get("/numbers/import/{upload_id}")
async def preview(visit: Admin, upload_id: str) -> Response:
    """What is in the file."""
    return await _preview(visit, _upload(visit, upload_id), Wished())


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
        await read_file(upload.path, upload.staged, reading_of(visit, Columns(number, name, int(heading))))
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
    wished = Wished(action, days, until, note, label)
    try:
        wish = wished.read(visit)
    except RefusedError as error:
        return await _preview(visit, upload, wished, replace=replace, fault=str(error), status=400)
    done = await put_in(visit, upload.name, upload.staged, wish, replace=replace)
    visit.site.uploads.drop(upload)
    told = visit.language.say_count("Imported one number.", "Imported %(num)s numbers.", done)
    return visit.go(f"/numbers?tab={'allowed' if wish.action is Action.ALLOW else 'blocked'}", told)


@router.post("/numbers/import/{upload_id}/drop")
async def drop(visit: Admin, upload_id: str) -> Response:
    """Forgets the file."""
    visit.site.uploads.drop(_upload(visit, upload_id))
    return visit.go("/numbers")


async def put_in(visit: Visit, name: str, staged: Path, wish: Wish, *, replace: bool) -> int:
    """Puts the numbers of a file of that name in, and returns how many own numbers were added or changed.

    Raises:
        StoreError: the database can't be written; what was done until then stays.
    """
    entry = OwnEntry("", False, wish.action, wish.label, wish.note, visit.author, wish.until)
    wanted = Wanted(NumberRow(entry, visit.now), replace)
    done = await asyncio.to_thread(put_staged, visit.site.database.path, staged, wanted)
    await visit.note("imported", file=name, action=str(wish.action), count=done)
    return done


def reading_of(visit: Visit, columns: Columns | None) -> Reading:
    """How a file is to be read; its columns are guessed without `columns`."""
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


async def _preview(
    visit: Visit, upload: Upload, wished: Wished, *, replace: bool = False, fault: str = "", status: int = 200
) -> Response:
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
        status=status, upload=upload, summary=summary, rows=rows, faults=ROW_FAULTS, fault=fault, wished=wished,
        replace=replace, zone=visit.site.zone(),
    )  # fmt: skip
