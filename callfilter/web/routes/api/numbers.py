"""Own numbers: blocked, allowed, sent to voicemail."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field, StrictInt

from callfilter.marked import N_
from callfilter.own_numbers import Named, read_named
from callfilter.store import number_changes, numbers
from callfilter.store.number_changes import NothingToUndoError
from callfilter.store.numbers import FIRST, NumberRow
from callfilter.web import number_deeds
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
NOTHING_TO_UNDO = N_("There is nothing to undo.")
CHANGED_SINCE = N_("This cannot be undone any more: somebody changed these numbers since.")


Does = Literal["allow", "reject", "voicemail"]


class Change(BaseModel):
    """Numbers, and what shall become of their calls."""

    numbers: list[Annotated[str, Field(max_length=LONGEST)]] = Field(
        min_length=1, max_length=MOST_PASTED, description="In any spelling; a `*` at the end means all that begin so."
    )
    action: Does
    label: str = Field("", max_length=LONGEST, description="Text put before the caller's name on the phone.")
    note: str = Field("", max_length=LONGEST)
    days: StrictInt | None = Field(None, ge=1, le=MOST_DAYS, description="Until when; for ever without it.")


class Edit(BaseModel):
    """What changes of an own number; all else stays."""

    action: Does | None = None
    label: str | None = Field(None, max_length=LONGEST)
    note: str | None = Field(None, max_length=LONGEST)
    days: StrictInt | None = Field(None, ge=1, le=MOST_DAYS, description="Until when, from now; null for ever.")


@router.get("/numbers")
async def own_numbers(
    visit: Viewer,
    action: Annotated[Does | None, Query()] = None,
    number: Annotated[str, Query(max_length=LONGEST, description="Only what speaks of this caller.")] = "",
    after: Annotated[str, Query(max_length=LONGEST, description="Only what comes after this own number.")] = "",
) -> dict[str, Any]:
    """Own numbers by key, a thousand at most; `after` is the last one's number. With `number`, those that cover it."""
    database = visit.site.database
    if number:
        [named] = named_of(visit, [number])
        rows = await numbers.covering(database, named.key)
    else:
        rows = []
        place = place_of(after) if after else FIRST
        async for row in numbers.every(database, action=Action(action) if action else None, after=place):
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
        named = named_of(visit, change.numbers)
        if wish.action is not Action.ALLOW and (ring := protected(visit, named)):
            always = visit.say("%(number)s always rings and cannot be blocked.", number=ring[0].words)
            raise RefusedError(always)
        entries = [
            OwnEntry(one.key, one.is_prefix, wish.action, wish.label, wish.note, visit.author, wish.until)
            for one in named
        ]
        await put(visit, entries)
    return {"numbers": [entry.text for entry in entries]}


@router.patch("/numbers/{number}")
async def edit_number(visit: Admin, number: str, edit: Edit) -> dict[str, Any]:
    """Changes an own number, named as in the list."""
    row = await _listed(visit, number)
    with as_answers():
        changes: dict[str, object] = {}
        if edit.label is not None:
            changes["label"] = label_of(visit, edit.label)
        if edit.note is not None:
            changes["note"] = text_of(visit, edit.note)
        if "days" in edit.model_fields_set:
            changes["expires_at"] = end_of(visit, str(edit.days or ""))
        if edit.action:
            await number_deeds.act(visit, [row], action_of(visit, edit.action), **changes)
        elif changes:
            await number_deeds.change(visit, [row], **changes)
    return _as_json(await _listed(visit, number))


@router.delete("/numbers/{number}")
async def forget_number(visit: Admin, number: str) -> dict[str, Any]:
    """Forgets an own number, named as in the list."""
    row = await _listed(visit, number)
    await remove(visit, [row])
    return {"forgotten": row.entry.text}


@router.post("/numbers/undo")
async def undo(visit: Admin) -> dict[str, Any]:
    """Puts back what was before the asker's last change of numbers, trust or reports; once more, what was before that.

    Imports cannot be undone.
    """
    last = await number_changes.last(visit.site.database, visit.author)
    if last is None:
        raise HTTPException(409, visit.say(NOTHING_TO_UNDO))
    try:
        return {"keys": await number_deeds.undo(visit, last[0])}
    except NothingToUndoError:
        raise HTTPException(409, visit.say(CHANGED_SINCE)) from None


async def _listed(visit: Visit, number: str) -> NumberRow:
    place = place_of(number)
    row = await numbers.find(visit.site.database, place.key, is_prefix=place.is_prefix, did=place.did)
    if row is None:
        raise HTTPException(404, visit.say(NO_NUMBER))
    return row


def named_of(visit: Visit, texts: list[str]) -> list[Named]:
    """Numbers and prefixes in any spelling, each once.

    Raises:
        HTTPException: one of them is neither.
    """
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
