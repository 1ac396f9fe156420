"""Trying rules before they are in force: on a number that somebody types, and on the calls of the past."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import Response

from callfilter import changes
from callfilter.config import Config
from callfilter.explanation import Explanation
from callfilter.marked import N_
from callfilter.policy import PolicyText, write
from callfilter.presets import READY, switched
from callfilter.replay.task import Against, Task
from callfilter.store.record import CallRecord, format_id
from callfilter.trial import Trial
from callfilter.web.backtests import BusyError, Run, summary_of
from callfilter.web.book import Edition
from callfilter.web.revising import newest
from callfilter.web.routes.rules import read_sent
from callfilter.web.visit import Admin, Viewer, Visit
from filters.call import Call
from filters.decide import CHAPTERS
from filters.directory import Listing, find
from filters.explain import not_reached
from filters.rule import Mode
from filters.verdict import Reason, score_in

router = APIRouter()

DAYS: Final = (7, 30, 90)
LISTED: Final = 30
"""Calls of each list of a back-test that are shown."""

UNSOUND: Final = N_("The rule is not complete yet: put right what stands below its fields.")
NO_TIME: Final = N_("This is no day and time.")

Text = Annotated[str, Query(max_length=600)]


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of a call."""

    record: CallRecord
    explanation: Explanation
    listing: Listing | None
    """The organisation that has the number."""
    later: tuple[str, ...]
    """Chapters that were not reached."""
    silent: tuple[str, ...]
    """Chapters in which there was nothing to look at."""

    @property
    def failed(self) -> bool:
        """The filter itself failed."""
        return self.record.reason == Reason.ERROR

    @property
    def score(self) -> float | None:
        """How suspicious the caller is, where that was added up."""
        return score_in(self.record.trace)


@router.get("/rules/test")
async def show_test(
    visit: Viewer, *, number: Text = "", caller: Text = "", to: Text = "", trunk: Text = "", at: Text = ""
) -> Response:
    """The test box as a page of its own, for links and for browsers without scripts."""
    given = {"number": number, "caller": caller, "to": to, "trunk": trunk, "at": at}
    return await _told(visit, given, None, page=True)


@router.post("/rules/test")
async def test(visit: Viewer) -> Response:
    """What would become of the call in the form; with the rule in the editor, where that is sent along."""
    form = await visit.form()
    given = {key: str(form.get(key, ""))[:600] for key in ("number", "caller", "to", "trunk", "at")}
    draft: str | None = None
    if "name" in form:
        edition = await newest(visit)
        sent, read = await read_sent(visit, edition)
        if read.sound is None:
            return _faulty(visit, UNSOUND)
        draft = write(changes.with_rule(edition.policy, read.sound, sent.original))
    return await _told(visit, given, draft, page=not visit.by_htmx)


