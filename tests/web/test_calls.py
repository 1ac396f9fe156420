"""The call log as people search, read and save it."""

import asyncio
import csv
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser

from callfilter.store import numbers
from callfilter.store.codec import to_microseconds
from callfilter.store.database import open_database
from callfilter.store.items import statements_for
from callfilter.store.record import CallIds, CallRecord, format_id, record_of
from callfilter.store.reports import find
from callfilter.store.users import Role
from callfilter.web import xlsx
from callfilter.web.routes import calls as routes
from filters.call import Call
from filters.facts import OwnEntry
from filters.number import read_number
from filters.verdict import Action, Reason, Step, Verdict
from tests.web.callers import message, turned_away
from tests.web.conftest import LANGUAGES, Client, Shop, opened

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\u202egnp.exe",
    "a\x00b\x1b[31mc",
    "x" * 10_000,
    "\udcff\ud800",
    '"quoted", and; split\nover lines',
    "#REF!",
)
WORDS = {
    "en": ("Search", "No such calls.", "How it was decided", "Older", "Search further"),
    "zh-Hans": ("搜索", "没有符合条件的通话。", "判定过程", "更早", "继续查找"),
}


def many(path: Path, count: int, **changes: Any) -> list[CallRecord]:
    """So many calls from different mobiles, one a minute, the oldest first; `changes` are fields of all records."""
    ids = CallIds(process=0)
    records = []
    for place in range(count):
        call = Call(
            f"138{place:08d}",
            START + timedelta(minutes=place),
            name="Zhang Wei" if place % 2 else "",
            did=("600", "601")[place % 2],
            trunk=("telecom", "unicom")[place % 3 == 0],
            unique_id=f"{place}",
        )
        trace = (Step("default", "nothing else applied", matched=True),)
        verdict = Verdict(Action.ALLOW, Reason.DEFAULT, trace=trace, milliseconds=0.25)
        record = record_of(call, read_number(call.caller), verdict, ids.next(call.at), "fastagi")
        records.append(replace(record, **changes))
    write(path, records)
    return records


def write(path: Path, records: Iterable[CallRecord]) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        for statement, rows in statements_for(records):
            connection.executemany(statement, rows)
        connection.commit()


def shown(answer: httpx.Response) -> list[str]:
    """Ids of the calls on a page."""
    assert answer.status_code == 200, answer.text[:500]
    return re.findall(r'href="/calls/(\w{10})"', answer.text)


def link(answer: httpx.Response, rel: str) -> str | None:
    found = re.search(rf'<a href="([^"]*)"[^>]* rel="{rel}"', answer.text)
    return found[1].replace("&amp;", "&") if found else None


def ids_of(records: Iterable[CallRecord]) -> list[str]:
    return [format_id(record.id) for record in records]


async def test_the_log_is_paged_on_and_back(shop: Shop) -> None:
    newest = ids_of(reversed(many(shop.database, 120)))
    async with shop.client(Role.VIEWER) as client:
        first = await client.get("/calls")
        assert shown(first) == newest[:50]
        assert link(first, "prev") is None
        second = await client.get(link(first, "next") or "")
        assert shown(second) == newest[50:100]
        third = await client.get(link(second, "next") or "")
        assert shown(third) == newest[100:]
        assert link(third, "next") is None
        back = await client.get(link(third, "prev") or "")
        assert shown(back) == newest[50:100]
        assert shown(await client.get(link(back, "prev") or "")) == newest[:50]


