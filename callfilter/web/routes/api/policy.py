"""The policy as a text, its versions, and presets."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, StrictBool, StrictInt

from callfilter.changes import BUILT_IN
from callfilter.marked import N_
from callfilter.policy import PolicyError, read, write
from callfilter.policy_lint import told_with_lines
from callfilter.presets import READY, names_on, switched
from callfilter.store import policies
from callfilter.store.policies import PolicyVersion
from callfilter.web.revising import RefusedError, must_be, newest, revise, revise_text, to_change
from callfilter.web.routes.policy import go_back, version_of
from callfilter.web.visit import Admin, Viewer

router = APIRouter(tags=["policy"])

LINTED: Final = N_("The linter finds errors, so nothing was changed.")
LONGEST = 4_000_000
PAGE = 50
LARGEST: Final = 2**53 - 1
"""The largest integer that every JSON has exactly."""
Version = Annotated[StrictInt, Field(ge=0, le=LARGEST)]
Number = Annotated[int, Path(ge=0, le=LARGEST)]


class Draft(BaseModel):
    """A policy that shall be in force."""

    text: str = Field(max_length=LONGEST)
    version: Version = Field(description="The version that it was made from; another one in force refuses it.")
    note: str = Field("", max_length=200)
    anyway: StrictBool = Field(False, description="Also where the linter finds errors.")


class Switch(BaseModel):
    """A preset or a step of suspicion, on or off."""

    on: StrictBool
    version: Version


class Return(BaseModel):
    """Going back to an earlier version."""

    version: Version = Field(description="The version that was seen in force; another one refuses it.")


@router.get("/policy")
async def policy(visit: Viewer) -> dict[str, Any]:
    """The policy in force."""
    edition = await newest(visit)
    return {"version": edition.id, "text": edition.text}


@router.put("/policy")
async def apply(visit: Admin, draft: Draft) -> Response:
    """Puts a text in force: all of it, or none. Faults and findings are told with their lines."""
    try:
        wanted = await asyncio.to_thread(read, draft.text, visit.site.config)
    except PolicyError as error:
        faults = [{"line": line, "text": text} for line, text in error.faults]
        return refused(400, visit.say(N_("The text is no policy, so nothing was changed.")), faults)
    found = await asyncio.to_thread(visit.site.book.findings, wanted, visit.now)
    findings = [{"line": line, "text": text} for line, text in told_with_lines(found, draft.text)]
    if any(one.severity == "error" for one in found) and not draft.anyway:
        return refused(400, visit.say(LINTED), findings)
    edition = await newest(visit)
    try:
        must_be(edition, draft.version)
        await revise_text(visit, edition, write(wanted), draft.note, "policy-saved")
    except RefusedError as refusal:
        raise HTTPException(409, visit.say(str(refusal))) from None
    return JSONResponse({"version": (await newest(visit)).id, "findings": findings})


@router.get("/policy/versions")
async def versions(visit: Viewer, before: Annotated[int | None, Query(ge=1, le=2**53)] = None) -> dict[str, Any]:
    """Versions of the policy, newest first, fifty at a time; `before` is the last one's id."""
    found = await policies.every(visit.site.database, before=before, limit=PAGE)
    return {"versions": [_as_json(one) for one in found]}


@router.get("/policy/versions/{number}")
async def version(visit: Viewer, number: Number) -> dict[str, Any]:
    """One version with its text; 0 is the policy that is built in."""
    return _as_json(await version_of(visit, number))


@router.post("/policy/versions/{number}/restore")
async def restore(visit: Admin, number: Number, back: Return) -> dict[str, Any]:
    """Puts an earlier version in force again, as a new one."""
    try:
        await go_back(visit, number, back.version)
    except RefusedError as refusal:
        raise HTTPException(409, visit.say(str(refusal))) from None
    return {"version": (await newest(visit)).id}


@router.get("/presets")
async def presets(visit: Viewer) -> dict[str, Any]:
    """Presets and steps of suspicion, and which of them are on."""
    edition = await newest(visit)
    on = names_on(edition.policy)
    return {
        "version": edition.id,
        "presets": [
            {"name": one.name, "action": one.does, "about": one.about, "on": one.name in on} for one in READY.values()
        ],
    }


@router.put("/presets/{name}")
async def switch(visit: Admin, name: str, change: Switch) -> dict[str, Any]:
    """Switches a preset or a step of suspicion on or off."""
    if name not in READY:
        raise HTTPException(404, visit.say(N_("There is no such preset.")))
    try:
        edition = await to_change(visit, change.version)
        wanted = switched(edition.policy, frozenset({name}), on=change.on)
        deed = "preset-on" if change.on else "preset-off"
        await revise(visit, edition, wanted, f"{name} {'on' if change.on else 'off'}", deed, presets=[name])
    except RefusedError as refusal:
        raise HTTPException(409, visit.say(str(refusal))) from None
    return {"version": (await newest(visit)).id, "name": name, "on": change.on}


def _as_json(version: PolicyVersion | None) -> dict[str, Any]:
    if version is None:
        return {"id": 0, "at": None, "author": "", "note": "", "text": BUILT_IN}
    return {
        "id": version.id,
        "at": version.at.isoformat(),
        "author": version.author,
        "note": version.note,
        "text": version.text,
    }


def refused(status: int, detail: str, faults: list[dict[str, Any]]) -> Response:
    """A problem with what is wrong where."""
    problem = {"type": "about:blank", "title": detail, "status": status, "detail": detail, "faults": faults}
    return JSONResponse(problem, status, media_type="application/problem+json")
