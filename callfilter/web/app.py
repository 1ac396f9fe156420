"""Puts the page together: routes, files, headers, and what is shown when something goes wrong."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from callfilter import __version__
from callfilter.config import Config
from callfilter.marked import N_
from callfilter.store.database import open_database
from callfilter.store.file import StoreError
from callfilter.web import languages
from callfilter.web.headers import LARGEST, MOST_FIELDS, SafeHeaders
from callfilter.web.passwords import TooBusyError
from callfilter.web.routes import ROUTERS
from callfilter.web.site import STATIC, Site, site_of
from callfilter.web.visit import ForbiddenError, LoginNeededError, Visit

log = logging.getLogger(__name__)

API = "/api/"
METRICS = "/metrics"
PROBLEM = "application/problem+json"
HTML_ERRORS = {
    400: N_("This request cannot be understood."),
    403: N_("You may not do this."),
    404: N_("There is no such page."),
    405: N_("This cannot be done here."),
    413: N_("This is too large."),
    429: N_("Too many tries: wait a little."),
    500: N_("Something went wrong here; calls are not affected. The service's log says more."),
    503: N_("The database cannot be used just now; calls are not affected."),
}


def create_app(config: Config, *, code: str = "", path: Path | None = None) -> FastAPI:
    """The page for these settings; all as `Site` takes it."""
    site = Site(config, code=code, path=path)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with await open_database(config.database) as database:
            site.opened(database)
            watching = asyncio.create_task(site.watch_settings(), name="settings")
            yield
            watching.cancel()
            await site.live.close()
            await site.backtests.close()
            site.opened(None)
        site.passwords.close()
        site.uploads.close()

    app = FastAPI(
        title="callfilter",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        form_limits={"max_fields": MOST_FIELDS, "max_part_size": LARGEST},
    )
    app.state.site = site
    app.add_middleware(SafeHeaders)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        app.include_router(router)
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    site.pages = frozenset(route.path for route in routes if "GET" in (route.methods or ()) and "{" not in route.path)
    handlers: dict[type[Exception], Any] = {
        LoginNeededError: _login_needed,
        ForbiddenError: _forbidden,
        TooBusyError: _busy,
        StoreError: _store,
        StarletteHTTPException: _http,
        RequestValidationError: _invalid,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    return app


def _told(request: Request, status: int, detail: str = "", **more: Any) -> Response:
    """An error as a page, or as problem+json (RFC 9457) for programs."""
    site = site_of(request)
    visit = getattr(request.state, "visit", None)
    title = HTML_ERRORS.get(status, HTML_ERRORS[500])
    if request.url.path.startswith((API, METRICS)):
        problem = {"type": "about:blank", "title": title, "status": status, **more}
        return JSONResponse(problem | ({"detail": detail} if detail else {}), status, media_type=PROBLEM)
    if isinstance(visit, Visit):
        return visit.page("error.html", status=status, title=title, detail=visit.say(detail) if detail else "")
    tag = languages.best(request.headers.get("accept-language", ""))
    visit = Visit(request, site, site.languages[tag])
    request.state.form_token = ""
    return visit.page("error.html", status=status, title=title, detail=visit.say(detail) if detail else "")


async def _login_needed(request: Request, _: LoginNeededError) -> Response:
    if request.url.path.startswith((API, METRICS)):
        response = _told(request, 401, N_("Log in, or send a token: Authorization: Bearer …"))
        response.headers["www-authenticate"] = "Bearer"
        return response
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    return RedirectResponse("/login", status_code=303)


async def _forbidden(request: Request, error: ForbiddenError) -> Response:
    return _told(request, 403, str(error))


async def _busy(request: Request, _: TooBusyError) -> Response:
    return _told(request, 429)


async def _store(request: Request, error: StoreError) -> Response:
    log.error("%s", error)
    return _told(request, 503, str(error))


async def _http(request: Request, error: HTTPException) -> Response:
    # Only sentences of ours: Starlette's own say no more than the title.
    detail = error.detail if isinstance(error, HTTPException) and error.detail else ""
    response = _told(request, error.status_code, detail)
    response.headers.update(error.headers or {})  # such as Allow
    return response


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    faults = [{"place": list(map(_whole, one["loc"])), "text": one["msg"]} for one in error.errors()]
    status = 422 if request.url.path.startswith(API) else 400
    return _told(request, status, faults=faults)


def _whole(step: str | int) -> str:
    """A name as it can be sent: JSON can tell of half a character, UTF-8 cannot."""
    return str(step).encode("utf-8", "replace").decode()


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _told(request, 500)
