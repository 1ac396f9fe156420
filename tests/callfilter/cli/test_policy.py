import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callfilter.store.direct import record_now
from callfilter.store.record import format_id
from filters.presets import PRESETS
from filters.suspicion.settings import STEPS
from filters.verdict import Action, Step
from tests.callfilter.cli.shop import Shop
from tests.callfilter.store.records import RECORD
from tests.callfilter.store.trouble import made_at

POLICY = r"""
# A shop's own words.
time_zone = "Asia/Shanghai"
presets = ["international", "impossible-numbers"]

[calendars]
"public holidays" = [2026-10-02, 2026-10-01]

[windows.open]
never = "public holidays"
days = "mon-fri"
hours = "09:00-18:30"

[[rule]]
name = "banks first"
when.listed = "bank"
action = "allow"

[[rule]]
name = "lenders"
when = { name_regex = '(?i)\bloan', window = "open" }
action = "reject"
signal = 486
note = '''two
lines and a "quote"'''

[[rule]]
name = "Shanghai"
mode = "observe"
when = { region = ["Shanghai", "Beijing"] }
action = "screen"
expires_at = 2099-01-31T00:00:00
"""
BROKEN = '''\
time_zone = "Mars"
presets = ["nope"]
colour = 1

[[rule]]
name = "a"
note = """
[[rule]]
name = "not this"
"""
action = "explode"

[[rule]]
name = "b"
action = "reject"
when.prefix = "138*"
when.klass = "x"

[[rule]]
name = "b"
action = "divert"
[rule.when]
window = "never"
digits = [
  11,
  "many",
]
'''


def written(shop: Shop, text: str, name: str = "policy.toml") -> str:
    path = shop.config.with_name(name)
    path.write_text(text, encoding="utf-8")
    return str(path)


def versions(shop: Shop) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM policy_versions ORDER BY id")]


def test_what_is_exported_and_applied_again_changes_nothing(shop: Shop) -> None:
    assert shop("policy", "apply", written(shop, POLICY), "--note", "first").code == 0
    exported = shop("policy", "export").out
    again = written(shop, exported, "exported.toml")
    assert shop("policy", "diff", again).code == 0
    result = shop("policy", "apply", again)
    assert (result.code, result.out) == (0, "Nothing changes: this is version 1 of the policy.\n")
    [version] = versions(shop)
    assert (version["id"], version["note"], version["text"]) == (1, "first", exported)
    assert shop("policy", "export", str(shop.config.with_name("to.toml"))).out == ""
    assert shop.config.with_name("to.toml").read_text(encoding="utf-8") == exported


def test_without_any_version_the_empty_policy_is_exported_and_nothing_is_made(shop: Shop) -> None:
    exported = shop("policy", "export")
    assert (exported.code, exported.err) == (0, "")
    assert shop("policy", "apply", written(shop, exported.out)).out.startswith("Nothing changes")
    assert not shop.database.exists()


