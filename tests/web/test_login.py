"""Logging in, as browsers and as attackers do it."""

import re

import httpx
import pytest

from callfilter.store.users import Role
from lab.page import CODE
from tests.web.conftest import PASSWORD, Client, Shop


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
