"""Every route, without a login, with too low a role, and without the token: none may be forgotten."""

import re
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from callfilter.config import Config
from callfilter.store import users
from callfilter.store.database import open_database
from callfilter.store.users import Role
from callfilter.web.app import API, create_app
from callfilter.web.visit import SAFE_METHODS, Need, digest_of
from tests.web.conftest import Client, Shop

OPEN = {"/login", "/welcome", "/logout", "/language", "/healthz"}
"""Routes that need no login; what they change needs the token of the form all the same."""
VIEWERS_MAY = {"/me", "/rules/check", "/rules/test"}
"""What who may only look changes all the same: only about themselves, or nothing that stays."""
HUGE = str(2**63)


@dataclass(frozen=True)
class Route:
    """One way in."""

    method: str
    path: str
    """With something in place of its parameters."""
    need: Need | None
    """What it wants of the visitor."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def changes(self) -> bool:
        """It may change something."""
        return self.method not in SAFE_METHODS


def need_of(dependant: Dependant) -> Iterator[Need]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Need):
            yield inner.call
        yield from need_of(inner)


def queries_of(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for inner in dependant.dependencies:
        yield from queries_of(inner)


def of_the_app() -> Iterator[APIRoute]:
    for router in create_app(Config()).routes:
        for route in getattr(getattr(router, "original_router", None), "routes", [router]):
            if isinstance(route, APIRoute):
                yield route


def routes() -> Iterator[Route]:
    for route in of_the_app():
        for method in sorted(route.methods or ()):
            path = re.sub(r"\{[^}]*\}", "1", route.path)
            yield Route(method, path, next(need_of(route.dependant), None))


ROUTES = sorted(set(routes()), key=str)


def test_there_are_routes_to_look_at() -> None:
    assert {"POST /logout", "GET /", "POST /users", "POST /users/1/remove"} <= set(map(str, ROUTES))


def test_every_route_says_what_it_needs() -> None:
    assert not [str(route) for route in ROUTES if route.need is None and route.path not in OPEN]


def test_who_may_only_look_has_next_to_nothing_to_change() -> None:
    theirs = {route.path for route in ROUTES if route.changes and route.need and route.need.role is Role.VIEWER}
    assert theirs <= VIEWERS_MAY


async def test_no_route_works_without_a_login(shop: Shop) -> None:
    """Neither without anything, nor with a cookie or a token that nobody was given."""
    strangers: list[dict[str, str]] = [
        {},
        {"cookie": f"callfilter_session={secrets.token_urlsafe(32)}"},
        {"authorization": f"Bearer {secrets.token_urlsafe(32)}"},
    ]
    async with shop.client() as client:
        for route in ROUTES:
            if route.path in OPEN:
                continue
            for headers in strangers:
                answer = await client.request(route.method, route.path, headers=headers)
                assert answer.status_code in {303, 401}, (str(route), answer.status_code)
                if answer.status_code == 303:
                    assert answer.headers["location"] == "/login"


@pytest.mark.parametrize("role", list(Role))
async def test_nothing_is_changed_without_the_token(shop: Shop, role: Role) -> None:
    async with shop.client(role) as client:
        for route in ROUTES:
            if route.changes:
                for headers in ({}, {"x-csrf-token": secrets.token_urlsafe(24)}):
                    answer = await client.request(route.method, route.path, headers=headers)
                    assert answer.status_code == 403, (str(route), answer.status_code)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_too_low_a_role_is_refused_whether_by_login_or_by_token(shop: Shop, role: Role) -> None:
    """Before anything else is looked at: what the form holds makes no difference."""
    secret = secrets.token_urlsafe(32)
    async with await open_database(shop.database) as database:
        await users.add_token(
            database, digest=digest_of(secret), name="program", role=role, author="admin", at=datetime.now(UTC)
        )
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(shop.client(role))
        program = await stack.enter_async_context(Client(shop.url))
        program.headers["authorization"] = f"Bearer {secret}"
        for route in ROUTES:
            if route.need is None or role.covers(route.need.role):
                continue
            by_login = await client.request(route.method, route.path, headers={"x-csrf-token": client.csrf})
            assert by_login.status_code == 403, (str(route), by_login.status_code)
            by_token = await program.request(route.method, route.path)
            assert by_token.status_code == 403, (str(route), by_token.status_code)


async def test_what_wants_a_login_takes_no_token(shop: Shop) -> None:
    secret = secrets.token_urlsafe(32)
    async with await open_database(shop.database) as database:
        await users.add_token(
            database, digest=digest_of(secret), name="program", role=Role.ADMIN, author="admin", at=datetime.now(UTC)
        )
    async with Client(shop.url) as program:
        program.headers["authorization"] = f"Bearer {secret}"
        for route in ROUTES:
            if route.need and route.need.in_person:
                answer = await program.request(route.method, route.path)
                assert answer.status_code == 403, (str(route), answer.status_code)


async def test_a_number_that_the_database_does_not_hold_is_no_fault_of_ours(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        client.headers["x-csrf-token"] = client.csrf
        for route in of_the_app():
            if route.path == "/logout":
                continue
            path = re.sub(r"\{[^}]*\}", HUGE, route.path)
            form = {one.alias: HUGE for one in route.dependant.body_params}
            # One at a time, as a fault in one is told before the next is looked at.
            asked: list[dict[str, str]] = [{}, *({name: HUGE} for name in queries_of(route.dependant))]
            for method, query in product(route.methods or (), asked):
                # Without the body of the answer: some of them never end.
                sent = None if method == "GET" else form
                async with client.stream(method, path, params=query, data=sent) as answer:
                    assert answer.status_code != 500, f"{method} {path} {query}"


async def test_after_every_form_there_is_a_page_to_come_back_to_in_another_language(shop: Shop) -> None:
    pages = {route.path for route in ROUTES if route.method == "GET"}
    async with shop.client(Role.ADMIN) as client:
        for route in ROUTES:
            if route.changes and not route.path.startswith(API):
                refused = await client.request(route.method, route.path)
                back = re.search(r'name="back" value="([^"]*)"', refused.text)
                assert back, str(route)
                assert back[1] in pages, str(route)
                assert back[1] == "/" or route.path.startswith(back[1]), str(route)


async def test_the_api_answers_strangers_as_programs_understand_it(shop: Shop) -> None:
    async with shop.client() as client:
        for route in ROUTES:
            if route.path.startswith(API) and route.need:
                answer = await client.request(route.method, route.path)
                assert answer.headers["content-type"] == "application/problem+json", str(route)
