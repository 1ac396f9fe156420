"""Every route, without a login, with too low a role, and without the token: none may be forgotten."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from callfilter.config import Config
from callfilter.store.users import Role
from callfilter.web.app import create_app
from callfilter.web.visit import SAFE_METHODS
from tests.web.conftest import Shop

OPEN = {"/login", "/welcome", "/logout", "/language", "/healthz"}
"""Routes that need no login; what they change needs the token all the same."""


def routes() -> Iterator[tuple[str, str]]:
    """Method and address of every route, with something in place of its parameters."""
    for router in create_app(Config()).routes:
        for route in getattr(getattr(router, "original_router", None), "routes", [router]):
            if isinstance(route, APIRoute):
                for method in sorted(route.methods or ()):
                    yield method, re.sub(r"\{[^}]*\}", "1", route.path)


ROUTES = sorted(set(routes()))


def test_there_are_routes_to_look_at() -> None:
    assert ("POST", "/logout") in ROUTES
    assert ("GET", "/") in ROUTES


async def test_no_route_works_without_a_login(shop: Shop) -> None:
    async with shop.client() as client:
        for method, path in ROUTES:
            if path in OPEN:
                continue
            answer = await client.request(method, path)
            assert answer.status_code in {303, 401}, (method, path, answer.status_code)
            if answer.status_code == 303:
                assert answer.headers["location"] == "/login"


@pytest.mark.parametrize("role", list(Role))
async def test_nothing_is_changed_without_the_token(shop: Shop, role: Role) -> None:
    async with shop.client(role) as client:
        for method, path in ROUTES:
            if method not in SAFE_METHODS:
                answer = await client.request(method, path)
                assert answer.status_code == 403, (method, path, answer.status_code)


VIEWERS_MAY = {("POST", path) for path in ("/login", "/welcome", "/logout", "/language")}
"""What who may only look changes all the same: about themselves only."""


async def test_who_may_only_look_changes_nothing(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        for method, path in ROUTES:
            if method not in SAFE_METHODS and (method, path) not in VIEWERS_MAY:
                answer = await client.request(method, path, headers={"x-csrf-token": client.csrf})
                assert answer.status_code == 403, (method, path, answer.status_code)
