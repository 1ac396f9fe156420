"""Users, tokens and the audit for programs: with an admin's login, as no token makes another."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from callfilter.store import audit, users
from callfilter.store.database import open_database
from callfilter.store.users import Role
from callfilter.web.routes import api
from callfilter.web.routes.api.meta import document
from callfilter.web.visit import COOKIE, CSRF_HEADER, digest_of
from tests.web.conftest import PASSWORD, Client, Shop
from tests.web.test_api import NOT_PROMISED, PROBLEM, client_of

NEW = "another fine password"


def described() -> dict[str, Any]:
    """The description without what a request must show: each of the test's shows it."""
    every = document(api.router)
    for operations in every["paths"].values():
        for operation in operations.values():
            del operation["security"]
    return every


SCHEMA = schemathesis.openapi.from_dict(described()).include(path_regex="/(users|tokens)")


async def session_of(shop: Shop, name: str) -> dict[str, str]:
    """Headers of a browser that is logged in."""
    secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    async with await open_database(shop.database) as database:
        user = await users.find(database, name)
        assert user
        await users.begin_session(database, digest_of(secret), user.id, csrf, datetime.now(UTC))
    return {"cookie": f"{COOKIE}={secret}", CSRF_HEADER: csrf}


@asynccontextmanager
async def logged_in(shop: Shop, role: Role = Role.ADMIN) -> AsyncIterator[httpx.AsyncClient]:
    headers = await session_of(shop, role.value)
    async with httpx.AsyncClient(base_url=f"{shop.url}/api/v1", headers=headers, timeout=20) as client:
        yield client


async def ids(client: httpx.AsyncClient) -> dict[str, int]:
    return {one["name"]: one["id"] for one in (await client.get("/users")).json()["users"]}


@pytest.fixture
async def session(shop: Shop) -> dict[str, str]:
    return await session_of(shop, "admin")


@SCHEMA.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_with_a_login_too_they_do_what_the_description_says(case: Any, shop: Shop, session: dict[str, str]) -> None:
    lenient = [negative_data_rejection] if case.method == "GET" else []
    case.call_and_validate(base_url=shop.url, headers=session, excluded_checks=NOT_PROMISED + lenient)


async def test_a_user_is_added_changed_and_removed(shop: Shop) -> None:
    async with logged_in(shop) as client:
        added = (await client.post("/users", json={"name": " 小李 ", "role": "viewer", "password": NEW})).json()
        assert (added["name"], added["role"]) == ("小李", "viewer")
        changed = (await client.patch(f"/users/{added['id']}", json={"role": "clerk", "password": PASSWORD})).json()
        assert changed == {"id": added["id"], "name": "小李", "role": "clerk", "revoked_tokens": []}
        async with Client(shop.url) as other:
            assert (await other.log_in("小李", PASSWORD)).status_code == 303
        listed = await client.get("/users")
        assert {one["name"]: one["role"] for one in listed.json()["users"]}["小李"] == "clerk"
        assert "argon2" not in listed.text
        assert (await client.patch(f"/users/{added['id']}", json={})).status_code == 200
        removed = await client.delete(f"/users/{added['id']}")
        assert removed.json() == {"removed": "小李", "revoked_tokens": []}
        done = [one["deed"] for one in (await client.get("/audit")).json()["deeds"]]
        for gone in (added["id"], 2**53 - 1):
            assert (await client.delete(f"/users/{gone}")).status_code == 404
            assert (await client.patch(f"/users/{gone}", json={"role": "admin"})).status_code == 404
    assert done == ["user-removed", "logged-in", "password-changed", "user-changed", "user-added"]


