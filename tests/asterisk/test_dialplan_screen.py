"""The dialplan asks an unknown caller to press a key that it says, and lets those ring who do."""

import asyncio
import math
import re
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from lab.handset import Handset
from lab.scripted import ManagerEvents, ScriptedDaemon, verdict
from lab.sipp import Phone, place_call

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

BOTH = pytest.mark.parametrize("version", ["22", "16"])
EVENT_SECONDS = 20
LONGEST_SECONDS = 45
"""What a screening may take at most."""
LONG = 20
"""Seconds of a call that Asterisk or the phone ends before."""


class Ear:
    """What Asterisk has played since this was made, by its log."""

    def __init__(self, pbx: "Pbx") -> None:
        self._pbx = pbx
        self._start = len(pbx.log())

    def log(self) -> str:
        return self._pbx.log()[self._start :]

    def played(self) -> list[str]:
        """The sound files, without their endings."""
        return re.findall(r"Playing '([^']+?)\.\w+'", self.log())

    async def hears(self, pattern: str, time: int = 1) -> str:
        """Wait for a sound file of this name to be played so many times; returns the group of the last."""
        async with asyncio.timeout(EVENT_SECONDS):
            while len(found := [match for name in self.played() if (match := re.fullmatch(pattern, name))]) < time:
                await asyncio.sleep(0.05)
        return found[time - 1][match.lastindex or 0] if (match := found[time - 1]) else ""

    async def hears_digit(self, time: int = 1) -> str:
        return await self.hears(r"digits/([1-9])", time)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def standard_prompts(pbx: "Pbx") -> AsyncIterator[None]:
    yield
    await pbx.set_global("CALLFILTER_PROMPTS", "")


@pytest_asyncio.fixture(loop_scope="session")
async def phone(pbx: "Pbx", sipp_command: tuple[str, ...]) -> AsyncIterator[Phone]:
    """A phone that hangs up soon."""
    async with Phone(pbx, sipp_command, talk_seconds=0.3) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def handset() -> AsyncIterator[Handset]:
    async with Handset() as held:
        yield held


@pytest_asyncio.fixture(loop_scope="session")
async def events(pbx: "Pbx") -> AsyncIterator[ManagerEvents]:
    async with ManagerEvents(pbx) as listening:
        yield listening


@pytest.fixture
def ear(pbx: "Pbx") -> Ear:
    return Ear(pbx)


async def told(events: ManagerEvents) -> tuple[str, str, str, str]:
    """The next event of ours: its name, the call, how it went, after how many tries."""
    *_, event = await asyncio.wait_for(events.until("UserEvent"), EVENT_SECONDS)
    return event["UserEvent"], event["ID"], event.get("Result", ""), event.get("Tries", "")


