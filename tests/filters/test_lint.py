"""What the linter says of single rules and of their order, and that it says nothing of sound ones."""

import re
import time
import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from filters.facts import OwnEntry
from filters.lint import order
from filters.lint.finding import Finding, Known, Severity
from filters.lint.linter import lint
from filters.policy import Policy
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule, Who
from filters.shop import Shop
from filters.verdict import Action
from tests.filters.rules import NOW, SHOP, rule

SHIPPED = tuple(replace(preset.rule, enabled=True) for preset in PRESETS)
DOCS = Path(__file__).parents[2] / "docs"
ALLOW, SCREEN, VOICEMAIL = Action.ALLOW, Action.SCREEN, Action.VOICEMAIL


def found(*rules: Rule, known: Known | None = None, **settings: Any) -> list[Finding]:
    """What is said of rules in a shop with a mailbox."""
    known = replace(known or Known(), presets=frozenset(one.name for one in SHIPPED))
    return list(lint(Policy(rules=rules, shop=SHOP, **{"mailbox": "1@box", **settings}), known))


def named(text: str, *, but: str = "", **given: Any) -> Rule:
    """A rule that asks for a text in the caller's name."""
    asked = (Condition("name", (text,)), *((Condition("name", (but,), negated=True),) if but else ()))
    return rule(conditions=asked, **given)


def classed(name: str, **given: Any) -> Rule:
    """A rule that asks for a class."""
    return rule(conditions=(Condition("class", (name,)),), **given)


def told(*rules: Rule, known: Known | None = None, **settings: Any) -> str:
    """The one thing that is said."""
    [one] = found(*rules, known=known, **settings)
    return one.text


def test_all_presets_together_are_sound() -> None:
    assert found(*SHIPPED) == []


@pytest.mark.parametrize("country", ["CN", "HK", "GB"])
def test_presets_are_sound_with_trunks_of_other_countries(country: str) -> None:
    assert found(*SHIPPED, known=Known(countries=frozenset({country}))) == []


def test_rules_on_the_page_are_sound() -> None:
    page = (DOCS / "rules.md").read_text("utf-8")
    from filters.policy_text import rules_from  # noqa: PLC0415 - only this test reads TOML

    for example in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        rules, _ = rules_from(tomllib.loads(example), SHOP)
        assert found(*rules, known=Known(NOW)) == []


def test_every_finding_has_its_line_on_the_page() -> None:
    page = (DOCS / "rules.md").read_text("utf-8").partition("## What the linter says\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(.+)` \| (error|warning) \|", page, re.MULTILINE)
    known = Known(NOW, dids=frozenset({"600"}), own=(OwnEntry("+86150", is_prefix=True, action=ALLOW),))
    said = [
        *found(rule(prefix="138*", range="13900000000-13900000009")),
        *found(rule()),
        *found(rule(prefix="95*")),
        *found(classed("mobile")),
        *found(rule("a", prefix="1380*", action=SCREEN), rule("b", prefix="13800*")),
        *found(rule("a", prefix="1380*", action=ALLOW), rule("b", prefix="13800*")),
        *found(rule("a", prefix="1380*"), rule("b", prefix="13800*", mode=Mode.OBSERVE)),
        *found(replace(classed("international", action=ALLOW), name="abroad"), *SHIPPED),
        *found(rule(number="110")),
        *found(rule(prefix="1501*"), known=known),
        *found(rule(prefix="138*", digits=7)),
        *found(rule(anonymous=True, prefix="1380013*")),
        *found(rule(did="601"), known=known),
        *found(rule(regex="/^1380013/")),
        *found(rule(regex="^0044")),
        *found(rule(regex="^0138")),
        *found(rule(prefix="1380013*", expires_at=NOW), known=known),
        *found(named("x", action=VOICEMAIL), mailbox=""),
    ]
    for words, severity in rows:
        assert [each.severity for each in said if words in each.text][:1] == [severity], words
    for each in said:
        assert any(words in each.text for words, _ in rows), each.text


