"""The first page: what happened today, whether anybody important was turned away, and whether the filter is well."""

from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from callfilter import __version__
from callfilter.marked import N_
from callfilter.store import calls, expected, inbox, tallies
from callfilter.store.codec import compact
from callfilter.store.record import floor_of, format_id
from callfilter.store.tallies import Day
from callfilter.web.service import DownError, ServiceHealth
from callfilter.web.visit import Viewer, Visit
from callfilter.web.words import ACTIONS
from filters.verdict import Action

router = APIRouter()

DAYS: Final = 30
AWAY: Final = 5
"""Callers turned away today that are shown."""
LIVE: Final = 12
"""Calls shown before others come."""


@router.get("/")
async def show(visit: Viewer) -> Response:
    """The page."""
    health, down = None, ""
    try:
        health = await visit.site.service.health()
    except DownError as error:
        down = str(error)
    database = visit.site.database
    return visit.page(
        "home.html",
        actions=ACTIONS,
        away=await inbox.waiting(database, visit.now, limit=AWAY),
        floor=floor_of(tallies.day_begins(visit.now, visit.site.zone())),
        rows=await calls.newest(database, LIVE),
        windows=await expected.open_windows(database, visit.now),
        health=health,
        down=down,
        faults=policy_faults(visit, health),
        own_version=__version__,
        dids=visit.site.config.dids,
        home=visit.site.config.country,
        format_id=format_id,
        **await _counts(visit),
    )


@router.get("/today")
async def today(visit: Viewer) -> Response:
    """Only the counts, when a call has come."""
    return visit.page("parts/home_counts.html", **await _counts(visit))


async def _counts(visit: Visit) -> dict[str, Any]:
    zone = visit.site.zone()
    days = await tallies.of_days(visit.site.database, visit.now, zone, DAYS)
    return {"days": days, "day": days[-1], "zone": zone, "chart": _chart(visit, days)}


def _chart(visit: Visit, days: list[Day]) -> str:
    """What the script draws, as JSON: the same as in the table."""
    shown = [action for action in Action if any(day.actions[action] for day in days)]
    return compact(
        {
            "label": visit.say(N_("Day")),
            "days": [day.date.isoformat() for day in days],
            "actions": {action: visit.say(ACTIONS[action]) for action in shown},
            "calls": {action: [day.actions[action] for day in days] for action in shown},
        }
    )


def policy_faults(visit: Visit, health: ServiceHealth | None) -> tuple[str, ...]:
    """What is wrong with the policy in force, as the service has it."""
    current = visit.site.current()
    if current.faults or health is None or health.policy == health.judges:
        return current.faults
    return (current.warning,) if current.warning else ()
