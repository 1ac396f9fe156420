"""The dialplan sends a call to a mailbox and tells callfilter, by AMI, what was left there."""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.scripted import ManagerEvents, ScriptedDaemon, verdict
from lab.sipp import Phone

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

EVENT_SECONDS = 5


@pytest.mark.parametrize("version", ["22", "16"])
async def test_a_message_is_left_and_its_file_is_told(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    daemon.answer = verdict("voicemail", reason="anonymous", target="101@default", id="call-17")

    async with ManagerEvents(pbx) as events:
        result = await call(caller="anonymous", send_dtmf="#", talk_seconds=2.5)
        *_, told = await asyncio.wait_for(events.until("UserEvent"), EVENT_SECONDS)

    assert result.answered
    assert phone.calls() == []
    assert told["UserEvent"] == "CallfilterVoicemail"
    assert (told["ID"], told["Mailbox"], told["Status"]) == ("call-17", "101@default", "SUCCESS")
    message = Path(told["File"])
    assert message.is_relative_to(pbx.spool / "voicemail/default/101/INBOX")
    seconds = re.search(r"^duration=(\d+)$", message.with_suffix(".txt").read_text(), re.MULTILINE)
    assert seconds is not None
    assert int(seconds[1]) in {1, 2, 3}
    # 8,000 samples of two bytes a second: what SIPp sent was really recorded.
    assert message.with_suffix(".wav").stat().st_size > 16_000


@pytest.mark.parametrize("version", ["22", "16"])
async def test_the_message_shows_the_label_before_the_name(pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller") -> None:
    daemon.answer = verdict("voicemail", label="推销?", target="101@default")

    async with ManagerEvents(pbx) as events:
        await call(name="王小明", send_dtmf="#", talk_seconds=2.5)
        *_, told = await asyncio.wait_for(events.until("UserEvent"), EVENT_SECONDS)

    assert 'callerid="推销? 王小明" <13800138000>' in Path(told["File"]).with_suffix(".txt").read_text()


async def test_a_caller_who_leaves_nothing_is_told_without_a_file(
    pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller"
) -> None:
    daemon.answer = verdict("voicemail", reason="anonymous", target="100@default", id="call-18")

    async with ManagerEvents(pbx) as events:
        await call(talk_seconds=0.3)
        *_, told = await asyncio.wait_for(events.until("UserEvent"), EVENT_SECONDS)

    assert (told["ID"], told["File"]) == ("call-18", "")
    assert told["Status"] != "SUCCESS"


@pytest.mark.parametrize("target", ["999@default", "100@nowhere", "", "no such box"])
async def test_a_mailbox_that_is_not_there_rings_instead(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", target: str
) -> None:
    daemon.answer = verdict("voicemail", reason="anonymous", target=target)

    result = await call(to="7101")

    assert result.ringing
    assert len(phone.calls()) == 1
    assert (await pbx.get_global("SEEN")).split()[:2] == ["allow", "error"]


@pytest.mark.parametrize("version", ["22", "16"])
async def test_the_shipped_manager_user_hears_what_it_needs_and_no_more(
    pbx: "Pbx", phone: Phone, daemon: ScriptedDaemon, call: "Caller"
) -> None:
    async with ManagerEvents(pbx) as events:
        await call()
        talk = [message["Event"] for message in await asyncio.wait_for(events.until("Hangup"), EVENT_SECONDS)]
        talk += [message["Event"] for message in await asyncio.wait_for(events.until("Hangup"), EVENT_SECONDS)]

    assert sorted(talk) == [*["BridgeEnter"] * 2, *["BridgeLeave"] * 2, "DialBegin", *["Hangup"] * 2]


async def test_the_shipped_manager_user_may_list_channels_but_do_nothing(pbx: "Pbx") -> None:
    async with ManagerEvents(pbx) as events:
        listed = await events.ask(Action="CoreShowChannels")
        ran = await events.ask(Action="Command", Command="core show version")
        placed = await events.ask(Action="Originate", Channel="Local/1@shop", Application="Wait", Data="1")
        ended = await events.ask(Action="Hangup", Channel="/.*/")

    assert listed["Response"] == "Success"
    assert [answer["Message"] for answer in (ran, placed, ended)] == ["Permission denied"] * 3
