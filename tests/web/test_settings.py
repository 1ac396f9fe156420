"""The settings on the page: shown with where they come from, changed as a whole, told at their field where wrong."""

import asyncio
import re
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from callfilter.config import Config, load_config
from callfilter.store import audit
from callfilter.store.database import open_database
from callfilter.store.users import Role
from callfilter.web.routes.settings import mark_of
from callfilter.web.settings_form import LONGEST_LIST, MOST_ROWS, SettingsForm
from tests.web.conftest import LANGUAGES, Client, Line, Shop, opened

DID = "02161234567"


def page_file(shop: Shop) -> Path:
    return shop.database.with_name("callfilter.settings.toml")


def saved(shop: Shop) -> dict[str, Any]:
    """What the page's file holds."""
    return tomllib.loads(page_file(shop).read_text())


def fields(config: Config, **changed: Any) -> dict[str, Any]:
    """The form as a browser sends it, with some of it changed."""
    form = SettingsForm.of(config)
    names = ("country", "area", "extensions", "protected", "signal", "anonymous", "invalid", "mailbox", "language")
    sent: dict[str, Any] = {name: getattr(form, name) for name in (*names, "keep_days")}
    sent |= {"mask_numbers": "1"} if form.mask_numbers else {}
    rows = [*form.dids]
    sent |= {
        "did_number": [*(row.number for row in rows), ""],
        "did_name": [*(row.name for row in rows), ""],
        "did_mailbox": [*(row.mailbox for row in rows), ""],
        "seen": mark_of(config),
    }
    return sent | changed


async def change(shop: Shop, client: Client, **changed: Any) -> Any:
    """The form as it is, sent with some of it changed."""
    return await client.change("/settings", **fields(load_config(shop.settings, {}), **changed))


def did(number: str = DID, name: str = "", mailbox: str = "") -> dict[str, Any]:
    return {"did_number": [number], "did_name": [name], "did_mailbox": [mailbox]}


async def test_what_is_saved_lies_in_the_pages_file_and_only_what_differs(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await change(
            shop,
            client,
            **did(name="前台", mailbox="100@default"),
            signal="607",
            protected="02162345678, 02162345679",
            keep_days="365",
            trunk_name=["carrier"],
            trunk_country=["DE"],
            trunk_area=[""],
            trunk_strip=["9 00"],
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
        text = (await client.get("/settings")).text
    assert saved(shop) == {
        "keep_days": 365,
        "policy": {"signal": 607, "protected": ["02162345678", "02162345679"]},
        "dids": {DID: {"name": "前台", "mailbox": "100@default"}},
        "trunks": {"carrier": {"country": "DE", "strip": ["9", "00"]}},
    }
    assert "前台" in text
    assert load_config(shop.settings, {}).reading("carrier") == ("DE", "021", ("9", "00"))


async def test_what_is_set_back_to_the_file_follows_the_file_again(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await change(shop, client, area="010")
        assert saved(shop) == {"area": "010"}
        await change(shop, client, area="021")
    assert saved(shop) == {}


async def test_a_line_is_removed_by_its_box_or_by_emptying_it(shop: Shop) -> None:
    three = {"did_number": ["1", "2", "3"], "did_name": ["", "", ""], "did_mailbox": ["", "", ""]}
    async with shop.client(Role.ADMIN) as client:
        await change(shop, client, **three)
        await change(shop, client, **{**three, "did_number": ["1", "", "3"]}, did_remove=["2"])
    assert list(saved(shop)["dids"]) == ["1"]


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"country": "XX"}, "country"),
    ({"area": "o21"}, "area"),
    ({"signal": "600"}, "signal"),
    ({"anonymous": "divert"}, "anonymous"),
    ({"invalid": "voicemail"}, "invalid"),
    ({"mailbox": "box"}, "mailbox"),
    ({"protected": "02162345678\nsoap"}, "protected"),
    ({"extensions": "x"}, "extensions"),
    ({"keep_days": "-1"}, "keep_days"),
    ({"keep_days": "99999"}, "keep_days"),
    ({"language": "fr"}, "language"),
    (did(mailbox="100"), "did-mailbox-0"),
    (did(number="", name="desk"), "did-number-0"),
    (did(number="0216 1234"), "did-number-0"),
    (did(number="<script>"), "did-number-0"),
    ({"did_number": ["1", "1"], "did_name": ["", ""], "did_mailbox": ["", ""]}, "did-number-1"),
    ({"trunk_name": ["a"], "trunk_country": ["X"], "trunk_area": [""], "trunk_strip": [""]}, "trunk-country-0"),
    ({"trunk_name": ["a"], "trunk_country": [""], "trunk_area": [""], "trunk_strip": ["x"]}, "trunk-strip-0"),
    ({"trunk_name": [""], "trunk_country": ["CN"], "trunk_area": [""], "trunk_strip": [""]}, "trunk-name-0"),
)


