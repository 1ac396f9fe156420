"""Whatever becomes of the daemon, the call rings, and soon."""

import socket
from typing import TYPE_CHECKING

import pytest

from lab.scripted import Misbehaviour, ScriptedDaemon, command, verdict
from lab.sipp import Phone

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

AT_ONCE = 150
"""Milliseconds; a call without a filter rings after about 5."""
BOTH = pytest.mark.parametrize("version", ["22", "16"])


async def _reason(pbx: "Pbx") -> list[str]:
    return (await pbx.get_global("SEEN")).split()[:2]


@BOTH
async def test_nobody_listens(pbx: "Pbx", phone: Phone, call: "Caller") -> None:
    result = await call(to="7101")

    assert result.ringing_milliseconds < AT_ONCE
    assert await _reason(pbx) == ["allow", "error"]


@BOTH
@pytest.mark.parametrize("answer", [Misbehaviour.CLOSES, Misbehaviour.RESETS])
async def test_the_daemon_takes_the_call_and_goes_away(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", answer: Misbehaviour
) -> None:
    daemon.answer = answer

    result = await call(to="7101")

    assert result.ringing_milliseconds < AT_ONCE
    assert await _reason(pbx) == ["allow", "error"]
    assert daemon.connections == 1


@BOTH
async def test_a_frozen_daemon_costs_one_call_a_fraction_of_a_second_and_the_next_nothing(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    daemon.answer = Misbehaviour.NEVER_ANSWERS

    first = await call(to="7101")
    second = await call(to="7101")

    assert 250 < first.ringing_milliseconds < 1000
    assert second.ringing_milliseconds < AT_ONCE
    assert daemon.connections == 1
    assert await _reason(pbx) == ["allow", "error"]


async def test_an_admins_own_limits_survive_a_frozen_daemon(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    daemon.answer = Misbehaviour.NEVER_ANSWERS

    result = await call(to="7100", talk_seconds=0.5)

    assert result.answered
    limit, exits = (await pbx.get_global("SEEN")).split()
    assert 59 < float(limit) <= 60
    assert exits == "mine"


async def test_a_daemon_that_thawed_is_asked_again_after_a_while(
    pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller"
) -> None:
    daemon.answer = Misbehaviour.NEVER_ANSWERS
    await call(to="7101")
    daemon.answer = verdict("reject", reason="blocked", signal="603")
    until = int(await pbx.get_global("CALLFILTER_ASK_AGAIN"))
    # The ten seconds are over for the dialplan, not for us.
    await pbx.set_global("CALLFILTER_ASK_AGAIN", str(until - 11))

    result = await call(to="7101")

    assert result.final_code == 603


async def test_a_caller_who_hangs_up_frees_the_channel_of_a_frozen_daemon(
    pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller"
) -> None:
    daemon.answer = Misbehaviour.NEVER_ANSWERS

    result = await call(give_up_seconds=0.1)

    assert result.final_code == 487
    assert "0 active channels" in await pbx.cli("core show channels")


async def test_a_full_backlog_delays_one_call_and_not_the_next(pbx: "Pbx", phone: Phone, call: "Caller") -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        await pbx.use_daemon("{}:{}".format(*full.getsockname()))

        slow = await call(to="7101")
        fast = await call(to="7101")

    assert slow.answered
    assert slow.ringing_milliseconds < 2500
    assert fast.ringing_milliseconds < AT_ONCE


@BOTH
@pytest.mark.parametrize("action", ["hypnotise", "", "allow-", "x"])
async def test_an_action_that_the_dialplan_does_not_know_rings(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", action: str
) -> None:
    daemon.answer = verdict(action, reason="blocked")

    result = await call(to="7101")

    assert result.ringing
    assert len(phone.calls()) == 1


async def test_the_script_is_asked_where_the_daemon_is_not_there(pbx: "Pbx", phone: Phone, call: "Caller") -> None:
    script = pbx.agi_bin / "fallback"
    line = command(verdict("reject", reason="blocked", signal="486")).decode().strip()
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{line}\nEND\nread answer\n")
    script.chmod(0o755)
    await pbx.set_global("CALLFILTER_FALLBACK", script.name)

    result = await call(to="7101")

    assert result.final_code == 486


async def test_the_script_is_not_asked_where_the_daemon_answered(
    pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller"
) -> None:
    trace = pbx.agi_bin / "asked"
    script = pbx.agi_bin / "unwanted"
    script.write_text(f"#!/bin/sh\ntouch {trace}\n")
    script.chmod(0o755)
    await pbx.set_global("CALLFILTER_FALLBACK", script.name)

    result = await call(to="7101")

    assert daemon.connections == 1
    assert result.final_code in {200, 603}
    assert not trace.exists()


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 3\n", ""], ids=["fails", "is missing"])
async def test_a_script_that_fails_rings(pbx: "Pbx", phone: Phone, call: "Caller", script: str) -> None:
    path = pbx.agi_bin / "broken"
    path.unlink(missing_ok=True)
    if script:
        path.write_text(script)
        path.chmod(0o755)
    await pbx.set_global("CALLFILTER_FALLBACK", path.name)

    result = await call(to="7101")

    assert result.ringing_milliseconds < 500
    assert await _reason(pbx) == ["allow", "error"]


async def test_a_script_that_hangs_rings_after_two_seconds(pbx: "Pbx", phone: Phone, call: "Caller") -> None:
    path = pbx.agi_bin / "hangs"
    path.write_text("#!/bin/sh\ntrap '' HUP\nwhile read line; do :; done\n")
    path.chmod(0o755)
    await pbx.set_global("CALLFILTER_FALLBACK", path.name)

    result = await call(to="7101")

    assert 1900 < result.ringing_milliseconds < 2500
    assert await _reason(pbx) == ["allow", "error"]
