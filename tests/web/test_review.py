"""The inbox: who did not get through, one tap to put it right, and undo for each."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from callfilter.store.lookup import Lookup
from callfilter.store.record import format_id
from callfilter.store.users import Role
from filters.facts import OwnEntry
from filters.verdict import Action, Reason
from tests.web.callers import DID, an_inbox, message, turned_away
from tests.web.conftest import LANGUAGES, Client, Line, Shop, add_users, opened

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

MOBILE = "+8613800138000"
BLOCK = "+8613800138"


def own(shop: Shop, key: str = MOBILE) -> list[OwnEntry]:
    """What the next call's look-up finds of a caller."""
    lookup = Lookup(shop.database)
    found = list(lookup.facts_for(key, datetime.now(UTC)).own)
    lookup.close()
    return found


def rows(shop: Shop, query: str) -> list[Any]:
    with closing(sqlite3.connect(shop.database)) as connection:
        return connection.execute(query).fetchall()


async def tap(client: Client, deed: str, key: str = MOBILE, *, htmx: bool = False, **more: str) -> httpx.Response:
    """A button of a caller's card, pressed."""
    last = re.search(
        rf'name="key" value="{re.escape(key)}">\s*<input[^>]*name="last_id" value="(\d+)"',
        (await client.get("/review")).text.replace("&#43;", "+"),
    )
    assert last is not None
    form = {"key": key, "last_id": last[1], "deed": deed, "csrf": client.csrf, **more}
    return await client.post("/review", data=form, headers={"hx-request": "true"} if htmx else {})


async def undo(client: Client, review_id: int = 1) -> httpx.Response:
    return await client.change(f"/review/undo/{review_id}")


async def test_an_empty_inbox_says_so(shop: Shop) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert "Nobody is waiting" in (await client.get("/review")).text


async def test_the_inbox_says_at_once_whether_anybody_important_was_turned_away(shop: Shop) -> None:
    turned_away(shop.database, "13900139000")
    async with shop.client(Role.VIEWER) as client:
        assert "does not look as if anybody important" in (await client.get("/review")).text
        an_inbox(shop.database)
        text = (await client.get("/review")).text
    summary = text.partition('id="summary"')[2].partition("</div>")[0]
    assert "2 callers who may matter did not get through" in summary
    assert "Industrial and Commercial Bank of China" in summary
    assert "138 0013 8000" in summary


async def test_of_a_long_inbox_nothing_is_said_about_callers_who_were_not_looked_at(shop: Shop) -> None:
    turned_away(shop.database, ago=timedelta(hours=2), outcome=message())
    for place in range(21):
        turned_away(shop.database, f"139001390{place:02}", ago=timedelta(minutes=60 - place))
    newest, next_one = "+8613900139020", "+8613900139019"
    async with shop.client(Role.CLERK) as client:
        page = (await client.get("/review")).text
        tapped = (await tap(client, "right", newest, htmx=True)).text
        undone = (await client.post("/review/undo/1", data={"csrf": client.csrf}, headers={"hx-request": "true"})).text
        for text in (page, tapped, undone):
            assert "Nobody of the newest 20 looks important; there are more below." in text
            assert "does not look as if anybody important" not in text
        for key in (newest, next_one):
            await tap(client, "right", key)
        text = (await client.get("/review")).text
    assert "1 caller who may matter did not get through." in text
    assert "there are more below" not in text


async def test_of_a_long_inbox_it_is_said_whom_the_callers_who_may_matter_were_looked_for_among(shop: Shop) -> None:
    for place in range(21):
        turned_away(shop.database, f"139001390{place:02}", ago=timedelta(minutes=60 - place))
    turned_away(shop.database, outcome=message())
    async with shop.client(Role.VIEWER) as client:
        text = (await client.get("/review")).text
    assert "1 caller who may matter did not get through." in text
    assert "This is about the newest 20 callers; there are more below." in text


async def test_a_card_tells_who_when_where_why_and_what_to_do(shop: Shop) -> None:
    an_inbox(shop.database)
    async with shop.client(Role.VIEWER) as client:
        text = (await client.get("/review")).text
    for told in (
        "王小明",
        "Called 3 times and left a message of 24 seconds: probably a customer.",
        "Shanghai",
        "Called 3 of your numbers and left no message: probably a salesman.",
        "rented call-centre number",
        "No caller number",
        'preload="none" src="/voicemail/',
    ):
        assert told in text
    assert "<script>alert(1)" not in text


