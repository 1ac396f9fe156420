import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.patterns import MAX_TEXT, compile_pattern

modest = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize(
    ("text", "matched", "others"),
    [
        ("_1[3-9]XXXXXXXXX", ["13800138000", "138-0013-8000"], ["12800138000", "1380013800", "138001380000", ""]),
        ("_NXX", ["200", "999"], ["100", "2000", "2a0", "٢٠٠"]),
        ("_nxz", ["201"], ["200", "nxz"]),
        ("_95[0-24-7]XX", ["95012", "95799"], ["95312", "95588x"]),
        ("_[1-3-5]", ["1", "3", "5"], ["4", "-", ""]),
        ("_[13-]0", ["10", "1-0"], ["-0", "20"]),
        ("_1.", ["12", "1张", "1-2", "1 "], ["1", "1-", "2"]),
        ("_1!", ["1", "12", "-1-"], ["", "2"]),
        ("_!", ["", "anything"], []),
        ("_.", ["1", "anonymous"], ["", "-"]),
        ("_[]X", ["5"], ["", "[]5"]),
        ("_X[]!", ["55"], ["5"]),
        ("_+86!", ["+8613800138000"], ["8613800138000"]),
        ("_[n]o[n]e", ["none"], ["2o3e", "None"]),
        ("_AX", ["A1"], ["a1"]),
        ("_X.", ["_X.", "_[0-9].", "_x-."], ["_N.", "-_X.", "_X!"]),
        ("138-0013-8000", ["13800138000", "138-00138000"], ["1380013800", "138001380000"]),
        ("anonymous", ["anonymous"], ["Anonymous", "a2o2ymous"]),
        (" *98 ", ["*98"], ["98"]),
        ("1.2.3.4", ["1.2.3.4"], ["1.2.3.45"]),
    ],
)
def test_pattern_matches_as_asterisks_do(text: str, matched: list[str], others: list[str]) -> None:
    pattern = compile_pattern(text)
    assert [number for number in matched if not pattern.matches(number)] == []
    assert [number for number in others if pattern.matches(number)] == []


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "write digits"),
        ("--", "write digits"),
        ("-_1X", "write digits"),
        ("_", "behind the _"),
        ("_--", "behind the _"),
        ("_12[", "write ] behind"),
        ("_12[3-9", "write ] behind"),
        ("_12]3", "without a [ before it: leave it out"),
        ("_X[]", "leave the [] out"),
        ("_[-]X", "leave it out"),
        ("_[9-1]X", "write 1-9"),
        ("_[10-20]X", "such as _1X"),
        ("_[2-9X]", "write 0-9 in its place"),
        ("_[n1]", "write 2-9 in its place"),
        ("_[^1]X", "write the characters you want"),
        ("_[!1]X", "write the characters you want"),
        ("_X.5", "write _X., or X"),
        ("_X..", "write _X., or X"),
        ("_X!X", "write _X!, or X"),
        ("_anonymous", "write [n] for the letter"),
        ("_fax", "write [x] for the letter"),
        ("1[3-9]XXXXXXXXX", "write _1[3-9]XXXXXXXXX to make it"),
        ("X.", "write _X. to make it"),
        ("138.", "write _138. to make it"),
        ("138*", "write _138! for all"),
        ("_+86138*", "write _+86138! for all"),
        ("_1 2", "or write - there"),
        ("138 0013", "or write - there"),
        ("_1(2|3)X", "write a regular expression"),
        ("_[1,2]X", "write a regular expression"),
        ("_138%", "write a regular expression"),
        ("_X/13800138000", "write a regular expression"),
        ("_张X", "write a regular expression"),
        ("_1\\d", "write a regular expression"),
        ("_" + "X" * MAX_TEXT, "255 at most"),
    ],
)
def test_pattern_that_cannot_mean_what_it_says_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)) as refusal:
        compile_pattern(text)
    message = str(refusal.value)
    assert message.startswith("pattern ")
    assert len(message) < 300


def test_pattern_keeps_what_the_admin_wrote() -> None:
    assert compile_pattern(" _NXX-XXXX ").text == "_NXX-XXXX"


@modest
@given(st.text(alphabet="0123456789XZNxzn[]-.!_+*#ab^", max_size=20))
def test_text_is_read_or_refused_and_equals_itself_as_a_number(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except ValueError as error:
        refusal = str(error)
    else:
        assert pattern.matches(pattern.text)
        return
    assert refusal.startswith("pattern ")
    assert "write" in refusal or "leave" in refusal


@modest
@given(st.text(alphabet="XZN123", min_size=1, max_size=12), st.data())
def test_number_drawn_from_a_pattern_matches_with_hyphens_anywhere(body: str, data: st.DataObject) -> None:
    ranges = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
    number = "".join(data.draw(st.sampled_from(ranges.get(letter, letter))) for letter in body)
    at = data.draw(st.integers(0, len(number)))
    assert compile_pattern(f"_{body}").matches(f"{number[:at]}-{number[at:]}")
    assert not compile_pattern(f"_{body}").matches(f"{number}0")
    assert not compile_pattern(f"_{body}.").matches(number)
    assert compile_pattern(f"_{body}!").matches(number)


@modest
@given(st.text(max_size=60))
def test_any_text_as_a_number_is_answered(number: str) -> None:
    for text in ("_X.", "_[1-5]X!", "13800138000"):
        assert compile_pattern(text).matches(number) in (True, False)


def test_hostile_number_of_a_megabyte_is_answered_at_once() -> None:
    patterns = [compile_pattern(text) for text in ("_XXXX", "_X.", "_X!", "110")]
    numbers = ["9" * 1_000_000, "-" * 1_000_000, "_" + "[!-~]" * 20_000, "_" + "[" * 1_000_000]
    began = time.process_time()
    for pattern in patterns:
        for number in numbers:
            pattern.matches(number)
    assert time.process_time() - began < 1
