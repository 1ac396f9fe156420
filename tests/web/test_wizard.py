"""The first visit, walked from the login to the last page; and the doctor's page."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.async_api import Browser, expect

from callfilter.presets import READY
from callfilter.store.users import Role
from callfilter.web import languages
from callfilter.web.routes.welcome import RECOMMENDED
from lab.page import CODE
from tests.web.conftest import LANGUAGES, PASSWORD, Line, Shop, opened


def versions(shop: Shop) -> list[tuple[str, str]]:
    """Author and text of each version of the policy."""
    with closing(sqlite3.connect(shop.database)) as connection:
        return connection.execute("SELECT author, text FROM policy_versions ORDER BY id").fetchall()


def ticked(page: str) -> set[str]:
    """The presets that a page has ticked."""
    return set(re.findall(r'name="on" value="([^"]+)" checked', page))


def version_in(page: str) -> str:
    """The version that the form was made from."""
    return page.partition('name="version" value="')[2].partition('"')[0]


def test_what_is_recommended_is_there() -> None:
    assert all(names <= READY.keys() for names in RECOMMENDED.values())


async def test_presets_go_on_and_off_as_ticked_each_time_as_a_version(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        page = (await client.get("/welcome/presets")).text
        assert ticked(page) == RECOMMENDED["CN"]
        chosen = {"version": version_in(page), "on": ["no-caller-id", "sweep"], "csrf": client.csrf}
        assert (await client.post("/welcome/presets", data=chosen)).headers["location"] == "/welcome/done"
        page = (await client.get("/welcome/presets")).text
        assert ticked(page) == {"no-caller-id", "sweep"}
        chosen = {"version": version_in(page), "on": ["sweep", "nonsense"], "csrf": client.csrf}
        await client.post("/welcome/presets", data=chosen)
        page = (await client.get("/welcome/presets")).text
        assert ticked(page) == {"sweep"}
        await client.post("/welcome/presets", data={**chosen, "version": version_in(page)})
    assert [author for author, _ in versions(shop)] == ["admin", "admin"]


async def test_a_form_from_before_somebody_elses_change_changes_nothing(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        chosen = {"version": "0", "on": ["sweep"], "csrf": client.csrf}
        assert (await client.post("/welcome/presets", data=chosen)).status_code == 303
        late = await client.post("/welcome/presets", data={**chosen, "on": ["flood"]})
        assert late.status_code == 409
        assert ticked(late.text) == {"sweep"}
    assert len(versions(shop)) == 1


async def test_the_doctor_tells_what_is_to_be_mended_first(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        whole = (await client.get("/doctor/findings")).text
        part = (await client.get("/doctor/findings", headers={"hx-request": "true"})).text
    assert "<html" in whole
    assert "<html" not in part
    marks = re.findall(r'<li class="is-(\w+)">', part)
    assert marks == sorted(marks, key=["fault", "warning", "ok"].index)
    assert "nobody answers at" in part


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_first_visitor_walks_to_the_end(
    empty_shop: Shop, chromium: Browser, language: str, phone: bool
) -> None:
    words = languages.load()[language]
    page = await opened(chromium, empty_shop, language=language, phone=phone)

    async def fits() -> None:
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert await page.get_attribute("html", "lang") == language

    await page.goto(f"/welcome?code={CODE}")
    await fits()
    await page.get_by_label(words.say("Name")).fill("老王")
    await page.get_by_label(words.say("Password, 10 characters or more")).fill(PASSWORD)
    await page.get_by_role("button", name=words.say("Make this login")).click()
    await page.wait_for_url("**/welcome/check")
    await expect(page.locator(".findings li").first).to_be_visible(timeout=20_000)
    await fits()
    await page.get_by_role("button", name=words.say("Go on")).click()
    await page.wait_for_url("**/welcome/presets")
    await fits()
    await page.locator("input[value=no-caller-id]").check()
    await page.locator("input[value=redial]").uncheck()
    await page.get_by_role("button", name=words.say("Switch on what is ticked")).click()
    await page.wait_for_url("**/welcome/done")
    await fits()
    assert words.say("Done: the next call is judged by it.") == await page.locator(".notice").inner_text()
    assert "Gosub(callfilter,s,1)" in await page.inner_text("main")
    await page.get_by_role("link", name=words.say("Presets"), exact=True).click()
    await page.wait_for_url("**/welcome/presets")
    assert ticked(await page.content()) == (RECOMMENDED["CN"] | {"no-caller-id"}) - {"redial"}
    await page.context.close()
    ((author, text),) = versions(empty_shop)
    assert author == "老王"
    assert "no-caller-id" in text


@pytest.mark.asterisk
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_wired_up_shop_is_told_so(line: Line, chromium: Browser, language: str) -> None:
    page = await opened(chromium, line, role=Role.ADMIN, language=language)
    await page.goto("/doctor")
    await expect(page.locator(".findings li").first).to_be_visible(timeout=20_000)
    told = await page.inner_text("main")
    faults = await page.locator(".findings li.is-fault").count()
    subjects = await page.locator(".findings strong").all_inner_texts()
    await page.context.close()
    assert faults == 0, told
    assert len(set(subjects)) > 5
    if language != languages.DEFAULT:
        assert not re.search(r"\b(is|are|can|the|and) \b", told), told
