"""Logging in, as browsers and as attackers do it."""

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from statistics import median

import httpx
import pytest

from callfilter.changes import put_in_force
from callfilter.store import numbers
from callfilter.store.database import open_database
from callfilter.store.users import Role
from callfilter.web.passwords import Passwords
from callfilter.web.visit import IDLE, LONGEST
from filters.facts import OwnEntry
from filters.verdict import Action
from lab.page import CODE
from tests.web.conftest import HASHED, PASSWORD, Client, Shop

RULE = """
[[rule]]
name = "hong kong"
when = { country = "HK" }
action = "reject"
"""


async def test_nobody_sees_a_page_without_a_login(shop: Shop) -> None:
    async with shop.client() as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("role", list(Role))
async def test_who_logs_in_sees_the_first_page(shop: Shop, role: Role) -> None:
    async with shop.client(role) as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert role.value in answer.text


async def test_a_wrong_password_says_no_more_than_that(shop: Shop) -> None:
    async with shop.client() as client:
        wrong = await client.log_in("admin", "wrong password")
        nobody = await client.log_in("nobody", "wrong password")
    assert wrong.status_code == nobody.status_code == 403
    told = [re.sub(r'value="[^"]*"|"X-CSRF-Token": "[^"]*"', "", answer.text) for answer in (wrong, nobody)]
    assert told[0] == told[1]


async def test_wrong_tries_make_the_next_ones_wait(shop: Shop) -> None:
    async with shop.client() as client:
        answers = [(await client.log_in("admin", "wrong password")).status_code for _ in range(7)]
        right = await client.log_in("admin", PASSWORD)
    assert answers[:5] == [403] * 5
    assert answers[-1] == right.status_code == 429


async def test_of_many_tries_at_once_only_the_first_are_looked_at(shop: Shop) -> None:
    async with Client(shop.url) as client:
        await client.get("/login")
        form = {"name": "admin", "password": "wrong password", "csrf": client.cookies["callfilter_form"]}
        answers = await asyncio.gather(*(client.post("/login", data=form) for _ in range(20)))
    looked_at = [answer.status_code for answer in answers].count(403)
    # Five are free; a busy machine may take so long that one or two have waited enough.
    assert 5 <= looked_at <= 8


async def test_a_name_waits_wherever_the_tries_come_from_and_an_address_whatever_the_names(shop: Shop) -> None:
    async with Client(shop.url) as client:
        await client.get("/login")

        async def tried(name: str, address: str) -> int:
            form = {"name": name, "password": "wrong password", "csrf": client.cookies["callfilter_form"]}
            return (await client.post("/login", data=form, headers={"x-forwarded-for": address})).status_code

        # Each wait is twice the one before, so that even a busy machine comes too early once.
        by_name = [await tried("Admin" if place % 2 else "admin", f"203.0.113.{place}") for place in range(10)]
        by_address = [await tried(f"name {place}", "203.0.113.99") for place in range(10)]
        elsewhere = await tried("somebody", "203.0.113.200")
    assert by_name[:5] == by_address[:5] == [403] * 5
    assert 429 in by_name
    assert 429 in by_address
    assert elsewhere == 403


async def test_an_unknown_name_is_refused_as_slowly_as_a_wrong_password() -> None:
    passwords = Passwords()
    known: list[float] = []
    unknown: list[float] = []
    for _ in range(5):
        for times, stored in ((known, HASHED), (unknown, None)):
            begin = time.perf_counter()
            assert not await passwords.right("wrong password", stored)
            times.append(time.perf_counter() - begin)
    passwords.close()
    assert median(unknown) == pytest.approx(median(known), rel=0.7)


async def test_behind_a_proxy_that_speaks_https_the_cookie_wants_https(shop: Shop) -> None:
    async with Client(shop.url) as client:
        client.headers["x-forwarded-proto"] = "https"
        page = await client.get("/login")
        form = {"name": "admin", "password": PASSWORD, "csrf": cookie_of(page, "callfilter_form")}
        sent = {"cookie": f"callfilter_form={form['csrf']}"}
        answer = await client.post("/login", data=form, headers=sent)
    assert answer.status_code == 303
    assert "; Secure" in whole_cookie_of(answer, "callfilter_session")
    async with Client(shop.url) as client:
        assert "; Secure" not in whole_cookie_of(await client.log_in("admin"), "callfilter_session")