async def test_a_long_inbox_comes_page_by_page(shop: Shop) -> None:
    for place in range(45):
        turned_away(shop.database, f"138001380{place:02}", ago=timedelta(minutes=60 - place))
    found: list[str] = []
    async with shop.client(Role.VIEWER) as client:
        path = "/review"
        while path:
            text = (await client.get(path)).text
            found += re.findall(r"138 0013 80\d\d(?=</bdi>\s*</h2>)", text)
            older = re.search(r'href="(/review\?before=\d+)"', text)
            path = older[1] if older else ""
    assert found == [f"138 0013 80{place:02}" for place in range(44, -1, -1)]


@pytest.mark.parametrize(
    ("deed", "label", "did", "hours"),
    [
        ("allow", "", "", None),
        ("day", "", "", 24),
        (f"did {DID}", "", DID, None),
        ("label bank", "Bank", "", None),
        ("label-day courier", "Courier", "", 24),
    ],
)
async def test_one_tap_lets_a_caller_through_and_another_takes_it_back(
    shop: Shop, deed: str, label: str, did: str, hours: int | None
) -> None:
    turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        answer = await tap(client, deed)
        assert (answer.status_code, answer.headers["location"]) == (303, "/review?done=1")
        (entry,) = own(shop)
        assert (entry.action, entry.label, entry.did, entry.author) == (Action.ALLOW, label, did, "admin")
        assert (entry.expires_at is None) == (hours is None)
        if entry.expires_at and hours:
            left = entry.expires_at - datetime.now(UTC)
            assert timedelta(hours=hours - 1) < left <= timedelta(hours=hours)
        page = (await client.get("/review?done=1")).text
        assert 'name="key"' not in page
        assert "138 0013 8000" in page.partition('class="notice done"')[2]
        await undo(client)
        assert own(shop) == []
        assert 'name="key"' in (await client.get("/review")).text
    deeds = [deed for (deed,) in rows(shop, "SELECT deed FROM audit ORDER BY id") if deed.startswith("review")]
    assert deeds == ["reviewed", "review-undone"]


async def test_right_to_block_reports_the_caller_and_changes_nothing_else(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.CLERK) as client:
        await tap(client, "right")
        assert rows(shop, "SELECT key, author FROM reports") == [(MOBILE, "clerk")]
        assert own(shop) == []
        turned_away(shop.database)
        assert 'name="key"' not in (await client.get("/review")).text
        assert 'name="key"' in (await client.get("/review?again=1")).text


async def test_a_block_of_numbers_is_blocked_as_a_whole_and_says_what_it_would_have_met(shop: Shop) -> None:
    for caller in ("13800138001", "13800138001", "13800138002", "13800138000"):
        turned_away(shop.database, caller)
    async with shop.client(Role.ADMIN) as client:
        text = (await client.get("/review")).text
        assert "138 0013 8***" in text
        assert re.search(r"4 calls so far\s*·\s*from 3 numbers", text)
        await tap(client, "block")
        assert [(entry.text, entry.action) for entry in own(shop)] == [(f"{BLOCK}*", Action.REJECT)]
        await undo(client)
    assert own(shop) == []


@pytest.mark.parametrize("who", ["protected", "own line", "allowed", "known", "directory"])
async def test_a_block_with_a_number_that_nobody_wants_to_block_is_refused(empty_shop: Shop, who: str) -> None:
    shop = empty_shop
    caller, key = ("4008123124", "+864008123") if who == "directory" else ("13800138000", BLOCK)
    if who in {"protected", "own line"}:
        more = 'extensions = ["13800138009"]' if who == "own line" else '[policy]\nprotected = ["13800138009"]'
        shop.settings.write_text(shop.settings.read_text("utf-8") + more + "\n", "utf-8")
        await shop.server.__aexit__(None, None, None)
        await shop.server.__aenter__()
    await add_users(shop)
    turned_away(shop.database, caller)
    with closing(sqlite3.connect(shop.database)) as connection:
        until = (datetime.now(UTC) + timedelta(days=1)).timestamp() * 1e6
        if who == "allowed":
            connection.execute(f"INSERT INTO numbers VALUES ('{BLOCK}009', 0, '', 'allow', '', '', '', 0, NULL)")
        if who == "known":
            connection.execute(f"INSERT INTO bonds VALUES ('{BLOCK}009', 'dialled', 0, 0, {until:.0f})")
        connection.commit()
    async with shop.client(Role.ADMIN) as client:
        answer = await tap(client, "block", f"{key}{caller[-3:]}", htmx=True)
        assert "would be blocked along" in answer.text
        assert 'name="key"' in answer.text
    assert not any(entry.is_prefix for entry in own(shop, f"{key}{caller[-3:]}"))


