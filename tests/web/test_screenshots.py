"""The pictures of README: taken here, so that they show the page as it is. `make screenshots` keeps them."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser

from callfilter.store.users import Role
from filters.verdict import Action, Reason
from tests.web.callers import turned_away
from tests.web.conftest import Line, opened

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

KEEP = os.environ.get("CALLFILTER_SCREENSHOTS", "")
"""A folder to keep the pictures in."""
LEAST_BYTES = 20_000
"""Of a picture that shows something."""
MORNING = timedelta(minutes=200)


def a_day_of(path: Path) -> None:
    """A shop's day, and some of the weeks before it."""
    salesmen = ("95029267", "02161500017", "02161500018", "075588812345", "17012345678")
    for day in range(29, 0, -1):
        for number, caller in enumerate(salesmen[: 1 + day % 5]):
            turned_away(path, caller, ago=timedelta(days=day, minutes=37 * number), rule="call-centre-access")
        for number in range(6 + day % 4):
            caller = f"139{day:04}{number:04}"
            ago = timedelta(days=day, minutes=50 * number)
            turned_away(path, caller, ago=ago, action=Action.ALLOW, reason=Reason.DEFAULT, rule="")
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        connection.execute("DELETE FROM inbox")
        connection.commit()
    screened: dict[str, Any] = {"action": Action.SCREEN, "outcome": {"screened": "silent"}}
    turned_away(path, "95029267", ago=MORNING, rule="call-centre-access", **screened)
    turned_away(path, "95029267", ago=MORNING / 2, rule="call-centre-access", **screened)
    turned_away(path, "02161500017", ago=MORNING / 3, rule="POS salesmen", name="刷卡机")
    turned_away(path, "057188880000", ago=MORNING / 4, rule="landlines-of-other-provinces", action=Action.VOICEMAIL)
    rang: dict[str, Any] = {"action": Action.ALLOW, "reason": Reason.DEFAULT, "rule": ""}
    turned_away(path, "13800138000", ago=MORNING / 5, name="王小明", **rang)
    turned_away(path, "95588", ago=MORNING / 6, **rang)
    turned_away(path, "110", ago=MORNING / 7, action=Action.ALLOW, reason=Reason.PROTECTED, rule="emergency")


@pytest.mark.parametrize(
    ("name", "address", "language", "scheme"),
    [
        ("home-light-en", "/", "en", "light"),
        ("home-dark-zh", "/", "zh-Hans", "dark"),
        ("review-light-zh", "/review", "zh-Hans", "light"),
        ("review-dark-en", "/review", "en", "dark"),
    ],
)
async def test_a_picture_of_the_page(
    *,
    line: Line,
    chromium: Browser,
    tmp_path: Path,
    name: str,
    address: str,
    language: str,
    scheme: Literal["light", "dark"],
) -> None:
    a_day_of(line.database)
    page = await opened(chromium, line, role=Role.ADMIN, language=language)
    await page.set_viewport_size({"width": 1120, "height": 860})
    await page.emulate_media(color_scheme=scheme)
    answer = await page.goto(address)
    await page.wait_for_timeout(500)
    picture = Path(KEEP or tmp_path) / f"{name}.png"
    await page.screenshot(path=picture)
    background = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    await page.context.close()
    assert answer is not None
    assert answer.ok
    assert picture.stat().st_size > LEAST_BYTES
    assert (int(background.partition("(")[2].partition(",")[0]) > 128) is (scheme == "light")
