"""Each kind of condition, what it matches and what it refuses. A kind without lines here fails the suite."""

import re
from datetime import timedelta
from typing import Any

import pytest

from filters.conditions.kind import Kind
from filters.conditions.registry import KINDS, read_condition
from filters.facts import Facts, History, Surroundings
from filters.rule import Condition, Rule, Scalar
from filters.rulebook import words_of
from filters.verdict import Action
from tests.filters.rules import NOW, SHOP, judged

# kind, value, caller, what else the call has -> matched
MATCHES: list[tuple[str, Any, str, dict[str, Any]]] = [
    ("number", "138 0013 8000", "+8613800138000", {}),
    ("number", 95588, "01095588", {}),
    ("number", ("13800138000", "13900139000"), "013900139000", {}),
    ("prefix", "138*", "+8613800138000", {}),
    ("prefix", "021", "02161234567", {}),
    ("range", "02161500000-02161599999", "+862161512345", {}),
    ("pattern", "_1[3-9]XXXXXXXXX", "+8613800138000", {}),
    ("pattern", "_021N.", "+862161234567", {}),
    ("pattern", "_+86138!", "13800138000", {}),
    ("pattern", "95588", "95588", {}),
    ("pattern", "_X.", "95588", {}),
    ("regex", "^1[38]", "+8613800138000", {}),
    ("regex", r"^\+86138", "13800138000", {}),
    ("regex", "^021", "+862161234567", {}),
    ("regex", "(0000|8888)$", "13812348888", {}),
    ("digits", 11, "+8613800138000", {}),
    ("digits", "5-6", "95588", {}),
    ("digits", "12-", "+442079460018", {}),
    ("digits", 0, "", {}),
    ("class", "mvno", "17012345678", {}),
    ("class", "Mobile", "17012345678", {}),
    ("region", "Shanghai", "02161234567", {}),
    ("region", "own", "61234567", {}),
    ("region", "江苏", "051261234567", {}),
    ("region", "Suzhou, Jiangsu", "051261234567", {}),
    ("country", "hk", "+85223456789", {}),
    ("country", ("MO", "HK"), "+85223456789", {}),
    ("anonymous", True, "", {}),
    ("anonymous", True, "13800138000", {"withheld": True}),
    ("anonymous", False, "13800138000", {}),
    ("invalid", True, "abc", {}),
    ("invalid", False, "", {}),
    ("name", "LOAN", "13800138000", {"name": "best loans"}),
    ("name", "loan", "13800138000", {"name": "ＬＯＡＮ"}),
    ("name", "贷款", "", {"name": "低息贷款"}),
    ("name_regex", "(?i)loan|credit", "13800138000", {"name": "Credit\ud800"}),
    ("name_regex", "^$", "13800138000", {}),
    ("attestation", "a", "13800138000", {"attestation": "A"}),
    ("attestation", ("none", "failed"), "13800138000", {}),
    ("did", "02160001000", "13800138000", {"did": "02160001000"}),
    ("did", "0216000*", "13800138000", {"did": "02160001000"}),
    ("trunk", "carrier-1", "13800138000", {"trunk": "carrier-1"}),
    ("redirecting", True, "13800138000", {"redirecting": "x"}),
    ("redirecting", False, "13800138000", {}),
    ("redirecting", "02161234567", "13800138000", {"redirecting": "+862161234567"}),
    ("redirecting", "0216*", "13800138000", {"redirecting": "021-6123 4567"}),
    ("window", "open", "13800138000", {}),
    ("window", "mon 08:00-10:00", "13800138000", {}),
    ("window", "mon,sun", "13800138000", {}),
    ("window", "22:00-09:30", "13800138000", {}),
    ("listed", True, "95588", {}),
    ("listed", "bank", "01095588", {}),
    ("listed", False, "95029267", {}),
]
MISSES: list[tuple[str, Any, str, dict[str, Any]]] = [
    ("number", "13800138000", "13800138001", {}),
    ("prefix", "138*", "13900138000", {}),
    ("range", "02161500000-02161599999", "02161600000", {}),
    ("pattern", "_1[3-9]XXXXXXXXX", "02161234567", {}),
    ("pattern", "_X!", "", {}),
    ("regex", "^1[38]", "02161234567", {}),
    ("regex", ".", "abc", {}),
    ("digits", 11, "95588", {}),
    ("digits", "1-", "", {}),
    ("class", "mvno", "13800138000", {}),
    ("region", "Shanghai", "01061234567", {}),
    ("region", "own", "442079460018", {}),
    ("country", "HK", "13800138000", {}),
    ("anonymous", True, "abc", {}),
    ("anonymous", False, "", {}),
    ("invalid", True, "", {}),
    ("name", "loan", "13800138000", {"name": "a friend"}),
    ("name_regex", "^loan", "13800138000", {"name": "a loan"}),
    ("attestation", "A", "13800138000", {"attestation": "B"}),
    ("did", "02160001000", "13800138000", {}),
    ("trunk", "carrier-1", "13800138000", {"trunk": "Carrier-1"}),
    ("redirecting", True, "13800138000", {}),
    ("redirecting", "0216*", "13800138000", {"redirecting": "abc"}),
    ("window", "tue-fri", "13800138000", {}),
    ("listed", "courier", "95588", {}),
]
EARLIER = tuple(NOW - timedelta(minutes=minutes) for minutes in (2, 8, 30, 400))
HISTORIES: list[tuple[str, Any, History, bool]] = [
    ("calls", "3 in 10 minutes", History(NOW, EARLIER), True),
    ("calls", "3 in 8m", History(NOW, EARLIER), False),
    ("calls", "4 in 1 hour", History(NOW, EARLIER), True),
    ("calls", "6 in 1 day", History(NOW, EARLIER), False),
    ("calls", "1 in 1 min", History(), True),
    ("calls", "2 in 5 minutes", History(NOW, (NOW + timedelta(minutes=1),)), False),
    ("first_call", True, History(), True),
    ("first_call", True, History(NOW - timedelta(400)), False),
    ("first_call", False, History(NOW - timedelta(400)), True),
]
REFUSED: list[tuple[str, Scalar, str]] = [
    ("number", "138xxxx", "is no number: write a number"),
    ("number", "", "write a number"),
    ("number", True, "write a number"),
    ("prefix", "1", "too short"),
    ("range", "021", "is not two numbers"),
    ("pattern", "138*", "write _138!"),
    ("digits", "eleven", "write a number of digits"),
    ("digits", "8-7", "write 7-8"),
    ("class", "mobil", "write mobile"),
    ("region", "Shanghia", "Shanghai"),
    ("country", "UK", "is no country"),
    ("anonymous", "yes", "write true or false"),
    ("invalid", 1, "write true or false"),
    ("name", "  ", "write a text"),
    ("name", "x" * 201, "write a text"),
    ("name_regex", "(?!a)", "the rule's `unless`"),
    ("name_regex", "\ud800", "write an RE2 expression"),
    ("regex", "(?=a)b", "write two conditions"),
    ("regex", "(?<=a)b", "as part of the expression"),
    ("regex", "(?<!a)b", "as part of the expression"),
    ("regex", "(?>a)", "write (?:…)"),
    ("regex", "a*+", "leave the second + out"),
    ("regex", r"(\d)\1", "write out the texts"),
    ("regex", "(?(1)a)", "write two rules"),
    ("regex", "(", "write the )"),
    ("regex", "*a", "nothing before it"),
    ("attestation", "D", "write A, B, C, failed or none"),
    ("did", True, "write one of your numbers"),
    ("trunk", "", "write the name of a trunk"),
    ("redirecting", "abc", "is no number"),
    ("window", "some day", "which are open"),
    ("window", "25:00-26:00", "is no window"),
    ("calls", "often", "write how many calls"),
    ("calls", "3 in 10 moons", "write how many calls"),
    ("first_call", 3, "write true or false"),
    ("listed", "banc", "write true for every number"),
    ("score", "5", "write points, such as 5- for 5 and more"),
    ("score", "5-3", "begins above its end"),
]
# score, caller -> matched; with nothing known but the number
SCORES = [
    ("3-", "95029267", True),
    ("2.5-", "4001234567", True),
    ("1-2.5", "4001234567", True),
    ("3-", "4001234567", False),
    ("0-0.5", "13800138000", False),
    ("0-", "95588", False),
]


