"""Expressions one by one and together say the same, in linear time, and too many of them are asked one by one."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters import expressions, rule_index
from filters.expressions import ExpressionSet, compile_expression
from filters.policy import Policy
from filters.rule import Condition, Rule
from filters.verdict import Action
from tests.filters.rules import SHOP, judged

TEXTS = ("^1[38]", "0$", "^$", "", "(?i)loan", "贷款|保险", r"\d{3}", r"\+86", "^[^0]*$", r"\bx\b", "(a|aa)+$")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6, unique=True),
    st.text(alphabet="0138+ax贷款loan ", max_size=12),
)
def test_together_they_find_what_each_finds_alone(texts: list[str], text: str) -> None:
    alone = {place for place, one in enumerate(texts) if compile_expression(one).search(text)}
    assert set(ExpressionSet(texts).found(text)) == alone


@pytest.mark.parametrize(
    ("text", "named", "instead"),
    [
        ("^(?!138)1", "a look-ahead", "the rule's `unless`"),
        ("1(?=38)", "a look-ahead", "two conditions"),
        ("(?<=1)38", "a look-behind", "as part of the expression"),
        ("(?<!1)38", "a look-behind", "as part of the expression"),
        ("(?>1|13)8", "an atomic group", "(?:…)"),
        ("1*+3", "a possessive repetition", "leave the second + out"),
        ("1++", "a possessive repetition", "leave the second + out"),
        ("1?+", "a possessive repetition", "leave the second + out"),
        ("1{2}+", "a possessive repetition", "leave the second + out"),
        (r"(\d)\1", "a reference back", "write out the texts"),
        (r"(?P<a>1)(?P=a)", "a reference back", "write out the texts"),
        (r"(?<a>1)\k<a>", "a reference back", "write out the texts"),
        (r"(1)\g{1}", "a reference back", "write out the texts"),
        ("(1)(?(1)2|3)", "(?(…)…), a choice", "two rules"),
        ("(1(?R)?)", "a call of a group", "write out"),
        ("(1)(?1)", "a call of a group", "write out"),
        ("1(?#one)", "a comment", "`note`"),
        ("(?x) 1 3", "spaces that do not count", "leave x and the spaces out"),
        ("(?u)1", "a flag of another language", "(?i)"),
        ("(?|1|2)", "a choice of groups", "(?:…)"),
        ("(?'a'1)", "a group whose name", "(?:…)"),
        (r"138\Z", r"\Z", "write $"),
        (r"\G138", r"\G", "write ^"),
        (r"1\K3", r"\K", "leave it out"),
        (r"a\hb", r"\h", r"[ \t]"),
        (r"a\R", r"\R", "leave it out"),
        (r"^\X$", r"\X", "write ."),
        (r"\u8d37", r"\u", r"\x{4e00}"),
        (r"[\b]", r"[\b]", "before the brackets"),
        (r"\p{IsHan}", "unknown name", r"\p{Han}"),
        ("[[:number:]]", "unknown name", "[[:digit:]]"),
        ("1[9-3]", "runs backwards", "[3-9]"),
        ("1{1001}", "too many times", "1000"),
        ("1{3,2}", "runs backwards", "{1,3}"),
        ("1**", "two repetitions", "leave one"),
        ("*138", "nothing before it", "write . before it"),
        ("(138", "never closed", "write the )"),
        ("138)", "without a (", "leave it out"),
        ("[138", "never closed", "write the ]"),
        ("138\\", "at its end", "leave it out"),
        ("((1{100}){100}){100}", "too many times", "1000"),
        (r"\pL{900}", "too much in it", "write less"),
    ],
)
def test_what_re2_refuses_is_named_with_what_to_write_instead(text: str, named: str, instead: str) -> None:
    with pytest.raises(ValueError, match="the expression has ") as refusal:
        compile_expression(text)
    said, _, remedy = str(refusal.value).partition(", which RE2 cannot read: ")
    assert named in said
    assert instead in remedy


@pytest.mark.parametrize("text", ["(?<a>1)", "(?P<a>1)", r"\(\?=1", "[(?=]", r"\A1\z", r"\Q(?=\E", r"\\1"])
def test_what_only_looks_like_a_refused_construct_is_read(text: str) -> None:
    assert compile_expression(text).text == text


def test_no_expression_takes_long_whatever_the_caller_writes() -> None:
    search = compile_expression("(a+)+$").search
    together = ExpressionSet(["(a+)+$", "(a|aa)+$", "(.*a){20}"])
    began = time.process_time()
    assert not search("a" * 5000 + "b")
    assert list(together.found("a" * 5000 + "b")) == [2]
    assert time.process_time() - began < 1


def test_too_many_expressions_for_one_set_are_asked_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_texts: object) -> None:
        raise MemoryError("too many")

    monkeypatch.setattr(rule_index, "ExpressionSet", refuse)
    asked = (Rule("b", (Condition("regex", ("^138",)),), Action.REJECT), Rule("c", (), Action.SCREEN))
    policy = Policy(rules=asked, shop=SHOP)
    assert judged("13800138000", policy=policy).rule == "b"
    assert judged("13900138000", policy=policy).rule == "c"


def test_set_that_needs_too_much_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "_MEMORY", 1 << 12)
    with pytest.raises(MemoryError, match="need more than"):
        ExpressionSet(["a" * 60 + str(number) for number in range(200)])


def test_who_has_no_rules_waits_neither_for_re2_nor_for_what_reads_rules() -> None:
    code = "import sys, filters.decide; print([name for name in sys.argv[1:] if name in sys.modules])"
    names = ("re2", "phone", "filters.rulebook", "filters.conditions.registry", "filters.directory", "filters.regions")
    ran = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
