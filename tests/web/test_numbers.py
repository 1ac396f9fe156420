"""Own numbers on the page: shown, added by paste and from files, changed, undone, written into a file."""

import csv
import io
import re
import sqlite3
import zipfile
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.async_api import Browser

from callfilter.store import numbers
from callfilter.store.database import open_database
from callfilter.store.users import Role
from filters.facts import OwnEntry
from filters.verdict import Action
from tests.web.conftest import LANGUAGES, Client, Shop, opened

DAY = 24 * 3600 * 1_000_000
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
CARDS = """\
BEGIN:VCARD
VERSION:3.0
FN:李雷
TEL;TYPE=CELL:138 0013 8000
TEL;TYPE=WORK:021-62345678
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E9=9F=A9;=E6=A2=85=E6=A2=85;;;
TEL;CELL:+8613900139000
END:VCARD
"""


def rows(shop: Shop, table: str = "numbers") -> list[dict[str, Any]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]


def by_key(shop: Shop) -> dict[str, dict[str, Any]]:
    return {row["key"] + "*" * row["is_prefix"]: row for row in rows(shop)}


async def put(shop: Shop, *entries: OwnEntry) -> None:
    async with await open_database(shop.database) as database:
        await numbers.put(database, entries, NOW)


def mobile(at: int, action: Action = Action.REJECT, **more: Any) -> OwnEntry:
    return OwnEntry(f"+861380013{at:04}", False, action, **more)


