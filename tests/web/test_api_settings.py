"""Settings and health for programs."""

import asyncio
from typing import Any

import httpx
import pytest

from callfilter.config import load_config
from callfilter.store.users import Role
from tests.web.callers import turned_away
from tests.web.conftest import Shop
from tests.web.test_api import PROBLEM, client_of

DIDS = {"02161234567": {"name": "前台", "mailbox": "100@default"}}


async def put(client: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    """The settings as they are, with some of them changed; those of `policy` one by one."""
    now = (await client.get("/settings")).json()
    policy = now["settings"]["policy"] | changed.pop("policy", {})
    return await client.put(
        "/settings", json={"seen": now["seen"], "settings": {**now["settings"], **changed, "policy": policy}}
    )


async def test_settings_are_told_with_where_each_comes_from_and_without_secrets(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        assert (await put(client, keep_days=30)).status_code == 200
        with shop.settings.open("a", encoding="utf-8") as file:
            file.write('ami = "callfilter:hush-hush@127.0.0.1:5038"\n\n[policy]\nsignal = 607\n')
        for _ in range(200):
            if (await client.get("/settings")).json()["after_restart"]:
                break
            await asyncio.sleep(0.05)
    async with await client_of(shop, Role.VIEWER) as client:
        answer = await client.get("/settings")
    told = answer.json()
    assert (told["settings"]["country"], told["settings"]["keep_days"]) == ("CN", 30)
    assert told["machine"]["database"] == str(shop.database)
    assert told["after_restart"] == ["ami"]
    assert (
        told["sources"].items()
        >= {
            "area": "file",
            "keep_days": "page",
            "policy.signal": "file",
            "policy.mailbox": "default",
            "dids": "default",
            "ami": "file",
            "listen_anywhere": "default",
        }.items()
    )
    assert told["settings"]["policy"]["signal"] == 607
    assert isinstance(told["machine"]["ami"], bool)
    assert "hush" not in answer.text


async def test_what_is_read_can_be_put_back_and_changes_nothing(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        before = (await client.get("/settings")).json()
        assert (await put(client)).json() == before
        assert (await client.get("/audit")).json() == {"deeds": []}


async def test_settings_are_saved_as_the_page_saves_them(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        trunks = {"carrier": {"country": "DE", "strip": ["9", "00"]}}
        answer = await put(
            client, dids=DIDS, trunks=trunks, policy={"protected": ["02162345678"], "invalid": "voicemail"}
        )
        assert answer.status_code == 200, answer.text
        saved = answer.json()["settings"]
        assert (saved["dids"], saved["policy"]["protected"]) == (DIDS, ["02162345678"])
        assert (await client.get("/settings")).json()["settings"] == saved
        deed = (await client.get("/audit")).json()["deeds"][0]
    assert (deed["deed"], deed["detail"]["changed"]["policy.invalid"]) == ("settings-saved", "voicemail")
    assert load_config(shop.settings, {}).reading("carrier") == ("DE", "021", ("9", "00"))


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"country": "XX"}, "country"),
    ({"area": "o21"}, "area"),
    ({"keep_days": 99999}, "keep_days"),
    ({"language": "fr"}, "language"),
    ({"extensions": ["soap"]}, "extensions"),
    ({"policy": {"signal": 600}}, "policy.signal"),
    ({"policy": {"invalid": "voicemail"}}, "policy.invalid"),
    ({"policy": {"mailbox": "box"}}, "policy.mailbox"),
    ({"dids": {"1": {"mailbox": "box"}}}, 'dids."1".mailbox'),
    ({"dids": {"0216 1234": {}}}, 'dids."0216 1234"'),
    ({"trunks": {"a": {"strip": ["x"]}}}, "trunks.a.strip"),
    ({"trunks": {"<script>": {}}}, 'trunks."<script>"'),
)


async def test_what_is_wrong_is_told_with_its_place_and_nothing_is_saved(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        before = (await client.get("/settings")).json()
        for changed, place in WRONG:
            answer = await put(client, **changed)
            assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM), changed
            assert [one["place"] for one in answer.json()["faults"]] == [place]
        for changed in ({"database": "/tmp/x.db"}, {"keep_days": "30"}, {"policy": {"listen_anywhere": True}}):
            assert (await put(client, **changed)).status_code == 422, changed
        stale = await client.put("/settings", json={"seen": "0", "settings": before["settings"]})
        assert (stale.status_code, stale.headers["content-type"]) == (409, PROBLEM)
        assert (await client.get("/settings")).json() == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_only_an_admin_changes_settings(shop: Shop, role: Role) -> None:
    async with await client_of(shop, role) as client:
        assert (await put(client, keep_days=1)).status_code == 403
        assert (await client.get("/settings")).json()["settings"]["keep_days"] == 0


async def test_health_tells_of_calls_and_that_the_service_is_down(shop: Shop) -> None:
    turned_away(shop.database)
    turned_away(shop.database, "13900139000")
    async with await client_of(shop, Role.VIEWER) as client:
        told = (await client.get("/health")).json()
        short = (await client.get("/health", params={"days": 1})).json()
        assert (await client.get("/health", params={"days": 91})).status_code == 422
    assert (told["service"], told["down"], told["policy_faults"], told["waiting"]) == (None, "unreachable", [], 2)
    assert len(told["days"]) == 30
    assert sum(day["turned_away"] for day in told["days"]) == 2
    assert sum(day["actions"].get("reject", 0) for day in told["days"]) == 2
    assert short["days"] == told["days"][-1:]
