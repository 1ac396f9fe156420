import os
import pwd
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from filters.conditions.plan import CLASSES
from tests.callfilter.cli.shop import Shop

STRANGERS = '[[rule]]\nname = "no strangers"\nwhen = { class = "mobile" }\naction = "reject"\n'


@pytest.fixture
def strict(shop: Shop) -> Shop:
    """A shop that turns every stranger with a mobile away."""
    policy = shop.config.with_name("policy.toml")
    policy.write_text(STRANGERS, encoding="utf-8")
    assert shop("policy", "apply", str(policy)).code == 0
    return shop


def rows(shop: Shop) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM expected ORDER BY id")]


def test_a_stranger_rings_while_a_call_is_expected_and_no_more_once_it_is_not(strict: Shop) -> None:
    assert strict("check", "13800138000").code == 1
    result = strict("expect", "30m")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Expecting any caller until 20")
    assert strict("check", "13800138000", "--json").json["verdict"]["reason"] == "expecting"
    assert strict("expect", "--end").out == "No longer expected: any caller.\n"
    assert strict("check", "13800138000").code == 1
    assert strict("expect", "--end").out == "Nobody was expected.\n"


def test_what_you_blocked_stays_blocked(strict: Shop) -> None:
    strict("block", "13800138000")
    strict("expect", "30m")
    assert strict("check", "13800138000").code == 1
    assert strict("check", "13900139000").code == 0


def test_without_a_class_a_caller_without_a_number_may_be_the_one(shop: Shop) -> None:
    shop.settings('[policy]\nanonymous = "reject"')
    shop("expect", "30m", "--class", "mobile")
    assert shop("check", "").code == 1
    shop("expect", "30m")
    assert shop("check", "").code == 0


def test_only_callers_of_the_class_to_the_number_are_expected(strict: Shop) -> None:
    strict("expect", "30m", "--to", "02160001000", "--class", "MVNO")
    assert strict("check", "17012345678", "--to", "02160001000").code == 0
    assert strict("check", "17012345678", "--to", "02160002000").code == 1
    assert strict("check", "13800138000", "--to", "02160001000").code == 1


def test_a_window_keeps_its_end_who_is_expected_and_who_opened_it(shop: Shop) -> None:
    shop("expect", "2h", "--note", "顺丰\u202e", "--class", "mobile", "--to", "021")
    (row,) = rows(shop)
    assert row["expires_at"] - row["opened_at"] == 2 * 3600 * 1_000_000
    assert (row["note"], row["number_class"], row["did"]) == ("顺丰\u202e", "mobile", "021")
    assert row["author"] == pwd.getpwuid(os.geteuid()).pw_name


def test_open_windows_are_shown(shop: Shop) -> None:
    shop("expect", "2h", "--note", "plumber\x1b[2J")
    shop("expect", "30m", "--class", "mobile", "--to", "021")
    lines = shop("expect").out.splitlines()
    assert lines[0].split() == ["until", "callers", "to", "note", "by"]
    assert lines[1].split()[2:4] == ["mobile", "021"]
    assert "plumber\\x1b[2J" in lines[2]
    found = shop("expect", "--json").json
    assert [(one["class"], one["to"], one["note"]) for one in found] == [
        ("mobile", "021", ""),
        ("", "", "plumber\x1b[2J"),
    ]
    first = found[0]
    length = datetime.fromisoformat(first["expires_at"]) - datetime.fromisoformat(first["opened_at"])
    assert length == timedelta(minutes=30)


def test_programs_are_told_what_was_opened_and_what_was_ended(shop: Shop) -> None:
    (opened,) = shop("expect", "24h", "--note", "x", "--json").json
    (ended,) = shop("expect", "--end", "--json").json
    assert (opened["note"], ended["note"]) == ("x", "x")
    assert ended["opened_at"] == opened["opened_at"]
    assert ended["expires_at"] < opened["expires_at"]
    assert shop("expect", "--json").json == []
    assert shop("expect").out == "Nobody is expected; see 'callfilter expect --help'.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["25h"], "24h at most"),
        (["1441m"], "24h at most"),
        (["2w"], "callfilter allow"),
        (["999999w"], "24h at most"),
        (["30"], "30m, 12h"),
        (["0m"], "30m, 12h"),
        (["list"], "30m, 12h"),
        (["30m\x1b[2J"], "30m, 12h"),
        (["--end", "30m"], "callfilter expect 30m"),
        (["--class", "mobile"], "callfilter expect 30m"),
        (["--end", "--to", "021"], "callfilter expect 30m"),
        (["30m", "--class", "car"], "must be one of "),
    ],
)
def test_bad_input_is_one_sentence_and_opens_nothing(shop: Shop, arguments: list[str], says: str) -> None:
    result = shop("expect", *arguments)
    assert result.code == 2
    assert result.is_one_sentence()
    assert says in result.err
    assert not shop.database.exists()


def test_a_wrong_class_is_answered_with_those_that_there_are(shop: Shop) -> None:
    said = shop("expect", "30m", "--class", "car").err
    assert all(name in said for name in CLASSES)


def test_a_number_that_is_none_of_the_shop_s_is_doubted_and_the_window_opened(shop: Shop) -> None:
    shop.settings('[dids."02160001000"]\nname = "counter"')
    assert shop("expect", "30m", "--to", "02160001000").err == ""
    result = shop("expect", "30m", "--to", "+862160001000")
    assert result.code == 0
    assert "there it is written '02160001000'" in result.err
    assert result.err.count("\n") == 1
    assert "there it is" not in shop("expect", "30m", "--to", "999").err
    assert len(rows(shop)) == 3
    shop.settings()
    assert shop("expect", "30m", "--to", "999").err == ""


def test_a_database_that_cannot_be_used_is_one_sentence(shop: Shop) -> None:
    shop.database.write_bytes(b"no database at all, but long enough to be looked at" * 50)
    for arguments in (["30m"], ["--end"], []):
        result = shop("expect", *arguments)
        assert result.code == 2
        assert result.is_one_sentence()
