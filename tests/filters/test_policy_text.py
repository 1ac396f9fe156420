"""Rules as tables and back: nothing is lost, and all that is wrong is told at once."""

import tomllib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from filters.policy_text import KEYS, rules_from, tables_of
from filters.presets import PRESETS
from filters.rule import Condition, Fault, Mode, Rule, Who
from filters.shop import Shop
from filters.verdict import Action, Signal
from tests.filters.rules import SHOP

FULL = """
[[rule]]
name = "salesmen"
enabled = false
who = "everyone"
when = { class = ["mvno", "call-centre"], name = "loan" }
unless = { listed = true, region = "Shanghai" }
action = "reject"
signal = 486
label = "sales"
mode = "observe"
expires_at = 2026-12-31T18:00:00
note = "until the year ends"
author = "wang"

[[rule]]
name = "at night"
action = "voicemail"
target = "200@shop"
"""


def faults(text: str, shop: Shop = SHOP) -> list[Fault]:
    return list(rules_from(tomllib.loads(text), shop)[1])


def test_table_says_all_that_a_rule_can_say() -> None:
    rules, wrong = rules_from(tomllib.loads(FULL), Shop("CN", "021", ZoneInfo("Asia/Shanghai")))
    assert not wrong
    assert rules == (
        Rule(
            "salesmen",
            (
                Condition("class", ("mvno", "call-centre")),
                Condition("name", ("loan",)),
                Condition("listed", (True,), negated=True),
                Condition("region", ("Shanghai",), negated=True),
            ),
            Action.REJECT,
            signal=Signal.BUSY,
            label="sales",
            who=Who.EVERYONE,
            mode=Mode.OBSERVE,
            expires_at=datetime(2026, 12, 31, 10, tzinfo=UTC),
            note="until the year ends",
            author="wang",
            enabled=False,
        ),
        Rule("at night", (), Action.VOICEMAIL, target="200@shop"),
    )


def test_tables_have_their_keys_in_fixed_order_and_nothing_that_goes_without_saying() -> None:
    full, short = tables_of(rules_from(tomllib.loads(FULL), SHOP)[0])
    assert list(full) == [key for key in KEYS if key != "target"]
    assert short == {"name": "at night", "who": "strangers", "action": "voicemail", "target": "200@shop"}
    assert full["when"] == {"class": ["mvno", "call-centre"], "name": "loan"}


def test_presets_come_back_as_they_are() -> None:
    rules = tuple(preset.rule for preset in PRESETS)
    assert rules_from({"rule": tables_of(rules)}, SHOP) == (rules, ())


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("rule = 3", ("rule",), "write [[rule]]"),
        ("rule = [3]", ("rule", 0, "name"), "a rule needs a name"),
        ("[[rule]]\naction = 'allow'", ("rule", 0, "name"), "a rule needs a name"),
        ("[[rule]]\nname = 'a'", ("rule", 0, "action"), "write allow, reject, voicemail, screen, divert or tarpit"),
        ("[[rule]]\nname = 'a'\naction = 'block'", ("rule", 0, "action"), "write allow, reject"),
        ("[[rule]]\nname = 'a'\naction = 1", ("rule", 0, "action"), "action is 1: write allow, reject"),
        ("[[rule]]\nname = 'a'\naction = 'allow'\nwhere = 3", ("rule", 0, "where"), "not known in a rule: write when"),
        ("[[rule]]\nname = 'a'\naction = 'reject'\nsignal = 200", ("rule", 0, "signal"), "write 404, 480"),
        ("[[rule]]\nname = 'a'\naction = 'allow'\nwho = 'all'", ("rule", 0, "who"), "write everyone or strangers"),
        ("[[rule]]\nname = 'a'\naction = 'allow'\nmode = 'dry'", ("rule", 0, "mode"), "write enforce or observe"),
        ("[[rule]]\nname = 'a'\naction = 'allow'\nnote = 3", ("rule", 0, "note"), "write a text in quotes"),
        ("[[rule]]\nname = 'a'\naction = 'allow'\nenabled = 'no'", ("rule", 0, "enabled"), "write true or false"),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\nexpires_at = 9999-12-31T23:59:59-12:00",
            ("rule", 0, "expires_at"),
            "expires_at is in 9999: write a year from 2000 to 9998",
        ),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\nexpires_at = 2026-12-31",
            ("rule", 0, "expires_at"),
            "write day and time",
        ),
        ("[[rule]]\nname = 'a'\naction = 'allow'\nwhen = 3", ("rule", 0, "when"), "write conditions in braces"),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\nwhen = { clas = 'mvno' }",
            ("rule", 0, "when", "clas"),
            "is no condition: write class",
        ),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\nunless = { class = [] }",
            ("rule", 0, "unless", "class"),
            "write a class of numbers",
        ),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\nunless = { class = 1.5 }",
            ("rule", 0, "unless", "class"),
            "write a class of numbers",
        ),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\nunless = { class = 'martian' }",
            ("rule", 0, "unless", "class"),
            "no numbers are of class 'martian'",
        ),
        (
            "[[rule]]\nname = 'a'\naction = 'allow'\n[[rule]]\nname = 'a'\naction = 'allow'",
            ("rule", 1, "name"),
            "give one of them another name",
        ),
    ],
)
def test_fault_is_told_with_its_place_and_a_remedy(text: str, place: tuple[str | int, ...], remedy: str) -> None:
    (fault,) = [fault for fault in faults(text) if fault.place == place]
    assert remedy in fault.text
    assert "\n" not in fault.text


def test_a_rule_without_a_usable_action_tells_its_other_faults_too() -> None:
    table = {"name": "bad", "when": {"prefx": "138*"}, "action": "rejct", "signal": 1}
    _, faults = rules_from({"rule": [table]}, SHOP)
    assert [fault.place[2:] for fault in faults] == [("action",), ("when", "prefx"), ("signal",)]


def test_all_faults_are_told_at_once() -> None:
    text = "[[rule]]\nname = 'a'\nwhen = { regex = '(', digits = 'x' }\naction = 'divert'\nsignal = 1\nmode = 2"
    assert [fault.place[2:] for fault in faults(text)] == [
        ("mode",),
        ("signal",),
        ("target",),
        ("when", "regex"),
        ("when", "digits"),
    ]
    assert {fault.rule for fault in faults(text)} == {"a"}


def test_policy_without_rules_has_none() -> None:
    assert rules_from({"protected": []}, SHOP) == ((), ())