@router.post("/rules/backtest")
async def begin_backtest(
    visit: Admin,
    days: Annotated[int, Form()] = 30,
    ready: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Starts deciding past calls again: with the rule in the editor, or with something ready-made switched on."""
    if days not in DAYS:
        raise HTTPException(400)
    edition = await newest(visit)
    if ready:
        if ready not in READY:
            raise HTTPException(404)
        draft, names, assumed = switched(edition.policy, frozenset({ready}), on=True), (ready,), False
    else:
        sent, read = await read_sent(visit, edition)
        if read.sound is None:
            return _faulty(visit, UNSOUND)
        # What only watches changes nothing: people want to know what it would change.
        assumed = read.sound.mode is Mode.OBSERVE or not read.sound.enabled
        rule = replace(read.sound, mode=Mode.ENFORCE, enabled=True)
        draft, names = changes.with_rule(edition.policy, rule, sent.original), (rule.name,)
    return _begun(visit, draft, days, names, assumed=assumed)


@router.get("/rules/backtest/{run_id}")
async def show_backtest(visit: Admin, run_id: str) -> Response:
    """How far a back-test is, and at last what it found."""
    run = visit.site.backtests.get(run_id)
    if run is None:
        raise HTTPException(404, N_("This back-test is over and forgotten: start it once more."))
    return await _state(visit, run)


@router.post("/rules/backtest/{run_id}/stop")
async def stop_backtest(visit: Admin, run_id: str) -> Response:
    """Ends a back-test."""
    run = visit.site.backtests.get(run_id)
    if run is None:
        raise HTTPException(404, N_("This back-test is over and forgotten: start it once more."))
    run.is_stopped = True
    return await _state(visit, run)


def _begun(visit: Visit, draft: PolicyText, days: int, names: tuple[str, ...], *, assumed: bool) -> Response:
    try:
        run = started(visit, draft, days, names, assumed=assumed)
    except BusyError as busy:
        words = visit.say("%(name)s is trying something on past calls just now: wait a little.", name=busy.run.author)
        return visit.page("parts/backtest_busy.html", status=200 if visit.by_htmx else 409, words=words, run=busy.run)
    if not visit.by_htmx:
        return visit.go(f"/rules/backtest/{run.id}")
    return visit.page("parts/backtest.html", run=run)


def started(visit: Visit, draft: PolicyText, days: int, names: tuple[str, ...], *, assumed: bool) -> Run:
    """A back-test of a draft with the calls of the last days.

    Raises:
        BusyError: another one is running.
    """
    task = Task(visit.site.config, visit.now - timedelta(days=days), write(draft), Against.POLICY)
    return visit.site.backtests.begin(task, days=days, author=visit.author, at=visit.now, names=names, assumed=assumed)


async def _state(visit: Visit, run: Run) -> Response:
    edition = await newest(visit)
    values: dict[str, Any] = {"run": run}
    if run.report:
        values |= {
            "summary": summary_of(run.report),
            "report": run.report,
            "zone": edition.zone,
            "regretted": run.report.regretted[:LISTED],
            "others": [one for one in run.report.changes if not one.regrets][:LISTED],
            "id_of": format_id,
            "seconds_of": _seconds,
            "counts": [run.report.rules[name] for name in run.names if name in run.report.rules],
        }
    if visit.by_htmx:
        return visit.page("parts/backtest.html", **values)
    response = visit.page("rules_backtest.html", **values)
    if run.is_running:
        response.headers["Refresh"] = "2"
    return response


async def _told(visit: Visit, given: dict[str, str], draft: str | None, *, page: bool) -> Response:
    """The trace, as a part or on a page of its own."""
    edition = await newest(visit)
    fault, tried = "", None
    if given["number"] or not page or draft or visit.request.method == "POST":
        try:
            at = _moment(given["at"], edition, visit.now)
        except ValueError:
            fault = NO_TIME
        else:
            call = Call(
                given["number"].strip(), at, given["caller"], did=given["to"].strip(), trunk=given["trunk"].strip()
            )
            tried = await asyncio.to_thread(_try, visit.site.config, call, draft)
    values: dict[str, Any] = {
        "fault": fault,
        "tried": tried,
        "zone": edition.zone,
        "with_draft": draft is not None,
        "dids": visit.site.config.dids,
        "trunks": visit.site.config.trunks,
    }
    return visit.page("rules_test.html" if page else "parts/tried.html", **values)


def _seconds(count: float) -> timedelta:
    return timedelta(seconds=round(count))


def _faulty(visit: Visit, message: str) -> Response:
    return visit.page("parts/refused.html", status=200 if visit.by_htmx else 422, message=message)


def _moment(text: str, edition: Edition, now: datetime) -> datetime:
    """A time of the shop's clock; now if there is none.

    Raises:
        ValueError: it is no time.
    """
    return datetime.fromisoformat(text).replace(tzinfo=edition.zone) if text else now


def _try(config: Config, call: Call, draft: str | None) -> Tried:
    trial = Trial(config, draft)
    try:
        record = trial(call)
        failed = record.reason == Reason.ERROR
        explanation = Explanation(()) if failed else trial.explain(call)
    finally:
        trial.close()
    later = not_reached(record.trace)
    told = {*later, *(step.chapter for step in record.trace)}
    silent = () if failed else tuple(chapter.name for chapter in CHAPTERS if chapter.name not in told)
    listing = find(config.reading(call.trunk)[0], record.key)
    return Tried(record, explanation, listing, later, silent)
