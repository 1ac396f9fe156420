"""What validate, apply, rules, presets and doctor say of rules that can be read and are odd."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from callfilter.store.database import open_database
from tests.callfilter.cli.shop import Result, Shop

ODD = """\
presets = ["international"]

[[rule]]
name = "banks too"
when = { prefix = "95" }
action = "reject"

[[rule]]
name = "nobody"
when = { prefix = "138*", range = "13900000000-13900009999" }
action = "screen"

[[rule]]
name = "long ones"
when = { prefix = "95*", digits = "7-8" }
unless = { listed = true }
action = "screen"
"""
SOUND = """\
[[rule]]
name = "call centres"
when = { class = "call-centre" }
unless = { listed = true }
action = "screen"
expires_at = 2099-01-31T18:00:00
"""


def written(shop: Shop, text: str) -> str:
    path = shop.config.with_name("policy.toml")
    path.write_text(text, encoding="utf-8")
    return str(path)


def told(result: Result, path: str) -> list[str]:
    """What is said, without the file's name."""
    return [line.removeprefix(f"callfilter: {path}") for line in result.err.splitlines()]


def test_validate_tells_errors_and_warnings_with_their_lines_and_fails_on_errors(shop: Shop) -> None:
    path = written(shop, ODD)
    result = shop("policy", "validate", path)
    assert (result.code, result.out) == (2, "")
    banks, police, nobody, hidden, refused = told(result, path)
    assert banks.startswith(':5: error: rule "banks too" turns away ')
    assert "add unless = { listed = true }" in banks
    assert police.startswith(':5: warning: rule "banks too" has no effect on 95119')
    assert nobody.startswith(':10: error: rule "nobody" never matches, since no call meets')
    assert hidden.startswith(':13: warning: rule "long ones" never decides, since ‘banks too’ before it')
    assert refused == " has 2 errors: mend them, or write policy apply --anyway if you mean it."
    assert not shop.database.exists()


def test_warnings_alone_pass(shop: Shop) -> None:
    path = written(shop, ODD.replace('"reject"', '"screen"').replace("139", "138"))
    result = shop("policy", "validate", path)
    assert result.code == 0
    assert ": error: " not in result.err
    assert ':5: warning: rule "banks too" asks for a key from ' in result.err
    assert shop("policy", "apply", path).code == 0


def test_a_sound_policy_is_passed_without_a_word(shop: Shop) -> None:
    assert shop("policy", "validate", written(shop, SOUND)).err == ""
    applied = shop("policy", "apply", written(shop, SOUND))
    assert (applied.code, applied.err) == (0, "")


def test_apply_refuses_errors_unless_they_are_meant(shop: Shop) -> None:
    path = written(shop, ODD)
    refused = shop("policy", "apply", path)
    assert (refused.code, refused.out) == (2, "")
    assert not shop.database.exists()
    applied = shop("policy", "apply", path, "--anyway")
    assert applied.code == 0
    assert ': error: rule "banks too"' in applied.err
    assert applied.out.startswith("Version 1 of the policy is in force")
    assert shop("check", "95588").code == 1


def test_undo_takes_no_anyway(shop: Shop) -> None:
    result = shop("policy", "apply", "--undo", "--anyway")
    assert result.code == 2
    assert result.is_one_sentence()


def test_rules_and_doctor_tell_what_is_odd_about_the_policy_in_force(shop: Shop) -> None:
    shop("policy", "apply", written(shop, ODD), "--anyway")
    assert 'callfilter: rule "nobody" never matches' in shop("rules").err
    assert shop("rules", "--json").err == ""
    assert 'rule "nobody" never matches' in shop("doctor").out


def test_a_preset_that_an_own_rule_hides_is_told_when_it_goes_on(shop: Shop) -> None:
    hiding = '[[rule]]\nname = "400"\nwhen.class = "shared-cost"\naction = "allow"\n'
    shop("policy", "apply", written(shop, hiding))
    result = shop("presets", "on", "unknown-400")
    assert result.code == 0
    assert 'preset "unknown-400" is on and never decides, since your rule ‘400’ decides all of its calls' in result.err
    assert shop("presets", "on", "international").err == ""
    assert shop("presets", "off", "unknown-400").err == ""


def test_rules_about_numbers_that_were_allowed_are_told(shop: Shop) -> None:
    shop("allow", "13800138000")
    shop("allow", "13800138001", "--for", "7d")
    path = written(shop, '[[rule]]\nname = "a"\nwhen.prefix = "1380013*"\naction = "reject"\n')
    [line] = told(shop("policy", "validate", path), path)
    assert line.startswith(':3: warning: rule "a" has no effect on 138 0013 8000 (a number you allowed)')


async def test_own_numbers_that_cannot_be_read_are_told_and_the_rest_is_said(shop: Shop, tmp_path: Path) -> None:
    async with await open_database(shop.database):
        pass
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.execute("DROP TABLE numbers")
    path = written(shop, ODD)
    result = shop("policy", "validate", path)
    assert result.code == 2
    assert "rules are not compared with your own numbers, for " in result.err
    assert 'rule "nobody" never matches' in result.err


def test_settings_are_known_to_who_looks_at_rules(shop: Shop) -> None:
    shop.settings('[dids."02160001000"]\nmailbox = "1@shop"\n[policy]\nprotected = ["13800138000"]')
    text = '[[rule]]\nname = "a"\nwhen = { did = "021999", prefix = "1380013*" }\naction = "voicemail"\n'
    path = written(shop, text)
    lines = told(shop("policy", "validate", path), path)
    assert len(lines) == 2
    assert "asks for calls to 021999, which is none of the numbers in your settings" in lines[0]
    assert "138 0013 8000 (a number you protect)" in lines[1]


@pytest.mark.parametrize(("zone", "shown"), [("Asia/Shanghai", "18:00"), ("America/New_York", "18:00")])
def test_rules_end_by_the_clock_of_the_shop(shop: Shop, zone: str, shown: str) -> None:
    shop("policy", "apply", written(shop, f'time_zone = "{zone}"\n{SOUND}'))
    assert f"2099-01-31 {shown}" in shop("rules").out


def test_what_stands_in_a_rule_moves_no_cursor(shop: Shop) -> None:
    shop.settings('[dids."02160001000"]')
    text = '[[rule]]\nname = "a"\nwhen.did = "\\u202e\\u001b021"\naction = "screen"\n'
    [line] = shop("policy", "validate", written(shop, text)).err.splitlines()
    assert "asks for calls to " in line
    assert line.isprintable()
