import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.callfilter.cli.shop import Shop

KEYS = {
    "number": ["raw", "key", "display", "classes", "country", "region", "reading"],
    "verdict": ["action", "reason", "rule", "signal", "target", "label", "score", "milliseconds", "policy_version"],
}


def test_a_caller_nobody_spoke_against_rings(shop: Shop) -> None:
    shop("allow", "13900139000")
    result = shop("check", "13800138000")
    assert result.code == 0
    assert "+8613800138000" in result.out
    assert "allow: default" in result.out
    assert not result.err


@pytest.mark.parametrize("spelling", ["13800138000", "+8613800138000", "8613800138000"])
def test_a_blocked_caller_does_not_in_any_spelling(shop: Shop, spelling: str) -> None:
    shop("block", "13800138000")
    result = shop("check", spelling)
    assert result.code == 1
    assert "reject with 603: blocked" in result.out


def test_the_json_has_its_keys_in_their_order(shop: Shop) -> None:
    shop.settings('[policy]\nmailbox = "100@default"')
    shop("block", "13800138000", "--voicemail")
    result = shop("check", "13800138000", "--json")
    answer = result.json
    assert list(answer) == ["number", "verdict", "trace", "not_reached", "rules", "notes"]
    for part, keys in KEYS.items():
        assert list(answer[part]) == keys
    assert all(list(step) == ["chapter", "check", "matched"] for step in answer["trace"])
    assert result.out.count("\n") == 1
    assert answer["number"]["classes"] == sorted(answer["number"]["classes"])


def test_how_the_raw_number_became_the_key_is_told(shop: Shop) -> None:
    shop.settings('area = "021"\n[trunks.carrier]\nstrip = ["9"]')
    shop("allow", "13900139000")
    reading = [
        "9 is left out, as the trunk puts it before numbers",
        "a local number: area code 021 is put before it",
        "so the key is +862161234567",
    ]
    assert shop("check", "961234567", "--trunk", "carrier", "--json").json["number"]["reading"] == reading
    assert "; ".join(reading) in shop("check", "961234567", "--trunk", "carrier").out


def policy(shop: Shop, text: str) -> None:
    file = shop.config.with_name("policy.toml")
    file.write_text(text, encoding="utf-8")
    assert shop("policy", "apply", str(file)).code == 0


RULES = """
[[rule]]
name = "idea"
mode = "observe"
when = { prefix = "138*" }
action = "screen"

[[rule]]
name = "pest"
when = { calls = "2 in 10 minutes" }
action = "reject"

[[rule]]
name = "mobiles"
when = { class = "mobile" }
action = "reject"
"""


def test_every_rule_says_why_it_does_or_does_not_match(shop: Shop) -> None:
    policy(shop, RULES)
    answer = shop("check", "13800138000", "--json").json
    assert [(step["check"], step["matched"], step.get("would")) for step in answer["rules"]] == [
        (
            "rule 'idea': number begins with 138*; matches; it only observes, and would have said screen",
            True,
            "screen",
        ),
        ("rule 'pest': calls 2 in 10 minutes; no, since this is not so: calls 2 in 10 minutes", False, None),
        ("rule 'mobiles': class mobile; matches", True, None),
    ]
    assert answer["not_reached"][-1] == "default"
    told = shop("check", "13800138000").out
    assert all(step["check"] in told for step in answer["rules"])
    assert "nothing to look at: rules for everyone, expecting, trusted\n" in told
    assert f"not reached: {', '.join(answer['not_reached'])}\n" in told


def test_rules_are_looked_at_even_if_the_decision_fell_before_them(shop: Shop) -> None:
    policy(shop, RULES)
    answer = shop("check", "110", "--json").json
    assert answer["trace"][-1]["chapter"] == "protected"
    assert answer["not_reached"][0] == "own numbers"
    assert len(answer["rules"]) == 3


def test_a_preset_that_does_not_fit_the_settings_is_named(shop: Shop) -> None:
    shop("presets", "on", "landlines-of-other-provinces")
    answer = shop("check", "13800138000", "--json").json
    assert answer["rules"] == []
    (note,) = answer["notes"]
    assert note.startswith('rule "landlines-of-other-provinces": ')
    assert f"Note: {note}." in " ".join(shop("check", "13800138000").out.split())


def test_lines_have_a_reading_and_rules_where_they_are_asked_for(shop: Shop) -> None:
    policy(shop, RULES)
    plain, asked = (shop("check", "-", "--json", *more, stdin=b"013900139000\n").json for more in ([], ["--rules"]))
    assert plain["number"]["reading"] == asked["number"]["reading"]
    assert plain["number"]["reading"][0] == "0 is the trunk prefix"
    assert "rules" not in plain
    assert len(asked["rules"]) == 3