@pytest.mark.parametrize(
    ("new", "status"),
    [
        ({"name": "", "role": "clerk", "password": NEW}, 400),
        ({"name": "a\u202eb", "role": "clerk", "password": NEW}, 400),
        ({"name": "ADMIN", "role": "clerk", "password": NEW}, 409),
        ({"name": "li", "role": "clerk", "password": "short"}, 400),
        ({"name": "li", "role": "boss", "password": NEW}, 422),
        ({"name": "li", "role": "clerk"}, 422),
    ],
)
async def test_what_makes_no_user_is_told_and_adds_nobody(shop: Shop, new: dict[str, str], status: int) -> None:
    async with logged_in(shop) as client:
        answer = await client.post("/users", json=new)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
        assert sorted(await ids(client)) == ["admin", "clerk", "viewer"]


async def test_nobody_changes_or_removes_the_own_login(shop: Shop) -> None:
    async with logged_in(shop) as client:
        me = (await ids(client))["admin"]
        for change in ({"role": "viewer"}, {"password": NEW}, {"role": "admin", "password": NEW}):
            answer = await client.patch(f"/users/{me}", json=change)
            assert (answer.status_code, answer.headers["content-type"]) == (409, PROBLEM)
        assert (await client.delete(f"/users/{me}")).status_code == 409
        clerk = (await ids(client))["clerk"]
        assert (await client.patch(f"/users/{clerk}", json={"role": "admin", "password": "short"})).status_code == 400
        assert {one["role"] for one in (await client.get("/users")).json()["users"] if one["name"] == "clerk"} == {
            "clerk"
        }


async def test_a_token_is_told_once_opens_what_its_role_may_and_is_revoked(shop: Shop) -> None:
    async with logged_in(shop) as client:
        made = (await client.post("/tokens", json={"name": "cash register", "role": "viewer"})).json()
        listed = await client.get("/tokens")
        assert made["token"] not in listed.text
        [token] = listed.json()["tokens"]
        assert (token["id"], token["name"], token["role"], token["author"]) == (
            made["id"],
            made["name"],
            "viewer",
            "admin",
        )
        headers = {"authorization": f"Bearer {made['token']}"}
        async with httpx.AsyncClient(base_url=f"{shop.url}/api/v1", headers=headers) as program:
            assert (await program.get("/rules")).status_code == 200
            assert (await program.get("/audit")).status_code == 403
            assert (await client.delete(f"/tokens/{made['id']}")).json() == {"revoked": "cash register"}
            assert (await program.get("/rules")).status_code == 401
        for gone in (made["id"], 99, 2**53 - 1):
            assert (await client.delete(f"/tokens/{gone}")).status_code == 404
        assert (await client.post("/tokens", json={"name": " ", "role": "viewer"})).status_code == 400
        assert (await client.get("/tokens")).json()["tokens"][0]["revoked_at"]


PATHS = (
    ("GET", "/users"),
    ("POST", "/users"),
    ("PATCH", "/users/1"),
    ("DELETE", "/users/1"),
    ("GET", "/tokens"),
    ("POST", "/tokens"),
    ("DELETE", "/tokens/1"),
)


async def test_an_admins_token_makes_neither_users_nor_tokens(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as program:
        for method, path in PATHS:
            answer = await program.request(method, path)
            assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM), (method, path)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_only_an_admin_has_users_tokens_and_the_audit(shop: Shop, role: Role) -> None:
    async with logged_in(shop, role) as client:
        for method, path in (*PATHS, ("GET", "/audit")):
            assert (await client.request(method, path)).status_code == 403, (method, path)


async def test_the_audit_is_read_page_by_page(shop: Shop) -> None:
    async with await open_database(shop.database) as database:
        for number in range(60):
            await audit.note(database, datetime.now(UTC), "li", "user-added", name=f"n{number}", role="clerk")
    async with await client_of(shop, Role.ADMIN) as client:
        first = (await client.get("/audit")).json()["deeds"]
        second = (await client.get("/audit", params={"before": first[-1]["id"]})).json()["deeds"]
        for bad in (0, 10**30, "x"):
            assert (await client.get("/audit", params={"before": bad})).status_code == 422
    assert (len(first), first[0]["author"], first[0]["deed"]) == (50, "li", "user-added")
    assert [one["detail"]["name"] for one in first + second] == [f"n{number}" for number in reversed(range(60))]
