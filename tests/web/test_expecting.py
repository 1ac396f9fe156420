"""Expecting a call on the page."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, expect

from callfilter.store.database import open_database
from callfilter.store.expected import open_windows
from callfilter.store.users import Role
from filters.facts import Expecting
from tests.web.conftest import LANGUAGES, Line, Shop, opened

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")

POLICY = """
[[rule]]
name = "no mobiles"
who = "strangers"
when = { class = "mobile" }
action = "reject"
"""


async def windows(shop: Shop) -> list[Expecting]:
    async with await open_database(shop.database) as database:
        return await open_windows(database, datetime.now(UTC))


async def test_a_clerk_opens_a_window_and_ends_it(shop: Shop) -> None:
    async with shop.client(Role.CLERK) as client:
        answer = await client.change("/expecting", minutes="60", number_class="mobile", note="<b>courier</b>")
        assert (answer.status_code, answer.headers["location"]) == (303, "/expecting")
        (window,) = await windows(shop)
        assert window.opened_at is not None
        assert window.expires_at - window.opened_at == timedelta(minutes=60)
        assert (window.number_class, window.author) == ("mobile", "clerk")
        text = (await client.get("/expecting")).text
        assert "Strangers ring until" in text
        assert "&lt;b&gt;courier" in text
        assert "Strangers ring until" in (await client.get("/")).text
        await client.change("/expecting/end/1")
        assert await windows(shop) == []
        assert "Nobody is expected" in (await client.get("/expecting/open")).text


async def test_only_the_one_window_ends(shop: Shop) -> None:
    async with shop.client(Role.CLERK) as client:
        await client.change("/expecting", minutes="15", note="one")
        await client.change("/expecting", minutes="30", note="two")
        await client.change("/expecting/end/1")
    assert [window.note for window in await windows(shop)] == ["two"]


@pytest.mark.parametrize(
    "form", [{"minutes": "100000"}, {"minutes": "x"}, {"did": "12345"}, {"number_class": "friend"}, {"note": "a\nb"}]
)
async def test_what_no_form_of_ours_sends_is_refused(shop: Shop, form: dict[str, str]) -> None:
    async with shop.client(Role.CLERK) as client:
        assert (await client.change("/expecting", **form)).status_code == 400
    assert await windows(shop) == []


async def test_who_may_only_look_has_no_button(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert '<button class="big"' not in (await client.get("/expecting")).text
        assert (await client.change("/expecting")).status_code == 403


async def test_the_keyboard_stays_at_the_button_when_the_time_left_is_asked_for_anew(
    shop: Shop, chromium: Browser
) -> None:
    async with shop.client(Role.CLERK) as client:
        await client.change("/expecting", minutes="15", note="one")
        await client.change("/expecting", minutes="30", note="two")
    page = await opened(chromium, shop, role=Role.CLERK)
    await page.goto("/expecting")
    button = page.locator("#open li", has_text="two").get_by_role("button")
    await button.focus()
    await page.locator("#open").evaluate("part => { part.dataset.old = 'yes' }")
    await page.evaluate("htmx.ajax('GET', '/expecting/open', { target: '#open', swap: 'outerHTML' })")
    await expect(page.locator("#open[data-old]")).to_have_count(0)
    await expect(button).to_be_focused()
    await page.context.close()


@pytest.mark.asterisk
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_strangers_next_real_call_rings_when_expected(
    line: Line, call: "Caller", chromium: Browser, language: str
) -> None:
    policy = line.settings.with_name("policy.toml")
    policy.write_text(POLICY, encoding="utf-8")
    await line.service.callfilter("policy", "apply", str(policy))
    assert (await call(caller="13800138000")).final_code == 603
    page = await opened(chromium, line, role=Role.CLERK, language=language, phone=True)
    await page.click(".head button")
    await expect(page.locator("#open li")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert (await call(caller="13900139000")).answered
    await page.click("#open button")
    await expect(page.locator("#open li")).to_have_count(0)
    await page.context.close()
    assert (await call(caller="13700137000")).final_code == 603
