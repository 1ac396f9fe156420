"""Calls as they come."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import Browser, expect

from callfilter.store.record import format_id
from callfilter.store.users import Role
from callfilter.web.live import LISTENERS
from tests.web.callers import turned_away
from tests.web.conftest import LANGUAGES, Client, Line, Shop, opened

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOW = timedelta(milliseconds=1)
PATIENCE = 8.0


class Stream:
    """What a listener hears."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def call(self) -> dict[str, str]:
        """The next event: `id` and `data`."""
        event: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for text in self._lines:
                name, _, value = text.partition(": ")
                if name in {"id", "data", "event"}:
                    event[name] = f"{event[name]}\n{value}" if name in event else value
                elif not text and "data" in event:
                    return event
        raise EOFError

    async def opened(self) -> None:
        """Waits until the first bytes are there."""
        async with asyncio.timeout(PATIENCE):
            async for text in self._lines:
                if text.startswith("retry"):
                    return


@asynccontextmanager
async def listening(client: Client, path: str = "/live", **headers: str) -> AsyncIterator[Stream]:
    async with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        stream = Stream(answer)
        await stream.opened()
        yield stream


async def test_a_call_is_told_to_everybody_in_their_language(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as one, shop.client(Role.ADMIN) as other:
        other.headers["accept-language"] = "zh-CN"
        async with listening(one) as english, listening(other) as chinese:
            call_id = turned_away(shop.database, ago=NOW, name="<b>x</b>")
            told, also = await english.call(), await chinese.call()
    assert told["event"] == "call"
    assert told["id"] == also["id"] == format_id(call_id)
    assert "rejected" in told["data"]
    assert "<b>x" not in told["data"]
    assert "已拒接" in also["data"]


async def test_a_call_is_told_again_when_it_is_over(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client, listening(client) as stream:
        turned_away(shop.database, ago=NOW)
        first = await stream.call()
        turned_away(shop.database, "13900139000", ago=NOW)
        await stream.call()
        with closing(sqlite3.connect(shop.database, timeout=5)) as connection:
            connection.execute("UPDATE calls SET answered = 1, talk_seconds = 65 WHERE key = '+8613800138000'")
            connection.commit()
        again = await stream.call()
    assert again["id"] == first["id"]
    assert "talked 1:05" in again["data"]


async def test_who_comes_back_gets_what_was_missed(shop: Shop) -> None:
    first, second = (turned_away(shop.database, ago=NOW) for _ in range(2))
    async with shop.client(Role.VIEWER) as client:
        async with listening(client, f"/live?after={format_id(0)}") as stream:
            assert [(await stream.call())["id"] for _ in range(2)] == [format_id(first), format_id(second)]
        async with listening(client, f"/live?after={format_id(0)}", **{"last-event-id": format_id(first)}) as stream:
            assert (await stream.call())["id"] == format_id(second)


async def test_listening_ends_with_the_login(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client, listening(client) as stream:
        assert (await client.change("/logout")).is_redirect
        with pytest.raises(EOFError):
            await stream.call()


async def test_no_more_listen_than_may(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=shop.url, cookies=client.cookies, limits=limits, timeout=20) as many:
            requests = [many.build_request("GET", "/live") for _ in range(LISTENERS)]
            answers = [await many.send(each, stream=True) for each in requests]
            assert {each.status_code for each in answers} == {200}
            assert (await many.get("/live")).status_code == 503
            for each in answers:
                await each.aclose()
            for _ in range(50):
                async with many.stream("GET", "/live") as answer:
                    if answer.status_code == 200:
                        break
                await asyncio.sleep(0.1)
            assert answer.status_code == 200


async def test_a_place_that_is_none_is_refused(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert (await client.get("/live?after=nonsense")).status_code == 400


@pytest.mark.asterisk
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_real_call_appears_by_itself(line: Line, call: "Caller", chromium: Browser, language: str) -> None:
    page = await opened(chromium, line, role=Role.VIEWER, language=language, phone=True)
    await expect(page.locator("#live-state")).to_have_text({"en": "live", "zh-Hans": "实时更新中"}[language])
    await call(caller="13800138000")
    row = page.locator("#live li").first
    await expect(row).to_contain_text("138 0013 8000", timeout=10_000)
    await expect(row).to_contain_text({"en": "rang", "zh-Hans": "已振铃"}[language])
    await expect(row).to_contain_text(re.compile({"en": "talked", "zh-Hans": "通话"}[language]), timeout=10_000)
    await expect(page.locator("#counts .figure").first).to_have_text("1", timeout=10_000)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.context.close()
