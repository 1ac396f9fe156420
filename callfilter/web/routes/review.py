"""The inbox of callers who did not get through: who it was, and one tap to put it right. Everything can be undone."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from json import loads
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Path, Query
from fastapi.responses import Response

from agi.wire import is_safe
from callfilter.config import Did
from callfilter.marked import N_
from callfilter.own_numbers import prefix_shown
from callfilter.store import inbox, reviews
from callfilter.store.codec import LARGEST
from callfilter.store.inbox import Turned, Waiting
from callfilter.store.record import format_id
from callfilter.store.reviews import ChangedError, Deed, GoneError, OwnEntryError, Review, ReviewError, Wish
from callfilter.store.users import Role
from callfilter.web.advice import Advice, advise
from callfilter.web.visit import Clerk, ForbiddenError, Viewer, Visit
from filters import directory
from filters.directories.listing import Listing
from filters.facts import OwnEntry
from filters.number import ANONYMOUS, INVALID
from filters.verdict import Action

router = APIRouter()

Place = Annotated[int | None, Query(ge=0, le=LARGEST)]
DAY: Final = timedelta(hours=24)
CLERKS: Final = frozenset({Deed.DAY, Deed.LABEL_DAY, Deed.RIGHT, Deed.SEEN})
"""What a clerk may do, and undo."""
LABELS: Final[Mapping[str, str]] = {"bank": N_("Bank"), "courier": N_("Courier"), "customer": N_("Customer")}
LONGEST_LABEL: Final = 40
DRAWN: Final = 6
"""Cards that are sent at once, as many as a screen has: a browser takes long over the many buttons of the others, which
it fetches when these are drawn."""
MESSAGES_SHOWN: Final = 3
_LAST_THREE: Final = re.compile(r"(?:[0-9][^0-9]*){3}$")
DONE: Final[Mapping[Deed, str]] = {
    Deed.ALLOW: N_("%(caller)s rings from now on."),
    Deed.DAY: N_("%(caller)s rings for 24 hours."),
    Deed.DID: N_("%(caller)s rings on %(number)s from now on."),
    Deed.LABEL: N_("%(caller)s rings from now on, as “%(label)s”."),
    Deed.LABEL_DAY: N_("%(caller)s rings for 24 hours, as “%(label)s”."),
    Deed.RIGHT: N_("%(caller)s is reported: rightly turned away."),
    Deed.BLOCK: N_("All numbers that begin with %(block)s are blocked."),
    Deed.SEEN: N_("%(caller)s is looked at."),
}
NOT_NOW: Final[Mapping[type[Exception], str]] = {
    GoneError: N_("Somebody was faster: this is done already."),
    ChangedError: N_("This was changed since, so it cannot be undone here; see Numbers."),
    OwnEntryError: N_(
        "You blocked this very number yourself, and 24 hours would end that for good: let it through from now on, or "
        "change it under Numbers."
    ),
}


class RefusedError(Exception):
    """It cannot be done; the message says why, to be translated."""


@dataclass(frozen=True, slots=True)
class Card:
    """A caller as the page shows them."""

    caller: Waiting
    advice: Advice
    listed: Listing | None
    last: Turned | None
    name: str
    """The caller name that was sent last."""
    dids: Mapping[str, str]
    """The shop's numbers that were called, and their names."""
    classes: tuple[str, ...]
    why: str
    """The sentence of the filter that turned the caller away."""
    messages: tuple[Turned, ...]
    numbered: bool
    """There is a number, so that something can be said of it."""
    block: str
    """The caller's block of numbers as people write it, such as `138 0013 8***`."""

    @property
    def anchor(self) -> str:
        """Where in the page it is."""
        return f"caller-{format_id(self.caller.last_id)}"


@router.get("/review")
async def show(
    visit: Viewer,
    before: Place = None,
    done: Place = None,
    again: bool = False,  # noqa: FBT001, FBT002
    rest: Annotated[int | None, Query(ge=1, le=inbox.PAGE)] = None,
) -> Response:
    """The inbox.

    Args:
        visit: who asks.
        before: where the page before ended.
        done: a review to tell of.
        again: only reported callers.
        rest: nothing but so many cards, which complete a page.
    """
    database = visit.site.database
    shared = _shared(visit)
    if rest:
        callers = await inbox.waiting(database, visit.now, before=before, again=again, limit=rest)
        cards = [_card(visit, caller) for caller in callers]
        return visit.page("parts/review_cards.html", cards=cards, drawn=rest, again=again, fault="", **shared)
    return visit.page(
        "review.html",
        first=before is None,
        again=again,
        any_again=not again and await inbox.any_again(database),
        review=await reviews.get(database, done) if done is not None else None,
        today=await _today(visit, shared["zone"]),
        drawn=DRAWN,
        fault="",
        **await _inbox(visit, before, again=again),
        **shared,
    )


