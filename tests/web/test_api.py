"""The API: the same operations as JSON, described, and held to its description."""

import secrets
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
)

from callfilter.store import users
from callfilter.store.database import open_database
from callfilter.store.record import format_id
from callfilter.store.users import Role
from callfilter.web.routes import api
from callfilter.web.routes.api.meta import document
from callfilter.web.visit import digest_of
from tests.web.callers import turned_away
from tests.web.conftest import Shop

SCHEMA = schemathesis.openapi.from_dict(document(api.router))
NOT_PROMISED = [positive_data_acceptance, allow_header_conformance]
"""What the description cannot say (which texts are numbers); and Starlette names the methods of one route only."""
PROBLEM = "application/problem+json"


async def token_of(shop: Shop, role: Role) -> str:
    secret = secrets.token_urlsafe()
    async with await open_database(shop.database) as database:
        digest, now = digest_of(secret), datetime.now(UTC)
        await users.add_token(database, digest=digest, name="test", role=role, author="test", at=now)
    return secret


async def client_of(shop: Shop, role: Role) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {await token_of(shop, role)}"}
    return httpx.AsyncClient(base_url=f"{shop.url}/api/v1", headers=headers, timeout=20)


@pytest.fixture
async def token(shop: Shop) -> str:
    return await token_of(shop, Role.ADMIN)


@SCHEMA.parametrize()
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_every_operation_does_what_its_description_says(case: Any, shop: Shop, token: str) -> None:
    # A name in an address that means nothing is passed over, as everywhere; in a body everything is looked at.
    lenient = [negative_data_rejection] if case.method == "GET" else []
    headers = {"Authorization": f"Bearer {token}"}
    case.call_and_validate(base_url=shop.url, headers=headers, excluded_checks=NOT_PROMISED + lenient)


