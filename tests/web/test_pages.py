"""All pages, in a real Chromium."""

import sqlite3
from contextlib import closing

import pytest
from playwright.async_api import Browser, Page, expect

from callfilter.store.users import Role
from callfilter.web import languages
from tests.web.callers import an_inbox, turned_away
from tests.web.conftest import LANGUAGES, Shop, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAILED = "This could not be done: try again in a moment."
OFFLINE = "There is no connection to callfilter: try again in a moment."


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_phone_shows_the_first_page_without_scrolling_sideways(
    shop: Shop, chromium: Browser, language: str
) -> None:
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=True)
    assert await page.get_attribute("html", "lang") == language
    width = await page.evaluate("document.documentElement.scrollWidth")
    await page.context.close()
    assert width <= 360


async def let_the_last_one_through(page: Page) -> None:
    """A tap at the end of the inbox, far from the top of the page."""
    await page.locator("li form.deeds button[value=allow]").last.click()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_the_server_refuses_is_told_in_its_own_sentence(
    shop: Shop, chromium: Browser, language: str
) -> None:
    words = languages.load()[language]
    an_inbox(shop.database)
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=True)
    await page.goto("/review")
    assert await page.get_by_role("alert").count() == 0
    with closing(sqlite3.connect(shop.database, timeout=5)) as connection, connection:
        connection.execute("UPDATE sessions SET csrf = 'another'")
    await let_the_last_one_through(page)
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(words.say("This page was open for too long: load it again and try once more."))
    await expect(alert).to_be_in_viewport()
    await page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_answer_of_somebody_else_and_none_at_all_are_told_until_it_works_again(
    shop: Shop, chromium: Browser, language: str
) -> None:
    words = languages.load()[language]
    turned_away(shop.database)
    page = await opened(chromium, shop, role=Role.ADMIN, language=language)
    await page.goto("/review")
    alert = page.get_by_role("alert")
    await page.route("**/review", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    await let_the_last_one_through(page)
    await expect(alert).to_have_text(words.say(FAILED))
    await page.unroute("**/review")
    await page.context.set_offline(True)
    await let_the_last_one_through(page)
    await expect(alert).to_have_text(words.say(OFFLINE))
    await page.context.set_offline(False)
    await let_the_last_one_through(page)
    await expect(page.locator(".inbox .notice.done")).to_be_visible()
    await expect(alert).to_be_hidden()
    await page.context.close()