@router.post("/review")
async def do(
    visit: Clerk,
    key: Annotated[str, Form(max_length=200)] = "",
    last_id: Annotated[int, Form(ge=0, le=LARGEST)] = 0,
    deed: Annotated[str, Form(max_length=100)] = "",
    label: Annotated[str, Form(max_length=LONGEST_LABEL)] = "",
) -> Response:
    """Does a deed about a caller. `deed` is its word, and behind a space the number called or the kind of label."""
    word, _, detail = deed.partition(" ")
    caller = await inbox.find(visit.site.database, key, visit.now)
    if word not in set(Deed):
        raise HTTPException(400)
    try:
        if caller is None:
            raise GoneError
        wish = Wish(key, last_id, Deed(word), await entry_of(visit, caller, Deed(word), detail, label))
        review = await reviews.review(visit.site.database, visit.now, visit.author, wish)
    except (ReviewError, RefusedError) as error:
        fault = visit.say(NOT_NOW.get(type(error), str(error)))
        if caller is None or not visit.by_htmx:
            return visit.go("/review", fault)
        return visit.page("parts/review_card.html", card=_card(visit, caller), fault=fault, **_shared(visit))
    await visit.note("reviewed", number=key, review=word, entries=review.entry, label=review.label)
    if not visit.by_htmx:
        return visit.go(f"/review?done={review.id}")
    return visit.page("parts/review_done.html", review=review, **await _inbox(visit), **_shared(visit))


@router.post("/review/all")
async def look_at_all(visit: Clerk, seen: Annotated[list[str] | None, Form(max_length=inbox.PAGE)] = None) -> Response:
    """Nothing but looked at: several callers at once, each with the last call that was seen, and a space between."""
    done = 0
    for last_id, _, key in (each.partition(" ") for each in seen or ()):
        if not re.fullmatch(r"[0-9]{1,16}", last_id):
            raise HTTPException(400)
        with suppress(GoneError):
            wish = Wish(key, int(last_id), Deed.SEEN)
            review = await reviews.review(visit.site.database, visit.now, visit.author, wish)
            await visit.note("reviewed", number=key, review=review.deed)
            done += 1
    notice = visit.language.say_count("%(num)s caller is looked at.", "%(num)s callers are looked at.", done)
    return visit.go("/review", notice)


@router.post("/review/undo/{review_id}")
async def undo(visit: Clerk, review_id: Annotated[int, Path(ge=0, le=LARGEST)]) -> Response:
    """Puts back what was before a review, and the caller into the inbox."""
    review = await reviews.get(visit.site.database, review_id)
    if review and review.deed not in CLERKS and not visit.may(Role.ADMIN):
        raise ForbiddenError(N_("Your role does not allow this."))
    try:
        review = await reviews.undo(visit.site.database, visit.now, review_id)
    except ReviewError as error:
        return visit.go("/review", visit.say(NOT_NOW[type(error)]))
    await visit.note("review-undone", number=review.key, review=review.deed, entries=review.entry)
    caller = await inbox.find(visit.site.database, review.key, visit.now) if visit.by_htmx else None
    if caller is None:
        return visit.go("/review", visit.say("Undone: %(caller)s is in the inbox again.", caller=review.display))
    newest, card = await _inbox(visit), _card(visit, caller)
    return visit.page("parts/review_undone.html", card=card, fault="", **newest, **_shared(visit))


def _shared(visit: Visit) -> dict[str, Any]:
    """What every template of this page needs."""
    return {
        "zone": visit.site.zone(),
        "labels": LABELS,
        "format_id": format_id,
        "clerks": CLERKS,
        "counted": inbox.COUNTED,
        "home": visit.site.config.country,
        "said": _said(visit),
    }