NEVER = {
    "a number and another prefix": rule(number="13800138000", prefix="139*"),
    "a number and a range without it": rule(number="13800138000", range="13900000000-13999999999"),
    "a prefix and a range without it": rule(prefix="138*", range="13900000000-13999999999"),
    "a prefix and a pattern": rule(prefix="138*", pattern="_139XXXXXXXX"),
    "a prefix and a class": classed("mvno", prefix="138*"),
    "a class and a pattern": classed("call-centre", pattern="_1[3-9]XXXXXXXXX"),
    "a class and a number of digits": classed("call-centre", digits="3-4"),
    "a class and a country": classed("mvno", country="HK"),
    "a country and a prefix": rule(country="GB", prefix="+852*"),
    "a country and a region": rule(country="HK", region="Shanghai"),
    "a number and a class": classed("mobile", number="95588"),
    "a number and its digits": rule(number="95588", digits=11),
    "a number in the directory": rule(number="95588", unless={"listed": True}),
    "a listed number that is a mobile": rule(listed=True, prefix="138*"),
    "a prefix but not its beginning": rule(prefix="1380*", unless={"prefix": "138*"}),
    "a range but not its prefix": rule(range="13800000000-13800000099", unless={"prefix": "138*"}),
    "a class but not what it always is": classed("mvno", unless={"class": "mobile"}),
    "a city but not its province": rule(region="Suzhou, Jiangsu", unless={"region": "Jiangsu"}),
    "a pattern but not a wider one": rule(pattern="_138XXXXXXXX", unless={"pattern": "_1X."}),
    "a name but not a part of it": named("loan shark", but="Loan"),
    "hours but not longer ones": rule(window="mon-fri 09:00-18:00", unless={"window": "08:00-20:00"}),
    "hours but not named ones": rule(window="mon 09:00-10:00", unless={"window": "open"}),
    "a first call that is the third": rule(first_call=True, calls="3 in 1 hour"),
    "a flag and its contrary": rule(first_call=True, unless={"first_call": True}),
    "an unreadable number that begins somehow": rule(invalid=True, prefix="138*"),
    "no number and an unreadable one": rule(invalid=True, country="CN"),
    "a vouched call that is not": rule(attestation="A", unless={"attestation": "A"}),
    "one DID but none that begins so": rule(did="02160001000", unless={"did": "0216*"}),
    "a forwarded call but no forwarded one": rule(redirecting="0216*", unless={"redirecting": True}),
}


@pytest.mark.parametrize("one", NEVER.values(), ids=NEVER.keys())
def test_conditions_that_exclude_each_other_are_an_error_that_names_them(one: Rule) -> None:
    [finding] = found(one)
    assert finding.severity is Severity.ERROR
    assert finding.text.startswith("never matches, since no call meets “")
    assert finding.text.count("“") == 2, "the two that exclude each other, and no third"
    assert finding.place[:2] == ("rule", 0)
    assert finding.place[2] in ("when", "unless")


POSSIBLE = {
    "a prefix within a range": rule(prefix="1380*", range="13800000000-13900000000"),
    "one of several prefixes": classed("mvno", prefix=("138*", "170*")),
    "a withheld number that came along": classed("withheld", prefix="1380013*"),
    "an area code before a short number": classed("area-prefixed", number="95588", action=SCREEN),
    "overlapping hours": rule(window="mon-fri 09:00-18:00", unless={"window": "12:00-13:00"}),
    "hours over midnight": rule(window="tue 00:00-05:00", unless={"window": "tue 22:00-06:00"}),
    "a second call within the hour": rule(first_call=False, calls="2 in 1 hour"),
    "a pattern with the country code": classed("mvno", pattern="_+86170!"),
}


@pytest.mark.parametrize("one", POSSIBLE.values(), ids=POSSIBLE.keys())
def test_conditions_that_some_call_meets_are_not_said_to_exclude_each_other(one: Rule) -> None:
    assert not [each for each in found(one) if each.text.startswith("never matches")]


