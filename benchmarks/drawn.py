"""How soon a real Chromium has drawn each page over a long log, and how much it loads for it.

`make bench ARGS=--drawn`. Each page is opened first by a browser that has nothing of it yet, which gives the bytes,
then several times in a new tab, for which Chromium starts a process, and several times from another page.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from playwright.async_api import BrowserContext, Page, StorageState, async_playwright

from benchmarks.pages import LIMIT_BYTES, PASSWORD, logged_in, long_log, page_over
from lab.browser import CHROMIUM, EVERY_PAGE, QUIET

CALLS: Final = 1_000_000
ROUNDS: Final = 5
LIMIT_SECONDS: Final = 0.3
DRAWN: Final = """() => new Promise(told => {
    let painted = 0
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) painted = Math.max(painted, entry.startTime)
    }).observe({type: 'largest-contentful-paint', buffered: true})
    setTimeout(() => {
        const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        const bytes = all.reduce((sum, entry) => sum + entry.encodedBodySize, 0)
        const loaded = performance.getEntriesByType('navigation')[0].loadEventEnd
        const charts = performance.getEntriesByName('drawn').map(entry => entry.startTime)
        told([Math.max(painted, loaded), Math.max(painted, loaded, ...charts), bytes])
    }, 500)
})"""
"""Milliseconds from the click until all is loaded and the largest part of the page is painted, the same with what is
drawn when the page can be read already, and bytes."""
ELSEWHERE: Final = "/me"
SETTLE_SECONDS: Final = 1.0
"""For a new tab Chromium loads pages of its own, those of its address bar, and they would be measured along."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One page. Times are in milliseconds."""

    path: str
    size: int
    """Bytes of it and all its files, as a browser loads them that has none."""
    first: float
    """How long that takes."""
    tab: float
    """In a tab of its own with the files at hand, the median."""
    link: float
    """From another page, the median."""
    slowest: float
    """The slowest of these."""
    whole: float
    """From another page, with what follows when the page can be read: the chart. The median."""


def table(folder: Path, calls: int = CALLS) -> str:
    """Bytes and times of every page, as Markdown."""
    return "\n".join(_shown(asyncio.run(_measured(long_log(folder, calls))), calls))


async def _measured(database: Path) -> list[Drawn]:
    async with page_over(database) as server, async_playwright() as playwright, logged_in(server.url) as client:
        newest = re.findall(r'href="(/calls/\w{10})"', (await client.get("/calls")).text)[0]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        visitor = await browser.new_context(base_url=server.url)
        state = await _logged_in(visitor)
        found = []
        for path in ("/login", *EVERY_PAGE, newest):
            # The page for logging in sends those away who are.
            fresh = await browser.new_context(base_url=server.url, storage_state=None if path == "/login" else state)
            first, _, size = await _opened(fresh, path)
            tabs = [(await _opened(fresh, path))[0] for _ in range(ROUNDS)]
            links = await _followed(fresh, path)
            await fresh.close()
            times, wholes = zip(*links, strict=True)
            name = "/calls/…" if path == newest else path
            found.append(Drawn(name, size, first, median(tabs), median(times), max(times), median(wholes)))
        await browser.close()
    return found


async def _logged_in(context: BrowserContext) -> StorageState:
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("input[name=name]", "bench")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/")
    await page.close()
    return await context.storage_state()


async def _opened(context: BrowserContext, path: str) -> tuple[float, float, int]:
    """A page in a tab of its own, as `DRAWN` tells of it."""
    page = await context.new_page()
    await asyncio.sleep(SETTLE_SECONDS)
    told = await _drawn(page, path)
    await page.close()
    return told


async def _followed(context: BrowserContext, path: str) -> list[tuple[float, float]]:
    """A page opened from another one, several times."""
    page = await context.new_page()
    found = []
    for _ in range(ROUNDS):
        await page.goto("/login" if path == "/login" else ELSEWHERE, wait_until="load")
        await asyncio.sleep(SETTLE_SECONDS)
        found.append((await _drawn(page, path))[:2])
    await page.close()
    return found


async def _drawn(page: Page, path: str) -> tuple[float, float, int]:
    await page.goto(path, wait_until="load")
    painted, whole, loaded = await page.evaluate(DRAWN)
    return float(painted), float(whole), int(loaded)


def _shown(found: Iterable[Drawn], calls: int) -> Iterator[str]:
    found = list(found)
    yield f"{calls:,} calls. Milliseconds until a page is loaded and painted; medians of {ROUNDS}."
    yield ""
    yield "| page | bytes, with all files | first visit | new tab | followed link | its slowest | with chart |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in found:
        times = (one.first, one.tab, one.link, one.slowest, one.whole)
        yield f"| `{one.path}` | {one.size:,} | {' | '.join(f'{time:.0f}' for time in times)} |"
    yield ""
    heaviest = max(one.size for one in found)
    for what, value, limit, unit in (
        ("each page drawn when a link is followed", max(one.link for one in found), LIMIT_SECONDS * 1000, "ms"),
        ("the same with its chart", max(one.whole for one in found), LIMIT_SECONDS * 1000, "ms"),
        ("each page drawn in a new tab", max(one.tab for one in found), LIMIT_SECONDS * 1000, "ms"),
        ("each page's bytes", heaviest, LIMIT_BYTES, "bytes"),
    ):
        met = "met" if value <= limit else "missed"
        yield f"* Target: {what} within {limit:,.0f} {unit}, {met}: {value:,.0f} at most."
