"""The first page: counts, who was turned away, and whether the filter is well."""

import asyncio
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from callfilter.store import tallies
from callfilter.store.codec import to_microseconds
from callfilter.store.database import open_database
from callfilter.store.tables import SLOT
from callfilter.store.users import Role
from filters.verdict import Action, Reason
from tests.web.callers import turned_away
from tests.web.conftest import LANGUAGES, Line, Shop, opened

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAVIEST = 300_000
SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = timedelta(milliseconds=5)


def figures(text: str) -> list[str]:
    return re.findall(r'class="figure">(?:<a [^>]*>)?([\d,]+)', text)


async def test_the_counts_tell_today_from_thirty_days(shop: Shop) -> None:
    turned_away(shop.database, ago=MOMENT)
    turned_away(shop.database, ago=MOMENT, action=Action.VOICEMAIL)
    turned_away(shop.database, ago=MOMENT, action=Action.SCREEN)
    turned_away(shop.database, ago=MOMENT, action=Action.ALLOW, reason=Reason.ERROR, rule="")
    turned_away(shop.database, ago=timedelta(days=3))
    turned_away(shop.database, ago=timedelta(days=40))
    async with shop.client(Role.VIEWER) as client:
        text = (await client.get("/today")).text
    assert figures(text) == ["4", "2", "1", "1"]
    assert re.findall(r"(\d+) in 30 days", text) == ["5", "3", "1", "1"]
    assert 'href="/calls?reason=error"' in text


async def test_days_are_those_of_the_shops_zone(shop: Shop) -> None:
    """16:00 UTC is midnight in Shanghai."""
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    before, after = datetime(2026, 3, 9, 15, 30, tzinfo=UTC), datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
    with closing(sqlite3.connect(shop.database)) as connection:
        for at, calls in ((before, 3), (after, 5)):
            slot = to_microseconds(at) // SLOT
            connection.execute("INSERT INTO tallies VALUES (?, 'reject', 'rule', ?)", (slot, calls))
        connection.commit()
    async with await open_database(shop.database) as database:
        days = await tallies.of_days(database, now, SHANGHAI, 2)
    assert [(day.date.day, day.calls) for day in days] == [(9, 3), (10, 5)]


async def test_who_was_turned_away_today_is_let_through_with_one_tap(shop: Shop) -> None:
    turned_away(shop.database, "13800138000", ago=MOMENT, name="王小明")
    turned_away(shop.database, "13900139000", ago=timedelta(days=2))
    async with shop.client(Role.ADMIN) as client:
        part = (await client.get("/")).text.partition('id="away-title"')[2].partition("</section>")[0]
        assert "138 0013 8000" in part
        assert "王小明" in part
        assert "139 0013 9000" not in part
        found = re.search(r'name="key" value="([^"]+)">\s*<input[^>]*name="last_id" value="(\d+)"', part)
        assert found is not None
        key = found[1].replace("&#43;", "+")
        answer = await client.change("/review", key=key, last_id=found[2], deed="allow")
        assert answer.status_code == 303
        assert (
            "138 0013 8000" not in (await client.get("/")).text.partition('id="away-title"')[2].partition("</sect")[0]
        )


async def test_the_menu_says_how_many_callers_wait(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert 'class="badge"' not in (await client.get("/")).text
        turned_away(shop.database)
        assert re.search(r'class="badge" title="[^"]*">1<', (await client.get("/calls")).text)
        with closing(sqlite3.connect(shop.database)) as connection:
            connection.executemany("INSERT INTO inbox VALUES (?, 1, 1)", [(f"+86{n}",) for n in range(150)])
            connection.commit()
        assert re.search(r'class="badge" title="[^"]*">99\+<', (await client.get("/calls")).text)


async def test_a_service_that_is_down_is_said_in_words(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert "The service does not run: every call rings unfiltered." in (await client.get("/")).text
        client.headers["accept-language"] = "zh-CN"
        assert "服务未运行" in (await client.get("/")).text


async def test_a_faulty_policy_is_told(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO policy_versions VALUES (1, 0, 'somebody', '', '[[rule]]\nname = 3')")
        connection.commit()
    async with shop.client(Role.VIEWER) as client:
        assert "The policy cannot be used as it stands:" in (await client.get("/")).text


async def test_hostile_names_stay_text(shop: Shop) -> None:
    turned_away(shop.database, ago=MOMENT, name="<script>alert(1)</script>\u202e")
    async with shop.client(Role.VIEWER) as client:
        text = (await client.get("/")).text
    assert "<script>alert" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_chart_is_drawn_and_the_page_weighs_little(shop: Shop, chromium: Browser, language: str) -> None:
    for ago in range(0, 30, 3):
        turned_away(shop.database, ago=timedelta(days=ago, milliseconds=5))
    page = await opened(chromium, shop, role=Role.VIEWER, language=language, phone=True)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.goto("/")
    await expect(page.locator("#chart canvas")).to_be_visible()
    weight = await page.evaluate(
        "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
        ".reduce((sum, one) => sum + one.decodedBodySize, 0)"
    )
    width = await page.evaluate("document.documentElement.scrollWidth")
    await page.context.close()
    assert not faults
    assert 100_000 < weight < HEAVIEST
    assert width <= 360


@pytest.mark.asterisk
async def test_the_running_service_tells_how_it_is(line: Line, call: "Caller") -> None:
    await call(caller="13800138000")
    await line.service.rows_when(1)
    async with line.client(Role.VIEWER) as client:
        for _ in range(50):
            text = (await client.get("/")).text
            if ">connected<" in text:
                break
            await asyncio.sleep(0.1)
    assert ">connected<" in text
    assert ">works<" in text
    assert re.search(r"<dt>Half of all calls decided within</dt><dd>[\d.]+ ms</dd>", text)
