"""Numbers for programs: edited, undone, imported; trusted and reported callers."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from callfilter.store import audit, numbers
from callfilter.store.database import open_database
from callfilter.store.users import Role
from filters.facts import OwnEntry
from filters.verdict import Action
from tests.web.conftest import Shop
from tests.web.test_api import PROBLEM, client_of

NUMBER = "+8613800138000"
CSV = "Number,Name\n13800138000,王\n0755 8881 2345,Loans\n110,Police\n13800138000,again\nnobody,\n".encode()


async def put(shop: Shop, *entries: OwnEntry) -> None:
    async with await open_database(shop.database) as database:
        await numbers.put(database, entries, datetime.now(UTC))


async def deeds(shop: Shop) -> list[str]:
    async with await open_database(shop.database) as database:
        return [one.deed for one in reversed(await audit.every(database))]


def trust(shop: Shop, *keys: str) -> None:
    with closing(sqlite3.connect(shop.database)) as connection:
        rows = [(key, bond, 2**51) for key in keys for bond in ("dialled", "talked")]
        connection.executemany("INSERT INTO bonds VALUES (?, ?, 1, 2, ?)", rows)
        connection.commit()


async def listed(client: httpx.AsyncClient) -> dict[str, Any]:
    return {one["number"]: one for one in (await client.get("/numbers")).json()["numbers"]}


async def test_numbers_beyond_a_thousand_come_after_the_last_one(shop: Shop) -> None:
    entries = [OwnEntry(f"+86138{at:08}", False, Action.REJECT) for at in range(1001)]
    await put(shop, *entries, OwnEntry("+86138", True, Action.ALLOW), OwnEntry("+8613900000000", False, Action.ALLOW))
    async with await client_of(shop, Role.VIEWER) as client:
        got: list[str] = []
        while page := (await client.get("/numbers", params={"after": got[-1] if got else ""})).json()["numbers"]:
            assert len(page) <= 1000
            got += [one["number"] for one in page]
        allowed = (await client.get("/numbers", params={"action": "allow", "after": "+86138*"})).json()["numbers"]
    assert got == ["+86138*", *(entry.text for entry in entries), "+8613900000000"]
    assert [one["number"] for one in allowed] == ["+8613900000000"]


async def test_an_own_number_is_edited_and_what_is_left_out_stays(shop: Shop) -> None:
    await put(shop, OwnEntry(NUMBER, False, Action.REJECT, note="sales", author="li"))
    async with await client_of(shop, Role.ADMIN) as client:
        edited = (await client.patch(f"/numbers/{NUMBER}", json={"label": " Wang  Ming ", "days": 3})).json()
        assert (edited["label"], edited["note"], edited["action"]) == ("Wang Ming", "sales", "reject")
        end = datetime.fromisoformat(edited["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=2) < end <= timedelta(days=3)
        assert (await client.patch(f"/numbers/{NUMBER}", json={})).json() == edited
        allowed = (await client.patch(f"/numbers/{NUMBER}", json={"action": "allow", "days": None})).json()
        assert (allowed["action"], allowed["label"], allowed["expires_at"]) == ("allow", "Wang Ming", None)
        assert (await client.get("/reports")).json() == {"reports": []}
        assert await listed(client) == {NUMBER: allowed}
    assert await deeds(shop) == ["numbers-changed", "allowed"]


async def test_an_entry_for_one_line_and_a_prefix_are_edited_by_their_names(shop: Shop) -> None:
    await put(
        shop, OwnEntry("+86755888", True, Action.REJECT), OwnEntry(NUMBER, False, Action.ALLOW, did="02012345678")
    )
    async with await client_of(shop, Role.ADMIN) as client:
        for name in list(await listed(client)):
            assert (await client.patch(f"/numbers/{name}", json={"note": "mine"})).json()["note"] == "mine", name
            assert (await client.delete(f"/numbers/{name}")).json() == {"forgotten": name}


async def test_what_cannot_be_edited_is_told_and_changes_nothing(shop: Shop) -> None:
    await put(shop, OwnEntry(NUMBER, False, Action.REJECT), OwnEntry("CN:110", False, Action.ALLOW))
    async with await client_of(shop, Role.ADMIN) as client:
        before = await listed(client)
        for name, change, status in (
            (NUMBER, {"label": 'a"b', "note": "x"}, 400),
            (NUMBER, {"action": "voicemail", "note": "x"}, 400),
            ("CN:110", {"action": "reject"}, 400),
            (NUMBER, {"days": 0}, 422),
            (NUMBER, {"action": "fly"}, 422),
            ("+86138", {"note": "x"}, 404),
            ("no number", {"note": "x"}, 404),
        ):
            answer = await client.patch(f"/numbers/{name}", json=change)
            assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), (name, change)
        assert await listed(client) == before


async def test_changes_are_undone_one_after_the_other_each_by_its_author(shop: Shop) -> None:
    trust(shop, NUMBER)
    async with await client_of(shop, Role.ADMIN) as client:
        await client.post("/numbers", json={"numbers": [NUMBER], "action": "reject"})
        assert (await client.get("/trusted")).json()["trusted"] == []
        await client.patch(f"/numbers/{NUMBER}", json={"note": "x"})
        await client.delete(f"/numbers/{NUMBER}")
        for there in ({NUMBER: "x"}, {NUMBER: ""}, {}):
            assert (await client.post("/numbers/undo")).json() == {"keys": [NUMBER]}
            assert {number: one["note"] for number, one in (await listed(client)).items()} == there
        assert len((await client.get("/trusted")).json()["trusted"]) == 2
        nothing = await client.post("/numbers/undo")
        assert (nothing.status_code, nothing.json()["detail"]) == (409, "There is nothing to undo.")
        await client.post("/numbers", json={"numbers": [NUMBER], "action": "reject"})
        await put(shop, OwnEntry(NUMBER, False, Action.ALLOW))
        assert (await client.post("/numbers/undo")).status_code == 409
        assert (await listed(client))[NUMBER]["action"] == "allow"


async def sent(client: httpx.AsyncClient, content: bytes = CSV, name: str = "list.csv", **form: str) -> httpx.Response:
    return await client.post("/numbers/import", files={"file": (name, content)}, data=form, timeout=60)


async def test_a_file_is_only_looked_at_or_put_in(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        looked = (await sent(client, dry_run="true")).json()
        summary = looked["summary"]
        assert (looked["imported"], summary["kind"], summary["columns"]["number"]) == (None, "table", 0)
        assert (summary["numbers"], summary["repeated"], summary["protected"], summary["faults"]) == (3, 1, 1, 1)
        assert summary["first"][0] == {"line": 2, "text": "13800138000", "number": NUMBER, "name": "王"}
        assert [(one["line"], one["fault"]) for one in summary["named_faults"]] == [(6, "no-number")]
        assert await listed(client) == {}
        done = (await sent(client, action="reject", note="bought", days="30")).json()
        assert (done["imported"], done["summary"]) == (2, summary)
        put_in = await listed(client)
        assert {number: one["note"] for number, one in put_in.items()} == {
            NUMBER: "王 - bought",
            "+8675588812345": "Loans - bought",
        }
        assert all(one["expires_at"] for one in put_in.values())
    assert await deeds(shop) == ["imported"]


async def test_own_numbers_stay_as_they_are_unless_a_file_replaces_them(shop: Shop) -> None:
    await put(shop, OwnEntry(NUMBER, False, Action.ALLOW, label="Wang"))
    async with await client_of(shop, Role.ADMIN) as client:
        assert (await sent(client, action="reject")).json()["imported"] == 1
        assert (await listed(client))[NUMBER]["action"] == "allow"
        await sent(client, action="reject", replace="true")
        assert (await listed(client))[NUMBER]["action"] == "reject"


async def test_columns_can_be_named(shop: Shop) -> None:
    table = b"13900139000,13800138000\n"
    async with await client_of(shop, Role.ADMIN) as client:
        looked = (await sent(client, table, dry_run="true", number_column="1")).json()["summary"]
        assert [one["number"] for one in looked["first"]] == [NUMBER]
        empty = await sent(client, table, dry_run="true", number_column="1", heading="true")
    assert (empty.status_code, empty.json()["detail"]) == (400, "There is nothing in this file.")


async def test_what_is_no_list_of_numbers_or_does_not_say_what_for_is_refused(shop: Shop) -> None:
    async with await client_of(shop, Role.ADMIN) as client:
        for content, form, status in (
            (b"", {"dry_run": "true"}, 400),
            (b"\x00\xff\x00binary", {"dry_run": "true"}, 400),
            (b"\xd0\xcf\x11\xe0old", {"action": "reject"}, 400),
            (CSV, {}, 400),
            (CSV, {"action": "voicemail"}, 400),
            (CSV, {"action": "fly"}, 422),
            (CSV, {"action": "reject", "days": "0"}, 422),
        ):
            answer = await sent(client, content, **form)
            assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), (content[:9], form)
        assert (await client.post("/numbers/import", data={"action": "reject"})).status_code == 422
        assert await listed(client) == {}


async def test_who_is_trusted_is_told_page_by_page_and_trusted_no_more(shop: Shop) -> None:
    keys = [f"+86138{at:08}" for at in range(501)]
    trust(shop, *keys)
    async with await client_of(shop, Role.ADMIN) as client:
        first = (await client.get("/trusted")).json()
        last = (await client.get("/trusted", params={"after": first["next"]})).json()
        told = [(one["number"], one["bond"]) for one in (*first["trusted"], *last["trusted"])]
        assert (len(first["trusted"]), last["next"]) == (1000, None)
        assert told == [(key, bond) for key in keys for bond in ("dialled", "talked")]
        mine = (await client.get("/trusted", params={"number": "138 0000 0007"})).json()["trusted"]
        assert {one["number"] for one in mine} == {keys[7]}
        for spelling, key in (("138 0000 0007", keys[7]), (keys[8], keys[8])):
            assert (await client.delete(f"/trusted/{spelling}")).json() == {"trusted_no_more": key}
            assert (await client.delete(f"/trusted/{spelling}")).status_code == 404
        for bad in ("nobody", "+86138*", "\x00", "1" * 300):
            assert (await client.delete(f"/trusted/{quote(bad)}")).status_code == 404
    assert await deeds(shop) == ["trust-revoked", "trust-revoked"]


async def test_a_clerk_reports_callers_and_an_admin_takes_it_back(shop: Shop) -> None:
    trust(shop, NUMBER)
    said = {"numbers": ["138 0013 8000", "+8613800138000", "0755 8881 2345"], "note": " Loans  again "}
    async with await client_of(shop, Role.CLERK) as clerk:
        assert (await clerk.post("/reports", json=said)).json() == {"numbers": [NUMBER, "+8675588812345"]}
        listed = (await clerk.get("/reports")).json()["reports"]
        assert [(one["number"], one["note"], one["author"]) for one in listed] == [
            (NUMBER, "Loans again", "token test"),
            ("+8675588812345", "Loans again", "token test"),
        ]
        assert (await clerk.get("/reports", params={"after": NUMBER})).json()["reports"] == listed[1:]
        assert (await clerk.get("/reports", params={"number": "13800138000"})).json()["reports"] == listed[:1]
        assert (await clerk.get("/trusted")).json()["trusted"] == []
        assert (await clerk.delete(f"/reports/{NUMBER}")).status_code == 403
    async with await client_of(shop, Role.ADMIN) as admin:
        assert (await admin.delete("/reports/13800138000")).json() == {"taken_back": NUMBER}
        for gone in (NUMBER, "nobody", "+86138*"):
            assert (await admin.delete(f"/reports/{gone}")).status_code == 404
    assert await deeds(shop) == ["reported", "report-taken-back"]


@pytest.mark.parametrize("number", ["110", "0755888*", "nobody", ""])
async def test_who_always_rings_or_is_nobody_is_not_reported_and_nobody_else_either(shop: Shop, number: str) -> None:
    async with await client_of(shop, Role.CLERK) as client:
        answer = await client.post("/reports", json={"numbers": ["13800138000", number]})
        assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
        assert (await client.get("/reports")).json() == {"reports": []}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLERK])
async def test_only_an_admin_edits_undoes_imports_and_ends_trust(shop: Shop, role: Role) -> None:
    await put(shop, OwnEntry(NUMBER, False, Action.REJECT))
    trust(shop, "+8613900139000")
    async with await client_of(shop, role) as client:
        before = await listed(client)
        answers = [
            await client.patch(f"/numbers/{NUMBER}", json={"note": "x"}),
            await client.post("/numbers/undo"),
            await sent(client, action="allow"),
            await client.delete("/trusted/+8613900139000"),
            await client.delete(f"/reports/{NUMBER}"),
        ]
        assert [answer.status_code for answer in answers] == [403] * 5
        assert await listed(client) == before
    async with await client_of(shop, Role.VIEWER) as viewer:
        assert (await viewer.post("/reports", json={"numbers": [NUMBER]})).status_code == 403
