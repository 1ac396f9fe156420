"""The policy in force, as a live call meets it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callfilter.config import Config
from callfilter.current import LOOK_BACK, load, load_newest
from callfilter.policy import PolicyError, PolicyText, read, write
from callfilter.screen import LARGE, Screen
from callfilter.store.database import open_database
from callfilter.store.direct import record_now
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallRecord
from filters.call import Call
from filters.verdict import Action

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
BROKEN = "not = = toml"


def rejecting(prefix: str) -> str:
    return f'[[rule]]\nname = "no {prefix}"\nwhen = {{ prefix = "{prefix}" }}\naction = "reject"\n'


def large(prefix: str) -> str:
    """A policy that takes long to make ready."""
    others = (rejecting(f"021{number}") for number in range(60_000_000, 60_001_000))
    text = rejecting(prefix) + "".join(others)
    assert len(text) > LARGE
    return text


class Shop:
    """A database, the settings that name it, and the one who judges live calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = Config(database=path)
        self.lookup = Lookup(path)
        self.records: list[CallRecord] = []
        self.screen = Screen(self.config, self.lookup, self.records.append, source="fastagi")

    def apply(self, text: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(
                "INSERT INTO policy_versions SELECT coalesce(max(id), 0) + 1, 0, '', '', ? FROM policy_versions",
                (text,),
            )
            connection.commit()

    def ask(self, caller: str, at: datetime = NOON) -> CallRecord:
        self.screen(Call(caller, at))
        return self.records[-1]


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    async with await open_database(tmp_path / "callfilter.db") as opened:
        return Shop(opened.path)


@pytest.fixture(autouse=True)
def _closed(shop: Shop) -> Iterator[None]:
    yield
    shop.lookup.close()


async def test_the_next_call_sees_a_new_version_without_being_told(shop: Shop) -> None:
    assert (shop.ask("13800138000").action, shop.records[-1].policy_version) == (Action.ALLOW, None)
    shop.apply(rejecting("138*"))
    assert (shop.ask("13800138000").action, shop.records[-1].policy_version) == (Action.REJECT, 1)
    shop.apply(rejecting("139*"))
    assert (shop.ask("13800138000").action, shop.records[-1].policy_version) == (Action.ALLOW, 2)


async def test_a_version_is_read_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.apply(rejecting("138*"))
    shop.ask("13800138000")
    monkeypatch.setattr("callfilter.screen.load", None)
    assert shop.ask("13800138000").action is Action.REJECT


async def test_a_large_policy_judges_the_next_call_where_nobody_else_makes_it_ready(shop: Shop) -> None:
    shop.apply(large("95123"))
    assert shop.ask("95123").action == "reject"


async def test_no_call_waits_for_a_large_policy_that_somebody_else_makes_ready(shop: Shop) -> None:
    screen = Screen(shop.config, shop.lookup, shop.records.append, source="fastagi", is_helped=True)
    shop.apply(rejecting("95111"))
    screen(Call("95111", NOON))
    shop.apply(large("95123"))
    screen(Call("95111", NOON))
    assert [(row.action, row.policy_version) for row in shop.records] == [("reject", 1), ("reject", 1)]
    screen.prepare(load_newest(shop.config))
    screen(Call("95123", NOON))
    assert (shop.records[-1].action, shop.records[-1].policy_version) == ("reject", 2)


async def test_what_cannot_be_used_is_told_by_every_trace_and_the_last_good_version_judges(shop: Shop) -> None:
    shop.apply(rejecting("138*"))
    shop.apply(BROKEN)
    for _ in range(2):
        record = shop.ask("13800138000")
        assert (record.action, record.policy_version) == (Action.REJECT, 1)
        assert record.trace[0].check.startswith("version 2 of the policy cannot be used (line 1: this is not TOML")
        assert record.trace[0].check.endswith("so version 1 judges")
    shop.apply(write(PolicyText()))
    assert (shop.ask("13800138000").trace[0].chapter, shop.records[-1].policy_version) == ("protected", 3)


async def test_where_no_version_can_be_used_the_call_rings_by_the_built_in_policy(shop: Shop) -> None:
    for _ in range(LOOK_BACK + 1):
        shop.apply(BROKEN)
    record = shop.ask("13800138000")
    assert (record.action, record.reason, record.policy_version) == (Action.ALLOW, "default", None)
    assert "no rules are looked at" in record.trace[0].check


UNKNOWN_CLASS = """
[[rule]]
name = "martians"
when = { class = "martian" }
action = "reject"

[[rule]]
name = "no 138"
when = { prefix = "138*" }
action = "reject"
"""


async def test_a_rule_with_a_class_that_is_no_more_is_left_out_and_named_and_the_others_judge(shop: Shop) -> None:
    shop.apply(UNKNOWN_CLASS)
    record = shop.ask("13800138000")
    assert (record.action, record.rule, record.policy_version) == (Action.REJECT, "no 138", 1)
    assert 'rules are left out (line 4: rule "martians": ' in record.trace[0].check
    assert shop.ask("13900139000").action is Action.ALLOW


async def test_a_preset_that_is_no_more_is_left_out_and_named_and_the_others_judge(shop: Shop) -> None:
    shop.apply('presets = [\n  "martian-numbers",\n  "unknown-400",\n]\n')
    record = shop.ask("4001234567")
    assert (record.action, record.rule, record.policy_version) == (Action.SCREEN, "unknown-400", 1)
    assert 'rules are left out (line 1: "martian-numbers" is no preset' in record.trace[0].check


@pytest.mark.parametrize(("text", "line"), [(UNKNOWN_CLASS, 4), ('presets = ["martian-numbers"]', 1)])
def test_an_old_export_with_words_that_are_no_more_is_refused_with_the_line(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(PolicyError) as refusal:
        read(text, Config(database=tmp_path / "x.db"))
    ((found, sentence),) = refusal.value.faults
    assert found == line
    assert "martian" in sentence


async def test_rules_about_earlier_calls_know_what_the_log_knows(shop: Shop) -> None:
    shop.apply('[[rule]]\nname = "pest"\nwhen = { calls = "3 in 10 minutes" }\naction = "reject"\n')
    actions = []
    for minutes in (0, 2, 4, 30):
        record = shop.ask("13800138000", NOON + timedelta(minutes=minutes))
        record_now(shop.path, record)
        actions.append(record.action)
    assert actions == [Action.ALLOW, Action.ALLOW, Action.REJECT, Action.ALLOW]
    assert shop.ask("13900139000", NOON + timedelta(minutes=5)).action is Action.ALLOW


async def test_a_first_call_is_one_that_the_log_does_not_know(shop: Shop) -> None:
    shop.apply('[[rule]]\nname = "new"\nwhen = { first_call = true }\naction = "screen"\n')
    first = shop.ask("13800138000")
    record_now(shop.path, first)
    assert first.action is Action.SCREEN
    assert shop.ask("13800138000", NOON + timedelta(hours=1)).action is Action.ALLOW


def test_without_versions_nobody_reads_any(tmp_path: Path) -> None:
    current = load(0, lambda _: pytest.fail("nothing to read"), Config(database=tmp_path / "x.db"))
    assert (current.judges, current.warning, current.policy.rules) == (None, "", ())