def test_a_number_of_another_country_is_met_where_a_trunk_writes_numbers_as_there() -> None:
    abroad = Known(countries=frozenset({"HK"}))
    assert found(rule(number="+85223456789"), known=abroad) == []
    assert "95588" in told(rule(number="95588", digits=11), known=abroad)


def test_of_three_conditions_the_two_that_exclude_each_other_are_named() -> None:
    text = told(named("loan", prefix="138*", range="13900000000-13900000009"))
    assert "number begins with 138*" in text
    assert "loan" not in text


def test_numbers_that_nobody_can_have_are_told_unless_impossible_ones_are_meant() -> None:
    assert told(rule(prefix="138*", digits=7)).startswith("meets no number that somebody can have")
    assert found(classed("impossible", prefix="138*", digits=7)) == []


def test_a_rule_that_ended_is_told() -> None:
    ended = rule(prefix="13800138*", expires_at=NOW)
    assert told(ended, known=Known(NOW + timedelta(1))).startswith(
        "never matches any more, since it ended on 2026-06-01"
    )
    assert found(ended, known=Known(NOW - timedelta(1))) == []


def test_callers_without_a_number_who_must_have_one_are_told() -> None:
    assert "most who hide theirs send none" in told(rule(anonymous=True, prefix="1380013*"))


def test_calls_to_a_number_that_is_not_in_the_settings_are_told() -> None:
    known = Known(dids=frozenset({"02160001000"}))
    assert "asks for calls to 0219*, which is none" in told(rule(did="0219*"), known=known)
    assert found(rule(did="0216*"), known=known) == []
    assert found(rule(did="0219*")) == [], "where no DIDs are in the settings"


def test_a_bare_95_takes_the_banks_away() -> None:
    [finding, *_] = found(rule(prefix="95"))
    assert finding.severity is Severity.ERROR
    assert finding.place == ("rule", 0, "when", "prefix")
    assert re.match(r"turns away \d+ numbers of the directory \(\d+ bank, .*\), such as 95588 \(", finding.text)
    assert "unless = { listed = true }" in finding.text


@pytest.mark.parametrize(
    "one",
    [
        rule(prefix="95", unless={"listed": True}),
        rule(prefix="95", mode=Mode.OBSERVE),
        rule(prefix="95", enabled=False),
        rule(prefix="95", action=ALLOW),
        rule(number="95588"),
        rule(listed="bank"),
        named("loan", prefix="95"),
        rule(prefix="95", calls="9 in 1 hour"),
        rule("closed", who=Who.EVERYONE, action=VOICEMAIL, unless={"window": "mon-fri 09:00-18:30"}),
        rule("closed", who=Who.EVERYONE, action=Action.REJECT, unless={"window": "mon-fri 09:00-18:30"}),
        rule("new", first_call=True, action=SCREEN),
    ],
)
def test_rules_that_mean_whom_they_meet_are_not_too_broad(one: Rule) -> None:
    assert not [each for each in found(one) if "the directory" in each.text or "every caller" in each.text]


def test_numbers_of_the_directory_that_an_earlier_rule_lets_ring_are_not_turned_away() -> None:
    banks, others = rule("banks", listed=True, action=ALLOW), rule("95", prefix="95*")
    assert not [each for each in found(banks, others) if "the directory" in each.text]
    assert [each.rule for each in found(others, banks) if "the directory" in each.text] == ["95"]


def test_other_ways_of_turning_away_numbers_of_the_directory_are_warnings() -> None:
    for action, does in ((SCREEN, "asks for a key from"), (VOICEMAIL, "sends to voicemail")):
        [finding, *_] = found(rule(prefix="4008*", action=action))
        assert finding.severity is Severity.WARNING
        assert finding.text.startswith(f"{does} ")


@pytest.mark.parametrize(("action", "severity"), [(Action.REJECT, Severity.ERROR), (SCREEN, Severity.WARNING)])
def test_a_rule_without_conditions_turns_everybody_away(action: Action, severity: Severity) -> None:
    [finding] = found(rule(action=action))
    assert finding.severity is severity
    assert "every caller: add a condition" in finding.text