def asking(kind: str, values: Any, *, negated: bool = False) -> Rule:
    several = values if isinstance(values, tuple) else (values,)
    return Rule("it", (Condition(kind, several, negated),), Action.REJECT)


def is_matched(kind: str, values: Any, caller: str, call: dict[str, Any], facts: Facts | None = None) -> bool:
    return judged(caller, asking(kind, values), facts=facts, **call).rule == "it"


@pytest.mark.parametrize(("kind", "values", "caller", "call"), MATCHES)
def test_condition_matches(kind: str, values: Any, caller: str, call: dict[str, Any]) -> None:
    assert is_matched(kind, values, caller, dict(call))


@pytest.mark.parametrize(("kind", "values", "caller", "call"), MISSES)
def test_condition_does_not_match(kind: str, values: Any, caller: str, call: dict[str, Any]) -> None:
    assert not is_matched(kind, values, caller, dict(call))


@pytest.mark.parametrize(("kind", "values", "history", "expected"), HISTORIES)
def test_condition_about_earlier_calls(kind: str, values: Any, history: History, expected: object) -> None:
    assert is_matched(kind, values, "13800138000", {}, Facts(history=history)) is expected


@pytest.mark.parametrize("caller", ["", "anonymous", "sip:anonymous@anonymous.invalid", "138****8000"])
def test_callers_without_a_number_have_no_earlier_calls_whatever_others_of_them_did(caller: str) -> None:
    facts = Facts(history=History(NOW - timedelta(400), EARLIER))
    assert not is_matched("calls", "2 in 1 day", caller, {}, facts)
    assert is_matched("calls", "1 in 1 day", caller, {}, facts)
    assert is_matched("first_call", True, caller, {}, facts)
    assert not is_matched("first_call", False, caller, {}, facts)


