"""All pages, in a real Chromium."""

import pytest
from playwright.async_api import Browser

from callfilter.store.users import Role
from tests.web.conftest import LANGUAGES, Shop, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_phone_shows_the_first_page_without_scrolling_sideways(
    shop: Shop, chromium: Browser, language: str
) -> None:
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=True)
    assert await page.get_attribute("html", "lang") == language
    width = await page.evaluate("document.documentElement.scrollWidth")
    await page.context.close()
    assert width <= 360