def test_half_of_all_ordinary_callers_are_told() -> None:
    text = told(classed("mobile", action=SCREEN))
    assert re.match(r"asks for a key from about \d\d% of ordinary callers", text)
    assert found(classed("mobile", window="22:00-06:00", action=SCREEN)) == []


def test_numbers_that_ring_all_the_same_are_told() -> None:
    settings: dict[str, Any] = {"own_lines": frozenset({"+862160001000"}), "protected": frozenset({"+8613800138000"})}
    assert "12345 (a public service), as such numbers ring whatever" in told(rule(number="12345"))
    assert "021-6000 1000 (your own line)" in told(rule(prefix="0216000*"), **settings)
    assert "138 0013 8000 (a number you protect)" in told(rule(pattern="_1380013XXXX"), **settings)
    known = Known(own=(OwnEntry("+8615012345678", is_prefix=False, action=ALLOW),))
    assert "150 1234 5678 (a number you allowed)" in told(rule(regex="^1501234"), known=known)
    assert found(rule(regex="^1501234", action=ALLOW), known=known) == []


def test_a_rule_whose_numbers_are_all_own_ones_is_told() -> None:
    known = Known(own=(OwnEntry("+86150", is_prefix=True, action=Action.REJECT),))
    assert told(rule(prefix="1501*"), known=known).startswith("has no effect, since you blocked +86150*")
    assert found(rule(prefix="15*", unless={"listed": True}), known=known) == []


@pytest.mark.parametrize(
    ("kind", "text", "remedy"),
    [
        ("regex", "/^1380013/", "leave them out"),
        ("name_regex", "/loan/i", "(?i)"),
        ("regex", "^1380013[0-9]{,4}$", "{0,3}"),
        ("regex", "^1380013[:digit:]", "[[:digit:]]"),
        ("name_regex", r"\<loan\>", r"\b"),
        ("regex", "^(0044|0033)", r"^\+"),
    ],
)
def test_an_expression_that_means_something_else_is_told(kind: str, text: str, remedy: str) -> None:
    finding = found(rule(conditions=(Condition(kind, (text,)),)))[0]
    assert remedy in finding.text
    assert finding.place == ("rule", 0, "when", kind)


@pytest.mark.parametrize("text", ["^1380013[[:digit:]]+$", "^1380013[8[:digit:]]", r"^\\<", "^1380013(1){0,3}", "^0/0"])
def test_an_expression_that_means_what_it_says_is_passed(text: str) -> None:
    assert found(rule(regex=text)) == []


@pytest.mark.parametrize(
    ("kind", "text", "instead"),
    [
        ("pattern", "_00852.", "_+852."),
        ("pattern", "_0086138.", "_+86138."),
        ("pattern", "_086.", "_+86."),
        ("pattern", "_0138XXXXXXXX", "_138XXXXXXXX"),
        ("pattern", "_01[38]XXXXXXXXX", "_1[38]XXXXXXXXX"),
        ("pattern", "_8613XXXXXXXXX", "_13XXXXXXXXX"),
        ("pattern", "013800138000", "13800138000"),
        ("pattern", "_0400!", "_400!"),
        ("pattern", "_095588", "_95588"),
        ("regex", "^0138", "^138"),
        ("regex", "^0138(0|1)", "^138(0|1)"),
        ("regex", "^086138", r"^\+86138"),
    ],
)
def test_a_spelling_under_which_no_number_is_compared_is_told_with_what_to_write(
    kind: str, text: str, instead: str
) -> None:
    [finding] = found(rule(conditions=(Condition(kind, (text,)),), action=SCREEN))
    assert finding.severity is Severity.WARNING
    assert finding.place == ("rule", 0, "when", kind)
    assert finding.text.startswith(f"looks with {text!r} for a number that nobody has")
    assert finding.text.endswith(f": write {instead} in its place")
    assert "nobody has" not in str(found(rule(conditions=(Condition(kind, (instead,)),), action=SCREEN)))
    assert "nobody has" in told(rule(prefix="1380013*", conditions=(Condition(kind, (text,), negated=True),)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("pattern", text) for text in ("_021X.", "_0[2-9]X.", "_010XXXXXXXX", "_+86138!", "_86[2-8]X.", "_0X!")),
        *(("regex", text) for text in ("^0", "^021", "^013?0", "^0138|^1380013", "^01*", "^86", "0138", "^(0138)?")),
    ],
)
def test_a_spelling_of_landlines_and_of_whoever_else_may_be_found_is_passed(kind: str, text: str) -> None:
    assert "nobody has" not in str(found(rule(conditions=(Condition(kind, (text,)),), action=SCREEN)))