@pytest.mark.parametrize("spelling", ["13800000007", "+86 138-0000-0007", "013800000007", "１３８００００ ０００７"])
async def test_a_number_is_found_in_any_spelling(shop: Shop, spelling: str) -> None:
    records = many(shop.database, 20)
    async with shop.client(Role.VIEWER) as client:
        assert shown(await client.get("/calls", params={"number": spelling})) == ids_of([records[7]])


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"number": "1380000001*"}, range(19, 9, -1)),
        ({"name": "zhang"}, range(19, 0, -2)),
        ({"did": "600"}, range(18, -1, -2)),
        ({"trunk": "unicom", "did": "601"}, (15, 9, 3)),
        ({"action": "allow", "reason": "default", "name": "wei", "trunk": "unicom"}, (15, 9, 3)),
        ({"action": "reject"}, ()),
        ({"rule": "nobody's"}, ()),
        ({"number": "anonymous"}, ()),
        ({"since": "2026-03-01T09:33", "until": "2026-03-01T09:36"}, (5, 4, 3)),
        ({"until": "2026-03-01"}, range(19, -1, -1)),
        ({"since": "2026-03-02"}, ()),
    ],
)
async def test_every_field_narrows_the_search(shop: Shop, fields: dict[str, str], places: Iterable[int]) -> None:
    records = many(shop.database, 20)
    async with shop.client(Role.VIEWER) as client:
        assert shown(await client.get("/calls", params=fields)) == ids_of(records[place] for place in places)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"number": "hello"}, "This is no number: write its digits, in any spelling."),
        ({"number": "1*"}, "too short"),
        ({"since": "yesterday"}, "This is no time: write it such as 2026-03-01 09:30."),
        ({"until": "9999-12-31T23:59"}, "This is no time"),
        ({"action": "shout"}, "There is no such action."),
    ],
)
async def test_a_field_that_cannot_be_read_is_said_in_one_sentence(
    shop: Shop, fields: dict[str, str], sentence: str
) -> None:
    async with shop.client(Role.VIEWER) as client:
        answer = await client.get("/calls", params=fields)
        files = [await client.get(f"/calls.{kind}", params=fields) for kind in ("csv", "xlsx")]
    assert answer.status_code == 400
    assert sentence in answer.text
    assert [file.status_code for file in files] == [400, 400]


async def test_a_search_that_goes_on_is_sent_rows_alone_and_no_more_than_are_wanted(shop: Shop) -> None:
    records = many(shop.database, 10)
    fields = {"name": "zhang", "before": format_id(records[8].id), "left": "2"}
    async with shop.client(Role.VIEWER) as client:
        part = await client.get("/calls", params=fields, headers={"hx-request": "true"})
    assert shown(part) == ids_of([records[7], records[5]])
    assert "<html" not in part.text


async def test_one_call_is_told_with_its_whole_trace(shop: Shop) -> None:
    outcome = {"talk_seconds": 83.4, "answered": 1, "ended_at": to_microseconds(START), "hangup_cause": 16}
    call_id = format_id(turned_away(shop.database, "02161500099", name="王小明", outcome=outcome))
    async with shop.client(Role.ADMIN) as client:
        page = (await client.get(f"/calls/{call_id}")).text
    for text in ("021-6150 0099", "王小明", "Shanghai", "talked 1:23", "rules for strangers", "02012345678", call_id):
        assert text in page
    for text in ("suspicion", "0.3 ms", "so the key is +862161500099", 'action="/numbers/add"', "version 1"):
        assert text in page


async def test_a_message_can_be_played_where_its_call_is_told(shop: Shop) -> None:
    call_id = format_id(turned_away(shop.database, outcome=message()))
    async with shop.client(Role.VIEWER) as client:
        assert f'src="/voicemail/{call_id}"' in (await client.get(f"/calls/{call_id}")).text
        assert "left a message (0:24)" in (await client.get("/calls")).text


@pytest.mark.parametrize("call_id", ["0000000000", "nonsense", "ZZZZZZZZZZ", "..%2f..%2fetc%2fpasswd"])
async def test_a_call_that_is_not_there_is_not_found(shop: Shop, call_id: str) -> None:
    async with shop.client(Role.VIEWER) as client:
        assert (await client.get(f"/calls/{call_id}")).status_code == 404


async def test_who_may_only_look_is_offered_no_deeds(shop: Shop) -> None:
    call_id = format_id(turned_away(shop.database))
    deeds = {}
    for role in Role:
        async with shop.client(role) as client:
            page = (await client.get(f"/calls/{call_id}")).text
            deeds[role] = len(re.findall(r'action="(?:/numbers/add|/calls/\w+/report)"', page))
    assert deeds == {Role.VIEWER: 0, Role.CLERK: 2, Role.ADMIN: 4}


