"""One request: who asks, in which language, and whether they may. Every route takes a `Visit` by one of these names.

`Viewer`, `Clerk` and `Admin` want a login of that role or a higher one, or a token of the API. `Person` and `Keeper`
want a login, of any role or of an admin, and no token: who got hold of one must not make more. `Anyone` wants none.
What changes something must come from our own page: with a cookie it needs the session's token, which other sites'
pages cannot know.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from callfilter.marked import N_
from callfilter.store import audit, inbox, users
from callfilter.store.users import Role, Session, Token
from callfilter.web import languages
from callfilter.web.headers import LARGEST, MOST_FIELDS
from callfilter.web.languages import Language
from callfilter.web.site import Site, site_of

COOKIE: Final = "callfilter_session"
FORM_COOKIE: Final = "callfilter_form"
NOTICE_COOKIE: Final = "callfilter_notice"
CSRF_HEADER: Final = "x-csrf-token"
IDLE: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=30)
MOST_WAITING: Final = 100
LONGEST_QUERY: Final = 4000
"""Characters of a query to come back to: a proxy gives an answer's headers four kilobytes."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class LoginNeededError(Exception):
    """Nobody is logged in."""


class ForbiddenError(Exception):
    """Who asks may not; the message is for them, to be translated."""


@dataclass(frozen=True)
class Visit:
    """One request."""

    request: Request
    site: Site
    language: Language
    session: Session | None = None
    token: Token | None = None
    waiting: int = 0
    """Callers in the inbox, for the menu; no further than `MOST_WAITING`."""

    @property
    def role(self) -> Role | None:
        """What the visitor may do; None for nobody."""
        if self.token:
            return self.token.role
        return self.session.user.role if self.session else None

    @property
    def author(self) -> str:
        """The name for notes and the audit."""
        if self.token:
            return f"token {self.token.name}"
        return self.session.user.name if self.session else "nobody"

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.site.now()

    @property
    def by_htmx(self) -> bool:
        """Only a part of the page is wanted."""
        return "hx-request" in self.request.headers

    @property
    def here(self) -> str:
        """Where to come back to. What a form was sent to cannot be asked for again; the page above it can."""
        url = self.request.url
        if self.request.method in SAFE_METHODS:
            return f"{quote(url.path)}?{url.query}" if 0 < len(url.query) <= LONGEST_QUERY else quote(url.path)
        path = url.path
        while path and path not in self.site.pages:
            path = path.rpartition("/")[0]
        return path or "/"

    def may(self, role: str) -> bool:
        """Whether the visitor may do what that role may: for templates."""
        return self.role is not None and self.role.covers(Role(role))

    async def form(self) -> FormData:
        """The form that was sent, as large as the page takes one."""
        return await self.request.form(max_fields=MOST_FIELDS, max_part_size=LARGEST)

    def say(self, message: str, /, **values: object) -> str:
        """A message in the visitor's language."""
        return self.language.say(message, **values)

    def page(self, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page, or a part of one for htmx."""
        notice = unquote(self.request.cookies.get(NOTICE_COOKIE, ""))
        text = self.site.render(
            template, self.language, visit=self, notice=notice, path=self.request.url.path, **values
        )
        response = HTMLResponse(text, status)
        if notice and not self.by_htmx:
            response.delete_cookie(NOTICE_COOKIE, path="/")
        return response

    def go(self, path: str, notice: str = "") -> Response:
        """To another page of ours after a change, which then shows the notice."""
        response: Response = (
            Response(headers={"HX-Redirect": path}) if self.by_htmx else RedirectResponse(path, status_code=303)
        )
        if notice:
            self.set_cookie(response, NOTICE_COOKIE, quote(notice), 60)
        return response

    def set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        """A cookie that no script reads and no other site sends along."""
        secure = self.request.url.scheme == "https"
        response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure)

    async def note(self, deed: str, **detail: Any) -> None:
        """Writes into the audit what the visitor did."""
        await audit.note(self.site.database, self.now, self.author, deed, **detail)

    @property
    def csrf(self) -> str:
        """The token that forms and htmx send back."""
        return self.session.csrf if self.session else str(self.request.state.form_token)


def digest_of(secret: str) -> bytes:
    """What is stored of a cookie or token."""
    return hashlib.sha256(secret.encode()).digest()


async def _visit(request: Request) -> Visit:
    """Whoever asks, logged in or not."""
    site = site_of(request)
    session, token = None, None
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = await users.token(site.database, digest_of(key.strip()), site.now())
    elif cookie := request.cookies.get(COOKIE):
        session = await users.session(site.database, digest_of(cookie), site.now(), idle=IDLE, longest=LONGEST)
    chosen = request.cookies.get(languages.COOKIE, "") or (session.user.language if session else "")
    chosen = chosen or site.config.language
    tag = languages.best(request.headers.get("accept-language", ""), chosen)
    request.state.form_token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    waiting = await inbox.count(site.database, MOST_WAITING) if session and "hx-request" not in request.headers else 0
    visit = Visit(request, site, site.languages[tag], session, token, waiting)
    request.state.visit = visit
    return visit


async def _of_ours(visit: Visit) -> None:
    """Whether a change was asked for by our own page.

    Raises:
        ForbiddenError: it was not, or nobody can tell.
    """
    request = visit.request
    if request.method in SAFE_METHODS or visit.token:
        return
    origin = request.headers.get("origin")
    if origin and not _is_at(origin, request.headers.get("host")):
        raise ForbiddenError(N_("This was asked for by another site's page."))
    sent = request.headers.get(CSRF_HEADER) or str((await visit.form()).get("csrf", ""))
    wanted = visit.session.csrf if visit.session else request.cookies.get(FORM_COOKIE, "")
    if not wanted or not hmac.compare_digest(sent.encode(), wanted.encode()):
        raise ForbiddenError(N_("This page was open for too long: load it again and try once more."))


def _is_at(origin: str, host: str | None) -> bool:
    """Whether an origin is at this host; a text that is no origin is nowhere."""
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


async def _anyone(visit: Annotated[Visit, Depends(_visit)]) -> Visit:
    await _of_ours(visit)
    return visit


class Need:
    """A dependency that wants a role."""

    def __init__(self, role: Role, *, in_person: bool = False) -> None:
        """With `in_person` no token of the API will do."""
        self.role = role
        self.in_person = in_person

    async def __call__(self, visit: Annotated[Visit, Depends(_visit)]) -> Visit:
        """The visit, if it may.

        Raises:
            LoginNeededError: nobody is logged in.
            ForbiddenError: the role or the login is too little, or another site's page asks.
        """
        if visit.role is None:
            raise LoginNeededError
        await _of_ours(visit)
        if not visit.role.covers(self.role):
            raise ForbiddenError(N_("Your role does not allow this."))
        if self.in_person and visit.token:
            raise ForbiddenError(N_("This wants a login, not a token."))
        return visit


Anyone = Annotated[Visit, Depends(_anyone)]
Viewer = Annotated[Visit, Depends(Need(Role.VIEWER))]
Clerk = Annotated[Visit, Depends(Need(Role.CLERK))]
Admin = Annotated[Visit, Depends(Need(Role.ADMIN))]
Person = Annotated[Visit, Depends(Need(Role.VIEWER, in_person=True))]
Keeper = Annotated[Visit, Depends(Need(Role.ADMIN, in_person=True))]


async def log_in(visit: Visit, user_id: int, response: Response) -> None:
    """Begins a new session for a user; an old one of this browser ends, so that nobody can plant one."""
    if old := visit.request.cookies.get(COOKIE):
        await users.end_session(visit.site.database, digest_of(old))
    secret = secrets.token_urlsafe(32)
    await users.begin_session(visit.site.database, digest_of(secret), user_id, secrets.token_urlsafe(24), visit.now)
    visit.set_cookie(response, COOKIE, secret, int(LONGEST.total_seconds()))
    response.delete_cookie(FORM_COOKIE, path="/")