def test_nothing_is_said_of_spellings_where_wrong_numbers_are_meant_or_trunks_write_them_otherwise() -> None:
    assert "nobody has" not in str(found(classed("impossible", pattern="_0138XXXXXXXX")))
    for country in ("GB", "HK"):
        assert found(rule(pattern="_0138XXXXXXXX"), known=Known(countries=frozenset({country}))) == []


def test_an_expression_of_digits_alone_may_stand_without_quotes() -> None:
    assert found(rule(regex=1380013, conditions=(Condition("name_regex", (163,)),))) == []


def test_voicemail_without_a_mailbox_is_told() -> None:
    assert "there is no mailbox" in told(named("x", action=VOICEMAIL), mailbox="")
    assert found(named("x", action=VOICEMAIL, target="1@box"), mailbox="") == []
    assert found(named("x", action=VOICEMAIL), mailbox="", mailboxes={"021": "1@box"}) == []


HIDDEN = {
    "the same prefix": (rule(prefix="1380*"), rule(prefix="1380*", trunk="x")),
    "a longer prefix": (rule(prefix="1380*"), rule(prefix="13800*")),
    "a number of the prefix": (rule(prefix="1380*"), rule(number="13800138000")),
    "a range of the prefix": (rule(prefix="1380*"), rule(range="13800000000-13800009999")),
    "a narrower range": (rule(range="13800000000-13800099999"), rule(range="13800000000-13800009999")),
    "a narrower pattern": (rule(pattern="_1380XXXXXXX"), rule(pattern="_13800[1-5]XXXXX")),
    "a number that the pattern matches": (rule(pattern="_1380XXXXXXX"), rule(number="13800138000")),
    "a number that the expression finds": (rule(regex="^1380"), rule(number="13800138000")),
    "a class that is one of the other": (
        classed("landline", unless={"region": "own"}, action=SCREEN, mode=Mode.ENFORCE),
        classed("landline", trunk="x", unless={"region": "own"}, action=SCREEN),
    ),
    "fewer digits": (rule(digits="5-8", trunk="x"), rule(digits=7, trunk="x")),
    "a city of the province": (rule(region="Jiangsu", trunk="x"), rule(region="Suzhou, Jiangsu", trunk="x")),
    "shorter hours": (rule(window="08:00-20:00", trunk="x"), rule(window="mon 09:00-10:00", trunk="x")),
    "more calls in less time": (rule(calls="3 in 10 minutes"), rule(calls="5 in 5 minutes")),
    "a longer name": (named("loan"), named("loan shark")),
    "a class that is never excluded": (
        rule(trunk="x", unless={"class": "landline"}), classed("call-centre", trunk="x"),
    ),
    "numbers that are not listed": (
        rule(prefix="170*", unless={"listed": True}), rule(prefix="1700*"),
    ),
    "rules for everyone": (
        rule(prefix="1380*", who=Who.EVERYONE), rule(number="13800138000", who=Who.STRANGERS),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wide", "narrow"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_rule_all_of_whose_calls_an_earlier_one_has_is_told(wide: Rule, narrow: Rule) -> None:
    wide, narrow = replace(wide, name="wide"), replace(narrow, name="narrow")
    text = next(each.text for each in found(wide, narrow) if each.rule == "narrow")
    assert text.startswith("never decides, since ‘wide’")
    if wide.who is narrow.who:
        assert not [each for each in found(narrow, wide) if each.text.startswith("never decides")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (rule(prefix="1380*", mode=Mode.OBSERVE), rule(prefix="13800*")),
        (rule(prefix="1380*", enabled=False), rule(prefix="13800*")),
        (rule(prefix="1380*", expires_at=NOW), rule(prefix="13800*")),
        (rule(prefix="1380*", trunk="x"), rule(prefix="13800*")),
        (rule(prefix="1380*", who=Who.STRANGERS), rule(prefix="13800*", who=Who.EVERYONE)),
        (rule(prefix="1380*", window="mon-fri"), rule(prefix="1380*", window="mon-sat")),
        (rule(regex="^1380"), rule(prefix="1380*")),
    ],
)
def test_a_rule_that_some_call_still_reaches_is_not_said_to_be_hidden(first: Rule, second: Rule) -> None:
    made = replace(first, name="first"), replace(second, name="second")
    assert not [each for each in found(*made) if each.text.startswith("never decides")]


def test_a_contradiction_says_who_wins_and_what_to_do() -> None:
    text = told(rule("all", prefix="1380*", action=ALLOW), rule("some", number="13800138000"))
    assert text == (
        "never decides and says the opposite of ‘all’, which has all of its calls: ‘all’ wins (allow), so move this one"
        " above, or remove it"
    )


def test_two_rules_that_say_the_same_are_told() -> None:
    assert "‘a’ before it says the same: remove one" in told(rule("a", prefix="1380*"), rule("b", prefix="1380*"))


def test_a_rule_that_observes_what_an_earlier_one_decides_is_told() -> None:
    text = told(rule("a", prefix="1380*"), rule("b", prefix="1380*", mode=Mode.OBSERVE))
    assert text.startswith("never observes, since ‘a’")


def test_a_preset_that_an_own_rule_hides_is_told_at_the_presets() -> None:
    own = replace(classed("international", action=ALLOW), name="abroad")
    hidden = {each.rule: each for each in found(own, *SHIPPED)}
    assert hidden.keys() == {"international"}
    assert hidden["international"].place == ("presets",)
    assert "your rule ‘abroad’ decides all of its calls: switch the preset off" in hidden["international"].text


def test_own_windows_with_holidays_are_compared_day_by_day() -> None:
    from datetime import date  # noqa: PLC0415 - only this test names days

    from filters.schedule import Window  # noqa: PLC0415 - as above

    days = {"holidays": frozenset({date(2026, 10, 1)})}
    windows = {
        "work": Window.parse({"days": "mon-fri", "never": "holidays"}, days),
        "week": Window.parse({"days": "mon-fri"}),
        "none": Window.parse({"days": [], "also": "holidays", "never": "holidays"}, days),
    }
    shop = Shop("CN", "021", windows=windows)

    def said(*rules: Rule) -> list[str]:
        return [each.text[:13] for each in lint(Policy(rules=rules, shop=shop), Known())]

    assert said(rule(window="work", unless={"window": "week"})) == ["never matches"]
    assert said(rule(window="week", unless={"window": "work"})) == []
    assert said(rule(window="none")) == ["never matches"]


def test_a_thousand_rules_take_about_a_second() -> None:
    rules = tuple(
        Rule(f"rule {place}", (Condition("prefix", (f"138{place:05d}*",)), Condition("name", (f"n{place}",))), SCREEN)
        for place in range(1000)
    )
    began = time.process_time()
    assert found(*rules) == []
    assert time.process_time() - began < 4, "2 s on a quiet machine"


def test_beyond_a_number_of_pairs_nothing_is_said_of_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MOST_PAIRS", 0)
    assert found(rule("a", prefix="1380*"), rule("b", prefix="1380*")) == []
