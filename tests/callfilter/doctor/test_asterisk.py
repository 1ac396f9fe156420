import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from callfilter.config import Config, load_config
from callfilter.doctor.asterisk import (
    NEEDED,
    OTHER_ACTIONS,
    VOICEMAIL,
    Unreachable,
    console_of,
    contexts_entering,
    examine_asterisk,
)
from callfilter.doctor.finding import Finding, Mark
from callfilter.setup.shipped import shipped

# As Asterisk 22 prints it.
CONTEXT = "[ Context 'callfilter' created by 'pbx_config' ]\n  's' =>            1. MSet(A=b) [callfilter.conf:24]\n"
ENTERED = (
    CONTEXT
    + "\n[ Context 'from-trunk' created by 'pbx_config' ]\n"
    + "  '_X.' =>          1. Gosub(callfilter,s,1)                      [extensions.conf:10]\n"
    + "                    2. Goto(shop,ring,1)                          [extensions.conf:11]\n"
    + "\n-= 4 extensions (48 priorities) in 3 contexts. =-\n"
)
MODULES = (
    "Module                         Description                              Use Count  Status      Support Level\n"
)
ALL_MODULES = NEEDED + VOICEMAIL + OTHER_ACTIONS
MAILBOXES = (
    "Context    Mbox  User                      Zone       NewMsg\n"
    "default    100   Shop                                      0\n1 voicemail users configured.\n"
)
GOOD = {
    "core show version": "Asterisk 22.10.1+dfsg-1 built by nobody @ host on a unknown running Linux on 2026-07-20\n",
    "module show": MODULES + "".join(f"{name:30} What it does   0          Running     core\n" for name in ALL_MODULES),
    "dialplan show callfilter": CONTEXT,
    "dialplan show": ENTERED,
    "dialplan show globals": "    TRUNK=DAHDI/G2\n\n    -- 1 variable(s)\n",
    "core show application PJSIPHangup": "  -= Info about Application 'PJSIPHangup' =- \n",
    "voicemail show users": MAILBOXES,
    "manager show user callfilter": "\n          username: callfilter\n            secret: <Set>\n",
}
PROVIDERS = {
    "AGI": "res_agi",
    "CALLERID": "func_callerid",
    "CHANNEL": "func_channel",
    "CUT": "func_cut",
    "DIALPLAN_EXISTS": "func_dialplan",
    "ExecIf": "app_exec",
    "FILTER": "func_strings",
    "GLOBAL": "func_global",
    "GROUP": "func_groupcount",
    "GROUP_COUNT": "func_groupcount",
    "Gosub": "app_stack",
    "IF": "func_logic",
    "ISNULL": "func_logic",
    "LEN": "func_strings",
    "LOCAL": "app_stack",
    "Log": "app_verbose",
    "MusicOnHold": "res_musiconhold",
    "PlayTones": "app_playtones",
    "Playback": "app_playback",
    "RAND": "func_rand",
    "Return": "app_stack",
    "StackPop": "app_stack",
    "StopPlayTones": "app_playtones",
    "TIMEOUT": "func_timeout",
    "TryExec": "app_exec",
    "URIENCODE": "func_uri",
    "UserEvent": "app_userevent",
    "VM_INFO": "app_voicemail",
    "VoiceMail": "app_voicemail",
}
BUILT_IN = {"Answer", "Background", "Goto", "GotoIf", "Hangup", "MSet", "NoOp", "SayNumber", "Set", "Wait", "WaitExten"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "callfilter.toml"
    file.write_text('ami = "callfilter:x@127.0.0.1:5038"\n[policy]\nmailbox = "100@default"\n')
    return load_config(file, {})


def examine(config: Config, **changes: str) -> list[Finding]:
    said: Mapping[str, str] = GOOD | {name.replace("_", " "): value for name, value in changes.items()}
    return list(examine_asterisk(config, lambda command: said[command]))


def bad(findings: list[Finding]) -> list[tuple[Mark, str]]:
    return [(finding.mark, finding.subject) for finding in findings if finding.mark is not Mark.OK]


def test_a_good_installation_has_no_findings(config: Config) -> None:
    findings = examine(config)
    assert bad(findings) == []
    assert "from-trunk" in " ".join(finding.text for finding in findings)


def test_a_context_that_is_not_loaded_is_a_fault(config: Config) -> None:
    missing = "There is no existence of 'callfilter' context\nCommand 'dialplan show callfilter' failed.\n"
    assert bad(examine(config, dialplan_show_callfilter=missing)) == [(Mark.FAULT, "dialplan")]


def test_a_filter_that_nobody_enters_is_a_fault(config: Config) -> None:
    (fault,) = [each for each in examine(config, dialplan_show=CONTEXT) if each.mark is Mark.FAULT]
    assert "Gosub(callfilter,s,1)" in fault.text


def test_an_asterisk_that_asks_elsewhere_is_a_fault(config: Config) -> None:
    (fault,) = [
        each
        for each in examine(config, dialplan_show_globals="   CALLFILTER_FASTAGI=127.0.0.1:4999\n")
        if each.mark is Mark.FAULT
    ]
    assert "127.0.0.1:4999" in fault.text
    assert bad(examine(config, dialplan_show_globals="   CALLFILTER_FASTAGI=localhost:4573\n")) == []


def test_contexts_that_enter_are_named_once() -> None:
    twice = ENTERED + ENTERED.replace("from-trunk", "other").replace("Gosub", "GoSub")
    assert contexts_entering(twice) == ["from-trunk", "other"]


def test_a_module_that_is_missing_or_not_running_is_a_fault(config: Config) -> None:
    modules = GOOD["module show"].replace("res_agi.so", "res_xyz.so")
    (fault,) = [each for each in examine(config, module_show=modules) if each.mark is Mark.FAULT]
    assert "res_agi.so" in fault.text
    stopped = re.sub(r"(func_uri.so.*)  Running", r"\1Not Running", GOOD["module show"])
    (fault,) = [each for each in examine(config, module_show=stopped) if each.mark is Mark.FAULT]
    assert "func_uri.so" in fault.text


def test_a_module_that_only_screening_needs_is_a_warning(config: Config) -> None:
    findings = examine(config, module_show=GOOD["module show"].replace("func_rand.so", "func_xyz.so"))
    assert bad(findings) == [(Mark.WARNING, "modules")]


def test_screening_needs_its_events_also_where_there_is_no_voicemail() -> None:
    findings = examine(Config(), module_show=GOOD["module show"].replace("app_userevent.so", "app_xyz.so"))
    assert bad(findings) == [(Mark.WARNING, "modules")]


def test_voicemail_by_another_module_is_voicemail(config: Config) -> None:
    assert (
        bad(examine(config, module_show=GOOD["module show"].replace("app_voicemail.so", "app_voicemail_imap.so"))) == []
    )


def test_an_old_asterisk_is_a_warning(config: Config) -> None:
    said = "Your application(s) is (are) not registered\n"
    findings = examine(config, core_show_application_PJSIPHangup=said)
    assert bad(findings) == [(Mark.WARNING, "dialplan")]
    assert bad(examine(config, core_show_version="Asterisk 13.38.3 built")) == [(Mark.WARNING, "asterisk")]


def test_a_mailbox_that_does_not_exist_is_a_fault(config: Config) -> None:
    findings = examine(config, voicemail_show_users=MAILBOXES.replace("100", "200"))
    assert bad(findings) == [(Mark.FAULT, "voicemail")]


def test_a_manager_user_that_is_not_loaded_is_a_fault(config: Config) -> None:
    findings = examine(config, manager_show_user_callfilter="There is no manager called callfilter\n")
    assert bad(findings) == [(Mark.FAULT, "manager")]


def test_an_asterisk_out_of_reach_is_a_warning(config: Config, tmp_path: Path) -> None:
    assert bad(list(examine_asterisk(config, console_of(["/nonexistent/asterisk"])))) == [(Mark.WARNING, "asterisk")]
    broken = tmp_path / "asterisk"
    broken.write_text("#!/bin/sh\necho Unable to connect to remote asterisk >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(Unreachable, match="Unable to connect"):
        console_of([str(broken)])("core show version")


def test_the_modules_looked_for_are_those_that_the_shipped_dialplan_uses() -> None:
    text = "\n".join(line for line in shipped("callfilter.conf").decode().splitlines() if not line.startswith(";"))
    text = re.sub(r"\s; .*", "", text)
    used = set(re.findall(r"\b([A-Z][A-Za-z_]*)\(", text)) - BUILT_IN - {"PJSIPHangup"}
    assert {f"{PROVIDERS.get(name, name)}.so" for name in used} == set(ALL_MODULES)
