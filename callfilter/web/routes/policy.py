"""The whole policy: its versions and going back to one, as a text for experts, and the hours that rules speak of."""

import asyncio
import difflib
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Path, Query
from fastapi.responses import Response

from callfilter import changes
from callfilter.marked import N_
from callfilter.policy import PolicyError, PolicyText, read, write, zone_of
from callfilter.policy_lint import told_with_lines
from callfilter.store import policies
from callfilter.store.codec import LARGEST
from callfilter.web.book import Edition
from callfilter.web.hours_form import CalendarForm, WindowForm
from callfilter.web.revising import RefusedError, must_be, newest, revise, revise_text, to_change
from callfilter.web.visit import Admin, Viewer, Visit
from filters.schedule import DAYS, Window

router = APIRouter()

VERSIONS: Final = 20
"""Versions of the history that are shown at once."""
LONGEST: Final = 4_000_000
"""Characters of a policy: ten thousand rules have two million."""
MOST_LINES: Final = 2000
"""Lines of a difference that are shown."""
CONTEXT: Final = 2

Version = Annotated[int, Form(ge=0)]
Typed = tuple[str, WindowForm | CalendarForm | str]
"""Which form of the hours was sent, and what stood in it."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference."""

    sign: str
    """`+`, `-`, a space, or `@` where lines are left out."""
    text: str


@router.get("/rules/history")
async def show_history(visit: Viewer, before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None) -> Response:
    """All versions, the newest first, in parts."""
    edition = await newest(visit)
    found = await policies.every(visit.site.database, before=before, limit=VERSIONS + 1)
    shown, more = found[:VERSIONS], len(found) > VERSIONS
    return visit.page("history.html", edition=edition, versions=shown, more=more, first=before is None)


@router.get("/rules/history/{number}")
async def show_version(visit: Viewer, number: Annotated[int, Path(ge=0)]) -> Response:
    """What one version changed, and how it differs from the one in force."""
    edition = await newest(visit)
    version = await version_of(visit, number)
    before = await policies.newest(visit.site.database, before=number) if number else None
    text = changes.text_of(version)
    return visit.page(
        "history_version.html",
        edition=edition,
        number=number,
        shown=version,
        changed=await asyncio.to_thread(difference, changes.text_of(before), text) if number else [],
        since=[] if number == edition.id else await asyncio.to_thread(difference, text, edition.text),
    )


@router.post("/rules/history/{number}/restore")
async def restore(visit: Admin, number: Annotated[int, Path(ge=0)], version: Version) -> Response:
    """Puts an earlier version in force again, as a new one."""
    try:
        await go_back(visit, number, version)
    except RefusedError as refusal:
        return visit.go("/rules/history", visit.say(str(refusal)))
    said = visit.say("Version %(number)s is in force again.", number=visit.language.number(number))
    return visit.go("/rules/history", said)


@router.get("/rules/text")
async def show_text(visit: Viewer) -> Response:
    """The policy as a text."""
    edition = await newest(visit)
    return _text(visit, edition, edition.text)


