import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callfilter.config import Config
from callfilter.doctor.finding import Mark
from callfilter.doctor.policy import examine_policy
from callfilter.policy import read
from callfilter.store.database import open_database
from callfilter.store.direct import record_now
from callfilter.store.record import CallIds, CallRecord, format_id, record_of
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts
from filters.number import read_number

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
IDS = CallIds()
GOOD = 'presets = ["unknown-400"]\n'
LEFT_OUT = GOOD + '[[rule]]\nname = "x"\naction = "reject"\nwhen = { later = 1 }\n'


@pytest.fixture
async def config(tmp_path: Path) -> Config:
    async with await open_database(tmp_path / "callfilter.db") as opened:
        return Config(database=opened.path)


def found(config: Config, *texts: str) -> list[tuple[Mark, str]]:
    with closing(sqlite3.connect(config.database)) as connection:
        rows = [(number, 0, "", "", text) for number, text in enumerate(texts, 1)]
        connection.executemany("INSERT INTO policy_versions VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
    return [(finding.mark, finding.text) for finding in examine_policy(config)]


def test_a_shop_without_rules_is_well(config: Config) -> None:
    [(mark, text)] = found(config)
    assert mark is Mark.OK
    assert "no rules" in text


def test_a_policy_that_judges_is_named(config: Config) -> None:
    assert found(config, GOOD) == [(Mark.OK, "version 1 judges, with 1 rules and presets")]


def test_a_rule_that_is_left_out_is_named_with_its_line(config: Config) -> None:
    (_, judges), (mark, text) = found(config, LEFT_OUT)
    assert judges.startswith("version 1 judges")
    assert mark is Mark.FAULT
    assert text.startswith('version 1, line 5: rule "x": ')


def test_a_version_that_cannot_be_used_is_a_fault(config: Config) -> None:
    (mark, text), *_ = found(config, GOOD, "presets = [")
    assert mark is Mark.FAULT
    assert "version 2 of the policy cannot be used" in text
    assert "so version 1 judges" in text


def test_what_sends_to_voicemail_without_a_mailbox_is_worth_a_look(config: Config) -> None:
    _, (mark, text) = found(config, 'presets = ["no-caller-id"]\n')
    assert mark is Mark.WARNING
    assert "there is no mailbox" in text


BREAKING = '[[rule]]\nname = "it\'s new"\nwhen = { first_call = true }\naction = "reject"\n'


def judged(config: Config) -> CallRecord:
    """A call that the log has, judged by a rule that broke on it."""
    call, number = Call("13800138000", NOON), read_number("13800138000")
    verdict = decide(call, number, Facts(), read(BREAKING, config).policy(config))
    record = record_of(call, number, verdict, IDS.next(NOON), "fastagi", policy_version=1)
    record_now(config.database, record)
    return record


def test_a_rule_that_broke_on_calls_is_named_with_the_fault_and_a_remedy(config: Config) -> None:
    _, latest = judged(config), judged(config)
    _, (mark, text) = found(config, BREAKING)
    assert mark is Mark.FAULT
    assert text == (
        'rule "it\'s new" broke 2 times on the last 1000 calls and was passed over, at last on '
        f"{format_id(latest.id)}: the caller's earlier calls were not looked up; "
        "mend it or set enabled = false, and apply the policy"
    )


def test_what_broke_under_an_earlier_version_is_no_news(config: Config) -> None:
    judged(config)
    assert [mark for mark, _ in found(config, BREAKING, BREAKING)] == [Mark.OK]


def test_a_damaged_trace_keeps_nobody_from_telling_the_others(config: Config) -> None:
    broken, _ = judged(config), judged(config)
    with closing(sqlite3.connect(config.database)) as connection:
        connection.execute("UPDATE calls SET trace = ? WHERE id = ?", ("[7 is passed over: ", broken.id))
        connection.commit()
    _, (_, text) = found(config, BREAKING)
    assert "broke once on" in text


def test_a_preset_that_does_not_fit_the_settings_is_named(config: Config) -> None:
    _, (mark, text) = found(config, 'presets = ["landlines-of-other-provinces"]\n')
    assert mark is Mark.FAULT
    assert text.startswith('rule "landlines-of-other-provinces": ')


def test_a_database_that_cannot_be_read_is_left_to_those_who_look_at_it(tmp_path: Path) -> None:
    assert list(examine_policy(Config(database=tmp_path / "none.db"))) == []