def test_a_number_that_is_withheld_and_came_all_the_same_has_its_earlier_calls() -> None:
    facts = Facts(history=History(NOW - timedelta(400), EARLIER))
    assert is_matched("calls", "3 in 10 minutes", "13800138000", {"withheld": True}, facts)


def test_no_digits_are_told_as_a_number_and_not_as_the_contrary() -> None:
    assert words_of(asking("digits", 0)) == "0 digits"
    assert words_of(asking("digits", 0, negated=True)) == "not (0 digits)"
    assert words_of(asking("first_call", values=False)) == "not (first call)"


@pytest.mark.parametrize(("value", "caller", "expected"), SCORES)
def test_condition_about_the_score(value: str, caller: str, *, expected: bool) -> None:
    facts = Facts(surroundings=Surroundings())
    assert is_matched("score", value, caller, {}, facts) is expected
    assert is_matched("score", ("90-", value), caller, {}, facts) is expected


def test_points_of_a_score_that_a_rule_asked_for_are_told_once_before_what_became_of_it() -> None:
    rules = (Rule("much", (Condition("score", ("9-",)),), Action.REJECT), asking("score", "3-"))
    verdict = judged("95029267", *rules, facts=Facts(surroundings=Surroundings()))
    told = "score 3: call-centre 2 (a rented number), first-call 1 (no call in the last 30 days)"
    assert [step.check for step in verdict.trace][-2:] == [told, "rule 'it': score 3-"]
    assert (verdict.rule, verdict.score) == ("it", 3)
    passed = judged("13800138000", *rules, facts=Facts(surroundings=Surroundings()))
    assert [step.score for step in passed.trace if step.score is not None] == [1]


def test_where_nobody_looked_around_a_rule_about_the_score_is_passed_over() -> None:
    verdict = judged("95029267", asking("score", "3-"))
    assert verdict.rule == ""
    assert any("what went on around the caller was not looked up" in step.check for step in verdict.trace)


@pytest.mark.parametrize(("kind", "value", "remedy"), REFUSED)
def test_value_that_means_nothing_is_refused_with_a_remedy(kind: str, value: Scalar, remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)) as refusal:
        read_condition(Condition(kind, (value,)), SHOP)
    assert "\n" not in str(refusal.value)


def test_every_kind_has_lines_here() -> None:
    for lines in (MATCHES, MISSES):
        assert {line[0] for line in lines} | {"calls", "first_call", "score"} == set(KINDS)
    assert {line[0] for line in REFUSED} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_samples_of_a_kind_can_be_read(kind: Kind) -> None:
    assert kind.samples
    for sample in kind.samples:
        read_condition(Condition(kind.name, (sample,)), SHOP)
    assert kind.about.endswith(".")
    assert kind.words.count("{}") == 1


def test_condition_without_a_value_and_one_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ValueError, match="prefix has no value: write the beginning of numbers"):
        read_condition(Condition("prefix", ()), SHOP)
    with pytest.raises(ValueError, match="'moon' is no condition: write one of number, "):
        read_condition(Condition("moon", (True,)), SHOP)


@pytest.mark.parametrize(("kind", "values", "caller", "call"), [*MATCHES, *MISSES])
def test_negated_condition_is_the_opposite(kind: str, values: Any, caller: str, call: dict[str, Any]) -> None:
    plain = is_matched(kind, values, caller, dict(call))
    assert (judged(caller, asking(kind, values, negated=True), **call).rule == "it") is not plain
