"""Adding own numbers: one that another page names, or whatever somebody pastes, looked at first."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from callfilter.imports.faults import ROW_FAULTS
from callfilter.imports.pasted import Found, read_pasted
from callfilter.own_numbers import Named
from callfilter.store import numbers
from callfilter.web.own_numbers import (
    MOST_PASTED,
    RefusedError,
    Shown,
    Wish,
    Wished,
    as_answers,
    entry_of,
    ours,
    protected,
    put,
    require_role,
    shown,
    shown_row,
)
from callfilter.web.visit import Clerk, Visit
from filters.verdict import Action

router = APIRouter()

LONGEST_PASTED: Final = 200_000
"""Characters."""
Text = Annotated[str, Form(max_length=1000)]
Pasted = Annotated[str, Form(max_length=LONGEST_PASTED)]


@router.get("/numbers/add")
async def form(visit: Clerk, number: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The form, with a number in it perhaps."""
    return visit.page("numbers_add.html", text=number, fault="")


@router.post("/numbers/add")
async def add(
    visit: Clerk,
    *,
    number: Text = "",
    action: Text = "",
    days: Text = "",
    note: Text = "",
    label: Text = "",
    back: Text = "/numbers",
) -> Response:
    """Allows or blocks numbers, all or none: for buttons of other pages."""
    with as_answers():
        wish = Wished(action, days, "", note, label).read(visit)
        require_role(visit, wish)
        found = _read(visit, number)
        for one in found:
            if one.named is None:
                said = visit.say("%(text)s is no number, so nothing was changed.", text=one.written)
                raise RefusedError(said)
        told = await _save(visit, found, wish, at_once=True)
    return visit.go(ours(back), told)


@router.post("/numbers/check")
async def check(visit: Clerk, text: Pasted = "") -> Response:
    """What was understood of a paste, before anything is done."""
    try:
        found = _read(visit, text)
    except RefusedError as error:
        return visit.page("numbers_add.html", status=400, text=text, fault=str(error))
    return await _checked(visit, text, found, Wished())


@router.post("/numbers/save")
async def save(
    visit: Clerk,
    *,
    text: Pasted = "",
    action: Text = "",
    days: Text = "",
    until: Text = "",
    note: Text = "",
    label: Text = "",
) -> Response:
    """Does it to what was understood; what the page showed with a fault is left out."""
    try:
        found = _read(visit, text)
    except RefusedError as error:
        return visit.page("numbers_add.html", status=400, text=text, fault=str(error))
    wished = Wished(action, days, until, note, label)
    try:
        wish = wished.read(visit)
        require_role(visit, wish)
        told = await _save(visit, [one for one in found if one.named], wish, at_once=False)
    except RefusedError as error:
        return await _checked(visit, text, found, wished, fault=str(error), status=400)
    return visit.go(f"/numbers?tab={'allowed' if wish.action is Action.ALLOW else 'blocked'}", told)


def _read(visit: Visit, text: str) -> list[Found]:
    """Everything in a paste; a number that comes twice counts once, with the name it has somewhere.

    Raises:
        RefusedError: there is nothing, or too much.
    """
    config = visit.site.config
    found: list[Found] = []
    seen: dict[tuple[str, bool], Found] = {}
    for one in read_pasted(text, country=config.country, area=config.area):
        if one.named:
            before = seen.setdefault((one.named.key, one.named.is_prefix), one)
            if before is not one:
                before.name = before.name or one.name
                continue
        found.append(one)
        if len(found) > MOST_PASTED:
            raise RefusedError(
                visit.say(
                    "At most %(most)s numbers at once: put more into a file, and import that.",
                    most=visit.language.number(MOST_PASTED),
                )
            )
    if not found:
        raise RefusedError(visit.say("Paste or type a number first."))
    return found


async def _save(visit: Visit, found: list[Found], wish: Wish, *, at_once: bool) -> str:
    """Stores them, and returns what to tell. If `at_once`, nobody was shown what is there, and nothing is left out."""
    pairs: list[tuple[Found, Named]] = [(one, one.named) for one in found if one.named]
    always = [] if wish.action is Action.ALLOW else protected(visit, [named for _, named in pairs])
    if always and (at_once or len(always) == len(pairs)):
        number = shown(visit, always[0].key).display
        raise RefusedError(
            visit.say("%(number)s always rings: nobody can block it. Nothing was changed.", number=number)
        )
    kept = {one.key for one in always}
    entries = [entry_of(visit, one, named, wish) for one, named in pairs if named.key not in kept]
    if not entries:
        raise RefusedError(visit.say("There is no number in it."))
    await put(visit, entries, unseen=at_once)
    first = shown(visit, entries[0].key, is_prefix=entries[0].is_prefix).display
    return _done(visit, wish.action, first, len(entries))


def _done(visit: Visit, action: Action, first: str, count: int) -> str:
    say_count = visit.language.say_count
    match action:
        case Action.ALLOW:
            return say_count("Allowed: %(number)s.", "Allowed: %(num)s numbers.", count, number=first)
        case Action.REJECT:
            return say_count("Blocked: %(number)s.", "Blocked: %(num)s numbers.", count, number=first)
        case _:
            return say_count("To voicemail: %(number)s.", "To voicemail: %(num)s numbers.", count, number=first)


async def _checked(
    visit: Visit, text: str, found: list[Found], wished: Wished, *, fault: str = "", status: int = 200
) -> Response:
    named = {(one.named.key, one.named.is_prefix) for one in found if one.named}
    if not named:
        return visit.page("numbers_add.html", status=400, text=text, fault=visit.say("There is no number in it."))
    async with visit.site.database.begin() as connection:
        there = {(row.entry.key, row.entry.is_prefix): row for row in await numbers.found(connection, named)}
    always = {one.key for one in protected(visit, [one.named for one in found if one.named])}
    rows: list[tuple[Found, Shown | None, Shown | None, bool]] = []
    for one in found:
        if one.named is None:
            rows.append((one, None, None, False))
            continue
        before = there.get((one.named.key, one.named.is_prefix))
        here = shown(visit, one.named.key, is_prefix=one.named.is_prefix)
        rows.append((one, here, shown_row(visit, before) if before else None, one.named.key in always))
    return visit.page(
        "numbers_check.html",
        status=status, text=text, rows=rows, count=len(named), faults=ROW_FAULTS, fault=fault, wished=wished,
        zone=visit.site.zone(),
    )  # fmt: skip
