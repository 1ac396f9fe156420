"""Own numbers: blocked, allowed, sent to voicemail."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field, StrictInt

from callfilter.own_numbers import read_named
from callfilter.store import numbers
from callfilter.store.numbers import NumberRow
from callfilter.web.languages import N_
from callfilter.web.own_numbers import (
    LONGEST,
    MOST_DAYS,
    MOST_PASTED,
    RefusedError,
    Wish,
    action_of,
    as_answers,
    end_of,
    label_of,
    place_of,
    protected,
    put,
    remove,
    require_role,
    text_of,
)
from callfilter.web.visit import Admin, Clerk, Viewer, Visit
from filters.facts import OwnEntry
from filters.verdict import Action

router = APIRouter(tags=["numbers"])

MOST = 1000
NO_NUMBER = N_("There is no such own number.")


class Change(BaseModel):
    """Numbers, and what shall become of their calls."""

    numbers: list[Annotated[str, Field(max_length=LONGEST)]] = Field(
        min_length=1, max_length=MOST_PASTED, description="In any spelling; a `*` at the end means all that begin so."
    )
    action: Literal["allow", "reject", "voicemail"]
    label: str = Field("", max_length=LONGEST, description="Text put before the caller's name on the phone.")
    note: str = Field("", max_length=LONGEST)
    days: StrictInt | None = Field(None, ge=1, le=MOST_DAYS, description="Until when; for ever without it.")


@router.get("/numbers")
async def own_numbers(
    visit: Viewer,
    action: Annotated[Literal["allow", "reject", "voicemail"] | None, Query()] = None,
    number: Annotated[str, Query(max_length=LONGEST, description="Only what speaks of this caller.")] = "",
) -> dict[str, Any]:
    """Own numbers by key, a thousand at most; with `number`, those that cover a caller."""
    database = visit.site.database
    if number:
        named = _named(visit, [number])[0]
        rows = await numbers.covering(database, named.key)
    else:
        rows = []
        async for row in numbers.every(database, action=Action(action) if action else None):
            rows.append(row)
            if len(rows) == MOST:
                break
    return {"numbers": [_as_json(row) for row in rows if action in (None, row.entry.action)]}


@router.post("/numbers")
async def put_numbers(visit: Clerk, change: Change) -> dict[str, Any]:
    """Allows or blocks numbers: all of them, or none. What was said of them before is replaced."""
    with as_answers():
        wish = Wish(
            action_of(visit, change.action),
            label_of(visit, change.label),
            text_of(visit, change.note),
            end_of(visit, str(change.days or "")),
        )
        require_role(visit, wish)
        named = _named(visit, change.numbers)
        if wish.action is not Action.ALLOW and (ring := protected(visit, named)):
            always = visit.say("%(number)s always rings and cannot be blocked.", number=ring[0].words)
            raise RefusedError(always)
        entries = [
            OwnEntry(one.key, one.is_prefix, wish.action, wish.label, wish.note, visit.author, wish.until)
            for one in named
        ]
        await put(visit, entries)
    return {"numbers": [entry.text for entry in entries]}


@router.delete("/numbers/{number}")
async def forget_number(visit: Admin, number: str) -> dict[str, Any]:
    """Forgets an own number, named as in the list."""
    place = place_of(number)
    row = await numbers.find(visit.site.database, place.key, is_prefix=place.is_prefix, did=place.did)
    if row is None:
        raise HTTPException(404, visit.say(NO_NUMBER))
    await remove(visit, [row])
    return {"forgotten": row.entry.text}


def _named(visit: Visit, texts: list[str]) -> list[Any]:
    config = visit.site.config
    named = []
    for text in texts:
        try:
            named.append(read_named(text, country=config.country, area=config.area))
        except ValueError as error:
            raise HTTPException(400, str(error)) from None
    return list({(one.key, one.is_prefix): one for one in named}.values())


def _as_json(row: NumberRow) -> dict[str, Any]:
    entry = row.entry
    return {
        "number": entry.text,
        "action": entry.action,
        "label": entry.label,
        "note": entry.note,
        "author": entry.author,
        "did": entry.did,
        "added_at": row.added_at.isoformat(),
        "expires_at": entry.expires_at.isoformat() if entry.expires_at else None,
    }
