import json
import os
import pwd
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.callfilter.cli.shop import Shop


def rows(shop: Shop) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM numbers ORDER BY key")]


def test_a_blocked_number_is_shown_back_as_it_was_understood(shop: Shop) -> None:
    result = shop("block", "013800138000")
    assert (result.code, result.err) == (0, "")
    assert result.out == "Blocked: 138 0013 8000 (+8613800138000).\n"


def test_an_entry_keeps_note_label_end_and_who_added_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    result = shop("allow", "13800138000", "--for", "7d", "--note", "顺丰快递", "--label", "快递")
    assert " until 20" in result.out
    (row,) = rows(shop)
    assert (row["key"], row["action"], row["note"], row["label"]) == ("+8613800138000", "allow", "顺丰快递", "快递")
    assert row["author"] == pwd.getpwuid(os.geteuid()).pw_name
    assert row["expires_at"] - row["added_at"] == 7 * 24 * 3600 * 1_000_000


def test_behind_sudo_the_author_is_who_typed_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "li")
    shop("block", "13800138000")
    assert rows(shop)[0]["author"] == "li"


def test_a_star_makes_a_prefix(shop: Shop) -> None:
    result = shop("block", "+86138*")
    assert "numbers that begin with +86138" in result.out
    assert shop("check", "13812345678").code == 1
    assert shop("check", "13912345678").code == 0


@pytest.mark.parametrize("prefix", ["*", "1*", "abc*"])
def test_a_prefix_that_would_block_everybody_is_refused(shop: Shop, prefix: str) -> None:
    result = shop("block", prefix)
    assert result.code == 2
    assert result.is_one_sentence()
    assert not shop.database.exists()


def test_a_contradiction_replaces_and_is_told(shop: Shop) -> None:
    shop("allow", "13800138000", "--for", "2w")
    result = shop("block", "13800138000")
    assert "; it was allowed until 20" in result.out
    assert [row["action"] for row in rows(shop)] == ["reject"]
    assert "it was" not in shop("block", "13800138000").out


def test_voicemail_needs_a_mailbox(shop: Shop) -> None:
    result = shop("block", "13800138000", "--voicemail")
    assert result.code == 2
    assert result.is_one_sentence()
    shop.settings('[policy]\nmailbox = "100@default"')
    assert shop("block", "13800138000", "--voicemail").code == 0
    answer = shop("check", "13800138000", "--json").json["verdict"]
    assert (answer["action"], answer["target"]) == ("voicemail", "100@default")


@pytest.mark.parametrize("number", ["110", "120", "02161234567"])
def test_what_always_rings_cannot_be_blocked(shop: Shop, number: str) -> None:
    shop.settings('[policy]\nprotected = ["02161234567"]')
    result = shop("block", "13800138000", number)
    assert result.code == 1
    assert result.is_one_sentence()
    assert "always rings" in result.err
    assert not shop.database.exists()


@pytest.mark.parametrize("command", ["block", "allow", "forget"])
@pytest.mark.parametrize(
    ("number", "setting"), [("anonymous", "policy.anonymous"), ("", "policy.anonymous"), ("soap", "policy.invalid")]
)
def test_callers_without_a_number_are_left_to_the_setting(shop: Shop, command: str, number: str, setting: str) -> None:
    result = shop(command, number)
    assert result.code == 2
    assert result.is_one_sentence()
    assert setting in result.err


def test_all_numbers_or_none(shop: Shop) -> None:
    assert shop("block", "13800138000", "13900139000", "soap").code == 2
    assert not shop.database.exists()
    assert shop("block", "13800138000", "13900139000", "+8613800138000").out.count("\n") == 2
    assert len(rows(shop)) == 2
    result = shop("forget", "13800138000", "13700137000")
    assert result.code == 1
    assert "not listed" in result.err
    assert len(rows(shop)) == 2
    assert shop("forget", "13800138000", "13900139000").code == 0
    assert rows(shop) == []


def test_a_prefix_and_a_number_of_the_same_digits_are_two_entries(shop: Shop) -> None:
    shop("block", "13800138000", "13800138000*")
    assert shop("forget", "13800138000*").code == 0
    assert [row["is_prefix"] for row in rows(shop)] == [0]


def test_forgetting_says_what_it_was(shop: Shop) -> None:
    shop("allow", "13800138000")
    assert shop("forget", "13800138000").out == "Forgotten: 138 0013 8000 (+8613800138000); it was allowed.\n"


@pytest.mark.parametrize(
    "label", ["a,b", "a\nb", "${SHELL(id)}", 'say "x"', "a;b", "a|b", "a\\b", "\u202eevil", "x=y", "[x]", "a\x00b"]
)
def test_a_label_that_asterisk_would_read_as_more_than_text_is_refused(shop: Shop, label: str) -> None:
    result = shop("allow", "13800138000", "--label", label)
    assert result.code == 2
    assert result.is_one_sentence()
    assert not shop.database.exists()


@pytest.mark.parametrize("duration", ["", "0d", "7", "d", "-1d", "1y", "7 d", "9" * 30 + "d", "１d"])
def test_a_wrong_duration_is_one_sentence(shop: Shop, duration: str) -> None:
    result = shop("block", "13800138000", f"--for={duration}")
    assert result.code == (0 if not duration else 2)
    assert not duration or result.is_one_sentence()


def test_a_duration_beyond_the_calendar_is_one_sentence(shop: Shop) -> None:
    result = shop("block", "13800138000", "--for", "999999w")
    assert result.code == 2
    assert result.is_one_sentence()


def test_a_note_that_moves_the_terminal_stays_a_note(shop: Shop) -> None:
    assert shop("block", "13800138000", "--note", "\x1b[2J\udcff").code == 0


@pytest.mark.parametrize("command", ["block", "allow", "forget"])
def test_a_database_that_cannot_be_written_is_one_sentence(shop: Shop, command: str) -> None:
    shop.database.write_bytes(b"no database at all, but long enough to be looked at" * 50)
    result = shop(command, "13800138000")
    assert result.code == 2
    assert result.is_one_sentence()


def test_all_own_numbers_are_shown_with_what_was_said_of_them(shop: Shop) -> None:
    shop("block", "0755888*", "--note", "call centre\u202e", "--for", "7d")
    shop("allow", "13800138000", "--label", "Mum")
    out = shop("numbers").out
    assert "+86755888*" in out
    assert "call centre\\u202e" in out
    listed = json.loads(shop("numbers", "--json").out)
    assert [(one["number"], one["action"], one["label"]) for one in listed][-2:] == [
        ("+8613800138000", "allow", "Mum"),
        ("+86755888*", "reject", ""),
    ]
    assert listed[-1]["expires_at"] > listed[-1]["added_at"]


def test_without_own_numbers_it_says_so(shop: Shop) -> None:
    shop("block", "13800138000")
    shop("forget", "13800138000")
    assert shop("numbers").out == "No own numbers yet; see 'callfilter block --help'.\n"
    assert shop("numbers", "--json").out == "[]\n"
