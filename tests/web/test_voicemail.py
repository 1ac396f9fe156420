"""Messages play from Asterisk's spool, and nothing outside of it can be had."""

import asyncio
import sqlite3
import wave
from contextlib import closing
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, expect

from callfilter.store.codec import from_microseconds
from callfilter.store.record import format_id
from callfilter.store.users import Role
from callfilter.web.recordings import RecordingError, find
from tests.callfilter.store.trouble import bound_in
from tests.web.callers import message, turned_away
from tests.web.conftest import LANGUAGES, Line, Shop, add_users, opened
from tests.web.test_api import PROBLEM, client_of

if TYPE_CHECKING:
    from tests.asterisk.conftest import Caller

CHANNEL = "PJSIP/trunk-00000001"
SECRET = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0 secret of somebody else"


def recording(seconds: float = 2) -> bytes:
    """Silence, as Asterisk writes it with format=wav."""
    file = BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(b"\0\0" * int(8000 * seconds))
    return file.getvalue()


RECORDING = recording()
PLAYED = """async (audio) => {
  audio.muted = true;
  await audio.play();
  await new Promise((done) => audio.addEventListener("timeupdate", () => audio.currentTime > 0.3 && done()));
  return [audio.readyState, audio.duration];
}"""
"""Plays a third of a second of a message."""


def saved(
    folder: Path, name: str = "msg0000", *, at: datetime, channel: str = CHANNEL, ending: str = ".wav", more: str = ""
) -> Path:
    """A message with its note, as Asterisk leaves them; returns its path without an ending."""
    folder.mkdir(parents=True, exist_ok=True)
    note = f"[message]\norigmailbox=101\ncallerchan={channel}\n{more}origtime={at.timestamp():.0f}\nduration=2\n"
    (folder / f"{name}.txt").write_text(note, encoding="utf-8")
    (folder / f"{name}{ending}").write_bytes(RECORDING)
    return folder / name


def time_of(shop: Shop, call_id: int) -> datetime:
    with closing(sqlite3.connect(shop.database)) as connection:
        (at,) = connection.execute("SELECT at FROM calls WHERE id = ?", (call_id,)).fetchone()
    return from_microseconds(at)


def told(shop: Shop, call_id: int, file: Path | str) -> str:
    """Has Asterisk tell of a message; returns where the page has it."""
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("UPDATE calls SET voicemail_file = ? WHERE id = ?", (str(file), call_id))
        connection.commit()
    return f"/voicemail/{format_id(call_id)}"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool/voicemail"


@pytest.fixture
async def shop(empty_shop: Shop, spool: Path) -> Shop:
    """A page that looks for messages in `spool`."""
    text = empty_shop.settings.read_text("utf-8")
    empty_shop.settings.write_text(f'{text}voicemail_spool = "{spool}"\n', "utf-8")
    await empty_shop.server.__aexit__(None, None, None)
    await empty_shop.server.__aenter__()
    await add_users(empty_shop)
    return empty_shop


async def test_a_message_is_played_whole_and_in_parts_and_kept_by_nobody(shop: Shop, spool: Path) -> None:
    call_id = turned_away(shop.database, outcome=message())
    path = told(shop, call_id, saved(spool / "default/101/INBOX", at=time_of(shop, call_id)))
    async with shop.client(Role.VIEWER) as client:
        whole = await client.get(path)
        part = await client.get(path, headers={"range": "bytes=44-1043"})
        beyond = await client.get(path, headers={"range": "bytes=999999-"})
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, RECORDING, "audio/wav")
    assert (whole.headers["cache-control"], whole.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert (part.status_code, part.content) == (206, RECORDING[44:1044])
    assert part.headers["content-range"] == f"bytes 44-1043/{len(RECORDING)}"
    assert beyond.status_code == 416


async def test_programs_get_a_message_or_why_there_is_none(shop: Shop, spool: Path) -> None:
    call_id = turned_away(shop.database, outcome=message())
    told(shop, call_id, saved(spool / "default/101/INBOX", at=time_of(shop, call_id)))
    other = turned_away(shop.database)
    async with await client_of(shop, Role.VIEWER) as client:
        whole = await client.get(f"/calls/{format_id(call_id)}/voicemail")
        part = await client.get(f"/calls/{format_id(call_id)}/voicemail", headers={"range": "bytes=44-1043"})
        none = [await client.get(f"/calls/{which}/voicemail") for which in (format_id(other), "nothing")]
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, RECORDING, "audio/wav")
    assert (part.status_code, part.content) == (206, RECORDING[44:1044])
    for answer in none:
        assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
        assert answer.json()["detail"] == "This call left no message."


async def test_nobody_hears_a_message_without_a_login(shop: Shop, spool: Path) -> None:
    call_id = turned_away(shop.database, outcome=message())
    path = told(shop, call_id, saved(spool / "default/101/INBOX", at=time_of(shop, call_id)))
    async with shop.client() as client:
        assert (await client.get(path)).status_code == 303


