"""Whether the filter is well, and what it did."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from callfilter import __version__
from callfilter.cli.say import sentence
from callfilter.doctor.finding import Mark
from callfilter.store import inbox, tallies
from callfilter.store.tallies import Day
from callfilter.web.routes.doctor import findings_of
from callfilter.web.routes.home import policy_faults
from callfilter.web.service import DownError
from callfilter.web.visit import MOST_WAITING, Admin, Viewer

router = APIRouter(tags=["health"])

MOST_DAYS: Final = 90


@router.get("/health")
async def health(visit: Viewer, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 30) -> dict[str, Any]:
    """The service (null with the reason in `down` where it does not answer), and calls of the last days, today last.

    Of the service, counts are since its start; `median_ms` and `p99_ms` are times of the last verdicts; `ami` is
    `connected`, `off`, or what is in the way; `writes` tells whether it can write the database. `waiting` callers are
    in the inbox, counted no further than a hundred.
    """
    service, down = None, None
    try:
        service = await visit.site.service.health()
    except DownError as error:
        down = str(error)
    database, zone = visit.site.database, visit.site.zone()
    counted = await tallies.of_days(database, visit.now, zone, days)
    return {
        "version": __version__,
        "service": asdict(service) if service else None,
        "down": down,
        "policy_faults": policy_faults(visit, service),
        "waiting": await inbox.count(database, MOST_WAITING),
        "days": [_as_json(day) for day in counted],
    }


@router.get("/doctor")
async def doctor(visit: Admin) -> dict[str, Any]:
    """Is everything wired up, and what is to be mended: what `callfilter doctor --json` tells. Changes nothing."""
    findings = await asyncio.to_thread(findings_of, visit)
    return {
        "ok": all(each.mark is not Mark.FAULT for each in findings),
        "findings": [asdict(each) | {"text": sentence(each.text)} for each in findings],
    }


def _as_json(day: Day) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "calls": day.calls,
        "turned_away": day.turned_away,
        "failed": day.failed,
        "actions": dict(day.actions),
    }
