"""The first visit: the first login with the code from the service's log, is Asterisk connected, presets, what is next.

Admins can come back to the later steps at any time.
"""

import hmac
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import Response

from callfilter.presets import READY, names_on, switched
from callfilter.store import audit, users
from callfilter.store.users import Role, TakenError
from callfilter.web.passwords import fault_of, fault_of_name
from callfilter.web.revising import RefusedError, newest, revise, to_change
from callfilter.web.routes.login import too_often
from callfilter.web.throttle import TooOftenError
from callfilter.web.visit import FORM_COOKIE, Admin, Anyone, Visit, log_in

router = APIRouter()

RECOMMENDED: Final = {
    "CN": frozenset(
        {
            "impossible-numbers",
            "call-centre-access",
            "unknown-400",
            "resold-mobiles",
            "neighbour",
            "look-alike",
            "redial",
        }
    )
}
"""By country: what a shop can have without losing a caller who means it."""
LINE: Final = "exten => _X.,1,Gosub(callfilter,s,1)"
"""By which a context of the dialplan enters the filter."""
LONGEST_LIST: Final = 100


@router.get("/welcome")
async def show(visit: Anyone, code: str = "") -> Response:
    """The form for the first login; once there is one, the next step."""
    if visit.may(Role.ADMIN):
        return visit.go("/welcome/check")
    if await users.count(visit.site.database):
        return visit.go("/login")
    return _form(visit, code=code)


@router.post("/welcome")
async def make_first_login(
    visit: Anyone,
    code: Annotated[str, Form(max_length=100)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Makes the first admin, and logs in."""
    name = name.strip()
    throttle = visit.site.throttle
    try:
        throttle.tried("welcome")
    except TooOftenError as error:
        return _form(visit, name=name, fault=too_often(visit, error), status=429)
    if not hmac.compare_digest(code.strip().encode(), visit.site.code.encode()) or not visit.site.code:
        fault = visit.say("This is not the code. The service wrote it into its log when it started.")
        return _form(visit, name=name, fault=fault, status=403)
    throttle.passed("welcome")
    if fault := fault_of_name(name) or fault_of(password):
        return _form(visit, code=code, name=name, fault=visit.say(fault), status=400)
    hashed = await visit.site.passwords.hashed(password)
    try:
        user_id = await users.add(
            visit.site.database, name=name, role=Role.ADMIN, password=hashed, at=visit.now, first=True
        )
    except TakenError:
        return visit.go("/login")
    await audit.note(visit.site.database, visit.now, name, "user-added", name=name, role=Role.ADMIN)
    response = visit.go("/welcome/check")
    await log_in(visit, user_id, response)
    return response


@router.get("/welcome/check")
async def show_check(visit: Admin) -> Response:
    """Is Asterisk connected; the findings come after the page."""
    return visit.page("welcome_check.html")


@router.get("/welcome/presets")
async def show_presets(visit: Admin) -> Response:
    """What there is to switch on: what is on, and at first what is recommended."""
    return await _presets(visit)


@router.post("/welcome/presets")
async def switch_presets(
    visit: Admin,
    version: Annotated[int, Form()],
    on: Annotated[list[str] | None, Form(max_length=LONGEST_LIST)] = None,
) -> Response:
    """Those that are ticked on, the others off, as a new version of the policy."""
    wanted = READY.keys() & set(on or ())
    try:
        edition = await to_change(visit, version)
        was = names_on(edition.policy)
        more, less = wanted - was, was - wanted
        policy = switched(switched(edition.policy, frozenset(more), on=True), frozenset(less), on=False)
        note = "; ".join(
            f"presets {word}: {', '.join(name for name in READY if name in names)}"
            for word, names in (("on", more), ("off", less))
            if names
        )
        changed = await revise(
            visit, edition, policy, note, "preset-on" if more else "preset-off", on=sorted(more), off=sorted(less)
        )
    except RefusedError as refusal:
        return await _presets(visit, fault=visit.say(str(refusal)))
    notice = visit.say("Done: the next call is judged by it.") if changed else ""
    return visit.go("/welcome/done", notice)


@router.get("/welcome/done")
async def show_done(visit: Admin) -> Response:
    """What to do next."""
    return visit.page("welcome_done.html", line=LINE)


async def _presets(visit: Visit, fault: str = "") -> Response:
    edition = await newest(visit)
    recommended = RECOMMENDED.get(visit.site.config.country, frozenset())
    return visit.page(
        "welcome_presets.html",
        status=409 if fault else 200,
        fault=fault,
        version=edition.id,
        ready=READY.values(),
        recommended=recommended,
        ticked=names_on(edition.policy) if edition.version else recommended,
    )


def _form(visit: Visit, *, code: str = "", name: str = "", fault: str = "", status: int = 200) -> Response:
    response = visit.page("welcome.html", status=status, code=code, name=name, fault=fault)
    visit.set_cookie(response, FORM_COOKIE, visit.csrf, 3600)
    return response
