"""Rules one by one, versions of the policy and back-tests for programs."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest

from callfilter.changes import BUILT_IN
from callfilter.store.users import Role
from filters.verdict import Action, Reason
from tests.web.callers import turned_away
from tests.web.conftest import Shop
from tests.web.test_api import PROBLEM, client_of

POLICY = """\
presets = ["no-caller-id"]

[[rule]]
name = "mobiles"
when = { class = "mobile" }
action = "screen"

[[rule]]
name = "a/b ?"
when = { prefix = "0755*" }
action = "reject"
mode = "observe"

[[rule]]
name = "first"
who = "everyone"
when = { prefix = "0571*" }
action = "reject"
enabled = false
"""


async def in_force(client: httpx.AsyncClient, text: str = POLICY, version: int = 0) -> None:
    answer = await client.put("/policy", json={"text": text, "version": version, "anyway": True})
    assert answer.status_code == 200, answer.text


async def names(client: httpx.AsyncClient) -> list[str]:
    return [one["name"] for one in (await client.get("/rules")).json()["rules"]]


async def test_rules_are_told_in_the_order_of_trial_with_what_they_did(shop: Shop) -> None:
    turned_away(shop.database, rule="mobiles", action=Action.SCREEN)
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        [caller] = (await client.get("/inbox")).json()["callers"]
        await client.post("/inbox", json={"key": caller["key"], "last_id": caller["last_id"], "deed": "allow"})
        told = (await client.get("/rules")).json()
        chinese = (await client.get("/rules", headers={"accept-language": "zh-CN"})).json()
    rules = {one["name"]: one for one in told["rules"]}
    assert (told["version"], told["next"], told["faults"]) == (1, None, [])
    assert list(rules) == ["first", "mobiles", "a/b ?", "no-caller-id"]
    assert [(one["who"], one["mode"], one["enabled"], one["preset"]) for one in told["rules"]] == [
        ("everyone", "enforce", False, False),
        ("strangers", "enforce", True, False),
        ("strangers", "observe", True, False),
        ("strangers", "enforce", True, True),
    ]
    assert (rules["mobiles"]["hits"], rules["mobiles"]["releases"], rules["first"]["hits"]) == (1, 1, 0)
    assert rules["mobiles"]["last_hit_at"]
    assert rules["first"]["last_hit_at"] is None
    assert rules["mobiles"]["words"].startswith("Ask mobile")
    assert all(not one["words"].isascii() for one in chinese["rules"])


async def test_rules_come_a_hundred_at_a_time(shop: Shop) -> None:
    text = "".join(
        f'[[rule]]\nname = "r{at}"\nwhen = {{ prefix = "0755{at:04}*" }}\naction = "reject"\n' for at in range(101)
    )
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client, text)
        first = (await client.get("/rules")).json()
        rest = (await client.get("/rules", params={"begin": first["next"]})).json()
        beyond = (await client.get("/rules", params={"begin": 1_000_000})).json()
    assert (len(first["rules"]), first["next"], rest["next"]) == (100, 100, None)
    assert [one["name"] for one in rest["rules"]] == ["r100"]
    assert beyond["rules"] == []


async def test_a_rule_is_switched_moved_and_removed_each_as_a_version(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        changed = (
            await client.patch("/rules/a%2Fb%20%3F", json={"version": 1, "mode": "enforce", "enabled": False})
        ).json()
        assert (changed["version"], changed["rule"]["mode"], changed["rule"]["enabled"]) == (2, "enforce", False)
        moved = (await client.patch("/rules/mobiles", json={"version": 2, "place": 2})).json()
        assert moved["version"] == 3
        assert await names(client) == ["first", "a/b ?", "mobiles", "no-caller-id"]
        assert (await client.patch("/rules/mobiles", json={"version": 3})).json()["version"] == 3
        stale = await client.patch("/rules/mobiles", json={"version": 2, "enabled": False})
        assert (stale.status_code, stale.headers["content-type"]) == (409, PROBLEM)
        removed = (await client.delete("/rules/mobiles", params={"version": 3})).json()
        assert removed == {"version": 4, "removed": "mobiles"}
        assert await names(client) == ["first", "a/b ?", "no-caller-id"]
        done = [one["deed"] for one in (await client.get("/audit")).json()["deeds"]]
    assert done == ["rule-removed", "rules-moved", "rule-saved", "policy-saved"]


async def test_a_rule_is_added_saved_under_another_name_and_comes_back_as_it_was_sent(shop: Shop) -> None:
    table = {
        "name": "shenzhen",
        "who": "strangers",
        "when": {"prefix": ["0755*", "0756*"], "first_call": True},
        "unless": {"window": "mon-fri 09:00-18:00"},
        "action": "reject",
        "signal": 603,
        "mode": "observe",
        "expires_at": "2099-12-31T18:00:00+08:00",
        "note": "try",
        "author": "somebody",
    }
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        tried = (await client.post("/rules", json={"version": 1, "rule": table, "dry_run": True})).json()
        assert (tried["version"], tried["rule"]["rule"]["name"]) == (1, "shenzhen")
        added = (await client.post("/rules", json={"version": 1, "rule": table})).json()
        assert added == {**tried, "version": 2}
        assert await names(client) == ["first", "shenzhen", "mobiles", "a/b ?", "no-caller-id"]
        told = (await client.get("/rules")).json()["rules"][1]["rule"]
        assert told == {**table, "author": "token test"}
        renamed = {**told, "name": "a/b/c", "when": {"prefix": "0755*"}, "author": "x"}
        saved = (await client.put("/rules/shenzhen", json={"version": 2, "rule": renamed})).json()
        assert saved["rule"]["rule"] == {**renamed, "author": "token test"}
        assert (await client.put("/rules/a%2Fb%2Fc", json={"version": 3, "rule": renamed})).json()["version"] == 3
        assert await names(client) == ["first", "a/b/c", "mobiles", "a/b ?", "no-caller-id"]
        assert (await client.put("/rules/shenzhen", json={"version": 3, "rule": renamed})).status_code == 404
        assert (await client.post("/rules", json={"version": 1, "rule": table})).status_code == 409
        sunday = {"number": "075588812345", "at": "2026-11-29T12:00:00Z"}
        checked = (await client.post("/check", json=sunday)).json()
        done = [one["deed"] for one in (await client.get("/audit")).json()["deeds"]]
    assert "a/b/c" in json.dumps(checked["trace"])
    assert done == ["rule-saved", "rule-saved", "policy-saved"]


BAD: dict[str, Any] = {"name": "x", "action": "reject", "when": {"prefix": "0755*"}}


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"name": " "}, {"name"}),
        ({"name": ["x"]}, {"name"}),
        ({"name": "mobiles"}, {"name"}),
        ({"name": "no-caller-id"}, {"name"}),
        ({"action": "fly", "mode": "look"}, {"action", "mode"}),
        ({"when": {"prefix": None, "moon": "full"}}, {"when.prefix", "when.moon"}),
        ({"when": {"regex": "(?=x)"}}, {"when.regex"}),
        ({"expires_at": "tomorrow"}, {"expires_at"}),
        ({"expires_at": 1e300}, {"expires_at"}),
        ({"signal": 2**70}, {"signal"}),
        ({"colour": "red"}, {"colour"}),
        ({"name": "\x00"}, {"name"}),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, {"expires_at"}),
        ({"expires_at": "9999-12-31T23:00:00-14:00"}, {"expires_at"}),
    ],
)
async def test_a_rule_with_faults_is_refused_with_all_of_them(
    shop: Shop, change: dict[str, Any], places: set[str]
) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        body = json.dumps({"version": 1, "rule": BAD | change, "anyway": True})
        for method, path in (("POST", "/rules"), ("PUT", "/rules/first")):
            answer = await client.request(method, path, content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM), answer.text
            assert {one["place"] for one in answer.json()["faults"]} == places
        assert (await client.get("/policy")).json()["version"] == 1


async def test_half_a_character_is_no_text(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        for method, path, body in (
            ("POST", "/rules", {"rule": BAD | {"note": "\ud800"}}),
            ("POST", "/rules", {"rule": BAD | {"when": {"\ud800": 1}}}),
            ("PUT", "/hours", HOURS | {"windows": {"\ud800": {"days": "mon"}}}),
        ):
            sent = json.dumps({"version": 0, **body})
            answer = await client.request(method, path, content=sent, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)


async def test_what_the_linter_holds_for_an_error_takes_a_second_word(shop: Shop) -> None:
    banks = {"name": "salesmen", "who": "everyone", "when": {"prefix": "95*"}, "action": "reject"}
    async with await client_of(shop, Role.ADMIN) as client:
        tried = (await client.post("/rules", json={"version": 0, "rule": banks, "dry_run": True})).json()
        assert "error" in {one["severity"] for one in tried["findings"]}
        refused = await client.post("/rules", json={"version": 0, "rule": banks})
        assert (refused.status_code, refused.json()["faults"]) == (400, tried["findings"])
        forced = await client.post("/rules", json={"version": 0, "rule": banks, "anyway": True})
        assert (forced.status_code, forced.json()["version"]) == (200, 1)


# Hours.

HOURS: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "calendars": {"holidays": ["2026-10-01", "2026-10-02"], "none": []},
    "windows": {
        "open": {"days": "mon-fri", "hours": "09:00-18:30", "never": "holidays"},
        "sale": {"days": [], "also": ["2026-11-11"]},
    },
}


async def test_hours_are_put_in_force_and_come_back_as_they_were_sent(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        assert (await client.get("/hours")).json() == {"version": 0, "time_zone": "", "calendars": {}, "windows": {}}
        assert (await client.put("/hours", json={"version": 0, **HOURS})).json() == {"version": 1, **HOURS}
        assert (await client.get("/hours")).json() == {"version": 1, **HOURS}
        rule = {"name": "closed", "who": "everyone", "unless": {"window": "open"}, "action": "voicemail"}
        added = await client.post("/rules", json={"version": 1, "rule": rule, "anyway": True})
        assert added.status_code == 200, added.text
        without = await client.put("/hours", json={"version": 2, **HOURS, "windows": {}})
        assert (without.status_code, without.headers["content-type"]) == (400, PROBLEM)
        assert "closed" in without.json()["faults"][0]["text"]
        assert (await client.put("/hours", json={"version": 1, **HOURS})).status_code == 409
        assert (await client.get("/hours")).json() == {"version": 2, **HOURS}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"time_zone": "Mars/Olympus"}, 400),
        ({"time_zone": "../../etc/passwd"}, 400),
        ({"windows": {"open": {"hours": "late"}}}, 400),
        ({"windows": {"open": {}}}, 400),
        ({"windows": {"open": {"never": "strangers"}}}, 400),
        ({"windows": {"open": {"colour": "red"}}}, 422),
        ({"calendars": {"holidays": ["yesterday"]}}, 422),
        ({"calendars": {"holidays": [20261001]}}, 422),
        ({"calendars": {"": []}}, 422),
    ],
)
async def test_hours_with_faults_are_refused_whole(shop: Shop, change: dict[str, Any], status: int) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        answer = await client.put("/hours", json={"version": 0, **HOURS, **change})
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
        assert answer.json()["faults"]
        assert (await client.get("/hours")).json()["version"] == 0


@pytest.mark.parametrize("name", ["nobody", "no-caller-id", "", "%00", "x" * 1000])
async def test_a_rule_that_is_not_there_can_neither_be_changed_nor_removed(shop: Shop, name: str) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        for answer in (
            await client.patch(f"/rules/{name}", json={"version": 1, "enabled": False}),
            await client.put(f"/rules/{name}", json={"version": 1, "rule": BAD}),
            await client.delete(f"/rules/{name}", params={"version": 1}),
        ):
            assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


async def test_a_policy_with_faults_is_not_changed_rule_by_rule(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        spoilt = POLICY.replace('"screen"', '"fly"')
        with_faults(shop, spoilt)
        told = (await client.get("/rules")).json()
        assert [one["line"] for one in told["faults"]] == [6]
        answer = await client.patch("/rules/first", json={"version": 2, "enabled": True})
        assert answer.status_code == 409
        assert (await client.post("/policy/versions/1/restore", json={"version": 2})).json() == {"version": 3}
        assert (await client.get("/rules")).json()["faults"] == []


def with_faults(shop: Shop, text: str) -> None:
    """A version as an older or a newer callfilter may have left it."""
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO policy_versions (id, at, author, note, text) VALUES (2, 1, '', '', ?)", (text,))
        connection.commit()


async def test_every_version_is_there_and_comes_back(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        await in_force(client)
        before = (await client.get("/policy")).json()["text"]
        await in_force(client, "", 1)
        one = (await client.get("/policy/versions/1")).json()
        assert (one["id"], one["text"], one["author"]) == (1, before, "token test")
        built_in = (await client.get("/policy/versions/0")).json()
        assert (built_in["text"], built_in["at"]) == (BUILT_IN, None)
        assert (await client.post("/policy/versions/1/restore", json={"version": 1})).status_code == 409
        assert (await client.post("/policy/versions/1/restore", json={"version": 2})).json() == {"version": 3}
        assert (await client.get("/policy")).json() == {"version": 3, "text": before}
        for bad in (99, 2**53 - 1):
            assert (await client.get(f"/policy/versions/{bad}")).status_code == 404
            answer = await client.post(f"/policy/versions/{bad}/restore", json={"version": 3})
            assert answer.status_code == 404
        for worse in ("x", -1, 10**30):
            assert (await client.get(f"/policy/versions/{worse}")).status_code == 422
        audited = (await client.get("/audit")).json()["deeds"][0]
    assert (audited["deed"], audited["detail"]["restored"]) == ("policy-restored", 1)


# Back-tests.


def past_calls(shop: Shop) -> None:
    """Two landlines that rang, one talked with for long."""
    for caller, talk in (("075588812345", 90.0), ("075588812346", 3.0)):
        outcome = {"answered": 1, "talk_seconds": talk}
        ago = timedelta(days=2)
        turned_away(
            shop.database, caller, ago=ago, rule="", action=Action.ALLOW, reason=Reason.DEFAULT, outcome=outcome
        )


RULE = '[[rule]]\nname = "shenzhen"\nwhen = { prefix = "0755*" }\naction = "reject"\nmode = "observe"\n'


async def finished(client: httpx.AsyncClient, path: str = "/replay", **params: Any) -> Any:
    for _ in range(600):
        run = (await client.get(path, params=params)).json()
        if run["state"] != "running":
            return run
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_rules_are_tried_on_past_calls_and_put_nothing_in_force(shop: Shop) -> None:
    past_calls(shop)
    async with await client_of(shop, Role.ADMIN) as client:
        assert (await client.get("/replay")).status_code == 404
        begun = (await client.post("/replay", json={"rules": RULE, "since_days": 7})).json()
        assert (begun["state"], begun["rules"], begun["assumed"], begun["report"]) == (
            "running",
            ["shenzhen"],
            True,
            None,
        )
        run = await finished(client)
        assert (run["id"], run["state"], run["done"]) == (begun["id"], "done", 2)
        assert (run["summary"]["turned_away"], run["summary"]["talked"]) == (2, 1)
        assert run["report"]["changed"] == 2
        assert [one["key"] for one in run["report"]["regretted"]] == ["+8675588812345"]
        assert len(run["report"]["changes"]) == 2
        short = await finished(client, f"/replay/{begun['id']}", limit=1)
        assert (short["report"]["changed"], len(short["report"]["changes"])) == (2, 1)
        assert (await client.delete(f"/replay/{begun['id']}")).json()["state"] == "done"
        assert (await client.get("/policy")).json()["version"] == 0


async def test_a_whole_policy_is_tried(shop: Shop) -> None:
    past_calls(shop)
    async with await client_of(shop, Role.ADMIN) as client:
        assert (await client.post("/replay", json={"policy": RULE, "since_days": 7})).status_code == 200
        run = await finished(client)
        # What only watches changes nothing.
        assert (run["report"]["changed"], run["report"]["observers"][0]["calls"]) == (0, 2)


async def test_there_is_one_back_test_at_a_time_and_it_is_stopped(shop: Shop) -> None:
    past_calls(shop)
    async with await client_of(shop, Role.ADMIN) as client:
        begun = (await client.post("/replay", json={"rules": RULE})).json()
        second = await client.post("/replay", json={"rules": RULE})
        assert (second.status_code, second.headers["content-type"]) == (409, PROBLEM)
        assert (await client.delete(f"/replay/{begun['id']}")).json()["state"] == "stopped"
        assert (await client.get("/replay/nothing")).status_code == 404
        assert (await client.delete("/replay/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("draft", "status"),
    [
        ({}, 422),
        ({"rules": RULE, "policy": ""}, 422),
        ({"rules": RULE, "since_days": 0}, 422),
        ({"rules": "presets = []"}, 400),
        ({"rules": ""}, 400),
        ({"policy": "[[rule]]\nname = 1\n"}, 400),
    ],
)
async def test_what_is_no_draft_is_not_tried(shop: Shop, draft: dict[str, Any], status: int) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        answer = await client.post("/replay", json=draft)
        assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
        assert answer.json()["faults"]
        assert (await client.get("/replay")).status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_only_an_admin_changes_rules_and_tries_them(shop: Shop, role: Role) -> None:
    async with await client_of(shop, Role.ADMIN) as admin:
        await in_force(admin)
    async with await client_of(shop, role) as client:
        assert (await client.get("/rules")).status_code == 200
        assert (await client.get("/policy/versions/1")).status_code == 200
        answers = [
            await client.patch("/rules/first", json={"version": 1, "enabled": True}),
            await client.delete("/rules/first", params={"version": 1}),
            await client.post("/rules", json={"version": 1, "rule": BAD}),
            await client.put("/rules/first", json={"version": 1, "rule": BAD}),
            await client.put("/hours", json={"version": 1, **HOURS}),
            await client.post("/policy/versions/0/restore", json={"version": 1}),
            await client.post("/replay", json={"rules": RULE}),
            await client.get("/replay"),
        ]
        assert [answer.status_code for answer in answers] == [403] * 8
        assert (await client.get("/policy")).json()["version"] == 1