async def test_a_clerk_may_let_in_for_a_day_and_no_longer(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.CLERK) as client:
        text = (await client.get("/review")).text
        assert sorted(set(re.findall(r'name="deed" value="([a-z-]+)', text))) == ["day", "label-day", "right"]
        for deed in ("allow", f"did {DID}", "label bank", "block"):
            assert (await tap(client, deed)).status_code == 403
        assert own(shop) == []
        await tap(client, "label-day customer")
        assert own(shop)[0].label == "Customer"
        assert (await undo(client)).status_code == 303
    assert own(shop) == []


async def test_undoing_a_look_leaves_an_admins_block_in_force(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.CLERK) as clerk, shop.client(Role.ADMIN) as admin:
        await tap(clerk, "seen")
        await admin.change("/numbers/add", number="13800138000", action="reject")
        await undo(clerk)
        assert 'name="key"' in (await clerk.get("/review?again=1")).text
    assert [(entry.action, entry.author) for entry in own(shop)] == [(Action.REJECT, "admin")]
    assert rows(shop, "SELECT key, author FROM reports") == [(MOBILE, "admin")]


async def test_what_an_admin_made_of_a_clerks_day_is_not_undone_and_the_page_says_so(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.CLERK) as clerk, shop.client(Role.ADMIN) as admin:
        await tap(clerk, "day")
        await admin.change("/numbers/edit", row=MOBILE, label="Mother")
        await admin.change("/numbers/bulk", row=MOBILE, what="end", days="")
        await undo(clerk)
        assert "This was changed since, so it cannot be undone here" in (await clerk.get("/review")).text
    assert [(entry.action, entry.label, entry.expires_at) for entry in own(shop)] == [(Action.ALLOW, "Mother", None)]


