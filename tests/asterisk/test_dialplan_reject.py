"""The dialplan refuses a call before anybody answered it, in the words that the admin chose."""

from typing import TYPE_CHECKING

import pytest

from lab.scripted import ScriptedDaemon, verdict
from lab.sipp import Phone

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

SIGNALS = [
    ("404", "404 Not Found"),
    ("480", "480 Temporarily Unavailable"),
    ("486", "486 Busy Here"),
    ("603", "603 Decline"),
    ("607", "607 Unwanted"),
    ("", "603 Decline"),
]


@pytest.mark.parametrize(("signal", "status"), SIGNALS)
async def test_the_caller_gets_the_very_answer_that_was_chosen(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller", signal: str, status: str
) -> None:
    daemon.answer = verdict("reject", reason="blocked", signal=signal)

    result = await call()

    assert f"{result.final_code} {result.reason}" == status
    assert not result.ringing
    assert phone.calls() == []


@pytest.mark.parametrize("version", ["16"])
@pytest.mark.parametrize(("signal", "code"), [("404", 404), ("480", 480), ("486", 486), ("603", 603), ("607", 603)])
async def test_an_asterisk_without_pjsip_hangup_comes_as_near_as_it_can(
    daemon: ScriptedDaemon, call: "Caller", signal: str, code: int
) -> None:
    daemon.answer = verdict("reject", reason="blocked", signal=signal)

    result = await call()

    assert result.final_code == code
    assert not result.ringing


@pytest.mark.parametrize("to", ["7200", "7201"], ids=["IAX2", "Local"])
@pytest.mark.parametrize(
    ("signal", "cause"), [("404", "1"), ("480", "20"), ("486", "17"), ("603", "21"), ("607", "21")]
)
async def test_other_kinds_of_channels_get_a_hang_up_cause(
    pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller", to: str, *, signal: str, cause: str
) -> None:
    daemon.answer = verdict("reject", reason="blocked", signal=signal)

    result = await call(to=to)

    status, told = (await pbx.get_global("SEEN")).split()
    assert told == cause
    assert status in {"BUSY", "CHANUNAVAIL", "CONGESTION", "NOANSWER"}
    assert not result.ringing


async def test_a_call_that_was_answered_before_is_hung_up(daemon: ScriptedDaemon, phone: Phone, call: "Caller") -> None:
    daemon.answer = verdict("reject", reason="blocked", signal="607")

    result = await call(to="7102", talk_seconds=5)

    assert result.answered
    assert any(response.startswith("BYE ") for response in result.responses)
    assert phone.calls() == []
