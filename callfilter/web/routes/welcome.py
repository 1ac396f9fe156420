"""The first visit: whoever knows the code from the service's log makes the first login."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from callfilter.store import users
from callfilter.store.users import Role
from callfilter.web.passwords import fault_of
from callfilter.web.visit import FORM_COOKIE, Anyone, Visit, log_in

router = APIRouter()


@router.get("/welcome")
async def show(visit: Anyone, code: str = "") -> Response:
    """The form, as long as there is no user."""
    if await users.count(visit.site.database):
        return visit.go("/login")
    return _form(visit, code=code)


@router.post("/welcome")
async def make_first_login(
    visit: Anyone,
    code: Annotated[str, Form(max_length=100)] = "",
    name: Annotated[str, Form(max_length=60)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Makes the first admin, and logs in."""
    name = name.strip()
    throttle = visit.site.throttle
    if wait := throttle.wait("welcome"):
        fault = visit.say(
            "Too many wrong tries: wait %(seconds)s seconds.", seconds=visit.language.number(int(wait) + 1)
        )
        return _form(visit, name=name, fault=fault, status=429)
    if not hmac.compare_digest(code.strip().encode(), visit.site.code.encode()) or not visit.site.code:
        throttle.failed("welcome")
        fault = visit.say("This is not the code. The service wrote it into its log when it started.")
        return _form(visit, name=name, fault=fault, status=403)
    if (
        fault := visit.say("A name has 1 to 60 characters.")
        if not name.isprintable() or not name
        else fault_of(password)
    ):
        return _form(visit, code=code, name=name, fault=visit.say(fault), status=400)
    hashed = await visit.site.passwords.hashed(password)
    user_id = await users.add(
        visit.site.database, name=name, role=Role.ADMIN, password=hashed, at=visit.now, first=True
    )
    await visit.note("user-added", name=name, role=Role.ADMIN)
    response = visit.go("/")
    await log_in(visit, user_id, response)
    return response


def _form(visit: Visit, *, code: str = "", name: str = "", fault: str = "", status: int = 200) -> Response:
    response = visit.page("welcome.html", status=status, code=code, name=name, fault=fault)
    visit.set_cookie(response, FORM_COOKIE, visit.csrf, 3600)
    return response
