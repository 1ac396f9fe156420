"""The dialplan keeps a few callers busy, and rejects the others."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from lab.scripted import ScriptedDaemon, verdict
from lab.sipp import Phone

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

BOTH = pytest.mark.parametrize("version", ["22", "16"])
HELD_SECONDS = 2


@pytest_asyncio.fixture(loop_scope="session")
async def short(pbx: "Pbx", daemon: ScriptedDaemon) -> AsyncIterator[None]:
    """A tarpit that lets go soon."""
    daemon.answer = verdict("tarpit", reason="rule", signal="486")
    await pbx.set_global("CALLFILTER_TARPIT_SECONDS", str(HELD_SECONDS))
    yield
    for name in ("CALLFILTER_TARPIT_SECONDS", "CALLFILTER_TARPITS"):
        await pbx.set_global(name, "")


@BOTH
@pytest.mark.usefixtures("short")
async def test_a_caller_is_answered_held_and_let_go_without_any_ring(phone: Phone, call: "Caller") -> None:
    began = asyncio.get_running_loop().time()
    result = await call(talk_seconds=4 * HELD_SECONDS)
    held = asyncio.get_running_loop().time() - began
    assert (result.final_code, result.answered) == (200, True)
    assert HELD_SECONDS <= held < 3 * HELD_SECONDS
    assert phone.calls() == []


@BOTH
@pytest.mark.usefixtures("short")
async def test_no_more_are_held_at_once_than_the_admin_allows(pbx: "Pbx", call: "Caller") -> None:
    await pbx.set_global("CALLFILTER_TARPITS", "1")
    first = asyncio.create_task(call(talk_seconds=4 * HELD_SECONDS))
    await asyncio.sleep(HELD_SECONDS / 2)
    second = await call(talk_seconds=0.2)
    assert (second.final_code, second.answered) == (486, False)
    assert (await first).answered
    assert (await call(talk_seconds=0.2)).answered


@pytest.mark.usefixtures("short")
async def test_none_are_held_where_the_admin_wants_none(pbx: "Pbx", call: "Caller") -> None:
    await pbx.set_global("CALLFILTER_TARPITS", "0")
    assert (await call(talk_seconds=0.2)).final_code == 486