async def _inbox(visit: Visit, before: int | None = None, *, again: bool = False) -> dict[str, Any]:
    """A page of the inbox: its cards, and where the next page begins, None for no more. The first has a sentence."""
    database, now = visit.site.database, visit.now
    callers = await inbox.waiting(database, now, before=before, again=again, limit=inbox.PAGE + 1)
    more = callers[inbox.PAGE - 1].last_id if len(callers) > inbox.PAGE else None
    return {"cards": [_card(visit, caller) for caller in callers[: inbox.PAGE]], "more": more}


def _card(visit: Visit, caller: Waiting) -> Card:
    config = visit.site.config
    matched = [step for step in loads(caller.trace) if step[2]]
    dids = dict.fromkeys(one.did for one in caller.turned if one.did)
    return Card(
        caller=caller,
        advice=advise(caller, config.country, visit.language),
        listed=directory.find(config.country, caller.key),
        last=caller.turned[0] if caller.turned else None,
        name=next((one.name for one in caller.turned if one.name), ""),
        dids={did: config.dids.get(did, Did()).name or did for did in dids},
        classes=tuple(loads(caller.classes)),
        why=str(matched[-1][1]) if matched else "",
        messages=tuple(one for one in caller.turned if one.voicemail_seconds is not None)[:MESSAGES_SHOWN],
        numbered=caller.key not in {ANONYMOUS, INVALID},
        block=_LAST_THREE.sub(lambda found: re.sub(r"[0-9]", "*", found[0]), caller.display),
    )


def _said(visit: Visit) -> Callable[[Review], str]:
    """What makes a sentence of a review."""
    config = visit.site.config

    def said(review: Review) -> str:
        who, _, did = review.entry.partition(" → ")
        return visit.say(
            DONE[review.deed],
            caller=review.display,
            number=config.dids.get(did, Did()).name or did,
            block=prefix_shown(who.removesuffix("*"), config.country),
            label=review.label,
        )

    return said


async def _today(visit: Visit, zone: tzinfo) -> list[Review]:
    midnight = visit.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return await reviews.since(visit.site.database, midnight)


async def entry_of(visit: Visit, caller: Waiting, deed: Deed, detail: str, label: str) -> OwnEntry | None:
    """The own number that a deed puts in.

    Raises:
        ForbiddenError: the visitor may not.
        RefusedError: it cannot be done; the message says why.
    """
    if deed not in CLERKS and not visit.may(Role.ADMIN):
        raise ForbiddenError(N_("Your role does not allow this."))
    if deed is Deed.SEEN:
        return None
    if caller.key in {ANONYMOUS, INVALID}:
        raise RefusedError(N_("Nothing can be said of callers without a number; rules can."))
    match deed:
        case Deed.RIGHT:
            return None
        case Deed.BLOCK:
            return await _block(visit, caller)
        case Deed.DID if detail not in {one.did for one in caller.turned} or not detail:
            raise RefusedError(N_("The caller has not called this number of yours."))
        case Deed.LABEL | Deed.LABEL_DAY:
            label = visit.say(LABELS[detail]) if detail in LABELS else label.strip()
            if not is_safe(label):
                raise RefusedError(
                    N_("A label has letters and digits; Asterisk takes no brackets, quotes, commas or signs.")
                )
        case _:
            label = ""
    until = visit.now + DAY if deed in {Deed.DAY, Deed.LABEL_DAY} else None
    did = detail if deed is Deed.DID else ""
    text = label if deed in {Deed.LABEL, Deed.LABEL_DAY} else ""
    return OwnEntry(caller.key, False, Action.ALLOW, text, "", visit.author, until, did)


async def _block(visit: Visit, caller: Waiting) -> OwnEntry:
    block = caller.block
    if block is None:
        raise RefusedError(N_("Such a short number belongs to no block."))
    inside = await _never_blocked(visit, block.prefix)
    if inside:
        sentence = visit.say("%(numbers)s would be blocked along, so nothing was changed.", numbers=", ".join(inside))
        raise RefusedError(sentence)
    return OwnEntry(block.prefix, True, Action.REJECT, author=visit.author)


async def _never_blocked(visit: Visit, prefix: str) -> list[str]:
    """Numbers beginning so that nobody wants to block, a few of them."""
    config = visit.site.config
    policy = config.policy()
    known: Iterable[str] = (*policy.own_lines, *policy.protected, *directory.keys(config.country))
    found = [key for key in known if key.startswith(prefix)]
    return (found + await inbox.allowed_within(visit.site.database, prefix, visit.now))[:3]
