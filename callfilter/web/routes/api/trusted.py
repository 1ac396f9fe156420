"""Callers whom the shop knows."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query

from callfilter.marked import N_
from callfilter.own_numbers import read_named
from callfilter.store import bonds
from callfilter.store.bonds import BondRow
from callfilter.web import number_deeds
from callfilter.web.own_numbers import LONGEST
from callfilter.web.visit import Admin, Viewer, Visit
from filters.facts import Bond

router = APIRouter(tags=["trusted"])

MOST: Final = 1000
NOT_TRUSTED = N_("This caller is not trusted.")


@router.get("/trusted")
async def trusted(
    visit: Viewer,
    number: Annotated[str, Query(max_length=LONGEST, description="Only this caller.")] = "",
    after: Annotated[str, Query(max_length=LONGEST, description="`next` of the page before.")] = "",
) -> dict[str, Any]:
    """Callers whom the shop knows by key, a thousand reasons at most. `next` is null where there are no more."""
    database, now = visit.site.database, visit.now
    if number:
        rows = [row for key in keys_of(visit, number) for row in await _bonds_of(visit, key)]
        return {"trusted": [_as_json(row) for row in rows], "next": None}
    key, _, bond = after.partition(" ")
    rows = await bonds.page(database, now, after=(key, bond), limit=MOST + 1)
    last = rows[MOST - 1] if len(rows) > MOST else None
    return {"trusted": [_as_json(row) for row in rows[:MOST]], "next": f"{last.key} {last.bond}" if last else None}


@router.delete("/trusted/{number}")
async def end_trust(visit: Admin, number: str) -> dict[str, Any]:
    """Trusts a caller no more, who may earn it again; report those who shall not."""
    for key in keys_of(visit, number):
        if await _bonds_of(visit, key):
            await number_deeds.end_trust(visit, key)
            return {"trusted_no_more": key}
    raise HTTPException(404, visit.say(NOT_TRUSTED))


def keys_of(visit: Visit, number: str) -> tuple[str, ...]:
    """What an address can mean: a key as it is listed, or a number in any spelling."""
    config = visit.site.config
    try:
        named = read_named(number, country=config.country, area=config.area)
    except ValueError:
        return (number,)
    return (number,) if named.is_prefix or named.key == number else (number, named.key)


async def _bonds_of(visit: Visit, key: str) -> list[BondRow]:
    found = await bonds.page(visit.site.database, visit.now, begin=key, limit=len(Bond))
    return [row for row in found if row.key == key]


def _as_json(row: BondRow) -> dict[str, Any]:
    return {
        "number": row.key,
        "bond": row.bond,
        "first_at": row.first_at.isoformat(),
        "at": row.at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
    }
