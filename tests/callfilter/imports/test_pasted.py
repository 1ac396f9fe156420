"""What is understood of pasted text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfilter.imports.pasted import read_pasted


def understood(text: str) -> list[tuple[str, str]]:
    """Key, with a star behind a beginning, and name of each; a fault in place of the key."""
    found = read_pasted(text, country="CN", area="021")
    return [(f"{one.named.key}{'*' * one.named.is_prefix}" if one.named else str(one.fault), one.name) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800138000", [("+8613800138000", "")]),
        ("１３８００１３８０００", [("+8613800138000", "")]),
        ("+86 138-0013-8000 王小明", [("+8613800138000", "王小明")]),
        ("王小明 13800138000", [("+8613800138000", "王小明")]),
        ("张三：13800138000", [("+8613800138000", "张三")]),
        ("13800138000（王小明）", [("+8613800138000", "王小明")]),
        ("13800138000\t王小明", [("+8613800138000", "王小明")]),
        ("王小明\t13800138000", [("+8613800138000", "王小明")]),
        ("13800138000，13900139000；95588", [("+8613800138000", ""), ("+8613900139000", ""), ("CN:95588", "")]),
        ("13800138000 13900139000", [("+8613800138000", ""), ("+8613900139000", "")]),
        ("(021) 6234 5678", [("+862162345678", "")]),
        ("62345678", [("+862162345678", "")]),
        ("0755*", [("+86755*", "")]),
        ("138＊", [("+86138*", "")]),
        ("010-* 北京", [("+8610*", "北京")]),
        ("+44 20 7946 0958 John Smith", [("+442079460958", "John Smith")]),
        ('"Bob" <sip:13800138000@10.0.0.1>', [("+8613800138000", "")]),
        ("\n\n  13800138000  \r\n", [("+8613800138000", "")]),
        ("", []),
    ],
)
def test_numbers_are_understood_in_any_spelling_and_with_their_names(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert understood(text) == expected


@pytest.mark.parametrize("text", ["who", "138xxxx8000", "138****8000", "1-800-FLOWERS", "王小明", "2F"])
def test_what_is_no_number_is_never_guessed(text: str) -> None:
    assert understood(text) == [("no-number", "")]


def test_a_beginning_that_is_too_short_has_a_sentence() -> None:
    (found,) = read_pasted("1*", country="CN", area="")
    assert found.fault == "prefix"
    assert "too short" in found.detail


def test_lines_are_counted_from_one() -> None:
    assert [one.line for one in read_pasted("13800138000\n\nwho", country="CN", area="")] == [1, 3]


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    for one in read_pasted(text, country="CN", area="021"):
        assert (one.named is None) == (one.fault is not None)
