"""The directory names real numbers, each once, and mistakes nothing for them."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.directories import DIRECTORIES
from filters.directories.listing import KNOWN
from filters.directory import Kind, Listing, find, like, table
from filters.number import read_number

DOCS = (Path(__file__).parents[2] / "docs" / "directory.md").read_text("utf-8")
NUMBERS = [(group, number) for group in DIRECTORIES["CN"] for number, _, _ in group.rows]


def listing(number: str) -> Listing:
    found = find("CN", read_number(number).key)
    assert found is not None, number
    return found


def named(number: str) -> tuple[str | None, str | None]:
    """English names of who the number is and who it is like."""
    key = read_number(number).key
    found, alike = find("CN", key), like("CN", key)
    return found.english if found else None, alike.english if alike else None


def test_china_has_at_least_250_numbers_and_each_once() -> None:
    assert len(NUMBERS) >= 250
    assert not [key for key, count in Counter(read_number(number).key for _, number in NUMBERS).items() if count > 1]


def test_every_number_is_found_under_the_key_that_it_reads_as() -> None:
    for _, number in NUMBERS:
        key = read_number(number).key
        assert listing(number).key == key
        assert key == (f"+86{number}" if number.startswith(("400", "800")) else f"CN:{number}")


def test_every_number_is_possible_and_none_is_a_persons() -> None:
    classes = {number: read_number(number).classes for _, number in NUMBERS}
    assert not [number for number, found in classes.items() if "impossible" in found]
    assert not [
        number for number, found in classes.items() if found & {"mobile", "landline", "landline-local", "premium"}
    ]


def test_plan_and_directory_agree_on_what_must_never_be_blocked() -> None:
    emergency = {number for group, number in NUMBERS if group.kind is Kind.EMERGENCY}
    assert {number for _, number in NUMBERS if "emergency" in read_number(number).classes} == emergency
    public = {number for _, number in NUMBERS if "public-service" in read_number(number).classes}
    assert {listing(number).kind for number in public} == {Kind.PUBLIC_SERVICE, Kind.RAIL}


def test_every_kind_has_numbers() -> None:
    assert {group.kind for group in DIRECTORIES["CN"]} == set(Kind)


def test_every_field_says_something() -> None:
    for _, number in NUMBERS:
        known = listing(number)
        for text in (known.key, known.organisation, known.english, known.source):
            assert text
            assert text == text.strip()
            assert "|" not in text
        assert known.english.isascii()


def test_one_organisation_has_one_english_name() -> None:
    names = {(listing(number).organisation, listing(number).english) for _, number in NUMBERS}
    assert len(names) == len({organisation for organisation, _ in names})


def test_shapes_lie_and_the_directory_knows_better() -> None:
    rented = [number for _, number in NUMBERS if "call-centre" in read_number(number).classes]
    assert len(rented) >= 30
    assert {listing(number).kind for number in rented} >= {Kind.COURIER, Kind.AIRLINE, Kind.PHONE_MAKER, Kind.TRAVEL}


def test_in_rented_ranges_only_four_numbers_rest_on_common_knowledge() -> None:
    rented = {number for _, number in NUMBERS if "call-centre" in read_number(number).classes}
    assert {number for number in rented if listing(number).source == KNOWN} == {
        "95007",
        "952315",
        "9533868",
        "95105555",
    }


@pytest.mark.parametrize("given_up", ["95080", "950718", "95163", "95786", "9519666"])
def test_a_number_in_a_rented_range_that_nobody_vouches_for_is_nobodys(given_up: str) -> None:
    assert find("CN", read_number(given_up).key) is None


@pytest.mark.parametrize(
    "spelling", ["95588", "01095588", "+861095588", "862195588", "sip:95588@203.0.113.1", "９５５８８"]
)
def test_every_spelling_of_a_bank_is_the_bank(spelling: str) -> None:
    assert named(spelling) == ("Industrial and Commercial Bank of China", None)


@pytest.mark.parametrize("spelling", ["4006668800", "400-666-8800", "+864006668800", "04006668800", "0214006668800"])
def test_every_spelling_of_a_400_number_is_its_company(spelling: str) -> None:
    assert named(spelling) == ("Apple", None)


@pytest.mark.parametrize(
    "spelling", ["+8695588", "0095588", "095588", "8695588", "95589999999999999999999", "13800138000"]
)
def test_what_cannot_be_dialled_for_the_bank_is_not_the_bank(spelling: str) -> None:
    assert named(spelling)[0] is None


def test_a_longer_number_is_like_the_one_that_it_begins_with() -> None:
    assert named("955881101") == (None, "Industrial and Commercial Bank of China")
    assert named("95588123") == (None, "Industrial and Commercial Bank of China")
    assert named("40066688001") == (None, "Apple")
    assert named("+8640066688001") == (None, "Apple")


def test_of_two_beginnings_the_longer_counts() -> None:
    assert named("9533868") == ("SF Intra-city", None)
    assert named("95338681") == (None, "SF Intra-city")
    assert named("95338123") == (None, "SF Express")


def test_a_number_that_is_listed_is_like_no_other() -> None:
    for _, number in NUMBERS:
        assert like("CN", listing(number).key) is None


def test_every_number_of_five_digits_or_more_has_its_like() -> None:
    for _, number in NUMBERS:
        key = listing(number).key
        if len(number) >= 5 and find("CN", f"{key}7") is None:
            assert like("CN", f"{key}7") == find("CN", key)


def test_three_digits_are_no_likeness() -> None:
    assert named("12012") == (None, None)
    assert named("1101") == (None, None)


def test_a_landline_is_like_no_service_number_that_its_digits_spell() -> None:
    assert read_number("09558812345").key == "+869558812345"
    assert named("09558812345") == (None, None)


def test_a_country_without_a_directory_has_nobody_in_it() -> None:
    assert find("DE", "CN:95588") is None
    assert like("DE", "CN:955881101") is None


@given(st.text(max_size=40))
def test_no_key_is_both_listed_and_like_and_none_raises(key: str) -> None:
    assert find("CN", key) is None or like("CN", key) is None


@given(st.sampled_from([number for _, number in NUMBERS]), st.text("0123456789", min_size=1, max_size=12))
def test_whoever_is_like_a_number_begins_with_it(number: str, behind: str) -> None:
    key = read_number(number + behind).key
    alike = like("CN", key)
    assert alike is None or (number + behind).startswith(alike.key.removeprefix("CN:").removeprefix("+86"))


def test_the_table_in_the_docs_is_the_directory() -> None:
    assert DOCS.partition("## China\n\n")[2] == table("CN")