async def test_a_caller_is_reported_from_the_page_of_a_call(shop: Shop) -> None:
    call_id = format_id(turned_away(shop.database))
    async with shop.client(Role.CLERK) as client:
        answer = await client.change(f"/calls/{call_id}/report")
        assert answer.headers["location"] == f"/calls/{call_id}"
        assert "reported as a salesman" in (await client.get(f"/calls/{call_id}")).text
    async with await open_database(shop.database, read_only=True) as database:
        report = await find(database, "+8613800138000")
    assert report is not None
    assert report.author == "clerk"


async def test_a_call_is_let_through_from_its_page(shop: Shop) -> None:
    call_id = format_id(turned_away(shop.database))
    async with shop.client(Role.ADMIN) as client:
        page = (await client.get(f"/calls/{call_id}")).text
        fields = dict(
            re.findall(r'name="(number|action|days|note|back)" value="([^"]*)"', page.split("/numbers/add")[1])
        )
        answer = await client.change("/numbers/add", **fields)
    assert answer.headers["location"] == f"/calls/{call_id}"
    with closing(sqlite3.connect(shop.database)) as connection:
        assert connection.execute("SELECT key, action FROM numbers").fetchall() == [("+8613800138000", "allow")]


async def own(shop: Shop, *entries: OwnEntry) -> None:
    async with await open_database(shop.database) as database:
        await numbers.put(database, entries, START)


async def pressed(client: Client, call_id: str, days: str) -> httpx.Response:
    """A button of a call's page that lets the caller through."""
    form = {"number": "+8613800138000", "action": "allow", "days": days, "note": "", "back": f"/calls/{call_id}"}
    return await client.change("/numbers/add", **form)


async def entries(shop: Shop) -> list[OwnEntry]:
    async with await open_database(shop.database, read_only=True) as database:
        return [row.entry async for row in numbers.every(database)]


@pytest.mark.parametrize("action", [Action.ALLOW, Action.REJECT])
async def test_a_day_is_neither_offered_nor_given_to_who_is_listed_for_longer(shop: Shop, action: Action) -> None:
    customer = OwnEntry("+8613800138000", False, action, "Li Lei", "Pays late", "admin")
    await own(shop, customer)
    call_id = format_id(turned_away(shop.database))
    for role in (Role.ADMIN, Role.CLERK):
        async with shop.client(role) as client:
            assert 'name="days" value="1"' not in (await client.get(f"/calls/{call_id}")).text
            refused = await pressed(client, call_id, "1")
            assert refused.status_code == 400
            assert "is an own number" in refused.text
    assert await entries(shop) == [customer]


async def test_a_day_is_given_to_who_is_listed_for_less(shop: Shop) -> None:
    soon = datetime.now(UTC) + timedelta(hours=2)
    await own(shop, OwnEntry("+8613800138000", False, Action.ALLOW, "Li Lei", expires_at=soon))
    call_id = format_id(turned_away(shop.database))
    async with shop.client(Role.ADMIN) as client:
        assert 'name="days" value="1"' in (await client.get(f"/calls/{call_id}")).text
        assert (await pressed(client, call_id, "1")).status_code == 303
    (entry,) = await entries(shop)
    assert entry.label == "Li Lei"
    assert entry.expires_at
    assert entry.expires_at > soon


async def test_who_is_let_through_anew_keeps_the_name_the_note_and_what_is_allowed_on_one_number(shop: Shop) -> None:
    until = datetime.now(UTC) + timedelta(days=30)
    everywhere = OwnEntry("+8613800138000", False, Action.ALLOW, "Li Lei", "Pays late", "wang", until)
    on_one = replace(everywhere, label="Li", expires_at=None, did="600")
    await own(shop, everywhere, on_one, replace(on_one, action=Action.REJECT, did="601"))
    call_id = format_id(turned_away(shop.database))
    async with shop.client(Role.ADMIN) as client:
        assert (await pressed(client, call_id, "")).status_code == 303
        assert await entries(shop) == [replace(everywhere, author="admin", expires_at=None), on_one]
        change = re.search(r'name="change" value="(\d+)"', (await client.get("/numbers")).text)
        assert change
        await client.change("/numbers/undo", change=change[1])
    assert len(await entries(shop)) == 3


