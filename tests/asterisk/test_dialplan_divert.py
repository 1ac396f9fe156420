"""The dialplan sends a call on to an extension of the admin's, and does not come back."""

from typing import TYPE_CHECKING

import pytest

from lab.scripted import ScriptedDaemon, verdict
from lab.sipp import Phone

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

BOTH = pytest.mark.parametrize("version", ["22", "16"])


@BOTH
@pytest.mark.parametrize("target", ["600@targets", "*8-1@targets", "0085212345678@targets"])
async def test_a_call_goes_on_at_its_target_with_the_label_and_without_the_filters_traces(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", target: str
) -> None:
    daemon.answer = verdict("divert", reason="default", label="推销?", target=target)

    result = await call(to="7101", name="王小明", talk_seconds=0.5)

    assert (result.ringing, result.answered) == (True, True)
    assert [(seen.name, seen.number) for seen in phone.calls()] == [("推销? 王小明", "13800138000")]
    # Neither limits nor local variables are left, and the context that asked the filter does not go on.
    assert await pbx.get_global("SEEN") == f"{target.partition('@')[0]} divert 0 -"


@BOTH
async def test_a_target_that_returns_does_not_return_to_the_filter(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    daemon.answer = verdict("divert", target="returns@targets")

    await call(to="7101")
    assert await pbx.get_global("SEEN") == ""
    assert phone.calls() == []

    await call(to="7104")
    assert await pbx.get_global("SEEN") == "the admin's own Gosub"


@BOTH
@pytest.mark.parametrize("target", ["nobody@targets", "600@nowhere", "600", "@targets", "", "600@", "6,1@targets"])
async def test_a_target_that_is_not_there_rings_instead_and_is_logged(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller", target: str
) -> None:
    before = len(pbx.log())
    daemon.answer = verdict("divert", label="VIP", target=target)

    result = await call(to="7101", name="Wang")

    assert result.ringing
    assert [seen.name for seen in phone.calls()] == ["VIP Wang"]
    assert (await pbx.get_global("SEEN")).split()[:2] == ["allow", "error"]
    assert f"there is no extension {target}, so the call rings" in pbx.log()[before:]


@BOTH
async def test_a_target_that_leads_back_to_the_filter_does_not_go_round_for_ever(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    daemon.answer = verdict("divert", target="7101@from-trunk")

    result = await call()

    assert result.answered
    assert daemon.connections == 2
    assert (await pbx.get_global("SEEN")).split()[:2] == ["allow", "error"]


@BOTH
async def test_a_hostile_name_runs_nothing(pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller") -> None:
    trap = pbx.folder / "ran-d"
    name = f"x:System(touch {trap.name}),b;c)]}} ${{SHELL(touch {trap.name})}} $[1+1] `'q&"
    daemon.answer = verdict("divert", label="!", target="600@targets")

    await call(name=name)

    assert [seen.name for seen in phone.calls()] == [f"! {name}"]
    assert not list(pbx.folder.rglob(trap.name))