async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        for changed, field in WRONG:
            answer = await change(shop, client, **changed)
            assert answer.status_code == 422, changed
            assert re.findall(r'id="fault-([\w-]+)"', answer.text) == [field], changed
            assert f'aria-describedby="fault-{field}"' in answer.text
    assert not page_file(shop).exists()


async def test_all_faults_are_told_at_once_and_what_was_typed_stays(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await change(shop, client, **did(mailbox="bad box"), area="x", protected="soap")
    assert set(re.findall(r'id="fault-([\w-]+)"', answer.text)) == {"did-mailbox-0", "area", "protected"}
    assert 'value="bad box"' in answer.text
    assert "soap" in answer.text


async def test_a_change_loses_none_of_many_numbers_of_the_shop(shop: Shop) -> None:
    numbers = [f"0216{at:07}" for at in range(400)]
    with shop.settings.open("a") as file:
        file.writelines(f'[dids."{number}"]\nname = "line"\n' for number in numbers)
    async with shop.client(Role.ADMIN) as client:
        async with asyncio.timeout(5):
            while numbers[-1] not in (await client.get("/settings")).text:
                await asyncio.sleep(0.05)
        assert (await change(shop, client, area="010")).status_code == 303
    assert list(load_config(shop.settings, {}).dids) == numbers


TOO_MUCH: tuple[tuple[dict[str, Any], str], ...] = (
    ({"protected": "02162345678\n" * (LONGEST_LIST // 12 + 1)}, "protected"),
    ({"extensions": "801 " * (LONGEST_LIST // 4 + 1)}, "extensions"),
    ({key: [*map(str, range(MOST_ROWS + 1))] for key in ("did_number", "did_name")}, "dids"),
    ({f"trunk_{key}": [*map(str, range(MOST_ROWS + 1))] for key in ("name", "area", "strip")}, "trunks"),
    (did(name="x" * 201), "did-name-0"),
)


async def test_what_is_too_much_for_the_page_is_told_at_its_field_and_nothing_is_cut(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        for changed, field in TOO_MUCH:
            many = {"did_mailbox": [""] * MOST_ROWS + [""], "trunk_country": [""] * MOST_ROWS + [""]}
            answer = await change(shop, client, **(many | changed))
            assert answer.status_code == 422, field
            assert re.findall(r'id="fault-([\w-]+)"', answer.text) == [field]
            last = next(iter(changed.values()))
            assert unescape(answer.text).count(last.strip() if isinstance(last, str) else f'value="{last[-1]}"'), field
    assert not page_file(shop).exists()


async def test_who_looked_at_older_settings_changes_nothing(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        old = fields(load_config(shop.settings, {}), area="020")
        await change(shop, client, area="010")
        answer = await client.change("/settings", **old)
    assert answer.status_code == 409
    assert "Somebody else changed the settings" in answer.text
    assert saved(shop) == {"area": "010"}


@pytest.mark.parametrize("role", [Role.CLERK, Role.VIEWER])
async def test_others_look_and_change_nothing(shop: Shop, role: Role) -> None:
    async with shop.client(role) as client:
        page = await client.get("/settings")
        assert page.status_code == 200
        assert "Save the settings" not in page.text
        assert (await change(shop, client, area="010")).status_code == 403
    assert not page_file(shop).exists()


@pytest.mark.asyncio(loop_scope="session")
async def test_no_secret_gets_to_the_page_or_into_its_file(line: Line) -> None:
    async with line.client(Role.ADMIN) as client:
        text = (await client.get("/settings")).text
        await change(line, client, area="010")
    secret = tomllib.loads(line.settings.read_text())["ami"].partition(":")[2].partition("@")[0]
    assert "<code>ami</code>" in text
    assert secret not in text
    assert secret not in page_file(line).read_text()


async def test_changes_are_noted_with_what_they_were(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await change(shop, client, **did(name="desk"), area="010")
        shown = (await client.get("/audit")).text
    async with await open_database(shop.database) as database:
        deed = (await audit.every(database))[0]
    assert (deed.deed, deed.author) == ("settings-saved", "admin")
    assert deed.detail == {
        "changed": {"area": "010", f"dids.{DID}": "desk"},
        "before": {"area": "021", f"dids.{DID}": "-"},
    }
    assert "changed the settings" in shown


async def test_the_language_of_the_shop_is_that_of_those_who_chose_none(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await change(shop, client, language="zh-Hans")
    async with shop.client() as stranger:
        assert '<html lang="zh-Hans"' in (await stranger.get("/login")).text
        stranger.cookies.set("callfilter_language", "en")
        assert '<html lang="en"' in (await stranger.get("/login")).text


async def test_faulty_settings_are_told_on_the_page_which_goes_on_with_those_before(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        page_file(shop).write_text('area = "x"')
        async with asyncio.timeout(5):
            while "those before go on" not in (text := unescape((await client.get("/settings")).text)):
                await asyncio.sleep(0.05)
        assert 'area is "x", but must be an area code in digits' in text
        assert 'name="area" value="021"' in text
        assert (await change_from(client, text, area="020")).status_code == 303
    assert saved(shop) == {"area": "020"}


async def change_from(client: Client, text: str, **changed: str) -> Any:
    """The form of a page that was got, sent with some of it changed."""
    config = Config(area="021", country="CN")
    seen = text.partition('name="seen" value="')[2].partition('"')[0]
    return await client.change("/settings", **{**fields(config), "seen": seen, **changed})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_admin_gives_a_number_a_name_and_a_mailbox(
    shop: Shop, chromium: Browser, language: str, phone: bool, tmp_path: Path
) -> None:
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=phone)
    await page.goto("/settings")
    line = page.locator("#dids fieldset").last
    await line.locator("[name=did_number]").fill(DID)
    await line.locator("[name=did_name]").fill("前台")
    await line.locator("[name=did_mailbox]").fill("100")
    await page.click(".save button")
    fault = page.locator("#fault-did-mailbox-0")
    assert await fault.is_visible()
    assert "100@default" in await fault.inner_text()
    assert not page_file(shop).exists()
    await page.locator("[name=did_mailbox]").first.fill("100@default")
    await page.click("[data-adds=dids]")
    await page.locator("[name=did_number]").last.fill("02161234568")
    await page.click(".save button")
    assert await page.locator("p.notice").is_visible()
    assert saved(shop)["dids"] == {
        DID: {"name": "前台", "mailbox": "100@default"},
        "02161234568": {"name": "", "mailbox": ""},
    }
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(path=tmp_path / "settings.png", full_page=True)
    await page.context.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_call_within_a_second_is_judged_by_what_the_page_saved(line: Line) -> None:
    await line.service.callfilter("block", "13800138000")
    assert (await line.service.ask())["CALLFILTER_ACTION"] == "reject"
    async with line.client(Role.ADMIN) as client:
        assert (await change(line, client, protected="13800138000")).status_code == 303
    for _ in range(50):
        answer = await line.service.ask()
        if answer["CALLFILTER_REASON"] == "protected":
            break
        await asyncio.sleep(0.02)
    assert answer["CALLFILTER_REASON"] == "protected"
