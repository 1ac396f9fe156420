"""The policy as a text, its versions, and presets."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, StrictBool, StrictInt

from callfilter.policy import PolicyError, read, write
from callfilter.policy_lint import told_with_lines
from callfilter.presets import READY, names_on, switched
from callfilter.store import policies
from callfilter.web.languages import N_
from callfilter.web.revising import RefusedError, must_be, newest, revise, revise_text, to_change
from callfilter.web.visit import Admin, Viewer

router = APIRouter(tags=["policy"])

LONGEST = 4_000_000
PAGE = 50


class Draft(BaseModel):
    """A policy that shall be in force."""

    text: str = Field(max_length=LONGEST)
    version: StrictInt = Field(
        ge=0, le=2**53 - 1, description="The version that it was made from; another one in force refuses it."
    )
    note: str = Field("", max_length=200)
    anyway: StrictBool = Field(False, description="Also where the linter finds errors.")


class Switch(BaseModel):
    """A preset or a step of suspicion, on or off."""

    on: StrictBool
    version: StrictInt = Field(ge=0, le=2**53 - 1)


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
        return _refused(400, visit.say(N_("The text is no policy, so nothing was changed.")), faults)
    found = await asyncio.to_thread(visit.site.book.findings, wanted, visit.now)
    findings = [{"line": line, "text": text} for line, text in told_with_lines(found, draft.text)]
    if any(one.severity == "error" for one in found) and not draft.anyway:
        return _refused(400, visit.say(N_("The linter finds errors, so nothing was changed.")), findings)
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
    return {
        "versions": [
            {"id": one.id, "at": one.at.isoformat(), "author": one.author, "note": one.note, "text": one.text}
            for one in found
        ]
    }


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


def _refused(status: int, detail: str, faults: list[dict[str, Any]]) -> Response:
    problem = {"type": "about:blank", "title": detail, "status": status, "detail": detail, "faults": faults}
    return JSONResponse(problem, status, media_type="application/problem+json")
