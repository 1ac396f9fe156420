"""The dialplan lets a call ring, with the caller's own name and number, or with a label before the name."""

from typing import TYPE_CHECKING

import pytest

from lab.scripted import ScriptedDaemon, verdict
from lab.sipp import Phone

if TYPE_CHECKING:
    from lab.pbx import Pbx
    from tests.asterisk.conftest import Caller

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("version", ["22", "16"])
async def test_an_allowed_call_rings_with_its_own_name_and_number(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    result = await call(caller="13800138000", name="王小明", to="02012345678")

    assert (result.ringing, result.answered) == (True, True)
    (seen,) = phone.calls()
    assert (seen.name, seen.number) == ("王小明", "13800138000")
    (question,) = daemon.questions
    assert question["agi_network_script"] == "screen"
    assert question["agi_callerid"] == "13800138000"
    assert question["agi_calleridname"] == "王小明"
    assert question["agi_dnid"] == "02012345678"
    assert question["agi_channel"].startswith("PJSIP/trunk-")


async def test_a_number_with_a_plus_is_asked_about_as_it_was_called(daemon: ScriptedDaemon, call: "Caller") -> None:
    await call(caller="+8613800138000", to="+862012345678")

    assert daemon.questions[0]["agi_dnid"] == "+862012345678"
    assert daemon.questions[0]["agi_callerid"] == "+8613800138000"


async def test_an_asserted_identity_wins_and_privacy_reaches_the_daemon(daemon: ScriptedDaemon, call: "Caller") -> None:
    await call(
        caller="anonymous",
        name="Anonymous",
        headers=("P-Asserted-Identity: <sip:02087654321@carrier.example>", "Privacy: id"),
    )

    assert daemon.questions[0]["agi_callerid"] == "02087654321"
    assert daemon.questions[0]["agi_callingpres"] == "32"


async def test_a_did_that_the_admin_set_is_told_encoded(daemon: ScriptedDaemon, call: "Caller") -> None:
    await call(to="7103")

    assert daemon.questions[0]["agi_arg_1"] == "%2B86%2020%2C%E5%BC%A0"


@pytest.mark.parametrize(
    "case",
    [
        ("VIP", "Wang", "VIP Wang"),
        ("VIP", "", "VIP"),
        ("疑似 推销", "王小明", "疑似 推销 王小明"),
        ('a,b (c] "d" \\e; ${EXTEN}', "x", 'a,b (c] "d" \\e; ${EXTEN} x'),
    ],
)
async def test_a_label_stands_before_the_name(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller", case: tuple[str, str, str]
) -> None:
    label, name, shown = case
    daemon.answer = verdict("allow", label=label)

    await call(name=name)

    assert phone.calls()[0].name == shown


@pytest.mark.parametrize("version", ["22", "16"])
async def test_a_hostile_name_is_shown_behind_the_label_and_runs_nothing(
    daemon: ScriptedDaemon, pbx: "Pbx", phone: Phone, call: "Caller"
) -> None:
    trap = pbx.folder / "ran"
    name = f"a,b;c)]}} ${{SHELL(touch {trap.name})}} $[1+1] `touch {trap.name}` 'q"
    daemon.answer = verdict("allow", label="!")

    result = await call(name=name)

    assert result.answered
    assert phone.calls()[0].name == f"! {name}"
    assert not trap.exists()


@pytest.mark.parametrize("version", ["22", "16"])
async def test_a_line_break_in_a_number_forges_nothing(daemon: ScriptedDaemon, phone: Phone, call: "Caller") -> None:
    result = await call(
        caller="138%0aagi_calleridname%3a%20Police%0a%0a",
        headers=("Diversion: <sip:1%0aagi_arg_1%3a%20999@carrier.example>;reason=unconditional",),
    )

    assert result.answered
    (question,) = daemon.questions
    assert question["agi_callerid"] == "138agi_calleridname: Police"
    assert question["agi_calleridname"] == "unknown"
    assert question["agi_dnid"] == "02012345678"
    assert question["agi_rdnis"] == "1agi_arg_1: 999"
    assert question["agi_arg_1"] == ""


async def test_bytes_that_are_no_text_reach_daemon_and_phone(
    daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    result = await call(caller="20255%ff%fe", name="王小明".encode("gbk"))

    assert result.answered
    assert daemon.questions[0]["agi_callerid"] == "20255\ufffd\ufffd"
    assert phone.calls()[0].number.upper() == "20255%FF%FE"


@pytest.mark.parametrize("version", ["22", "16"])
async def test_an_admins_own_limits_are_kept(pbx: "Pbx", daemon: ScriptedDaemon, call: "Caller") -> None:
    await call(to="7100", talk_seconds=0.01)

    limit, exits = (await pbx.get_global("SEEN")).split()
    assert 59 < float(limit) < 60
    assert exits == "mine"


@pytest.mark.parametrize("version", ["22", "16"])
async def test_no_limits_are_left_behind_where_there_were_none(
    pbx: "Pbx", phone: Phone, daemon: ScriptedDaemon, call: "Caller"
) -> None:
    result = await call(to="7101", talk_seconds=0.6)

    assert result.answered
    assert (await pbx.get_global("SEEN")).split() == ["allow", "default", "0"]


async def test_calls_leave_no_warning_in_asterisks_log(
    pbx: "Pbx", daemon: ScriptedDaemon, phone: Phone, call: "Caller"
) -> None:
    before = len(pbx.log())

    await call(name="王小明", headers=("Diversion: <sip:1@carrier.example>;reason=unconditional",))
    daemon.answer = verdict("allow", label="VIP")
    await call()
    daemon.answer = verdict("reject", reason="blocked", signal="607")
    await call()

    complaints = [line for line in pbx.log()[before:].splitlines() if "WARNING[" in line or "ERROR[" in line]
    assert complaints == []
