"""Is everything wired up: what `callfilter doctor` finds, on a page."""

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from callfilter.doctor.everything import asterisk_command, examine_everything
from callfilter.doctor.finding import Finding, Mark
from callfilter.doctor.settings import examine_settings
from callfilter.web.visit import Admin, Visit

router = APIRouter()


@router.get("/doctor")
async def show(visit: Admin) -> Response:
    """The page; what is found comes after it, because a peer that does not answer takes its time."""
    return visit.page("doctor.html", findings=None)


@router.get("/doctor/findings")
async def show_findings(visit: Admin) -> Response:
    """What is found: the part of a page, or for browsers without scripts a whole one."""
    findings = await asyncio.to_thread(findings_of, visit)
    # What is to be mended first.
    findings.sort(key=lambda each: tuple(Mark).index(each.mark), reverse=True)
    worst = findings[0].mark
    return visit.page("parts/findings.html" if visit.by_htmx else "doctor.html", findings=findings, worst=worst)


def findings_of(visit: Visit) -> list[Finding]:
    """Everything that the doctor finds; takes its time where a peer does not answer."""
    settings = visit.site.settings
    return [
        *examine_settings(settings.path, settings.environ),
        *examine_everything(settings.config, asterisk_command()),
    ]