async def test_no_path_that_asterisk_may_be_made_to_tell_leads_out_of_the_spool(shop: Shop, spool: Path) -> None:
    call_id = turned_away(shop.database, outcome=message())
    at = time_of(shop, call_id)
    inbox = spool / "default/101/INBOX"
    inbox.mkdir(parents=True)
    outside = saved(spool.parent / "elsewhere/a/b/INBOX", at=at)
    outside.with_suffix(".wav").write_bytes(SECRET)
    (spool / "default/102").symlink_to(outside.parent.parent)
    saved(spool / "default/103/INBOX", at=at).with_suffix(".wav").unlink()
    (spool / "default/103/INBOX/msg0000.wav").symlink_to(outside.with_suffix(".wav"))
    (spool / "default/101/other").symlink_to(outside.parent)
    (inbox / "secret.wav").write_bytes(SECRET)
    hostile = (
        outside,
        f"{inbox}/../../../../elsewhere/a/b/INBOX/msg0000",
        spool / "default/102/INBOX/msg0000",
        spool / "default/103/INBOX/msg0000",
        inbox / "msg0000",
        inbox / "secret",
        f"{inbox}/msg0000\0",
        f"{inbox}/msg0000/../secret",
        spool / "msg0000",
        "/etc/passwd",
        "../../../etc/passwd",
        "msg0000",
        "/" + "a/" * 3000 + "msg0000",
        "\udcff",
    )
    async with shop.client(Role.ADMIN) as client:
        for file in hostile:
            answer = await client.get(told(shop, call_id, str(file).encode("utf-8", "replace").decode()))
            assert answer.status_code == 404, file
            assert b"secret of" not in answer.content
        for path in ("..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "1", "ZZZZZZZZZZ", "0000000001"):
            assert (await client.get(f"/voicemail/{path}")).status_code == 404


async def test_a_message_is_found_where_its_owner_put_it_and_never_taken_for_another(shop: Shop, spool: Path) -> None:
    call_id = turned_away(shop.database, outcome=message())
    at = time_of(shop, call_id)
    mine = saved(spool / "default/101/Old", "msg0007", at=at)
    mine.with_suffix(".wav").write_bytes(recording(1))
    taken_over = saved(spool / "default/101/INBOX", at=at, channel="PJSIP/trunk-00000002")
    path = told(shop, call_id, taken_over)
    async with shop.client(Role.VIEWER) as client:
        assert (await client.get(path)).content == recording(1)
        mine.with_suffix(".txt").unlink()
        gone = await client.get(path, headers={"accept": "*/*"})
    assert (gone.status_code, gone.text) == (
        404,
        "This message is no longer in its mailbox: somebody has deleted it.",
    )


async def test_whoever_opens_a_message_that_is_gone_as_a_page_gets_a_page(shop: Shop, spool: Path) -> None:
    call_id = turned_away(shop.database, outcome=message())
    path = told(shop, call_id, spool / "default/101/INBOX/msg0000")
    async with shop.client(Role.VIEWER) as client:
        answer = await client.get(path, headers={"accept": "text/html", "accept-language": "zh-CN"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "</main>" in answer.text


def fault_of(spool: Path, file: Path | str, at: datetime) -> str:
    with pytest.raises(RecordingError) as caught:
        find(spool, str(file), CHANNEL, at)
    return str(caught.value) % caught.value.values


AT = from_microseconds(1_772_357_400_000_000)


@pytest.mark.parametrize("ending", [".gsm", ".WAV"])
def test_a_format_that_no_browser_plays_is_named_with_its_remedy(spool: Path, ending: str) -> None:
    file = saved(spool / "default/101/INBOX", at=AT, ending=ending)
    # GSM in a wave file, as Asterisk's wav49.
    file.with_suffix(ending).write_bytes(RECORDING[:20] + b"\x31\0" + RECORDING[22:])
    assert "write format=wav in voicemail.conf" in fault_of(spool, file, AT)


def test_a_spool_elsewhere_is_named_with_its_remedy(spool: Path, tmp_path: Path) -> None:
    file = saved(tmp_path / "other/default/101/INBOX", at=AT)
    assert fault_of(spool, file, AT) == (
        f"Asterisk saved this message outside of {spool}: set voicemail_spool in the settings."
    )


def test_a_mailbox_that_may_not_be_read_is_named_with_its_remedy() -> None:
    with bound_in(0o700) as spool:
        file = saved(spool / "default/101/INBOX", at=AT)
        (spool / "default").chmod(0)
        fault = fault_of(spool, file, AT)
        (spool / "default").chmod(0o700)
    assert fault == f"The page may not read {spool}: add the user of the service to Asterisk's group."


@pytest.mark.parametrize("note", ["", "origtime=\n", "callerchan=x\norigtime=99999999999999999999\n", "\xff\0"])
def test_a_note_that_says_nothing_is_no_message(spool: Path, note: str) -> None:
    file = saved(spool / "default/101/INBOX", at=AT)
    file.with_suffix(".txt").write_text(note, "latin-1")
    assert "no longer in its mailbox" in fault_of(spool, file, AT)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_card_says_why_nothing_plays(empty_shop: Shop, chromium: Browser, language: str) -> None:
    await add_users(empty_shop)
    turned_away(empty_shop.database, outcome=message(file="/var/spool/elsewhere/msg0000"))
    page = await opened(chromium, empty_shop, role=Role.VIEWER, language=language, phone=True)
    await page.goto("/review")
    await page.locator("audio").evaluate("audio => audio.load() || audio.play().catch(() => 0)")
    await expect(page.locator("figure .fault")).to_contain_text("voicemail_spool")
    await page.context.close()


@pytest.mark.asterisk
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_message_that_a_real_call_left_plays_in_its_card(
    line: Line, call: "Caller", chromium: Browser, language: str
) -> None:
    await line.service.callfilter("block", "--voicemail", "138001380*")
    assert (await call(caller="13800138000", send_dtmf="#", talk_seconds=2.5)).answered
    async with asyncio.timeout(10):
        while not (await line.service.rows_when(1))[0]["voicemail_seconds"]:
            await asyncio.sleep(0.05)
    page = await opened(chromium, line, role=Role.VIEWER, language=language, phone=True)
    await page.goto("/review")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    audio = page.locator("article.caller audio")
    assert await audio.get_attribute("preload") == "none"
    ready, duration = await audio.evaluate(PLAYED)
    await page.context.close()
    assert ready >= 3
    assert 1 <= duration <= 4