@router.post("/rules/text")
async def change_text(
    visit: Admin,
    version: Version,
    text: Annotated[str, Form(max_length=LONGEST)] = "",
    do: Annotated[str, Form(max_length=20)] = "check",
    anyway: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Says what is wrong, odd and different with a text, or puts it in force: all of it, or nothing."""
    edition = await newest(visit)
    text = text.replace("\r\n", "\n")
    try:
        policy = await asyncio.to_thread(read, text, visit.site.config)
    except PolicyError as error:
        return _text(visit, edition, text, faults=error.faults, status=422)
    wanted = write(policy)
    found = await asyncio.to_thread(visit.site.book.findings, policy, visit.now)
    errors = any(one.severity == "error" for one in found)
    values: dict[str, Any] = {
        "odd": told_with_lines(found, text),
        "errors": errors,
        "changed": await asyncio.to_thread(difference, edition.text, wanted),
        "checked": True,
    }
    if do != "apply" or (errors and not anyway):
        return _text(visit, edition, text, status=422 if do == "apply" else 200, **values)
    try:
        must_be(edition, version)
        await revise_text(visit, edition, wanted, visit.say("changed as a text"), "policy-saved")
    except RefusedError as refusal:
        return _text(visit, await newest(visit), text, fault=str(refusal), status=409, **values)
    return visit.go("/rules", visit.say("The policy is saved; the next call is judged by it."))


@router.get("/rules/hours")
async def show_hours(visit: Viewer) -> Response:
    """Hours and holidays that rules speak of by name."""
    return _hours(visit, await newest(visit))


@router.post("/rules/hours/window")
async def change_window(
    visit: Admin,
    version: Version,
    name: Annotated[str, Form(max_length=80)] = "",
    original: Annotated[str, Form(max_length=80)] = "",
    do: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    """Hours of that name, saved or taken away."""
    form = WindowForm.sent(name, await visit.form())
    typed: Typed = f"window {original}", form
    edition = await newest(visit)
    windows = {key: table for key, table in edition.policy.windows.items() if key != original}
    if do != "remove":
        table = form.table()
        try:
            _must_be_new(form.name, windows)
            days = {key: frozenset(dates) for key, dates in edition.policy.calendars.items()}
            Window.parse(table, days)
        except ValueError as refusal:
            return _hours(visit, edition, fault=str(refusal), typed=typed, status=422)
        windows[form.name] = table
    note = visit.say("hours “%(name)s”", name=form.name or original)
    policy = replace(edition.policy, windows=windows)
    return await _frame(visit, version, policy, note, original if do == "remove" else "", typed)


@router.post("/rules/hours/calendar")
async def change_calendar(
    visit: Admin,
    *,
    version: Version,
    name: Annotated[str, Form(max_length=80)] = "",
    original: Annotated[str, Form(max_length=80)] = "",
    dates: Annotated[str, Form(max_length=20_000)] = "",
    do: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    """Days of that name, saved or taken away."""
    form = CalendarForm(name.strip(), dates)
    typed: Typed = f"calendar {original}", form
    edition = await newest(visit)
    calendars = {key: days for key, days in edition.policy.calendars.items() if key != original}
    if do != "remove":
        try:
            _must_be_new(form.name, calendars)
            calendars[form.name] = form.days()
        except ValueError as refusal:
            return _hours(visit, edition, fault=str(refusal), typed=typed, status=422)
    note = visit.say("holidays “%(name)s”", name=form.name or original)
    policy = replace(edition.policy, calendars=calendars)
    return await _frame(visit, version, policy, note, original or form.name, typed)


@router.post("/rules/hours/zone")
async def change_zone(visit: Admin, version: Version, time_zone: Annotated[str, Form(max_length=80)] = "") -> Response:
    """The shop's time zone."""
    edition = await newest(visit)
    time_zone = time_zone.strip()
    try:
        zone_of(time_zone)
    except ValueError as refusal:
        return _hours(visit, edition, fault=str(refusal), typed=("zone", time_zone), status=422)
    policy = replace(edition.policy, time_zone=time_zone)
    return await _frame(visit, version, policy, visit.say("time zone"), time_zone, ("zone", time_zone))


def difference(before: str, after: str) -> list[DiffLine]:
    """What changed from one text to the other, with a few lines around it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT, lineterm="")
    return list(_diff_lines(lines))[:MOST_LINES]


def _diff_lines(lines: Iterator[str]) -> Iterator[DiffLine]:
    for place, line in enumerate(lines):
        if place > 1:  # the first two are headers
            yield DiffLine("@", "") if line.startswith("@") else DiffLine(line[:1], line[1:])


async def go_back(visit: Visit, number: int, since: int) -> None:
    """Puts an earlier version in force again, if the visitor looked at the one that is.

    Raises:
        HTTPException: there is no such version.
        RefusedError: another one is in force, or the earlier one cannot be read any more.
    """
    text = changes.text_of(await version_of(visit, number))
    edition = await newest(visit)
    must_be(edition, since)
    try:
        await asyncio.to_thread(read, text, visit.site.config)
    except PolicyError:
        raise RefusedError(N_("This version cannot be read any more, so nothing was changed.")) from None
    note = visit.say("as version %(number)s was", number=visit.language.number(number))
    await revise_text(visit, edition, text, note, "policy-restored", restored=number)


async def version_of(visit: Visit, number: int) -> policies.PolicyVersion | None:
    """A version; None for the built-in policy, which counts as 0."""
    if not number:
        return None
    # A number of twenty digits is none that SQLite knows.
    version = await policies.get(visit.site.database, number) if number < LARGEST else None
    if version is None:
        raise HTTPException(404, N_("There is no such version."))
    return version


def _text(visit: Visit, edition: Edition, text: str, *, status: int = 200, **values: Any) -> Response:
    plain: dict[str, Any] = {
        "faults": (),
        "odd": (),
        "errors": False,
        "changed": (),
        "checked": False,
        "fault": "",
    }
    return visit.page("rules_text.html", status=status, edition=edition, text=text, **(plain | values))


def _hours(
    visit: Visit,
    edition: Edition,
    *,
    fault: str = "",
    typed: Typed | None = None,
    status: int = 200,
) -> Response:
    policy = edition.policy
    windows = {name: _parsed(table, policy) for name, table in sorted(policy.windows.items())}
    forms: dict[str, WindowForm | CalendarForm | str] = {
        "window ": WindowForm(),
        "calendar ": CalendarForm(),
        "zone": policy.time_zone,
        **{f"window {name}": WindowForm.of(name, window) for name, window in windows.items()},
        **{f"calendar {name}": CalendarForm.of(name, days) for name, days in policy.calendars.items()},
    }
    at, form = typed or ("zone", policy.time_zone)
    if at not in forms:
        # Somebody took it away meanwhile: what was typed stands in the form for new ones.
        at = f"{at.partition(' ')[0]} "
    return visit.page(
        "rules_hours.html",
        status=status,
        edition=edition,
        windows=windows,
        forms=forms | {at: form},
        days=[(day, visit.language.locale.days["stand-alone"]["abbreviated"][place]) for place, day in enumerate(DAYS)],
        fault=fault,
        at=at,
    )


def _parsed(table: Any, policy: PolicyText) -> Window:
    return Window.parse(table, {name: frozenset(dates) for name, dates in policy.calendars.items()})


def _must_be_new(name: str, taken: Container[str]) -> None:
    if not name or name in taken:
        raise ValueError(N_("Write a name that nothing else here has."))


async def _frame(visit: Visit, version: int, policy: PolicyText, note: str, name: str, typed: Typed) -> Response:  # noqa: PLR0917 - what was asked for
    """Saves a policy with other hours, if its rules can be read by them."""
    edition = await newest(visit)
    try:
        await to_change(visit, version)
        text = write(policy)
        read(text, visit.site.config)
        await revise(visit, edition, policy, note, "policy-saved")
    except PolicyError:
        fault = visit.say("A rule or other hours cannot be read without “%(name)s”: change those first.", name=name)
        return _hours(visit, edition, fault=fault, typed=typed, status=422)
    except RefusedError as refusal:
        return visit.go("/rules/hours", visit.say(str(refusal)))
    return visit.go("/rules/hours", visit.say("Saved."))