def test_without_a_database_it_judges_and_says_so(shop: Shop) -> None:
    result = shop("check", "13800138000", "--json")
    assert result.code == 0
    assert result.json["verdict"]["reason"] == "default"
    assert "does not exist yet" in result.err
    assert not shop.database.exists()


def test_a_database_that_cannot_be_read_is_a_fault(shop: Shop) -> None:
    shop.database.write_bytes(b"this is no database" * 100)
    for arguments in (["13800138000"], ["13800138000", "--json"], ["-", "--json"]):
        result = shop("check", *arguments, stdin=b"1\n")
        assert result.code == 2
        assert result.is_one_sentence()


def test_an_empty_argument_is_a_caller_without_a_number(shop: Shop) -> None:
    shop.settings('[policy]\nanonymous = "reject"\nsignal = 486')
    shop("allow", "13900139000")
    result = shop("check", "", "--json")
    assert result.json["number"]["key"] == "anonymous"


def test_an_argument_may_look_like_an_option_behind_two_dashes(shop: Shop) -> None:
    result = shop("check", "--json", "--", "-5")
    assert result.json["number"]["raw"] == "-5"


def test_lines_of_any_bytes_get_one_answer_each(shop: Shop) -> None:
    shop("block", "13800138000")
    lines = [
        b"13800138000\r\n",
        b"\n",
        b"\xd6\xd0\xb9\xfa\n",
        b"\xff\xfe\x00\x01\n",
        b"a\rb\x0bc\x0cd\x1ce\xc2\x85f\xe2\x80\xa8g\n",
        "１３８００１３８０００".encode() + b"\n",
        b"9" * 100_000 + b"\n",
        b"${SHELL(reboot)}\n",
        b"last without newline",
    ]
    result = shop("check", "-", "--json", stdin=b"".join(lines))
    assert result.code == 0
    answers = result.lines
    assert len(answers) == len(lines)
    assert answers[0]["verdict"]["action"] == "reject"
    assert answers[0]["number"]["raw"] == "13800138000"
    assert answers[1]["number"]["key"] == "anonymous"
    assert answers[2]["number"]["raw"] == "中国"
    assert answers[8]["number"]["raw"] == "last without newline"
    assert result.out.isascii()


def test_lines_for_people_are_one_each_and_move_no_terminal(shop: Shop) -> None:
    shop("allow", "13900139000")
    result = shop("check", "-", stdin=b"13800138000\n\x1b[2J[red]x\n\n")
    lines = result.out.splitlines()
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert "[red]" in lines[1]
    assert lines[2].startswith("(none) = anonymous")


def test_no_lines_get_no_answers(shop: Shop) -> None:
    shop("allow", "13900139000")
    result = shop("check", "-", "--json")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_a_line_is_answered_before_the_next_one_comes(shop: Shop) -> None:
    command = [sys.executable, "-m", "callfilter.cli.main", "--config", str(shop.config), "check", "-", "--json"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | _path()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (b"13800138000", b"13900139000"):
            process.stdin.write(number + b"\n")
            process.stdin.flush()
            assert select.select([process.stdout], [], [], 20)[0]
            assert json.loads(process.stdout.readline())["number"]["raw"] == number.decode()
        process.stdin.close()
        assert process.wait(20) == 0


def test_the_time_decides_whether_an_entry_still_holds(shop: Shop) -> None:
    shop("block", "13800138000", "--for", "2h")
    assert shop("check", "13800138000").code == 1
    assert shop("check", "13800138000", "--at", "2090-01-01T09:30").code == 0


@pytest.mark.parametrize("at", ["tomorrow", "25:00", "2026-13-01", "2199-01-01", "0001-01-01", "\x1b[2J"])
def test_a_wrong_time_is_one_sentence(shop: Shop, at: str) -> None:
    result = shop("check", "1", "--at", at)
    assert result.code == 2
    assert result.is_one_sentence()


def test_the_trunk_decides_how_numbers_are_read(shop: Shop) -> None:
    shop.settings('[trunks.carrier]\nstrip = ["9"]')
    assert shop("check", "913800138000", "--trunk", "carrier", "--json").json["number"]["key"] == "+8613800138000"
    assert shop("check", "913800138000", "--json").json["number"]["key"] != "+8613800138000"


def test_checking_imports_neither_sqlalchemy_nor_alembic_nor_rich(shop: Shop) -> None:
    shop("allow", "13900139000")
    program = (
        "import sys; from callfilter.cli.main import main; code = main(sys.argv[1:]);"
        "print(code, [name for name in ('sqlalchemy', 'alembic', 'rich.console', 'asyncio') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, "--config", str(shop.config), "check", "13800138000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | _path())
    assert done.stdout.splitlines()[-1] == "0 []"


def _path() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH"))))}
