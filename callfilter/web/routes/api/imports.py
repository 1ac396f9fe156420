"""Own numbers out of files: CSV, XLSX and vCard."""

import asyncio
import shutil
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Form, HTTPException, UploadFile

from callfilter.imports.columns import Columns
from callfilter.imports.faults import FAULTS, FileFaultError
from callfilter.imports.reader import read_file
from callfilter.imports.summary import Summary
from callfilter.marked import N_
from callfilter.web.own_numbers import LONGEST, MOST_DAYS, Wished, as_answers
from callfilter.web.routes.api.numbers import Does
from callfilter.web.routes.numbers_import import MOST_COLUMNS, put_in, reading_of
from callfilter.web.visit import Admin, Visit

router = APIRouter(tags=["numbers"])

Text = Annotated[str, Form(max_length=LONGEST)]
LONGEST_NAME = 100
NO_ROOM = N_("There is no room on the disk.")


@router.post("/numbers/import")
async def import_numbers(
    visit: Admin,
    file: UploadFile,
    *,
    action: Annotated[Does | None, Form()] = None,
    label: Text = "",
    note: Text = "",
    days: Annotated[int | None, Form(ge=1, le=MOST_DAYS)] = None,
    replace: Annotated[bool, Form()] = False,
    dry_run: Annotated[bool, Form()] = False,
    number_column: Annotated[int | None, Form(ge=0, lt=MOST_COLUMNS)] = None,
    name_column: Annotated[int, Form(ge=-1, lt=MOST_COLUMNS)] = -1,
    heading: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Puts the numbers of a file in, or with `dry_run` only tells what is in it.

    Own numbers that are there already stay as they are without `replace`. Columns are counted from 0, and guessed
    without `number_column`; `name_column` -1 is none, and `heading` leaves the first row out. Cannot be undone.
    """
    wish = None
    if not dry_run:
        with as_answers():
            wish = Wished(action or "", str(days or ""), "", note, label).read(visit)
    with TemporaryDirectory(prefix="callfilter-") as folder:
        path = Path(folder, "file")
        try:
            await asyncio.to_thread(_copy, file.file, path)
        except OSError:
            raise HTTPException(503, visit.say(NO_ROOM)) from None
        columns = None if number_column is None else Columns(number_column, name_column, int(heading))
        staged, summary = await _staged(visit, path, columns)
        name = PurePath((file.filename or "").replace("\\", "/")).name[:LONGEST_NAME]
        imported = None if wish is None else await put_in(visit, name, staged, wish, replace=replace)
    return {"imported": imported, "summary": _as_json(summary)}


async def _staged(visit: Visit, path: Path, columns: Columns | None) -> tuple[Path, Summary]:
    staged = path.with_suffix(".db")
    try:
        return staged, await read_file(path, staged, reading_of(visit, columns))
    except FileFaultError as error:
        fault = visit.say(FAULTS[error.fault], line=visit.language.number(error.line))
        raise HTTPException(400, fault) from None


def _copy(file: BinaryIO, path: Path) -> None:
    with path.open("wb") as copy:
        shutil.copyfileobj(file, copy)


def _as_json(summary: Summary) -> dict[str, Any]:
    columns = summary.columns
    return {
        "kind": summary.kind,
        "rows": summary.rows,
        "numbers": summary.numbers,
        "repeated": summary.repeated,
        "prefixes": summary.prefixes,
        "protected": summary.protected,
        "impossible": summary.impossible,
        "no_labels": summary.no_labels,
        "columns": columns and {"number": columns.number, "name": columns.name, "heading": bool(columns.skip)},
        "heads": summary.heads,
        "first": [
            {"line": line, "text": text, "number": f"{key}*" if is_prefix else key, "name": name}
            for line, text, key, is_prefix, name in summary.first
        ],
        "faults": summary.faults,
        "named_faults": [{"line": line, "fault": fault, "text": text} for line, fault, text in summary.named_faults],
    }