async def test_a_clerk_cannot_undo_what_an_admin_did(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        await tap(client, "allow")
    async with shop.client(Role.CLERK) as client:
        assert (await undo(client)).status_code == 403
    assert len(own(shop)) == 1


async def test_a_whole_page_is_looked_at_at_once_and_each_caller_comes_back_by_undo(shop: Shop) -> None:
    an_inbox(shop.database)
    async with shop.client(Role.CLERK) as client:
        seen = re.findall(r'name="seen" value="([^"]+)"', (await client.get("/review")).text.replace("&#43;", "+"))
        answer = await client.post("/review/all", data={"seen": seen, "csrf": client.csrf})
        assert answer.headers["location"] == "/review"
        text = (await client.get("/review")).text
        assert f"{len(seen)} callers are looked at." in text
        assert "Nobody is waiting" in text
        for review_id in range(1, len(seen) + 1):
            await undo(client, review_id)
        again = re.findall(r'name="seen" value="([^"]+)"', (await client.get("/review")).text.replace("&#43;", "+"))
        assert again == seen


@pytest.mark.asyncio(loop_scope="session")
async def test_cards_below_the_first_follow_by_themselves_and_links_to_them_lead_there(
    shop: Shop, chromium: Browser
) -> None:
    ids = [turned_away(shop.database, f"1380013{number:04}") for number in range(23)]
    anchors = [f"caller-{format_id(one)}" for one in reversed(ids)]
    page = await opened(chromium, shop, role=Role.ADMIN, phone=True)
    await page.goto(f"/review#{anchors[17]}")
    await expect(page.locator("article.caller")).to_have_count(20)
    assert [await card.get_attribute("id") for card in await page.locator(".inbox > li").all()] == anchors[:20]
    await expect(page.locator(f"#{anchors[17]} h2")).to_be_in_viewport()
    await page.locator(f"#{anchors[19]}").get_by_role("button", name=LET_THROUGH["en"]).click()
    await expect(page.locator(f"#{anchors[19]}").get_by_role("button", name=UNDO["en"])).to_be_visible()
    await page.context.close()


async def test_without_scripts_a_link_leads_to_the_cards_below_the_first(shop: Shop) -> None:
    for number in range(8):
        turned_away(shop.database, f"1380013{number:04}")
    async with shop.client(Role.CLERK) as client:
        text = (await client.get("/review")).text
        assert text.count('class="caller') == 6
        [below] = re.findall(r'<li id="rest"[^>]*><a href="([^"]+)">', text)
        assert (await client.get(below)).text.count('class="caller') == 2


async def test_a_caller_who_was_allowed_elsewhere_needs_no_more_than_a_look(shop: Shop) -> None:
    turned_away(shop.database)
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute(f"INSERT INTO numbers VALUES ('{MOBILE}', 0, '', 'allow', '', '', '', 0, NULL)")
        connection.commit()
    async with shop.client(Role.ADMIN) as client:
        text = (await client.get("/review")).text
        assert "You have let this caller through since." in text
        assert re.findall(r'name="deed" value="([a-z-]+)', text) == ["seen"]


async def test_who_may_only_look_has_no_buttons(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.VIEWER) as client:
        assert 'name="deed"' not in (await client.get("/review")).text


async def test_a_clerk_does_not_end_an_admins_block(shop: Shop) -> None:
    turned_away(shop.database, rule=MOBILE, reason=Reason.BLOCKED)
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute(f"INSERT INTO numbers VALUES ('{MOBILE}', 0, '', 'reject', '', '', '', 0, NULL)")
        connection.commit()
    async with shop.client(Role.CLERK) as client:
        assert 'value="day"' not in (await client.get("/review")).text
        assert "would end that for good" in (await tap(client, "day", htmx=True)).text
    assert [entry.action for entry in own(shop)] == [Action.REJECT]


@pytest.mark.parametrize("label", ["a,b", "${SHELL(x)}", " ", "\u202egnab"])
async def test_a_label_that_asterisk_cannot_take_is_refused(shop: Shop, label: str) -> None:
    turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        assert "A label has letters and digits" in (await tap(client, "label", htmx=True, label=label)).text
    assert own(shop) == []


async def test_a_number_that_the_caller_never_called_is_refused(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        assert "has not called this number" in (await tap(client, "did 999", htmx=True)).text
    assert own(shop) == []


async def test_of_callers_without_a_number_nothing_can_be_said_but_that_somebody_looked(shop: Shop) -> None:
    turned_away(shop.database, "", reason=Reason.ANONYMOUS, rule="")
    async with shop.client(Role.ADMIN) as client:
        assert "Nothing can be said" in (await tap(client, "allow", "anonymous", htmx=True)).text
        await tap(client, "seen", "anonymous")
        assert "Nobody is waiting" in (await client.get("/review")).text
    assert rows(shop, "SELECT * FROM numbers") == []


async def test_a_word_that_is_no_deed_is_refused(shop: Shop) -> None:
    turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        assert (await tap(client, "destroy")).status_code == 400


@pytest.mark.parametrize(
    "path", ["/review?before=x", "/review?before=-1", f"/review?done={2**63}", "/review?again=perhaps"]
)
async def test_an_address_that_says_nothing_is_refused(shop: Shop, path: str) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert (await client.get(path)).status_code == 400


async def test_the_second_of_two_taps_does_nothing(shop: Shop) -> None:
    call_id = turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        for _ in range(2):
            answer = await client.change("/review", key=MOBILE, last_id=str(call_id), deed="right")
        assert answer.headers["location"] == "/review"
        assert "Somebody was faster" in (await client.get("/review")).text
    assert len(rows(shop, "SELECT * FROM reviews")) == 1


async def inbox_of(browser: Browser, shop: Shop, language: str, *, phone: bool) -> Page:
    page = await opened(browser, shop, role=Role.ADMIN, language=language, phone=phone)
    await page.goto("/review")
    return page


LET_THROUGH = {"en": "Let through from now on", "zh-Hans": "今后放行"}
UNDO = {"en": "Undo", "zh-Hans": "撤销"}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_undo_brings_the_card_back_by_keyboard_alone(shop: Shop, chromium: Browser, language: str) -> None:
    turned_away(shop.database, outcome=message())
    page = await inbox_of(chromium, shop, language, phone=True)
    await page.get_by_role("button", name=LET_THROUGH[language]).press("Enter")
    button = page.locator(".inbox").get_by_role("button", name=UNDO[language])
    await expect(button).to_be_focused()
    assert len(own(shop)) == 1
    await expect(page.locator("#summary")).to_have_class(re.compile("well"))
    await expect(page.locator(".menu .badge")).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.locator("article.caller h2")).to_be_focused()
    await expect(page.locator("#summary")).to_have_class(re.compile("matters"))
    await expect(page.locator(".menu .badge")).to_have_text("1")
    await page.context.close()
    assert own(shop) == []


@pytest.mark.asyncio(loop_scope="session")
async def test_the_menu_does_not_count_reported_callers_who_called_again(shop: Shop, chromium: Browser) -> None:
    turned_away(shop.database)
    async with shop.client(Role.ADMIN) as client:
        await tap(client, "right")
    for caller in ("13800138000", "13900139000"):
        turned_away(shop.database, caller)
    page = await opened(chromium, shop, role=Role.ADMIN, phone=True)
    await page.goto("/review?again=1")
    await page.get_by_role("button", name=LET_THROUGH["en"]).press("Enter")
    await expect(page.locator(".inbox").get_by_role("button", name=UNDO["en"])).to_be_focused()
    await expect(page.locator(".menu .badge")).to_have_text("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("article.caller h2")).to_be_focused()
    await expect(page.locator(".menu .badge")).to_have_text("1")
    await page.context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_the_inbox_works_without_scripts(shop: Shop, chromium: Browser) -> None:
    turned_away(shop.database)
    context = await chromium.new_context(base_url=shop.url, java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto("/login")
    await page.fill("input[name=name]", "admin")
    await page.fill("input[name=password]", "correct horse battery")
    await page.click("main button")
    await page.goto("/review")
    await page.get_by_role("button", name=LET_THROUGH["en"]).click()
    assert len(own(shop)) == 1
    await page.locator(".notice").get_by_role("button", name=UNDO["en"]).click()
    await expect(page.locator(".notice")).to_contain_text("is in the inbox again")
    await context.close()
    assert own(shop) == []


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
async def test_no_inbox_scrolls_sideways(shop: Shop, chromium: Browser, language: str, phone: bool) -> None:
    an_inbox(shop.database)
    turned_away(shop.database, "13700137000", name="W" * 300, rule="R" * 200, outcome=message())
    page = await inbox_of(chromium, shop, language, phone=phone)
    widths = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    await page.context.close()
    assert widths[0] <= widths[1]


@pytest.mark.asterisk
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_wrongly_rejected_caller_is_released_with_one_tap_and_the_next_call_rings(
    line: Line, call: "Caller", chromium: Browser, language: str
) -> None:
    await line.service.callfilter("block", "138001380*")
    assert (await call(caller="13800138000")).final_code == 603
    await line.service.rows_when(1)
    page = await inbox_of(chromium, line, language, phone=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_role("button", name=LET_THROUGH[language]).click()
    await expect(page.locator(".inbox").get_by_role("button", name=UNDO[language])).to_be_visible()
    again = await call(caller="013800138000")
    assert again.ringing
    assert again.answered
    await page.locator(".inbox").get_by_role("button", name=UNDO[language]).click()
    await expect(page.locator("article.caller")).to_be_visible()
    await page.context.close()
    assert (await call(caller="13800138000")).final_code == 603


@pytest.mark.asterisk
@pytest.mark.asyncio(loop_scope="session")
async def test_let_through_on_one_number_only_means_that_number(line: Line, call: "Caller") -> None:
    await line.service.callfilter("block", "138001380*")
    assert (await call(to=DID)).final_code == 603
    await line.service.rows_when(1)
    async with line.client(Role.ADMIN) as client:
        await tap(client, f"did {DID}")
    assert (await call(to=DID)).answered
    assert (await call(to="02087654321")).final_code == 603
