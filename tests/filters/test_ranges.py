import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.number import read_number
from filters.ranges import Range

modest = settings(max_examples=40, deadline=None)


@pytest.mark.parametrize(
    "text",
    [
        "02161500000-02161599999",
        " 021 6150 0000 - 021 6159 9999 ",
        "021-61500000-021-61599999",
        "+862161500000–+862161599999",
        "(021)61500000～8602161599999",
        "02161500000至02161599999",
    ],
)
def test_both_ends_fold_to_keys_from_every_spelling(text: str) -> None:
    assert Range.parse(text) == Range("+862161500000", "+862161599999")


def test_local_numbers_take_the_shops_area_code() -> None:
    assert Range.parse("61500000-61599999", area="021") == Range("+862161500000", "+862161599999")
    assert Range.parse("61500000-61599999") == Range("CN:61500000", "CN:61599999")


def test_numbers_of_another_country() -> None:
    found = Range.parse("1-212-555-0100 - 1-212-555-0199", "US")
    assert found.text == "+12125550100 to +12125550199"


def test_range_covers_its_ends_and_nothing_beside_them() -> None:
    found = Range.parse("02161500000-02161599999")
    matched = ["+862161500000", "+862161555555", "+862161599999"]
    others = ["+862161499999", "+862161600000", "+8621615555555", "+86216155555", "CN:2161555555", "anonymous", ""]
    assert [key for key in matched if not found.matches(key)] == []
    assert [key for key in others if found.matches(key)] == []


def test_range_of_service_numbers_stays_within_its_length() -> None:
    found = Range.parse("95010-95019")
    assert found.matches("CN:95013")
    assert not found.matches("CN:950130")
    assert not found.matches("US:95013")


def test_ends_that_nobody_has_are_taken_where_real_numbers_lie_between_them() -> None:
    assert Range.parse("+862100000000-+862199999999").matches(read_number("02161234567").key)
    assert Range.parse("02120000000-02189999999").matches(read_number("02161234567").key)
    assert Range.parse("15400000000-15499999999").matches(read_number("015412345678").key)
    assert Range.parse("02000000000-02099999999", "GB").matches("+442079460018")


def test_range_of_one_number_is_that_number() -> None:
    assert Range.parse("95588-95588").matches("CN:95588")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "write them like"),
        ("02161500000", "write them like"),
        ("021-61500000-61599999", "write them like"),
        ("1-" * 100 + "1", "write them like"),
        ("-", "is no number: write digits"),
        ("abc-02161599999", "'abc' for one end, which is no number"),
        ("02161500000-anonymous", "'anonymous' for one end, which is no number"),
        ("02161599999-02161500000", "write the lower number, 021-6150 0000, first"),
        ("02100000000-02199999999", "'02100000000' for one end, which nobody can have: write the beginning"),
        ("02161500000-02199999999", "such as 021[*], or ends that somebody can have, such as 02120000000-02189999999"),
        ("021 0000 0000 - 021 6159 9999", "'021 0000 0000' for one end, which nobody can have"),
        ("0138001380000-0138001380009", "which nobody can have"),
        ("95588-02161599999", "write both ends as full numbers"),
        ("+85221234567-+85321234567", "write both ends as full numbers"),
        ("95588-95588999", "same number of digits"),
        ("13800000000-02161599999", "same number of digits"),
    ],
)
def test_range_that_is_none_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy) as refusal:
        Range.parse(text)
    assert str(refusal.value).startswith("range ")
    assert len(str(refusal.value)) < 300


@modest
@given(st.integers(0, 99_999_999), st.integers(0, 99_999_999), st.integers(0, 99_999_999))
def test_number_is_in_a_range_if_it_counts_between_the_ends(one: int, other: int, asked: int) -> None:
    first, last = sorted((one, other))
    found = Range.parse(f"138{first:08}-+86 138{last:08}")
    assert found.matches(read_number(f"0138{asked:08}").key) is (first <= asked <= last)


@modest
@given(st.text(alphabet="0123456789-+ax ~至", max_size=40))
def test_text_is_a_range_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = Range.parse(text)
    except ValueError as error:
        refusal = str(error)
    else:
        assert found.matches(found.first)
        assert found.matches(found.last)
        return
    assert "write" in refusal
