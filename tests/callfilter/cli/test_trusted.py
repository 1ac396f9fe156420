import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from callfilter.store.codec import to_microseconds
from filters.facts import Bond
from tests.callfilter.cli.shop import Shop

KEY, OTHER = "+8613800138000", "+8613900139000"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def known(shop: Shop) -> Shop:
    """A shop that has dialled a number a week ago, and yesterday talked with its owner and with somebody else."""
    shop("allow", "110")
    rows = (
        (KEY, Bond.DIALLED, NOW - 7 * DAY, NOW - 7 * DAY, NOW + 83 * DAY),
        (KEY, Bond.TALKED, NOW - DAY, NOW - DAY, NOW + 89 * DAY),
        (OTHER, Bond.TALKED, NOW - 9 * DAY, NOW - 2 * DAY, NOW + 88 * DAY),
        ("+8613700137000", Bond.PROVED, NOW - 31 * DAY, NOW - 31 * DAY, NOW - DAY),
    )
    with closing(sqlite3.connect(shop.database)) as connection, connection:
        values = ((key, bond, *map(to_microseconds, times)) for key, bond, *times in rows)
        connection.executemany("INSERT INTO bonds (key, bond, first_at, at, expires_at) VALUES (?, ?, ?, ?, ?)", values)
    return shop


def reports(shop: Shop) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(shop.database)) as connection:
        return connection.execute("SELECT key, note FROM reports ORDER BY key").fetchall()


def trusted(shop: Shop) -> list[str]:
    return [each["number"] for each in shop("trusted", "--json").json]


def test_who_is_trusted_is_shown_with_why_since_when_and_until_when(known: Shop) -> None:
    assert known("trusted", "--json").json[2] == {
        "number": KEY,
        "bond": "dialled",
        "first_at": (NOW - 7 * DAY).isoformat(),
        "at": (NOW - 7 * DAY).isoformat(),
        "expires_at": (NOW + 83 * DAY).isoformat(),
    }
    out = known("trusted").out
    assert "you dialled it" in out
    assert f"{(NOW + 83 * DAY).astimezone():%Y-%m-%d}" in out


def test_the_latest_come_first_and_those_whose_trust_ended_do_not_come(known: Shop) -> None:
    assert trusted(known) == [KEY, OTHER, KEY]


def test_where_nobody_is_trusted_it_says_so(shop: Shop) -> None:
    shop("allow", "110")
    assert shop("trusted").out == "Nobody is trusted yet; see 'callfilter trusted --help'.\n"
    assert shop("trusted", "--json").out == "[]\n"


def test_trust_in_a_caller_is_forgotten_in_any_spelling(known: Shop) -> None:
    result = known("trusted", "forget", "0138 0013 8000")
    assert (result.code, result.out) == (0, f"Trusted no more: 138 0013 8000 ({KEY}).\n")
    assert trusted(known) == [OTHER]


def test_all_callers_are_trusted_no_more_or_none(known: Shop) -> None:
    result = known("trusted", "forget", KEY, "13700137000")
    assert result.code == 1
    assert result.is_one_sentence()
    assert "137 0013 7000" in result.err
    assert len(trusted(known)) == 3


def test_a_report_ends_trust_and_blocks_nobody(known: Shop) -> None:
    result = known("report", "13800138000", "--note", "card terminals")
    assert (result.code, result.out) == (0, f"Reported: 138 0013 8000 ({KEY}); it is trusted no more.\n")
    assert reports(known) == [(KEY, "card terminals")]
    assert trusted(known) == [OTHER]
    assert known("check", "13800138000").code == 0


def test_a_report_of_a_stranger_says_no_more_than_that(known: Shop) -> None:
    assert known("report", "13700137000").out == "Reported: 137 0013 7000 (+8613700137000).\n"


def test_a_report_is_taken_back(known: Shop) -> None:
    known("report", KEY, OTHER)
    result = known("report", "--take-back", "13800138000")
    assert (result.code, result.out) == (0, f"Taken back: 138 0013 8000 ({KEY}) is not reported any more.\n")
    assert reports(known) == [(OTHER, "")]


def test_all_reports_are_taken_back_or_none(known: Shop) -> None:
    known("report", KEY)
    result = known("report", "--take-back", KEY, OTHER)
    assert result.code == 1
    assert result.is_one_sentence()
    assert reports(known) == [(KEY, "")]


@pytest.mark.parametrize("number", ["110", "02161234567"])
def test_what_always_rings_cannot_be_reported(known: Shop, number: str) -> None:
    known.settings('[policy]\nprotected = ["02161234567"]')
    result = known("report", KEY, number)
    assert result.code == 1
    assert result.is_one_sentence()
    assert reports(known) == []


@pytest.mark.parametrize("command", [("report",), ("report", "--take-back"), ("trusted", "forget")])
@pytest.mark.parametrize("number", ["138*", "anonymous", "soap", "", "\x1b[2J"])
def test_what_is_no_single_number_is_refused(known: Shop, command: tuple[str, ...], number: str) -> None:
    result = known(*command, KEY, number)
    assert result.code == 2
    assert result.is_one_sentence()
    assert len(trusted(known)) == 3


def test_to_block_a_number_reports_it_and_to_allow_it_takes_that_back(known: Shop) -> None:
    known("block", "13800138000", "139*", "--note", "card terminals")
    assert reports(known) == [(KEY, "card terminals")]
    assert trusted(known) == [OTHER]
    known("allow", "13800138000")
    assert reports(known) == []


def test_to_forget_a_number_takes_its_report_back(known: Shop) -> None:
    known("block", KEY)
    known("report", OTHER)
    result = known("forget", KEY, OTHER)
    assert (
        result.out
        == f"Forgotten: 138 0013 8000 ({KEY}); it was blocked.\nForgotten: 139 0013 9000 ({OTHER}); it was reported.\n"
    )
    assert reports(known) == []


def test_a_note_that_moves_the_terminal_is_kept_as_text(known: Shop) -> None:
    assert known("report", KEY, "--note", "\x1b[2J\udcff").code == 0


@pytest.mark.parametrize("command", [("trusted",), ("trusted", "forget", KEY), ("report", KEY)])
def test_a_database_that_cannot_be_used_is_one_sentence(shop: Shop, command: tuple[str, ...]) -> None:
    shop.database.write_bytes(b"no database at all, but long enough to be looked at" * 50)
    result = shop(*command)
    assert result.code == 2
    assert result.is_one_sentence()


def test_trust_is_told_by_check(known: Shop) -> None:
    verdict = known("check", KEY, "--json").json["verdict"]
    assert (verdict["action"], verdict["reason"], verdict["rule"]) == ("allow", "trusted", "talked")
    known("report", KEY)
    assert json.loads(known("check", KEY, "--json").out)["verdict"]["reason"] == "default"