def test_an_applied_rule_decides_and_the_verdict_names_the_version(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    arguments = ("check", "13800138000", "--name", "EASY LOAN", "--json")
    rejected = shop(*arguments, "--at", "2026-06-01T10:00:00+08:00")
    assert rejected.code == 1
    verdict = rejected.json["verdict"]
    assert (verdict["action"], verdict["rule"], verdict["signal"]) == ("reject", "lenders", 486)
    assert verdict["policy_version"] == 1
    assert shop(*arguments, "--at", "2026-10-01T10:00:00+08:00").code == 0, "a public holiday"
    assert shop(*arguments, "--at", "2026-06-01T10:00:00Z").code == 1, "18:00 in Shanghai"
    assert shop(*arguments, "--at", "2026-06-01T11:00:00Z").code == 0, "19:00 in Shanghai"
    assert "version 1" in shop("check", "13800138000").out


def test_a_rule_that_observes_is_in_the_trace_and_the_call_rings(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    result = shop("check", "02161234567", "--json")
    assert result.code == 0
    assert [step["would"] for step in result.json["trace"] if "would" in step] == ["screen"]
    assert "would have said screen" in shop("check", "02161234567").out


def test_all_faults_of_a_broken_policy_are_told_with_their_lines_and_nothing_is_applied(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    path = written(shop, BROKEN, "broken.toml")
    for command in ("validate", "diff", "apply"):
        result = shop("policy", command, path)
        assert (result.code, result.out) == (2, "")
        told = [line.removeprefix(f"callfilter: {path}:").split(": ")[:2] for line in result.err.splitlines()]
        assert told == [
            ["1", "time_zone"],
            ["2", '"nope" is no preset'],
            ["3", '"colour" is not known in a policy'],
            ["11", 'rule "a"'],
            ["17", 'rule "b"'],
            ["19", 'rule "b"'],
            ["20", 'rule "b"'],
            ["23", 'rule "b"'],
            ["24", 'rule "b"'],
        ]
    assert len(versions(shop)) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("presets = []\n[[rule]\n", ":2: this is not TOML"),
        ("presets = 5", ":1: presets is 5"),
        ("rule = 5", ":1: rules are a list of tables"),
        ("calendars.holidays = [2026-13-01]", ":1: this is not TOML"),
        ("[calendars]\nholidays = ['monday']", ':2: calendar "holidays"'),
        ("[windows]\nopen = 5", ':2: window "open"'),
        ("[windows.open]\ndays = 'never'", ':1: window "open": days'),
        ("[[rule]]\naction = 'allow'\nname = 'international'", ':3: rule "international": a preset has this name'),
        ("rule = [\n{ name = 'a', action = 'no' }]", ':1: rule "a": action'),
    ],
)
def test_a_fault_is_one_sentence_with_its_line(shop: Shop, text: str, told: str) -> None:
    result = shop("policy", "validate", written(shop, text))
    assert result.code == 2
    assert result.is_one_sentence()
    assert told in result.err


def test_a_file_that_cannot_be_read_is_told(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'time_zone = "\xff"')
    for path in (tmp_path / "none", tmp_path, tmp_path / "latin"):
        result = shop("policy", "apply", str(path))
        assert result.code == 2
        assert result.is_one_sentence()


def test_undo_puts_the_version_before_in_force_as_a_new_one(shop: Shop) -> None:
    assert shop("policy", "apply", "--undo").code == 1
    shop("policy", "apply", written(shop, POLICY))
    assert shop("presets", "on", "unknown-400").code == 0
    assert shop("policy", "apply", "--undo").code == 0
    first, second, third = versions(shop)
    assert first["text"] == third["text"] != second["text"]
    assert third["note"] == "undo of version 2"
    history = shop("policy", "history", "--json").json
    assert [one["id"] for one in history] == [3, 2, 1]
    assert "undo of version 2" in shop("policy", "history").out


def test_undo_of_the_first_version_leaves_no_rules(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    shop("policy", "apply", "--undo")
    assert shop("rules", "--json").json == []
    assert shop("check", "13800138000", "--name", "loan").code == 0


def test_apply_wants_a_file_or_undo_and_not_both(shop: Shop) -> None:
    for arguments in ([], ["x.toml", "--undo"]):
        result = shop("policy", "apply", *arguments)
        assert result.code == 2
        assert result.is_one_sentence()


def test_the_difference_is_shown_and_told_by_the_exit_status(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    result = shop("policy", "diff", written(shop, POLICY.replace("486", "607"), "other.toml"))
    assert result.code == 1
    assert "-signal = 486\n+signal = 607\n" in result.out


def test_rules_are_told_in_words_with_who_and_mode(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    found = shop("rules", "--json").json
    assert [rule["name"] for rule in found] == [
        "banks first", "lenders", "Shanghai", "impossible-numbers", "international",
    ]  # fmt: skip
    assert [rule["preset"] for rule in found] == [False, False, False, True, True]
    assert (found[2]["who"], found[2]["mode"], found[2]["action"]) == ("strangers", "observe", "screen")
    shown = shop("rules").out
    assert "reject with 486" in shown
    assert "observe" in shown


def test_presets_go_on_and_off_by_name_or_all_at_once(shop: Shop) -> None:
    shop.settings('[policy]\nmailbox = "100@default"')
    names = [*(preset.rule.name for preset in PRESETS), *STEPS]
    assert shop("check", "4001234567").code == 0
    shop("presets", "on", "unknown-400")
    assert shop("check", "4001234567").code == 1
    shop("presets", "on", "--all")
    assert [one["name"] for one in shop("presets", "list", "--json").json if one["on"]] == names
    shop("presets", "off", "unknown-400", "international")
    listed = {one["name"]: one["on"] for one in shop("presets", "list", "--json").json}
    assert [name for name, on in listed.items() if not on] == ["unknown-400", "international"]
    shop("presets", "off", "--all")
    assert shop("check", "4001234567").code == 0
    assert [version["note"] for version in versions(shop)][:2] == ["presets on: unknown-400", "presets on: all"]
    assert "400 numbers" in shop("presets", "list").out


def test_steps_of_suspicion_go_on_and_off_as_presets_do_and_keep_their_settings(shop: Shop) -> None:
    assert shop("check", "955880").code == 0
    shop("policy", "apply", written(shop, '[suspicion.look-alike]\naction = "allow"\nlabel = "?"\n'))
    assert "0 presets on, 2 steps of suspicion on" in shop("presets", "on", "look-alike", "neighbour").out
    assert "[suspicion.neighbour]  # Callers from a block" in shop("policy", "export").out
    judged = shop("check", "955880", "--json").json
    assert judged["verdict"] == judged["verdict"] | {
        "action": "allow",
        "reason": "suspicion",
        "rule": "look-alike",
        "label": "?",
    }
    shop("presets", "off", "look-alike")
    shop("presets", "on", "look-alike", "score")
    result = shop("check", "955880", "--json")
    assert result.code == 1
    assert (result.json["verdict"]["action"], result.json["verdict"]["score"]) == ("screen", 4)
    shop("presets", "off", "--all")
    assert "suspicion." not in shop("policy", "export").out


def test_faults_of_suspicion_are_told_all_at_once_with_their_lines(shop: Shop) -> None:
    text = (
        "[suspicion.neighbour]\naction = 'reject'\nblock = 99\n[suspicion.nope]\n"
        "[suspicion.score]\nlabel = 5\nweights = { night = 'x', nigth = 1 }\n"
    )
    result = shop("policy", "apply", written(shop, text))
    assert result.code == 2
    assert re.findall(r"^callfilter: \S+:(\d): ", result.err, re.MULTILINE) == list("234677")
    for sentence in ("refuses nobody: write allow, screen or voicemail", "write 100 or 1000", "'nope' is no step"):
        assert sentence in result.err
    assert "'nigth' is not known in weights: write night" in result.err


def test_a_preset_leaves_own_rules_as_they_are(shop: Shop) -> None:
    shop("policy", "apply", written(shop, POLICY))
    before = shop("policy", "export").out
    shop("presets", "on", "unknown-400")
    shop("presets", "off", "unknown-400")
    assert shop("policy", "export").out == before


@pytest.mark.parametrize("arguments", [[], ["nope"], ["unknown-400", "--all"]])
def test_presets_that_are_not_named_or_not_known_are_refused(shop: Shop, arguments: list[str]) -> None:
    result = shop("presets", "on", *arguments)
    assert result.code == 2
    assert result.is_one_sentence()
    assert not shop.database.exists()


def test_a_voicemail_preset_without_a_mailbox_goes_on_with_a_warning(shop: Shop) -> None:
    result = shop("presets", "on", "no-caller-id")
    assert result.code == 0
    assert "there is no mailbox" in result.err
    assert shop("check", "").code == 0


def test_a_version_that_cannot_be_used_leaves_the_one_before_in_force(shop: Shop) -> None:
    shop("presets", "on", "unknown-400")
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO policy_versions VALUES (2, 0, '', '', 'not = = toml')")
        connection.commit()
    result = shop("check", "4001234567", "--json")
    assert result.code == 1
    assert result.json["verdict"]["policy_version"] == 1
    assert result.json["trace"][0]["chapter"] == "policy"
    assert "version 2 of the policy cannot be used" in result.json["trace"][0]["check"]
    refused = shop("rules")
    assert refused.code == 2
    assert refused.is_one_sentence()


def test_a_rule_that_got_into_the_store_broken_is_left_out_alone(shop: Shop) -> None:
    shop("presets", "on", "unknown-400")
    text = versions(shop)[0]["text"] + '[[rule]]\nname = "x"\naction = "allow"\nwhen = { later = 1 }\n'
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO policy_versions VALUES (2, 0, '', '', ?)", (text,))
        connection.commit()
    result = shop("check", "4001234567", "--json")
    assert result.code == 1
    assert result.json["verdict"]["policy_version"] == 2
    assert "rules are left out" in json.dumps(result.json["trace"][0])


def test_the_log_shows_the_version_that_judged_and_what_a_rule_would_have_done(shop: Shop) -> None:
    shop("presets", "on", "unknown-400")
    would = Step("rules for strangers", "rule 'x': it only observes", matched=False, would=Action.SCREEN)
    record_now(shop.database, replace(RECORD, policy_version=1, trace=(would,)))
    call = format_id(RECORD.id)
    shown = shop("log", "show", call).out
    assert "version 1" in shown
    assert "it only observes" in shown
    row = shop("log", "show", call, "--json").json
    assert row["verdict"]["policy_version"] == 1
    assert row["trace"][0]["would"] == "screen"
    assert shop("log", "--json").json[0]["verdict"]["policy_version"] == 1


def test_whoever_changes_the_policy_migrates_an_older_database_first(shop: Shop) -> None:
    made_at("0001", shop.database)
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("INSERT INTO numbers VALUES ('+8613900139000', 0, 'reject', '', '', '', 0, NULL)")
        connection.commit()
    assert shop("rules").code == 2
    assert shop("presets", "on", "unknown-400").code == 0
    assert shop("check", "13900139000").code == 1


def test_a_file_from_an_editor_with_marks_and_carriage_returns_is_read(shop: Shop) -> None:
    path = shop.config.with_name("windows.toml")
    path.write_bytes(b"\xef\xbb\xbf" + POLICY.replace("\n", "\r\n").encode())
    assert shop("policy", "apply", str(path)).code == 0
    assert shop("policy", "diff", written(shop, POLICY)).code == 0