async def test_numbers_are_put_listed_and_forgotten(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        change = {"numbers": ["138 0013 8000", "+86 138 0013 8000", "0755888*"], "action": "reject", "note": "sales"}
        put = await client.post("/numbers", json=change)
        assert put.json() == {"numbers": ["+8613800138000", "+86755888*"]}
        listed = (await client.get("/numbers")).json()["numbers"]
        assert [(one["number"], one["action"], one["author"]) for one in listed] == [
            ("+8613800138000", "reject", "token test"),
            ("+86755888*", "reject", "token test"),
        ]
        covering = (await client.get("/numbers", params={"number": "0755 8881 2345"})).json()["numbers"]
        assert [one["number"] for one in covering] == ["+86755888*"]
        assert (await client.delete("/numbers/+86755888*")).json() == {"forgotten": "+86755888*"}
        assert (await client.delete("/numbers/+86755888*")).status_code == 404
        checked = (await client.post("/check", json={"number": "13800138000"})).json()
    assert (checked["verdict"]["action"], checked["verdict"]["reason"]) == ("reject", "blocked")


async def test_all_or_none(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        refused = await client.post("/numbers", json={"numbers": ["13800138000", "110"], "action": "reject"})
        assert (refused.status_code, refused.headers["content-type"]) == (400, PROBLEM)
        assert "110" in refused.json()["detail"]
        assert (await client.get("/numbers")).json() == {"numbers": []}


async def test_roles_bound_tokens(shop: Shop) -> None:
    allow = {"numbers": ["13800138000"], "action": "allow"}
    async with await client_of(shop, Role.VIEWER) as viewer:
        assert (await viewer.get("/numbers")).status_code == 200
        assert (await viewer.post("/numbers", json=allow)).status_code == 403
    async with await client_of(shop, Role.CLERK) as clerk:
        assert (await clerk.post("/numbers", json=allow)).status_code == 403
        assert (await clerk.post("/numbers", json={**allow, "days": 1})).status_code == 200
        assert (await clerk.put("/policy", json={"text": "", "version": 0})).status_code == 403


async def test_without_a_token_there_is_nothing(shop: Shop) -> None:
    async with httpx.AsyncClient(base_url=f"{shop.url}/api/v1") as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic YWRtaW46YWRtaW4="}):
            answer = await client.get("/calls", headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)


async def test_a_policy_is_applied_whole_or_not_at_all(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        before = (await client.get("/policy")).json()
        rule = '[[rule]]\nname = "mobiles"\nwhen = { class = "mobile" }\naction = "screen"\n'
        faulty = await client.put("/policy", json={"text": rule + "[[rule]]\nname = 1\n", "version": 0})
        assert faulty.status_code == 400
        assert {one["line"] for one in faulty.json()["faults"]} == {5, 6}
        assert (await client.get("/policy")).json() == before
        applied = await client.put("/policy", json={"text": rule, "version": before["version"], "note": "try"})
        assert applied.json()["version"] == 1
        assert (await client.put("/policy", json={"text": "", "version": 0})).status_code == 409
        versions = (await client.get("/policy/versions")).json()["versions"]
        assert [(one["id"], one["note"], one["author"]) for one in versions] == [(1, "try", "token test")]
        checked = (await client.post("/check", json={"number": "13800138000"})).json()
    assert (checked["verdict"]["action"], checked["verdict"]["rule"]) == ("screen", "mobiles")


async def test_presets_are_switched(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        switched = await client.put("/presets/unknown-400", json={"on": True, "version": 0})
        assert switched.json() == {"version": 1, "name": "unknown-400", "on": True}
        listed = (await client.get("/presets")).json()
        assert [one["name"] for one in listed["presets"] if one["on"]] == ["unknown-400"]
        assert (await client.put("/presets/nothing", json={"on": True, "version": 1})).status_code == 404


async def test_somebody_is_expected_and_no_more(shop: Shop) -> None:
    async with await client_of(shop, Role.CLERK) as client:
        opened = (await client.post("/expecting", json={"minutes": 5, "number_class": "mobile"})).json()
        assert (await client.get("/expecting")).json() == {"windows": [opened]}
        checked = (await client.post("/check", json={"number": "13800138000"})).json()
        assert checked["verdict"]["reason"] == "expecting"
        assert len((await client.delete("/expecting")).json()["windows"]) == 1
        assert (await client.get("/expecting")).json() == {"windows": []}
        assert (await client.post("/expecting", json={"number_class": "martian"})).status_code == 400


async def test_the_description_names_every_operation_and_needs_a_login(shop: Shop) -> None:
    async with await client_of(shop, Role.VIEWER) as client:
        described = (await client.get("/openapi.json")).json()
    assert {"/api/v1/calls", "/api/v1/check", "/api/v1/inbox", "/api/v1/numbers", "/api/v1/policy"} <= set(
        described["paths"]
    )
    assert described["components"]["securitySchemes"]
    async with httpx.AsyncClient(base_url=shop.url) as client:
        assert (await client.get("/api/v1/openapi.json")).status_code == 401


async def test_a_caller_leaves_the_inbox_and_comes_back(shop: Shop) -> None:
    turned_away(shop.database, "13800138000", name="王")
    async with await client_of(shop, Role.CLERK) as client:
        [caller] = (await client.get("/inbox")).json()["callers"]
        assert (caller["key"], caller["count"], caller["calls"][0]["name"]) == ("+8613800138000", 1, "王")
        said = {"key": caller["key"], "last_id": caller["last_id"]}
        assert (await client.post("/inbox", json={**said, "deed": "allow"})).status_code == 403
        done = (await client.post("/inbox", json={**said, "deed": "day"})).json()
        assert (done["deed"], done["entry"], done["undone"]) == ("day", "+8613800138000", False)
        assert (await client.get("/inbox")).json() == {"callers": []}
        assert (await client.post("/inbox", json={**said, "deed": "day"})).status_code == 404
        undone = (await client.delete(f"/inbox/reviews/{done['id']}")).json()
        assert undone["undone"] is True
        assert len((await client.get("/inbox")).json()["callers"]) == 1
        assert (await client.get("/numbers")).json() == {"numbers": []}


async def test_the_log_is_paged_and_each_call_explained(shop: Shop) -> None:
    ids = [turned_away(shop.database, f"1380013800{last}") for last in range(3)]
    async with await client_of(shop, Role.VIEWER) as client:
        first = (await client.get("/calls", params={"limit": 2})).json()
        assert [one["number"]["raw"] for one in first["calls"]] == ["13800138002", "13800138001"]
        rest = (await client.get("/calls", params={"limit": 2, "before": first["next"]})).json()
        assert [one["number"]["raw"] for one in rest["calls"]] == ["13800138000"]
        assert rest["next"] is None
        one = (await client.get(f"/calls/{format_id(ids[0])}")).json()
        assert one["verdict"]["rule"] == "strangers"
        assert one["number"]["reading"]
        assert (await client.get("/calls", params={"action": "martian"})).status_code == 400
        assert (await client.get("/calls/nothing")).status_code == 404


async def test_what_is_looked_for_comes_as_a_file(shop: Shop) -> None:
    turned_away(shop.database, "13800138000", name="=cmd|' /C calc'!A0")
    turned_away(shop.database, "13900139000")
    async with await client_of(shop, Role.VIEWER) as client:
        table = await client.get("/calls.csv", params={"number": "13800138000"})
        workbook = await client.get("/calls.xlsx", params={"number": "13800138000"})
        refused = await client.get("/calls.csv", params={"since": "yesterday"})
    assert table.headers["content-type"].startswith("text/csv")
    lines = table.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=cmd|" in lines[1]
    assert workbook.content[:2] == b"PK"
    assert (refused.status_code, refused.headers["content-type"]) == (400, PROBLEM)


async def test_the_doctor_tells_programs_what_is_to_be_mended(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as admin, await client_of(shop, Role.CLERK) as clerk:
        told = (await admin.get("/doctor")).json()
        assert (await clerk.get("/doctor")).status_code == 403
    found = {one["subject"]: one for one in told["findings"]}
    assert found["settings"]["mark"] == "ok"
    assert found["service"]["mark"] == "fault"
    assert told["ok"] is False
    assert all(one["text"].endswith((".", "!", "?")) for one in told["findings"])
