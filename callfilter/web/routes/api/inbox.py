"""Callers who did not get through, and what is said of them."""

from json import loads
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field, StrictInt

from callfilter.marked import N_
from callfilter.store import inbox, reviews
from callfilter.store.inbox import Waiting
from callfilter.store.record import format_id
from callfilter.store.reviews import Deed, Review, ReviewError, Wish
from callfilter.store.users import Role
from callfilter.web.routes.review import CLERKS, LONGEST_LABEL, NOT_NOW, RefusedError, entry_of
from callfilter.web.visit import Clerk, ForbiddenError, Viewer

router = APIRouter(tags=["inbox"])

LARGEST: Final = 2**53 - 1
"""The largest integer that every JSON has exactly; ids of calls have 50 bits."""
Id = Annotated[StrictInt, Field(ge=0, le=LARGEST)]


class Said(BaseModel):
    """What is said of a caller."""

    key: str = Field(max_length=200)
    last_id: Id = Field(description="The `last_id` that was seen: a later call stays in the inbox.")
    deed: Deed
    did: str = Field("", max_length=200, description="For `did`: which of your numbers.")
    label: str = Field("", max_length=LONGEST_LABEL, description="For `label` and `label-day`.")


@router.get("/inbox")
async def waiting(visit: Viewer, before: Annotated[int | None, Query(ge=0, le=LARGEST)] = None) -> dict[str, Any]:
    """Callers whom nobody has looked at since, who called last in front; `before` is the last one's `last_id`."""
    found = await inbox.waiting(visit.site.database, visit.now, before=before)
    return {"callers": [_as_json(one) for one in found]}


@router.post("/inbox")
async def say(visit: Clerk, said: Said) -> dict[str, Any]:
    """Says something of a caller, who then leaves the inbox."""
    caller = await inbox.find(visit.site.database, said.key, visit.now)
    if caller is None:
        raise HTTPException(404, visit.say(N_("This caller is not in the inbox.")))
    detail = said.did if said.deed is Deed.DID else ""
    try:
        entry = await entry_of(visit, caller, said.deed, detail, said.label)
        wish = Wish(said.key, said.last_id, said.deed, entry)
        review = await reviews.review(visit.site.database, visit.now, visit.author, wish)
    except (ReviewError, RefusedError) as error:
        raise HTTPException(409, visit.say(NOT_NOW.get(type(error), str(error)))) from None
    await visit.note("reviewed", number=said.key, review=said.deed, entries=review.entry, label=review.label)
    return _review(review)


@router.delete("/inbox/reviews/{review_id}")
async def undo(visit: Clerk, review_id: Annotated[int, Field(ge=0, le=LARGEST)]) -> dict[str, Any]:
    """Puts back what was before a review, and the caller into the inbox."""
    review = await reviews.get(visit.site.database, review_id)
    if review is None:
        raise HTTPException(404, visit.say(N_("There is no such review.")))
    if review.deed not in CLERKS and not visit.may(Role.ADMIN):
        raise ForbiddenError(N_("Your role does not allow this."))
    try:
        review = await reviews.undo(visit.site.database, visit.now, review_id)
    except ReviewError as error:
        raise HTTPException(409, visit.say(NOT_NOW[type(error)])) from None
    await visit.note("review-undone", number=review.key, review=review.deed, entries=review.entry)
    return _review(review)


def _review(review: Review) -> dict[str, Any]:
    return {
        "id": review.id,
        "at": review.at.isoformat(),
        "author": review.author,
        "key": review.key,
        "deed": review.deed,
        "entry": review.entry,
        "label": review.label,
        "undone": review.undone,
    }


def _as_json(caller: Waiting) -> dict[str, Any]:
    return {
        "key": caller.key,
        "display": caller.display,
        "country": caller.country,
        "region": caller.region,
        "classes": loads(caller.classes),
        "last_id": caller.last_id,
        "count": caller.count,
        "action": caller.action,
        "reason": caller.reason,
        "rule": caller.rule,
        "known": caller.known,
        "reported": caller.reported,
        "calls": [
            {
                "id": format_id(one.id),
                "at": one.at.isoformat(),
                "name": one.name,
                "did": one.did,
                "action": one.action,
                "screened": one.screened,
                "voicemail_seconds": one.voicemail_seconds,
            }
            for one in caller.turned
        ],
    }
