"""Logging in and out, and choosing a language."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from callfilter.store import users
from callfilter.web import languages
from callfilter.web.languages import N_
from callfilter.web.visit import COOKIE, FORM_COOKIE, Anyone, Visit, digest_of, log_in

router = APIRouter()

WRONG = N_("This name and password do not fit together.")
YEAR = 365 * 24 * 3600


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
    throttle = visit.site.throttle
    who = (f"name {name.casefold()}", f"address {visit.request.client.host if visit.request.client else ''}")
    if wait := throttle.wait(*who):
        fault = visit.say(
            "Too many wrong tries: wait %(seconds)s seconds.", seconds=visit.language.number(int(wait) + 1)
        )
        return _form(visit, name=name, fault=fault, status=429)
    user = await users.find(visit.site.database, name)
    if not await visit.site.passwords.right(password, user.password if user else None) or user is None:
        throttle.failed(*who)
        return _form(visit, name=name, fault=visit.say(WRONG), status=403)
    throttle.passed(*who)
    response = visit.go("/")
    await log_in(visit, user.id, response)
    return response


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
    visit: Anyone, tag: Annotated[str, Form(max_length=20)], back: Annotated[str, Form(max_length=500)] = "/"
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
