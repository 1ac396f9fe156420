"""Past calls decided again with a draft of the policy, one draft at a time."""

import asyncio
from dataclasses import asdict, replace
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, StrictInt, model_validator

from callfilter.marked import N_
from callfilter.policy import PolicyError, PolicyText, read, read_rules, with_rules
from callfilter.web.backtests import BusyError, Run, summary_of
from callfilter.web.revising import newest
from callfilter.web.routes.api.policy import LONGEST, refused
from callfilter.web.routes.testbox import started
from callfilter.web.visit import Admin, Visit
from filters.rule import Mode

router = APIRouter(tags=["replay"])

MOST_DAYS: Final = 3660
MOST_CALLS: Final = 1000
NO_TEXT = "give one of policy and rules"
NONE_YET = N_("No back-test was started yet.")
FORGOTTEN = N_("This back-test is over and forgotten: start it once more.")
NO_POLICY = N_("The text is no policy, so nothing was tried.")

Listed = Annotated[int, Query(ge=0, le=MOST_CALLS, description="Calls of each list of the report.")]


class Draft(BaseModel):
    """What is to be tried: a whole policy, or rules before those in force, by name in the place of one of those."""

    policy: str | None = Field(None, max_length=LONGEST)
    rules: str | None = Field(None, max_length=LONGEST, description="One or more [[rule]]; tried as if they decided.")
    since_days: StrictInt = Field(30, ge=1, le=MOST_DAYS)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.policy is None) == (self.rules is None):
            raise ValueError(NO_TEXT)
        return self


@router.post("/replay")
async def begin(visit: Admin, draft: Draft) -> Response:
    """Starts a back-test; ask for it until its `state` is no longer `running`. Changes nothing."""
    try:
        policy, names, assumed = await _read(visit, draft)
    except PolicyError as error:
        faults = [{"line": line, "text": text} for line, text in error.faults]
        return refused(400, visit.say(NO_POLICY), faults)
    try:
        run = started(visit, policy, draft.since_days, names, assumed=assumed)
    except BusyError as busy:
        words = visit.say("%(name)s is trying something on past calls just now: wait a little.", name=busy.run.author)
        raise HTTPException(409, words) from None
    return JSONResponse(_as_json(run, 0))


@router.get("/replay")
async def last_replay(visit: Admin, limit: Listed = 100) -> dict[str, Any]:
    """The back-test that was started last: how far it is, and at last its report."""
    run = visit.site.backtests.newest
    if run is None:
        raise HTTPException(404, visit.say(NONE_YET))
    return _as_json(run, limit)


@router.get("/replay/{run_id}")
async def replay(visit: Admin, run_id: str, limit: Listed = 100) -> dict[str, Any]:
    """A back-test: how far it is, and at last its report."""
    return _as_json(_run(visit, run_id), limit)


@router.delete("/replay/{run_id}")
async def stop(visit: Admin, run_id: str) -> dict[str, Any]:
    """Ends a back-test that is running."""
    run = _run(visit, run_id)
    if run.is_running:
        run.is_stopped = True
    return _as_json(run, 0)


async def _read(visit: Visit, draft: Draft) -> tuple[PolicyText, tuple[str, ...], bool]:
    """The draft, the rules that it is about, and whether some of them only observe.

    Raises:
        PolicyError: it cannot be read.
    """
    config = visit.site.config
    if draft.policy is not None:
        return await asyncio.to_thread(read, draft.policy, config), (), False
    now = (await newest(visit)).policy
    rules = await asyncio.to_thread(read_rules, draft.rules or "", config, now)
    assumed = any(rule.mode is Mode.OBSERVE or not rule.enabled for rule in rules)
    deciding = [replace(rule, mode=Mode.ENFORCE, enabled=True) for rule in rules]
    return with_rules(now, deciding), tuple(rule.name for rule in rules), assumed


def _run(visit: Visit, run_id: str) -> Run:
    run = visit.site.backtests.get(run_id)
    if run is None:
        raise HTTPException(404, visit.say(FORGOTTEN))
    return run


def _as_json(run: Run, most: int) -> dict[str, Any]:
    report = run.report
    cut = report and replace(report, regretted=report.regretted[:most], changes=report.changes[:most])
    return {
        "id": run.id,
        "state": _state(run),
        "begun_at": run.begun_at.isoformat(),
        "author": run.author,
        "since_days": run.days,
        "rules": run.names,
        "assumed": run.assumed,
        "done": run.done,
        "calls": run.calls,
        "summary": asdict(summary_of(report)) if report else None,
        "report": cut.as_json() if cut else None,
    }


def _state(run: Run) -> str:
    if run.is_running:
        return "running"
    if run.report:
        return "done"
    return "stopped" if run.is_stopped else "failed"