def write_sound(path: Path, seconds: float, loudness: int = 8000) -> None:
    samples = (round(loudness * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(round(8000 * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


@BOTH
async def test_who_presses_the_digit_that_was_said_rings_with_a_label_and_is_told_to_the_daemon(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", handset: Handset, *, events: ManagerEvents
) -> None:
    ear = Ear(pbx)
    daemon.answer = verdict("screen", reason="default", label="新", target="101@default", id="call-5")

    calling = asyncio.create_task(call(to="7101", name="王小明", handset=handset, talk_seconds=LONG))
    await handset.press("0")  # as soon as a sound comes, before a digit was said: nobody who listens does that
    await handset.press(await ear.hears_digit())
    result = await calling

    assert result.answered
    assert [seen.name for seen in phone.calls()] == ["新 王小明"]
    assert await told(events) == ("CallfilterScreened", "call-5", "passed", "1")
    assert (await pbx.get_global("SEEN")).split() == ["screen", "default", "0"]
    assert ear.played()[-1] == "auth-thankyou"
    assert not re.search(r"(WARNING|ERROR)\[", ear.log())


@BOTH
async def test_who_presses_three_wrong_keys_ends_in_the_mailbox_with_the_label(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", events: ManagerEvents
) -> None:
    daemon.answer = verdict("screen", reason="default", label="?", target="101@default", id="call-6")

    # 0 is never the digit; then # skips the mailbox's greeting, and # ends the message.
    result = await call(name="Wang", send_dtmf="000##", keys_at=(3, 6.5, 10, 12, 14.5), talk_seconds=3)

    assert result.answered
    assert phone.calls() == []
    assert await told(events) == ("CallfilterScreened", "call-6", "failed", "3")
    *_, mail = await asyncio.wait_for(events.until("UserEvent"), EVENT_SECONDS)
    assert (mail["UserEvent"], mail["Mailbox"], mail["Status"]) == ("CallfilterVoicemail", "101@default", "SUCCESS")
    assert 'callerid="? Wang" <13800138000>' in Path(mail["File"]).with_suffix(".txt").read_text()


@BOTH
async def test_a_caller_who_hangs_up_in_the_middle_is_told_as_such(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller", events: ManagerEvents
) -> None:
    daemon.answer = verdict("screen", target="101@default", id="call-7")

    await call(talk_seconds=3)

    assert await told(events) == ("CallfilterScreened", "call-7", "hangup", "1")
    assert phone.calls() == []


async def test_a_key_that_is_none_of_a_telephones_counts_as_wrong_and_the_next_digit_helps(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller", handset: Handset, ear: Ear, *, events: ManagerEvents
) -> None:
    daemon.answer = verdict("screen", id="call-8")

    calling = asyncio.create_task(call(handset=handset, talk_seconds=LONG))
    await ear.hears_digit(1)
    await handset.press("A")
    await ear.hears("please-try-again")
    await handset.press("1234")  # not heeded until the next digit is said
    await handset.press(await ear.hears_digit(2))
    await calling

    assert await told(events) == ("CallfilterScreened", "call-8", "passed", "2")
    assert len(phone.calls()) == 1


@BOTH
async def test_where_no_prompt_is_there_tones_ask_and_count_the_digit(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", handset: Handset, *, tmp_path: Path
) -> None:
    await pbx.set_global("CALLFILTER_PROMPTS", str(tmp_path / "nothing"))
    daemon.answer = verdict("screen")

    calling = asyncio.create_task(call(handset=handset, talk_seconds=LONG))
    async with asyncio.timeout(EVENT_SECONDS):
        while len(handset.bursts()) < 2 or handset.quiet_seconds() < 1.2:
            await asyncio.sleep(0.05)
    greeting, *beeps = handset.bursts()
    await handset.press(str(len(beeps)))
    result = await calling

    assert result.answered
    assert len(phone.calls()) == 1
    assert greeting == pytest.approx(0.8, abs=0.1)
    assert beeps == pytest.approx([0.25] * len(beeps), abs=0.1)


async def test_prompts_in_another_language_are_played_and_a_missing_one_is_a_tone(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", handset: Handset, *, ear: Ear, tmp_path: Path
) -> None:
    for digit in range(1, 10):
        write_sound(tmp_path / f"press-{digit}.wav", 0.5, loudness=0)
    write_sound(tmp_path / "greeting.wav", 0.4)
    await pbx.set_global("CALLFILTER_PROMPTS", str(tmp_path))
    daemon.answer = verdict("screen")

    calling = asyncio.create_task(call(handset=handset, talk_seconds=LONG))
    await ear.hears(f"{tmp_path}/press-([1-9])", 1)
    await asyncio.sleep(0.3)  # so that two sounds are heard, not one
    await handset.press("*")
    await handset.press(await ear.hears(f"{tmp_path}/press-([1-9])", 2))
    await calling

    assert ear.played()[0] == f"{tmp_path}/greeting"
    assert len(ear.played()) == 3
    assert handset.bursts() == pytest.approx([0.4, 0.6], abs=0.1)
    assert len(phone.calls()) == 1


async def test_it_is_over_in_time_for_who_stays_silent_and_however_long_the_prompts_are(
    pbx_22: "Pbx", pbx_16: "Pbx", daemon: ScriptedDaemon, sipp_command: tuple[str, ...], tmp_path: Path
) -> None:
    write_sound(tmp_path / "greeting.wav", 60)
    await pbx_22.set_global("CALLFILTER_PROMPTS", str(tmp_path))
    await pbx_16.use_daemon(daemon.address)
    daemon.answer = verdict("screen", target="999@default", id="call-9")
    ear = Ear(pbx_16)

    async def seconds(pbx: "Pbx", handset: Handset) -> tuple[float, tuple[str, str, str, str]]:
        started = asyncio.get_running_loop().time()
        async with ManagerEvents(pbx) as events:
            telling = asyncio.create_task(events.until("UserEvent"))
            result = await place_call(pbx, sipp_command, handset=handset, talk_seconds=2 * LONGEST_SECONDS)
            *_, event = await telling
        assert any(response.startswith("BYE ") for response in result.responses)
        told = (event["UserEvent"], event["ID"], event["Result"], event["Tries"])
        return asyncio.get_running_loop().time() - started, told

    async with Handset() as patient, Handset() as silent:
        (long, of_long), (short, of_short) = await asyncio.gather(seconds(pbx_22, patient), seconds(pbx_16, silent))

    assert max(long, short) < LONGEST_SECONDS
    assert of_long == ("CallfilterScreened", "call-9", "silent", "0")
    # The first of the three tones of the goodbye runs into the greeting that was cut off.
    assert patient.bursts()[1:] == pytest.approx([0.3] * 2, abs=0.1)
    assert of_short == ("CallfilterScreened", "call-9", "silent", "3")
    asked = ["to-call-this-number", "vm-press", "digits"]
    assert [re.sub(r"/\d", "", name) for name in ear.played()] == ["hello", *asked * 3, "goodbye"]
    assert len(set(re.findall(r"digits/(\d)", " ".join(ear.played())))) == 1, "another digit without a wrong key"


@pytest.mark.parametrize("to", ["7102", "7200", "7201"], ids=["answered before", "IAX2", "Local"])
async def test_other_kinds_of_channels_are_screened_as_well(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller", handset: Handset, *, events: ManagerEvents, ear: Ear, to: str
) -> None:
    daemon.answer = verdict("screen", id="call-10")

    calling = asyncio.create_task(call(to=to, handset=handset, talk_seconds=LONG))
    await handset.press(await ear.hears_digit())
    await calling

    assert await told(events) == ("CallfilterScreened", "call-10", "passed", "1")
    assert len(phone.calls()) == 1


@BOTH
async def test_a_hostile_name_runs_nothing(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", handset: Handset
) -> None:
    ear = Ear(pbx)
    trap = pbx.folder / "ran-s"
    name = f"x:System(touch {trap.name}),b;c)]}} ${{SHELL(touch {trap.name})}} $[1+1] `'q&"
    daemon.answer = verdict("screen", label="!")

    calling = asyncio.create_task(call(name=name, handset=handset, talk_seconds=LONG))
    await handset.press(await ear.hears_digit())
    await calling

    assert [seen.name for seen in phone.calls()] == [f"! {name}"]
    assert not list(pbx.folder.rglob(trap.name))


async def test_where_no_digit_can_be_picked_the_call_rings(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    daemon.answer = verdict("screen", target="101@default")
    await pbx.cli("module unload func_rand.so")
    try:
        await call(to="7101", talk_seconds=LONG)
    finally:
        await pbx.cli("module load func_rand.so")

    assert len(phone.calls()) == 1
    assert (await pbx.get_global("SEEN")).split()[:2] == ["allow", "error"]