async def test_the_name_of_who_is_blocked_is_not_kept(shop: Shop) -> None:
    await own(shop, OwnEntry("+8613800138000", False, Action.REJECT, "", "Loans", "admin"))
    call_id = format_id(turned_away(shop.database))
    async with shop.client(Role.ADMIN) as client:
        await pressed(client, call_id, "")
    assert [(entry.action, entry.note) for entry in await entries(shop)] == [(Action.ALLOW, "")]


def hostile(path: Path) -> list[str]:
    """A call with each hostile text in all that a caller may write; returns their ids, the newest first."""
    ids = CallIds(process=0)
    records = []
    for place, text in enumerate(HOSTILE):
        at = START + timedelta(minutes=place)
        call = Call(text, at, name=text, did="600", trunk=text, redirecting=text, channel=text, unique_id=text)
        verdict = Verdict(Action.REJECT, Reason.RULE, text, trace=(Step("rules for strangers", text, matched=True),))
        records.append(record_of(call, read_number(text), verdict, ids.next(at), "fastagi"))
    write(path, records)
    return ids_of(reversed(records))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_hostile_names_do_nothing_on_the_page(shop: Shop, language: str) -> None:
    ids = hostile(shop.database)
    async with shop.client(Role.ADMIN) as client:
        client.headers["accept-language"] = language
        pages = [await client.get("/calls"), *[await client.get(f"/calls/{call_id}") for call_id in ids]]
        pages += [await client.get("/calls", params={"name": text, "rule": text}) for text in HOSTILE[:7]]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert not set(page.text) & {"\u202e", "\x00", "\x1b"}
        assert len(page.text) < 100_000


async def table_of(shop: Shop, kind: str, **fields: str) -> list[list[str]]:
    async with shop.client(Role.VIEWER) as client:
        answer = await client.get(f"/calls.{kind}", params=fields)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    if kind == "csv":
        assert answer.content.startswith("\ufeff".encode())
        return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    sheet = load_workbook(BytesIO(answer.content), read_only=True).active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    assert {cell.data_type for row in cells for cell in row} <= {"s", "n", "inlineStr"}
    table = [["" if cell.value is None else str(cell.value) for cell in row] for row in cells]
    return [row + [""] * (len(table[0]) - len(row)) for row in table]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_hostile_names_do_nothing_in_a_spreadsheet(shop: Shop, kind: str) -> None:
    hostile(shop.database)
    heading, *rows = await table_of(shop, kind)
    assert len(rows) == len(HOSTILE)
    for row in rows:
        assert len(row) == len(heading)
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
        assert all(cell.isprintable() for cell in row)
    names = [row[heading.index("Caller's name")] for row in rows][::-1]
    assert names[1] == "'=cmd|' /C calc'!A0"
    assert names[9] == "x" * 10_000
    assert names[10] == "\\udcff\\ud800"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_file_holds_all_that_is_looked_for_and_numbers_stay_as_they_are(shop: Shop, kind: str) -> None:
    many(shop.database, 1200)
    heading, *rows = await table_of(shop, kind, did="600", number="138*")
    assert len(rows) == 600
    assert rows[0][heading.index("Number")] == "138 0000 1198"
    assert rows[-1][heading.index("Called number")] == "600"
    assert rows[-1][heading.index("Time")] == "2026-03-01 09:30:00"
    assert rows[-1][heading.index("What became of it")] == "rang"