def whole_cookie_of(answer: httpx.Response, name: str) -> str:
    """A cookie that an answer sets, with everything that is said about it."""
    return next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}="))


def cookie_of(answer: httpx.Response, name: str) -> str:
    """The value of a cookie that an answer sets."""
    return whole_cookie_of(answer, name).partition("=")[2].partition(";")[0]


@pytest.mark.parametrize(("column", "limit"), [("seen_at", IDLE), ("created_at", LONGEST)])
async def test_a_session_ends_by_itself(shop: Shop, column: str, limit: timedelta) -> None:
    async with shop.client(Role.ADMIN) as client:
        for age, status in ((limit - timedelta(hours=1), 200), (limit + timedelta(minutes=1), 303)):
            with closing(sqlite3.connect(shop.database, timeout=5)) as connection, connection:
                then = round((datetime.now(UTC) - age).timestamp() * 1e6)
                connection.execute(f"UPDATE sessions SET {column} = ?", (then,))
            assert (await client.get("/")).status_code == status


async def test_a_failed_login_is_in_the_log_on_one_line_and_the_password_is_not(shop: Shop) -> None:
    async with Client(shop.url) as client:
        await client.log_in("admin\nroot logged in", "wrong password")
    (line,) = (line for line in shop.server.log().splitlines() if "failed" in line)
    assert "root logged in" in line
    assert "127.0.0.1" in line
    assert "wrong password" not in shop.server.log()


async def test_two_who_come_first_at_once_are_not_both_first(empty_shop: Shop) -> None:
    async with Client(empty_shop.url) as client:
        await client.get("/welcome")
        form = {"code": CODE, "password": PASSWORD, "csrf": client.cookies["callfilter_form"]}
        cookies = {"cookie": f"callfilter_form={form['csrf']}"}
        names = [f"user {place}" for place in range(4)]
        await asyncio.gather(*(client.post("/welcome", data={**form, "name": name}, headers=cookies) for name in names))
    with closing(sqlite3.connect(empty_shop.database)) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (1,)


