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
