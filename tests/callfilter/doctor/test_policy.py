import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from callfilter.config import Config
from callfilter.doctor.finding import Mark
from callfilter.doctor.policy import examine_policy
from callfilter.store.database import open_database

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


def test_a_database_that_cannot_be_read_is_left_to_those_who_look_at_it(tmp_path: Path) -> None:
    assert list(examine_policy(Config(database=tmp_path / "none.db"))) == []