def text_of(page: str) -> str:
    """What a reader sees."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


async def send(client: Client, name: str, content: bytes) -> Any:
    return await client.post("/numbers/import", data={"csrf": client.csrf}, files={"file": (name, content)})


async def sent(client: Client, name: str, content: bytes) -> str:
    """A file, and where its preview is."""
    answer = await send(client, name, content)
    assert answer.status_code == 303, text_of(answer.text)[-700:]
    return str(answer.headers["location"])


def workbook(*lines: Iterable[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def test_a_button_of_another_page_blocks_a_number(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change(
            "/numbers/add", number="013800138000", action="reject", note="Loans", back="/calls"
        )
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")
    (row,) = rows(shop)
    assert (row["key"], row["action"], row["note"], row["author"]) == ("+8613800138000", "reject", "Loans", "admin")
    assert row["expires_at"] is None
    assert [report["key"] for report in rows(shop, "reports")] == ["+8613800138000"]


async def test_to_allow_takes_the_report_back(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/numbers/add", number="13800138000", action="reject")
        await client.change("/numbers/add", number="13800138000", action="allow", label="Li Lei")
    assert [(row["action"], row["label"]) for row in rows(shop)] == [("allow", "Li Lei")]
    assert not rows(shop, "reports")


@pytest.mark.parametrize("number", ["110", "12345", "021110", "13800138000, 110"])
async def test_nobody_blocks_what_always_rings(shop: Shop, number: str) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/add", number=number, action="reject")
    assert answer.status_code == 400
    assert "always rings" in text_of(answer.text)
    assert not rows(shop)


@pytest.mark.parametrize("number", ["", "Li Lei", "138xxxx8000", "anonymous", "1*", "13800138000, what"])
async def test_what_is_no_number_changes_nothing(shop: Shop, number: str) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/add", number=number, action="allow")
    if answer.status_code == 303:
        # A name behind a number is its name.
        assert [row["label"] for row in rows(shop)] == ["what"]
    else:
        assert answer.status_code == 400
        assert not rows(shop)


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", "/\nx", ""])
async def test_nobody_is_sent_to_another_site(shop: Shop, back: str) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/add", number="13800138000", action="allow", back=back)
    assert answer.headers["location"] == "/numbers"


async def test_a_clerk_allows_for_a_day_and_no_longer(shop: Shop) -> None:
    async with shop.client(Role.CLERK) as client:
        for form in ({"days": ""}, {"days": "2"}, {"action": "reject", "days": "1"}):
            answer = await client.change("/numbers/add", **{"number": "13800138000", "action": "allow", **form})
            assert answer.status_code == 403
        assert not rows(shop)
        assert (await client.change("/numbers/add", number="13800138000", action="allow", days="1")).status_code == 303
    (row,) = rows(shop)
    assert row["expires_at"] - row["added_at"] <= DAY + 60_000_000


async def test_a_clerk_puts_no_entry_of_an_admin_out_of_force(shop: Shop) -> None:
    await put(shop, mobile(8000))
    async with shop.client(Role.CLERK) as client:
        answer = await client.change("/numbers/add", number="13800138000", action="allow", days="1")
    assert answer.status_code == 400
    assert [row["action"] for row in rows(shop)] == ["reject"]


@pytest.mark.parametrize("label", ["a(b)", "=cmd|' /C calc'!A0", "a\u202eb", "a,b", "x" * 201])
async def test_a_label_that_no_phone_can_be_sent_is_refused_with_a_sentence(shop: Shop, label: str) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/add", number="13800138000", action="allow", label=label)
    assert answer.status_code == 400
    assert "phone cannot be sent" in answer.text or "at most 200" in answer.text
    assert not rows(shop)


async def test_a_paste_is_shown_as_it_was_understood_before_anything_is_saved(shop: Shop) -> None:
    await put(shop, mobile(8000, note="Loans"))
    pasted = "138 0013 8000 王小明\n+86-21-6234-5678；95588\n１３９００１３９０００\nwho\n110\n0755*\n1*"
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/check", text=pasted)
    told = text_of(answer.text)
    for part in ("138 0013 8000", "王小明", "blocked already", "021-6234 5678", "Shanghai", "139 0013 9000"):
        assert part in told
    assert "This is Industrial and Commercial Bank of China, 95588." in told
    assert "This is no number." in told
    assert "Always rings" in told
    assert "0755*" in told
    assert "too short" in told
    assert len(rows(shop)) == 1


async def test_a_paste_is_saved_without_what_had_faults(shop: Shop) -> None:
    pasted = "138 0013 8000 王小明\n+86-21-6234-5678；95588\nwho\n110\n0755*"
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/save", text=pasted, action="reject", days="7", note="x")
        assert answer.headers["location"] == "/numbers?tab=blocked"
        assert "Blocked: 4 numbers." in text_of((await client.get("/numbers")).text)
    stored = by_key(shop)
    assert set(stored) == {"+8613800138000", "+862162345678", "CN:95588", "+86755*"}
    assert stored["+8613800138000"]["note"] == "王小明 - x"
    assert {round((row["expires_at"] - row["added_at"]) / DAY, 3) for row in stored.values()} == {7}


async def test_names_behind_allowed_numbers_are_shown_on_the_phone(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        text = "13800138000 王小明\n13900139000 <script>alert(1)</script>"
        await client.change("/numbers/save", text=text, action="allow")
        page = (await client.get("/numbers?tab=allowed")).text
    stored = by_key(shop)
    assert (stored["+8613800138000"]["label"], stored["+8613800138000"]["note"]) == ("王小明", "")
    # Brackets are none that Asterisk takes: the name is a note.
    assert (stored["+8613900139000"]["label"], stored["+8613900139000"]["note"]) == ("", "<script>alert(1)</script>")
    assert "<script>alert" not in page


async def test_an_entry_may_end_with_a_day(shop: Shop) -> None:
    last = (datetime.now(UTC) + timedelta(days=3)).date()
    async with shop.client(Role.ADMIN) as client:
        over = await client.change("/numbers/save", text="13800138000", action="allow", until="2020-01-01")
        assert (over.status_code, "over already" in over.text) == (400, True)
        await client.change("/numbers/save", text="13800138000", action="allow", until=last.isoformat())
    end = datetime.fromtimestamp(rows(shop)[0]["expires_at"] / 1e6, UTC)
    assert timedelta(days=2) < end - datetime.now(UTC) < timedelta(days=5)


async def test_what_was_typed_beside_a_paste_stays_with_the_fault(shop: Shop) -> None:
    wish = {"action": "allow", "days": "7", "until": "2020-01-01", "label": "Li Lei", "note": "next door"}
    async with shop.client(Role.ADMIN) as client:
        pasted = await client.change("/numbers/save", text="13800138000", **wish)
        path = await sent(client, "list.csv", b"13800138000\n")
        imported = await client.change(f"{path}/save", replace="true", **wish)
    for answer in (pasted, imported):
        assert answer.status_code == 400
        for value in ("2020-01-01", "Li Lei", "next door"):
            assert f'value="{value}"' in answer.text
        assert re.search(r'name="action" value="allow" checked', answer.text)
        assert re.search(r'value="7" selected', answer.text)
    assert re.search(r'name="replace" value="true" checked', imported.text)


async def test_what_is_too_much_to_paste_is_sent_to_files(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        answer = await client.change("/numbers/check", text="\n".join(f"1380013{at:04}" for at in range(1001)))
    assert answer.status_code == 400
    assert "At most 1,000 numbers" in text_of(answer.text)


@pytest.mark.parametrize(
    ("q", "found"),
    [("138 0013 8001", ["8001"]), ("+86138-0013-8001", ["8001"]), ("１３８００１３８００１", ["8001"]),
     ("138*", ["8000", "8001", "8002"]), ("1380013800", ["8000", "8001", "8002"]), ("139*", []), ("王", ["8002"]),
     ("%", []), ("nobody", [])],
)  # fmt: skip
async def test_numbers_are_found_in_any_spelling_and_by_name(shop: Shop, q: str, found: list[str]) -> None:
    await put(shop, mobile(8000), mobile(8001), mobile(8002, label="王小明"), mobile(8003, Action.ALLOW))
    async with shop.client(Role.VIEWER) as client:
        page = await client.get("/numbers", params={"q": q})
    assert re.findall(r'class="number">138 0013 (\d+)', page.text) == found


async def test_a_number_is_found_by_the_beginning_that_covers_it(shop: Shop) -> None:
    await put(shop, OwnEntry("+86755", True, Action.REJECT))
    async with shop.client(Role.VIEWER) as client:
        assert "0755*" in (await client.get("/numbers", params={"q": "0755-23456789"})).text


async def test_pages_follow_each_other_without_a_gap(shop: Shop) -> None:
    await put(shop, *(mobile(at) for at in range(120)), *(mobile(at, Action.ALLOW) for at in range(5000, 5010)))
    seen, path = [], "/numbers"
    async with shop.client(Role.VIEWER) as client:
        while path:
            page = (await client.get(path)).text
            seen += re.findall(r'class="number">138 0013 (\d+)', page)
            following = re.search(
                r'role="button" class="small secondary outline" href="(/numbers\?[^"]*after[^"]*)"', page
            )
            path = unescape(following[1]) if following else ""
    assert seen == [f"{at:04}" for at in range(120)]


async def test_a_change_in_place_keeps_the_rest_and_can_be_undone(shop: Shop) -> None:
    await put(shop, mobile(8000, Action.ALLOW, label="Li", note="x", author="boss"))
    before = rows(shop)
    async with shop.client(Role.ADMIN) as client:
        form = (await client.get("/numbers/edit", params={"row": "+8613800138000"}, headers={"hx-request": "1"})).text
        assert form.startswith("<tr")
        await client.change("/numbers/edit", row="+8613800138000", label="Li Lei", note="y", days="7")
        (row,) = rows(shop)
        assert (row["label"], row["note"], row["author"]) == ("Li Lei", "y", "boss")
        assert row["added_at"] == before[0]["added_at"]
        page = (await client.get("/numbers")).text
        change = re.search(r'name="change" value="(\d+)"', page)
        assert change
        answer = await client.change("/numbers/undo", change=change[1], back="/numbers")
        assert answer.status_code == 303
    assert rows(shop) == before


async def test_a_change_that_is_refused_comes_back_as_it_was_typed(shop: Shop) -> None:
    await put(shop, mobile(8000, Action.ALLOW, label="Li", note="x"))
    before = rows(shop)
    async with shop.client(Role.ADMIN) as client:
        typed = {"row": "+8613800138000", "label": "Li Lei", "note": "owes <us> 5", "days": "7", "until": "2020-01-01"}
        answer = await client.change("/numbers/edit", **typed, back="/numbers?tab=allowed")
    assert answer.status_code == 400
    assert 'class="fault" role="alert"' in answer.text
    for field in (
        'value="Li Lei"',
        'value="owes &lt;us&gt; 5"',
        'value="7" selected',
        'value="2020-01-01"',
        "tab=allowed",
    ):
        assert field in answer.text
    assert rows(shop) == before


async def test_an_end_can_be_taken_away(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/numbers/add", number="13800138000", action="allow", days="7")
        assert rows(shop)[0]["expires_at"]
        form = (await client.get("/numbers/edit", params={"row": "+8613800138000"})).text
        forever = re.search(r'<option value="([^"]*)">for ever', form)
        assert forever
        await client.change("/numbers/edit", row="+8613800138000", days=forever[1])
    assert rows(shop)[0]["expires_at"] is None


async def test_undoing_a_block_brings_the_trust_back_and_takes_the_report(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO bonds VALUES ('+8613800138000', 'dialled', 1, 2, ?)", (2**60,))
        connection.commit()
    async with shop.client(Role.ADMIN) as client:
        await client.change("/numbers/add", number="13800138000", action="reject")
        assert not rows(shop, "bonds")
        await client.change("/numbers/undo", change="1")
    assert not rows(shop)
    assert not rows(shop, "reports")
    assert [row["bond"] for row in rows(shop, "bonds")] == ["dialled"]


async def test_what_somebody_changed_since_is_not_undone(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/numbers/add", number="13800138000", action="reject")
        await put(shop, mobile(8000, Action.ALLOW))
        await client.change("/numbers/undo", change="1")
        assert "cannot be undone" in text_of((await client.get("/numbers")).text)
    assert [row["action"] for row in rows(shop)] == ["allow"]


@pytest.mark.parametrize(
    ("what", "more", "column", "value"),
    [("allow", {}, "action", "allow"), ("note", {"text": "new"}, "note", "new"),
     ("label", {"text": "new"}, "label", "new"), ("end", {"days": ""}, "expires_at", None)],
)  # fmt: skip
async def test_all_that_are_ticked_are_changed_at_once(
    shop: Shop, what: str, more: dict[str, str], column: str, value: str | None
) -> None:
    await put(shop, *(mobile(at, expires_at=NOW + timedelta(days=900)) for at in range(3)))
    ticked = ["+8613800130000", "+8613800130002"]
    async with shop.client(Role.ADMIN) as client:
        form = {"csrf": client.csrf, "row": ticked, "what": what, **more}
        assert (await client.post("/numbers/bulk", data=form)).status_code == 303
        changed = {row["key"] for row in rows(shop) if row[column] == value}
        assert changed == set(ticked)
        await client.change("/numbers/undo", change="1")
    assert not [row for row in rows(shop) if row[column] == value]


async def test_all_that_are_ticked_are_removed_and_come_back(shop: Shop) -> None:
    await put(shop, *(mobile(at) for at in range(3)))
    before = rows(shop)
    async with shop.client(Role.ADMIN) as client:
        form = {"csrf": client.csrf, "row": ["+8613800130000", "+8613800130001"], "what": "remove"}
        await client.post("/numbers/bulk", data=form)
        assert [row["key"] for row in rows(shop)] == ["+8613800130002"]
        await client.change("/numbers/undo", change="1")
    assert rows(shop) == before


async def test_trust_is_shown_and_revoked(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO bonds VALUES ('+8613800138000', 'talked', 1, 2, ?)", (2**51,))
        connection.commit()
    async with shop.client(Role.ADMIN) as client:
        page = text_of((await client.get("/numbers?tab=trusted")).text)
        assert "138 0013 8000" in page
        assert "you talked" in page
        await client.change("/numbers/revoke", key="+8613800138000")
    assert not rows(shop, "bonds")


async def test_a_report_is_shown_and_taken_back(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        await client.change("/numbers/add", number="13800138000", action="reject", note="Loans")
        assert "Loans" in (await client.get("/numbers?tab=reported")).text
        await client.change("/numbers/take-back", key="+8613800138000")
    assert not rows(shop, "reports")
    assert len(rows(shop)) == 1


async def test_the_export_holds_no_formulas_and_can_be_imported_again(shop: Shop) -> None:
    notes = ["=cmd|' /C calc'!A0", "+1", "-1", "@x"]
    await put(shop, *(mobile(at, note=note) for at, note in enumerate(notes)), OwnEntry("+44207", True, Action.REJECT))
    async with shop.client(Role.ADMIN) as client:
        answer = await client.get("/numbers/export.csv?tab=blocked")
        table = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert not [cell for line in table for cell in line if cell.startswith(("=", "+", "-", "@"))]
        await sent(client, "numbers.csv", answer.content)
        preview = text_of((await client.get((await sent(client, "numbers.csv", answer.content)))).text)
    assert "5 different numbers" in preview
    assert "rows without a number" not in preview


ENCODED = "号码;说明\n13800138000;王小明\n021-62345678;李雷\n没有;x\n".encode
FILES = {
    "utf-8": ENCODED("utf-8"),
    "utf-8 with mark": ENCODED("utf-8-sig"),
    "gbk": ENCODED("gbk"),
    "utf-16": ENCODED("utf-16"),
    "utf-16 without mark": ENCODED("utf-16-le"),
    "comma": ENCODED("utf-8").replace(b";", b","),
    "tab": ENCODED("gbk").replace(b";", b"\t"),
    "other order": "说明,号码\n王小明,13800138000\n李雷,021-62345678\nx,没有\n".encode(),
    "xlsx": workbook(["号码", "说明"], [13800138000, "王小明"], [2162345678.0, "李雷"], ["没有", "x"]),
}


@pytest.mark.parametrize("kind", FILES)
async def test_a_table_is_read_whatever_its_encoding_and_separator(shop: Shop, kind: str) -> None:
    async with shop.client(Role.ADMIN) as client:
        where = await sent(client, "numbers.csv", FILES[kind])
        preview = text_of((await client.get(where)).text)
        assert "2 different numbers" in preview
        assert "1 rows without a number" in preview
        answer = await client.change(f"{where}/save", action="allow")
        assert answer.headers["location"] == "/numbers?tab=allowed"
        assert (await client.get(where)).status_code == 404
    names = {key: row["label"] for key, row in by_key(shop).items()}
    assert names == {"+8613800138000": "王小明", "+862162345678": "李雷"}


async def test_a_blacklist_of_freepbx_is_blocked_with_its_descriptions_as_notes(shop: Shop) -> None:
    await put(shop, mobile(8000, Action.ALLOW, label="Li"))
    async with shop.client(Role.ADMIN) as client:
        table = b"number;description\n13800138000;Loans\n13800138001;Insurance\n110;x\n"
        where = await sent(client, "blacklist.csv", table)
        assert "1 always ring" in text_of((await client.get(where)).text)
        await client.change(f"{where}/save", action="reject", note="FreePBX")
    stored = by_key(shop)
    assert set(stored) == {"+8613800138000", "+8613800138001"}
    assert stored["+8613800138000"]["action"] == "allow"
    assert stored["+8613800138001"]["note"] == "Insurance - FreePBX"
    assert not rows(shop, "reports")


async def test_numbers_that_are_there_change_if_that_is_wanted(shop: Shop) -> None:
    await put(shop, mobile(8000, Action.ALLOW, label="Li"), mobile(8000, Action.ALLOW, did="02012345678"))
    async with shop.client(Role.ADMIN) as client:
        where = await sent(client, "blacklist.csv", b"13800138000\n")
        await client.change(f"{where}/save", action="reject", replace="true")
    assert [(row["did"], row["action"]) for row in rows(shop)] == [("", "reject")]


async def test_cards_give_each_of_their_numbers_the_name(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        where = await sent(client, "contacts.vcf", CARDS.encode() + b"BEGIN:VCARD\r\nTEL\r\nEND:VCARD\r\n")
        assert "This card is broken." in text_of((await client.get(where)).text)
        await client.change(f"{where}/save", action="allow")
    names = {key: row["label"] for key, row in by_key(shop).items()}
    assert names == {"+8613800138000": "李雷", "+862162345678": "李雷", "+8613900139000": "韩梅梅"}


async def test_columns_can_be_chosen(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        where = await sent(client, "two.csv", b"13800138000,13900139000,Li\n13800138001,13900139001,Han\n")
        await client.change(where, number="1", name="2")
        await client.change(f"{where}/save", action="allow")
    assert {key: row["label"] for key, row in by_key(shop).items()} == {"+8613900139000": "Li", "+8613900139001": "Han"}


async def test_formulas_of_a_sheet_are_not_worked_out(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        where = await sent(client, "x.xlsx", workbook(["13800138000", "=1+1"], ["=13800138000+1", "x"]))
        told = text_of((await client.get(where)).text)
    assert "One number" in told
    assert "Formulas are not worked out." in told


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 * 1024 * 1024))
    return file.getvalue()


BAD = {
    "nothing": (b"", "There is nothing"),
    "bomb": (bomb(), "too large when it is unpacked"),
    "broken": (b"PK\x03\x04" + b"x" * 1000, "This spreadsheet is broken"),
    "no sheet": (bomb()[:0] + workbook()[:-40], "This spreadsheet is broken"),
    "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), "of an old kind"),
    "binary": (b"\x7fELF" + bytes(range(256)) * 40, "no file that can be read"),
    "quote": (b'13800138000,"' + b"x" * 200_000, "has no end"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_file_that_cannot_be_read_is_one_sentence(shop: Shop, kind: str) -> None:
    content, sentence = BAD[kind]
    async with shop.client(Role.ADMIN) as client:
        answer = await send(client, "x.xlsx", content)
    assert answer.status_code == 400
    assert sentence in text_of(answer.text)


async def test_a_file_is_seen_by_nobody_else(shop: Shop) -> None:
    async with shop.client(Role.ADMIN) as client:
        where = await sent(client, "x.csv", b"13800138000\n")
    async with shop.client(Role.CLERK) as other:
        assert (await other.get(where)).status_code == 403
    async with shop.client(Role.ADMIN) as client:
        assert (await client.get("/numbers/import/../../etc/passwd")).status_code == 404
        assert (await client.get("/numbers/import/x")).status_code == 404


FOCUS_WHEN_CHANGED = """
const list = document.querySelector("tbody");
focus = new Promise((seen) => {
  new MutationObserver(() => seen(document.activeElement.name)).observe(list, {childList: true});
});
null
"""
"""The name of the field that has the focus as soon as the list is another one, before anybody can type."""


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_somebody_pastes_numbers_looks_at_them_and_sees_them_blocked(
    shop: Shop, chromium: Browser, language: str
) -> None:
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=True)
    await page.goto("/numbers/add")
    await page.fill("textarea", "+86 138-0013-8000\n013900139000 王小明\n１３７００１３７０００")
    await page.click("main form button")
    assert await page.locator("tbody tr").count() == 3
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.check("input[value=reject]")
    await page.click("main article form button")
    await page.wait_for_url("**/numbers?tab=blocked")
    shown = await page.locator("tbody .number").all_inner_texts()
    assert shown == ["137 0013 7000", "138 0013 8000", "139 0013 9000"]
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.evaluate(FOCUS_WHEN_CHANGED)
    await page.click("tbody a[role=button] >> nth=0")
    assert await page.evaluate("focus") == "label"
    await page.fill(".editing input[name=note]", "new")
    await page.click(".editing button >> nth=0")
    await page.wait_for_selector("tbody bdi:text-is('new')")
    await page.context.close()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_somebody_imports_the_contacts_of_a_phone_and_a_sheet(
    shop: Shop, chromium: Browser, language: str, tmp_path: Path
) -> None:
    files = {"contacts.vcf": CARDS.encode(), "customers.xlsx": workbook(["电话", "姓名"], [13700137000, "Lucy"])}
    page = await opened(chromium, shop, role=Role.ADMIN, language=language)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        await page.goto("/numbers/import")
        await page.set_input_files("input[type=file]", tmp_path / name)
        await page.click("#import button")
        await page.wait_for_url("**/numbers/import/*")
        await page.check("input[value=allow]")
        await page.click("article form button >> nth=0")
        await page.wait_for_url("**/numbers?tab=allowed")
    shown = await page.locator("tbody .number").all_inner_texts()
    await page.context.close()
    assert shown == ["137 0013 7000", "138 0013 8000", "139 0013 9000", "021-6234 5678"]
