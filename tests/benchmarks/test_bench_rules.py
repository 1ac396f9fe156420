"""The benchmark's thousand rules, and the callers who meet them."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.decisions import decisions
from benchmarks.listed import Codes, write_callers
from benchmarks.rules import LAST, RULES, put_in_force, rules, take_out
from callfilter.config import Config
from callfilter.current import load_newest
from callfilter.policy import PolicyText, read, write
from callfilter.store.database import open_database
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts
from filters.number import read_number
from filters.policy import Policy
from filters.verdict import Action

# A Monday at night and at noon in Shanghai, and a Sunday.
MOMENTS = tuple(datetime(2026, 6, day, hour, tzinfo=UTC) for day, hour in ((1, 4), (1, 18), (7, 4)))


@pytest.fixture(scope="module")
def policy() -> Policy:
    config = Config()
    return read(write(PolicyText(rules())), config).policy(config)


def test_a_thousand_different_rules_are_sound_and_a_hundred_of_them_are_expressions(policy: Policy) -> None:
    assert not policy.faults
    assert len(policy.rules) == RULES
    kinds = Counter(condition.kind for rule in policy.rules for condition in rule.conditions)
    assert kinds["regex"] + kinds["name_regex"] == 100
    assert {"number", "prefix", "range", "pattern", "class", "region", "name", "window"} <= set(kinds)
    assert not policy.needs_history


def test_only_the_last_rule_speaks_of_the_callers_and_it_rejects_those_who_shall_be(
    tmp_path: Path, policy: Policy
) -> None:
    callers = write_callers(tmp_path / "callers", 1_000, Codes(603, 486, strangers=True))
    rejected = 0
    for place, line in enumerate(callers.path.read_text("ascii").splitlines()):
        caller, code = line.split()
        assert caller.endswith("5")
        verdict = decide(Call(caller, MOMENTS[place % 3]), read_number(caller), Facts(), policy)
        assert (verdict.action is Action.REJECT) == (code == "603"), caller
        assert (verdict.rule == LAST.name) == (code == "603"), caller
        rejected += code == "603"
    assert 900 < rejected < 1_100


async def test_the_rules_come_into_force_and_go_again(tmp_path: Path) -> None:
    config = Config(database=tmp_path / "callfilter.db")
    await (await open_database(config.database)).close()
    put_in_force(config.database)
    assert len(load_newest(config).policy.rules) == RULES
    take_out(config.database)
    assert load_newest(config).version == 0


async def test_decisions_are_counted_without_a_rule_with_one_and_with_all(tmp_path: Path) -> None:
    settings = tmp_path / "callfilter.toml"
    settings.write_text(f'database = "{tmp_path / "callfilter.db"}"\n', "utf-8")
    await (await open_database(tmp_path / "callfilter.db")).close()
    callers = write_callers(tmp_path / "callers", 1_000, Codes(603, 486, strangers=True))
    counted = decisions(settings, callers, 0.01)
    assert [one.rules for one in counted] == [0, 1, RULES]
    assert all(one.ready > one.from_store > 0 for one in counted)
