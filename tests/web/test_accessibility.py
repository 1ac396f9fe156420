"""No page has a serious fault that axe-core finds, in light and dark, in either language, on a phone and on a desk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from callfilter.store import numbers
from callfilter.store.database import open_database
from callfilter.store.users import Role
from filters.facts import OwnEntry
from filters.verdict import Action
from lab import axe
from tests.web.callers import an_inbox
from tests.web.conftest import LANGUAGES, Shop, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = (
    *("/", "/review"),
    *("/welcome/check", "/welcome/presets", "/welcome/done", "/doctor/findings"),
    *("/users", "/me", "/tokens", "/audit"),
    *("/numbers", "/numbers?tab=allowed", "/numbers/edit?row=%2B8613800138000", "/numbers/add", "/numbers/import"),
)
SERIOUS = {"serious", "critical"}


async def faults_of(page: Page) -> list[str]:
    # By way of the protocol, as the page itself lets no foreign script in.
    await page.evaluate(axe.fetch().read_text(encoding="utf-8"))
    result = await page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


async def own_numbers(path: Path) -> None:
    """One that is blocked, one that is allowed, and a beginning."""
    blocked = OwnEntry("+8613800138000", False, Action.REJECT, note="Loans", author="admin")
    allowed = OwnEntry("+8613900139000", False, Action.ALLOW, label="Li Lei", author="admin")
    async with await open_database(path) as database:
        await numbers.put(database, [blocked, allowed, OwnEntry("+86755", True, Action.REJECT)], datetime.now(UTC))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_a_serious_fault(
    shop: Shop, chromium: Browser, language: str, phone: bool, scheme: str
) -> None:
    page = await opened(chromium, shop, language=language, phone=phone)
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto("/login")
    faults = [f"/login {each}" for each in await faults_of(page)]
    await page.context.close()
    an_inbox(shop.database)
    await own_numbers(shop.database)
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=phone)
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in PAGES:
        await page.goto(path)
        faults += [f"{path} {each}" for each in await faults_of(page)]
    await page.context.close()
    assert not faults