async def test_a_number_from_abroad_keeps_its_plus_in_excel_and_is_marked_as_text_in_csv(shop: Shop) -> None:
    turned_away(shop.database, "+442079460000")
    assert (await table_of(shop, "csv"))[1][2] == "'+44 20 7946 0000"
    assert (await table_of(shop, "xlsx"))[1][2] == "+44 20 7946 0000"


@pytest.mark.parametrize(("rows", "sheets"), [(0, [0]), (6, [3, 3]), (7, [3, 3, 1])])
async def test_more_calls_than_a_sheet_holds_go_on_in_another(
    monkeypatch: pytest.MonkeyPatch, rows: int, sheets: list[int]
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)

    async def pages() -> AsyncIterator[list[list[xlsx.Cell]]]:
        for at in range(0, rows, 5):
            yield [[f"<{number} & co>", None, number + 0.5] for number in range(at, min(at + 5, rows))]

    columns = [("Name", 9.0), ("Nothing", 9.0), ("Number", 9.0)]
    file = b"".join([part async for part in xlsx.stream(pages(), columns, "Calls")])
    book = load_workbook(BytesIO(file))
    assert book.sheetnames == ["Calls", "Calls 2", "Calls 3"][: len(sheets)]
    tables = [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]
    assert [table[0] for table in tables] == [["Name", "Nothing", "Number"]] * len(sheets)
    assert [len(table) - 1 for table in tables] == sheets
    assert [row for table in tables for row in table[1:]] == [
        [f"<{number} & co>", None, number + 0.5] for number in range(rows)
    ]


async def test_a_sheet_is_on_its_way_before_all_calls_are_read() -> None:
    read = 0

    async def pages() -> AsyncIterator[list[list[xlsx.Cell]]]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield [[f"{secrets.token_hex(50)}"] for _ in range(100)]

    parts = xlsx.stream(pages(), [("Name", 9.0)], "Calls")
    size = 0
    while size < 100_000:
        size += len(await anext(parts))
    assert read < 50
    await parts.aclose()


async def test_downloads_that_nobody_takes_hold_no_other_one_up() -> None:
    async def pages() -> AsyncIterator[list[list[xlsx.Cell]]]:
        yield [["a"]]
        yield [["b"]]

    stalled = [routes._in_turn(pages()) for _ in range(routes.EXPORTS)]
    for one in stalled:
        assert await anext(one) == [["a"]]
    async with asyncio.timeout(5):
        assert [page async for page in routes._in_turn(pages())] == [[["a"]], [["b"]]]
        assert [page for one in stalled async for page in one] == [[["b"]]] * routes.EXPORTS


async def test_a_file_is_noted_in_the_audit(shop: Shop) -> None:
    await table_of(shop, "csv", did="600")
    with closing(sqlite3.connect(shop.database)) as connection:
        noted = connection.execute("SELECT author, detail FROM audit WHERE deed = 'exported'").fetchall()
    assert noted == [("viewer", '{"what":"csv","did":"600"}')]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_somebody_searches_reads_a_trace_and_pages_on(
    shop: Shop, chromium: Browser, language: str, phone: bool
) -> None:
    records = many(shop.database, 70)
    find_it, none, decided, older, _ = WORDS[language]
    page = await opened(chromium, shop, role=Role.ADMIN, language=language, phone=phone)
    await page.goto("/calls")
    assert await page.locator("tbody tr .who").count() == 50
    await page.get_by_role("button", name=older).click()
    await page.wait_for_url("**before=*")
    assert await page.locator("tbody tr .who").count() == 20
    await page.fill("input[name=number]", "138-0000-0005")
    await page.get_by_role("button", name=find_it).click()
    await page.wait_for_url("**number=*")
    assert await page.locator("tbody tr .who").count() == 1
    await page.get_by_role("link", name="138 0000 0005").click()
    await page.wait_for_url(f"**/calls/{format_id(records[5].id)}")
    assert await page.get_by_role("heading", name=decided).is_visible()
    for path in (page.url, "/calls?number=13900000000"):
        await page.goto(path)
        width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0
    assert await page.get_by_text(none).is_visible()
    await page.context.close()
