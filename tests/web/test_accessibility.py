"""No page has a serious fault that axe-core finds, in light and dark, in either language, on a phone and on a desk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from callfilter.changes import put_in_force
from callfilter.store import numbers
from callfilter.store.database import open_database
from callfilter.store.record import format_id
from callfilter.store.users import Role
from filters.facts import OwnEntry
from filters.verdict import Action
from lab import axe
from lab.browser import EVERY_PAGE
from tests.web.callers import an_inbox, message, turned_away
from tests.web.conftest import LANGUAGES, Shop, opened

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = (*EVERY_PAGE, "/numbers/edit?row=%2B8613800138000", "/rules/edit?name=hong+kong")
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


POLICY = """
presets = ["call-centre-access"]
[suspicion.score]
[calendars]
holidays = [2026-10-01]
[windows.open]
days = "mon-sat"
hours = "09:00-18:30"
never = "holidays"
[[rule]]
name = "closed"
who = "everyone"
unless = { window = "open" }
action = "voicemail"
[[rule]]
name = "hong kong"
when = { country = "HK", class = "mobile" }
action = "reject"
mode = "observe"
[[rule]]
name = "off"
enabled = false
when = { prefix = "95*" }
action = "screen"
"""


async def policy(path: Path) -> None:
    """Rules of several kinds, one of which the linter finds odd."""
    async with await open_database(path) as database:
        await put_in_force(database, POLICY, at=datetime.now(UTC), author="admin", note="", since=None)


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
    call = format_id(turned_away(shop.database, outcome=message()))
    await own_numbers(shop.database)
    await policy(shop.database)
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=phone)
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in (*PAGES, f"/calls/{call}"):
        await page.goto(path)
        faults += [f"{path} {each}" for each in await faults_of(page)]
    await page.context.close()
    assert not faults