async def test_the_cookie_is_new_with_each_login_and_void_after_logging_out(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        first = client.cookies["callfilter_session"]
        await client.log_in("admin")
        second = client.cookies["callfilter_session"]
        assert first != second
        await client.change("/logout")
        client.cookies.set("callfilter_session", second)
        assert (await client.get("/")).status_code == 303
        client.cookies.set("callfilter_session", first)
        assert (await client.get("/")).status_code == 303


async def test_cookies_are_out_of_reach_for_scripts_and_other_sites(shop: Shop) -> None:
    async with shop.client() as client:
        answer = await client.log_in("admin")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("callfilter_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_change_without_the_token_is_refused(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        assert (await client.post("/logout")).status_code == 403
        assert (await client.post("/logout", data={"csrf": "wrong"})).status_code == 403
        foreign = {"origin": "http://elsewhere.example", "x-csrf-token": client.csrf}
        assert (await client.post("/logout", headers=foreign)).status_code == 403
        assert (await client.change("/logout")).status_code == 303


async def test_a_login_form_of_another_site_is_refused(shop: Shop) -> None:
    async with Client(shop.url) as client:
        answer = await client.post("/login", data={"name": "admin", "password": PASSWORD})
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["http://[", "null", "http://elsewhere.example", "//", "http://[::1"])
async def test_a_login_form_from_who_knows_where_is_refused(shop: Shop, origin: str) -> None:
    async with Client(shop.url) as client:
        await client.get("/login")
        form = {"name": "admin", "password": PASSWORD, "csrf": client.cookies["callfilter_form"]}
        answer = await client.post("/login", data=form, headers={"origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.text


async def test_every_answer_keeps_foreign_scripts_out(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        for path in ("/", "/login", "/static/page.css", "/nowhere"):
            headers = (await client.get(path)).headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


async def test_the_first_visitor_makes_a_login_with_the_code_from_the_log(empty_shop: Shop) -> None:
    async with Client(empty_shop.url) as client:
        assert (await client.get("/login")).headers["location"] == "/welcome"
        await client.get("/welcome")
        form = {"name": "wang", "password": PASSWORD, "csrf": client.cookies["callfilter_form"]}
        assert (await client.post("/welcome", data={**form, "code": "wrong"})).status_code == 403
        assert (await client.post("/welcome", data={**form, "code": CODE, "password": "short"})).status_code == 400
        assert (await client.post("/welcome", data={**form, "code": CODE})).status_code == 303
        assert "wang" in (await client.get("/")).text
        assert CODE in empty_shop.server.log()
    async with Client(empty_shop.url) as second:
        assert (await second.get("/welcome")).headers["location"] == "/login"


async def test_the_browser_chooses_the_language_and_the_reader_changes_it(shop: Shop) -> None:
    async with Client(shop.url) as client:
        answer: httpx.Response = await client.get("/login", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
        assert '<html lang="zh-Hans">' in answer.text
        assert '<html lang="en">' in (await client.get("/login", headers={"accept-language": "de"})).text
        form = {"tag": "zh-Hans", "back": "//elsewhere.example", "csrf": client.cookies["callfilter_form"]}
        chosen = await client.post("/language", data=form)
        assert chosen.headers["location"] == "/"
        assert '<html lang="zh-Hans">' in (await client.get("/login", headers={"accept-language": "en"})).text


def languages_form(page: str) -> dict[str, str]:
    """The form at the foot of a page, with Chinese chosen in it."""
    form = page.partition('action="/language"')[2]
    return {name: unescape(value) for name, value in re.findall(r'name="(csrf|back)" value="([^"]*)"', form)} | {
        "tag": "zh-Hans"
    }


@pytest.mark.parametrize(
    "path",
    [
        "/rules/edit?name=hong+kong",
        "/numbers/edit?row=%2B8613800138000&back=%2Fnumbers%3Ftab%3Dallowed%26q%3D138",
        "/calls?number=138%2A&rule=%E6%89%93%E7%83%8A&action=reject",
        "/calls?" + "&".join(f"{name}={'%E7%8E%8B' * 40}" for name in ("name", "rule", "did")),
        "/rules/presets",
    ],
)
async def test_the_language_is_changed_on_the_very_page_that_is_open(shop: Shop, path: str) -> None:
    async with await open_database(shop.database) as database:
        await put_in_force(database, RULE, at=datetime.now(UTC), author="admin", note="", since=None)
        await numbers.put(database, [OwnEntry("+8613800138000", False, Action.ALLOW)], datetime.now(UTC))
    async with shop.client(Role.ADMIN) as client:
        page = await client.get(path)
        assert page.status_code == 200
        chosen = await client.post("/language", data=languages_form(page.text))
        assert chosen.headers["location"] == path
        assert '<html lang="zh-Hans">' in (await client.get(path)).text


@pytest.mark.parametrize(
    ("path", "form", "section"),
    [
        ("/numbers/check", {"text": "13800138000"}, "/numbers"),
        ("/rules/save", {"name": ""}, "/rules"),
        ("/rules/test", {"number": "13800138000"}, "/rules/test"),
        ("/users", {"name": "", "role": "clerk", "password": ""}, "/users"),
        ("/me", {"old": "", "new": "", "again": ""}, "/me"),
    ],
)
async def test_a_page_that_a_form_gave_is_left_for_one_that_can_be_asked_for(
    shop: Shop, path: str, form: dict[str, str], section: str
) -> None:
    async with shop.client(Role.ADMIN) as client:
        page = await client.change(path, version="0", **form)
        chosen = await client.post("/language", data=languages_form(page.text))
        assert chosen.headers["location"] == section
        assert (await client.get(section)).status_code == 200
