"""Users, their own passwords, tokens and the audit: who may, what ends, what is told."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser

import callfilter
from callfilter.config import Config
from callfilter.store import audit, users
from callfilter.store.database import open_database
from callfilter.store.reviews import Deed
from callfilter.store.users import LastAdminError, Role
from callfilter.web import languages
from callfilter.web.call_filter import CallFilter
from callfilter.web.routes.settings import table_of
from callfilter.web.saying import people
from callfilter.web.saying.vocabulary import DEEDS
from callfilter.web.settings_form import flat
from tests.web.conftest import LANGUAGES, PASSWORD, Client, Shop, opened

NEW = "another fine password"
NOTING = {"note", "_note", "revise", "revise_text", "_revised"}
"""Functions that take what the audit is told, by name."""


async def ids(shop: Shop) -> dict[str, int]:
    """Id of each user by name."""
    async with await open_database(shop.database) as database:
        return {user.name: user.id for user in await users.every(database)}


async def deeds(shop: Shop) -> list[str]:
    """What the audit has, oldest first."""
    async with await open_database(shop.database) as database:
        return [one.deed for one in reversed(await audit.every(database))]


async def test_an_admin_adds_a_user_who_can_log_in_then(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        added = await client.change("/users", name="小李", role="clerk", password=NEW)
        assert (added.status_code, added.headers["location"]) == (303, "/users")
        assert "小李" in (await client.get("/users")).text
    async with Client(shop.url) as other:
        assert (await other.log_in("小李", NEW)).status_code == 303
        assert (await other.get("/users")).status_code == 403
    assert await deeds(shop) == ["logged-in", "user-added", "logged-in"]


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [
        ("", NEW, "clerk"),
        ("x" * 61, NEW, "clerk"),
        ("a\u202eb", NEW, "clerk"),
        ("ADMIN", NEW, "clerk"),
        ("li", "short", "clerk"),
        ("li", "x" * 201, "clerk"),
        ("li", NEW, "boss"),
    ],
)
async def test_what_makes_no_user_is_told_and_adds_nobody(shop: Shop, name: str, password: str, role: str) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/users", name=name, role=role, password=password)
    assert answer.status_code == 400
    assert sorted(await ids(shop)) == ["admin", "clerk", "viewer"]


async def test_another_role_and_another_password_end_the_sessions(shop: Shop) -> None:
    clerk = (await ids(shop))["clerk"]
    async with shop.client(Role.ADMIN) as admin, Client(shop.url) as client:
        for path, form in (("role", {"role": "viewer"}), ("password", {"password": NEW})):
            await client.log_in("clerk", PASSWORD)
            assert (await client.get("/")).status_code == 200
            assert (await admin.change(f"/users/{clerk}/{path}", **form)).status_code == 303
            assert (await client.get("/")).headers["location"] == "/login"
        assert (await client.log_in("clerk", PASSWORD)).status_code == 403
        assert (await client.log_in("clerk", NEW)).status_code == 303


async def test_a_removed_user_is_out_at_once(shop: Shop) -> None:
    clerk = (await ids(shop))["clerk"]
    async with shop.client(Role.ADMIN) as admin, shop.client(Role.CLERK) as client:
        assert (await admin.change(f"/users/{clerk}/remove")).status_code == 303
        assert (await client.get("/")).headers["location"] == "/login"
        assert (await admin.change(f"/users/{clerk}/remove")).status_code == 404


async def test_nobody_locks_all_admins_out(shop: Shop) -> None:
    admin = (await ids(shop))["admin"]
    async with shop.client(Role.ADMIN) as client:
        assert (await client.change(f"/users/{admin}/remove")).status_code == 400
        assert (await client.change(f"/users/{admin}/role", role="viewer")).status_code == 400
        assert (await client.change(f"/users/{admin}/password", password=NEW)).headers["location"] == "/me"
        assert (await client.get("/users")).status_code == 200
    async with await open_database(shop.database) as database:
        last = await users.find_by_id(database, admin)
        assert last
        with pytest.raises(LastAdminError):
            await users.remove(database, last, datetime.now(UTC))
        with pytest.raises(LastAdminError):
            await users.change_role(database, last, Role.CLERK, datetime.now(UTC))


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_changes_the_own_password_which_ends_the_other_sessions(shop: Shop, role: Role) -> None:
    async with shop.client(role) as here, shop.client(role) as elsewhere:
        before = here.cookies["callfilter_session"]
        done = await here.change("/me", old=PASSWORD, new=NEW, again=NEW)
        assert (done.status_code, done.headers["location"]) == (303, "/me")
        assert here.cookies["callfilter_session"] != before
        assert (await here.get("/")).status_code == 200
        assert (await elsewhere.get("/")).headers["location"] == "/login"
        assert (await elsewhere.log_in(role.value, NEW)).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "status"),
    [("wrong", NEW, NEW, 403), (PASSWORD, "short", "short", 400), (PASSWORD, NEW, "something else", 400)],
)
async def test_a_password_that_is_not_changed_ends_nothing(
    shop: Shop, old: str, new: str, again: str, status: int
) -> None:
    async with shop.client(Role.CLERK) as client:
        assert (await client.change("/me", old=old, new=new, again=again)).status_code == status
        assert (await client.get("/")).status_code == 200
        assert (await client.log_in("clerk", PASSWORD)).status_code == 303


async def test_guessing_the_old_password_is_throttled_too(shop: Shop) -> None:
    async with shop.client(Role.CLERK) as client:
        tries = [(await client.change("/me", old="wrong", new=NEW, again=NEW)).status_code for _ in range(10)]
    assert tries[:5] == [403] * 5
    assert 429 in tries


def secret_in(page: httpx.Response) -> str:
    """The token that a page shows."""
    found = re.search(r'<code class="secret">([^<]+)</code>', page.text)
    assert found
    return found[1]


async def test_a_token_is_shown_once_opens_what_its_role_may_and_nothing_once_it_is_revoked(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as admin:
        secret = secret_in(await admin.change("/tokens", name="cash register", role="viewer"))
        assert secret not in (await admin.get("/tokens")).text
        program = {"authorization": f"Bearer {secret}"}
        async with Client(shop.url) as client:
            assert (await client.get("/", headers=program)).status_code == 200
            assert (await client.get("/audit", headers=program)).status_code == 403
            assert (await client.get("/", headers={"authorization": f"Bearer {secret}x"})).status_code == 303
            assert (await admin.change("/tokens/1/revoke")).status_code == 303
            assert (await client.get("/", headers=program)).status_code == 303
        assert (await admin.change("/tokens/1/revoke")).status_code == 404
    assert await deeds(shop) == ["logged-in", "token-added", "token-revoked"]


async def with_tokens(shop: Shop) -> dict[str, str]:
    """A token of each role, made by a second admin called wang, and one of the first; secrets by name."""
    async with shop.client(Role.ADMIN) as admin, Client(shop.url) as client:
        await admin.change("/users", name="wang", role="admin", password=NEW)
        await client.log_in("wang", NEW)
        made = {role.value: secret_in(await client.change("/tokens", name=role, role=role)) for role in Role}
        return {**made, "another's": secret_in(await admin.change("/tokens", name="another's", role="admin"))}


async def open_something(shop: Shop, secrets: dict[str, str]) -> set[str]:
    """Names of the tokens that still open something."""
    async with Client(shop.url) as client:
        return {
            name
            for name, secret in secrets.items()
            if (await client.get("/", headers={"authorization": f"Bearer {secret}"})).status_code == 200
        }


@pytest.mark.parametrize(
    ("role", "left"),
    [
        (Role.CLERK, {"viewer", "clerk", "another's"}),
        (Role.VIEWER, {"viewer", "another's"}),
        (None, {"another's"}),
    ],
)
async def test_who_loses_a_role_loses_the_tokens_that_may_more(shop: Shop, role: Role | None, left: set[str]) -> None:
    secrets = await with_tokens(shop)
    wang = (await ids(shop))["wang"]
    async with shop.client(Role.ADMIN) as admin:
        assert "tokens that wang made" in (await admin.get("/users")).text
        if role:
            await admin.change(f"/users/{wang}/role", role=role)
        else:
            await admin.change(f"/users/{wang}/remove")
        assert "had made" in (await admin.get("/users")).text
        assert "revoked tokens" in (await admin.get("/audit")).text
    assert await open_something(shop, secrets) == left


async def test_a_role_that_covers_the_tokens_ends_none(shop: Shop) -> None:
    secrets = await with_tokens(shop)
    wang = (await ids(shop))["wang"]
    async with shop.client(Role.ADMIN) as admin:
        await admin.change(f"/users/{wang}/role", role="admin")
        assert "had made" not in (await admin.get("/users")).text
    assert await open_something(shop, secrets) == secrets.keys()


async def test_the_database_has_no_secret_that_opens_anything(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        secret = secret_in(await client.change("/tokens", name="cash register", role="viewer"))
        cookie = client.cookies["callfilter_session"]
        stored = b"".join(path.read_bytes() for path in shop.database.parent.glob("callfilter.db*"))
    assert cookie.encode() not in stored
    assert secret.encode() not in stored
    assert PASSWORD.encode() not in stored


async def test_an_admins_token_makes_neither_users_nor_tokens(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as admin:
        secret = secret_in(await admin.change("/tokens", name="all", role="admin"))
    async with Client(shop.url) as client:
        client.headers["authorization"] = f"Bearer {secret}"
        assert (await client.get("/audit")).status_code == 200
        for path in ("/users", "/tokens", "/me"):
            assert (await client.get(path)).status_code == 403
        made = await client.post("/users", data={"name": "zhao", "role": "admin", "password": NEW})
        assert made.status_code == 403
    assert "zhao" not in await ids(shop)


async def test_the_audit_is_read_page_by_page_and_shows_hostile_texts_harmless(shop: Shop) -> None:
    async with await open_database(shop.database) as database:
        for number in range(60):
            note = f"note-{number:02} <script>alert(1)</script> \u202e"
            await audit.note(database, datetime.now(UTC), "ad<b>min", "user-added", name=note, role="clerk")
    async with shop.client(Role.ADMIN) as client:
        first = (await client.get("/audit")).text
        older = re.search(r'href="(/audit\?before=\d+)"', first)
        assert older
        second = (await client.get(older[1])).text
    shown = [re.findall(r"note-\d\d", page) for page in (first, second)]
    assert shown[0] + shown[1] == [f"note-{number:02}" for number in reversed(range(60))]
    assert "<script>alert" not in first
    assert "<b>min" not in first
    assert "\u202e" not in first


SOURCES = sorted(Path(callfilter.__file__).parent.rglob("*.py"))


def notings() -> Iterator[ast.Call]:
    """Every call in the code that writes into the audit, in the page and in the commands."""
    trees = (ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES)
    nodes = (node for tree in trees for node in tree if isinstance(node, ast.Call))
    return (node for node in nodes if ast.unparse(node.func).split(".")[-1] in NOTING)


def noted_deeds() -> Iterator[str]:
    for given in (given for call in notings() for given in call.args):
        either = (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)
        yield from (one.value for one in either if isinstance(one, ast.Constant) and isinstance(one.value, str))


def noted_details() -> set[str]:
    """Names of all that the audit is told beside a deed, as the code has them."""
    named = {each.arg for call in notings() for each in call.keywords if each.arg}
    return named | {each.name for each in fields(CallFilter)}


def test_every_detail_that_is_noted_has_words() -> None:
    noted = noted_details()
    assert {"preset", "minutes", "restored", "since", "tokens", "review"} <= noted
    assert noted <= people.DETAILS.keys()


def test_every_setting_that_the_page_may_change_has_words() -> None:
    assert flat(table_of(Config())).keys() == people.SETTINGS.keys()


def test_every_review_has_words() -> None:
    assert set(Deed) == people.REVIEWS.keys()


async def test_the_audit_says_in_chinese_what_are_fixed_words_and_leaves_what_somebody_wrote(shop: Shop) -> None:
    async with await open_database(shop.database) as database:
        for deed, detail in (
            ("reviewed", {"number": "+8613800138000", "review": "right", "label": "day"}),
            ("preset-on", {"version": 3, "preset": "international"}),
            ("policy-saved", {"version": 4, "step": "sweep"}),
            ("policy-restored", {"version": 5, "restored": 2}),
            ("expecting", {"minutes": 30, "number_class": "mobile"}),
            ("exported", {"what": "csv", "reason": "default", "trunk": "telecom", "since": "2026-03-01"}),
            ("numbers-exported", {"tab": "blocked"}),
            ("user-added", {"name": "admin", "role": "viewer"}),
            (
                "settings-saved",
                {"changed": {"policy.invalid": "reject", "mask_numbers": "False", "dids.02161500000": "country"}},
            ),
        ):
            await audit.note(database, datetime.now(UTC), "admin", deed, **detail)
    async with shop.client(Role.ADMIN) as client:
        shown = (await client.get("/audit", headers={"accept-language": "zh-CN"})).text
    found = re.findall(r"<li><b>(.*?)</b> (.*?)</li>", shown)
    told = {tuple(re.sub(r"<[^>]*>", "", each) for each in one) for one in found}
    assert told >= {
        ("更改：", "号码无法识别的来电：拒接；在服务日志中隐藏号码的中间几位：否；被叫号码 02161500000：country"),
        ("审核：", "拦截正确"),
        ("标签：", "day"),
        ("预设规则：", "境外其他来电"),
        ("可疑检查：", "扫号"),
        ("恢复的版本：", "2"),
        ("分钟数：", "30"),
        ("格式：", "csv"),
        ("起始时间：", "2026-03-01"),
        ("列表：", "已拉黑"),
        ("名称：", "admin"),
        ("角色：", "查看者"),
    }


def test_every_deed_that_is_noted_has_words() -> None:
    noted = set(noted_deeds())
    assert {"user-added", "password-changed", "logged-in", "reviewed", "rules-moved", "rule-removed"} <= noted
    assert noted <= DEEDS.keys()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_admin_adds_a_clerk_who_is_told_what_a_clerk_may_not(
    shop: Shop, chromium: Browser, language: str
) -> None:
    words = languages.load()[language]
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=True)
    await page.goto("/users")
    form = page.locator("form[action='/users']")
    await form.get_by_label(words.say("Name")).fill("xiaoli")
    await form.get_by_label(words.say("Clerk")).check()
    await form.locator("input[name=password]").fill(NEW)
    await form.get_by_role("button").click()
    assert words.say("%(name)s can log in now.", name="xiaoli") == await page.locator(".notice").inner_text()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.context.close()

    page = await opened(chromium, shop, language=language, phone=True)
    await page.goto("/login")
    await page.fill("input[name=name]", "xiaoli")
    await page.fill("input[name=password]", NEW)
    await page.click("main button")
    await page.wait_for_url("**/")
    for path in ("/users", "/tokens", "/audit", "/doctor", "/welcome/presets"):
        answer = await page.goto(path)
        assert answer
        assert answer.status == 403
        assert words.say("Your role does not allow this.") in await page.inner_text("main")
    await page.context.close()
