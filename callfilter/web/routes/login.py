"""Logging in and out, and choosing a language."""

import logging
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from callfilter.cli.say import harmless
from callfilter.marked import N_
from callfilter.store import audit, users
from callfilter.store.users import User
from callfilter.web import languages
from callfilter.web.passwords import TooBusyError
from callfilter.web.throttle import TooOftenError
from callfilter.web.visit import COOKIE, FORM_COOKIE, LONGEST_QUERY, Anyone, Visit, digest_of, log_in

log = logging.getLogger(__name__)
router = APIRouter()

WRONG = N_("This name and password do not fit together.")
YEAR = 365 * 24 * 3600
LONGEST_BACK = LONGEST_QUERY + 500
"""Characters of an address to come back to."""


@router.get("/login")
async def show(visit: Anyone) -> Response:
    """The form."""
    if visit.session:
        return visit.go("/")
    if not await users.count(visit.site.database):
        return visit.go("/welcome")
    return _form(visit)


@router.post("/login")
async def log_in_with(
    visit: Anyone,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Name and password, checked. Wrong tries make the next ones wait, by name and by address."""
    try:
        user = await user_with(visit, name, password)
    except TooOftenError as error:
        return _form(visit, name=name, fault=too_often(visit, error), status=429)
    if user is None:
        log.warning("a login as %r from %s failed", harmless(name), address_of(visit))
        return _form(visit, name=name, fault=visit.say(WRONG), status=403)
    response = visit.go("/")
    await log_in(visit, user.id, response)
    await audit.note(visit.site.database, visit.now, user.name, "logged-in", address=address_of(visit))
    return response


async def user_with(visit: Visit, name: str, password: str) -> User | None:
    """The user of that name and password; None if they do not fit together, which takes as long for unknown names.

    Raises:
        TooOftenError: this name or this address was wrong too often.
        TooBusyError: too many passwords wait to be looked at.
    """
    throttle = visit.site.throttle
    who = (f"name {name.casefold()}", f"address {address_of(visit)}")
    throttle.tried(*who)
    user = await users.find(visit.site.database, name)
    try:
        fits = await visit.site.passwords.right(password, user.password if user else None)
    except TooBusyError:
        throttle.spared(*who)
        raise
    if not fits:
        return None
    throttle.passed(*who)
    return user


def too_often(visit: Visit, error: TooOftenError) -> str:
    """What to tell whoever must wait."""
    seconds = visit.language.number(error.seconds)
    return visit.say("Too many wrong tries: wait %(seconds)s seconds.", seconds=seconds)


def address_of(visit: Visit) -> str:
    """Where a visitor comes from; behind a proxy on this machine, what that says."""
    return visit.request.client.host if visit.request.client else ""


@router.post("/logout")
async def log_out(visit: Anyone) -> Response:
    """Ends the session."""
    if cookie := visit.request.cookies.get(COOKIE):
        await users.end_session(visit.site.database, digest_of(cookie))
    response = visit.go("/login")
    response.delete_cookie(COOKIE, path="/")
    return response


@router.post("/language")
async def choose_language(
    visit: Anyone, tag: Annotated[str, Form(max_length=20)], back: Annotated[str, Form(max_length=LONGEST_BACK)] = "/"
) -> Response:
    """From now on the page speaks this language."""
    response = RedirectResponse(
        back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/", status_code=303
    )
    if tag in languages.LANGUAGES:
        visit.set_cookie(response, languages.COOKIE, tag, YEAR)
        if visit.session:
            await users.change(visit.site.database, visit.session.user.id, language=tag)
    return response


def _form(visit: Visit, *, name: str = "", fault: str = "", status: int = 200) -> Response:
    response = visit.page("login.html", status=status, name=name, fault=fault)
    visit.set_cookie(response, FORM_COOKIE, visit.csrf, 3600)
    return response
