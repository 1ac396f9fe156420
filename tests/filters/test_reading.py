"""How a raw number became its key, in sentences."""

from typing import Any

import pytest
from hypothesis import given

from filters.number import read_number
from tests.filters.test_corpus import CASES
from tests.filters.test_properties import countries, modest, options, texts

FULL = "a full number of CN"
MARKS = "spaces, hyphens and the like are left out"
NOWHERE = "no number of CN looks so: the digits are kept as they came"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("13800138000", [FULL]),
        ("013800138000", ["0 is the trunk prefix", FULL]),
        ("8613800138000", ["86 without + is the country code", FULL]),
        ("+86 138-0013-8000", [MARKS, "86 is the country code of CN", FULL]),
        ("+86013800138000", ["86 is the country code of CN", "0 is the trunk prefix", FULL]),
        ("008613800138000", ["00 is the international prefix", "86 is the country code of CN", FULL]),
        ("+008613800138000", ["00 after the + is left out", "86 is the country code of CN", FULL]),
        ("1795113800138000", ["17951 is a prefix that chooses a carrier", FULL]),
        ("１３８００１３８０００", ["digits of another script are read as 0 to 9", FULL]),
        ('"x" <sip:13800138000@h>', ["13800138000 stands in the address", FULL]),
        (
            "sip:13800138000@anonymous.invalid",
            ["13800138000 stands in the address", "the address is one for withheld numbers", FULL],
        ),
        (
            "tel:61234567;phone-context=+86-21",
            [
                "61234567 stands in the address",
                "the address says that numbers begin with +8621 where this is one",
                "a local number: area code 021 is put before it",
            ],
        ),
        ("02161234567", ["0 is the trunk prefix", "021 is the area code of Shanghai"]),
        ("2161234567", ["021 is the area code of Shanghai"]),
        ("61234567", ["a local number without its area code"]),
        ("95588", ["a number that only exists inside CN"]),
        (
            "01095588",
            [
                "0 is the trunk prefix",
                "area code 010 before a short number is left out",
                "a number that only exists inside CN",
            ],
        ),
        ("8695588", [NOWHERE]),
        ("+8695588", [NOWHERE]),
        ("+999123", ["no number of any country looks so: the digits are kept as they came"]),
        ("+442079460018", ["read by the numbering plan of GB"]),
        ("+80012345678", ["a number of no single country"]),
        ("", ["no number was sent"]),
        ("Anonymous", ["Anonymous is a word for no number"]),
        ("sip:203.0.113.1", ["the address has no caller in it", "no number was sent"]),
        ("138****8000", ["'*' is not a digit: letters and masks are not guessed, so no number can be read"]),
        ("1-800-FLOWERS", ["'F' is not a digit: letters and masks are not guessed, so no number can be read"]),
        ("+", ["+ without digits: no number can be read"]),
        ("9" * 25, ["more than 24 digits: no number can be read"]),
        (" " * 513, ["more than 512 characters: no number can be read"]),
    ],
)
def test_each_step_from_the_text_to_the_key_is_told_in_order(text: str, notes: list[str]) -> None:
    number = read_number(text)
    assert number.reading == (*notes, f"so the key is {number.key}")


def test_what_the_settings_of_the_trunk_and_the_shop_did_is_told() -> None:
    assert read_number("9013800138000", strip=("9", "90")).notes == (
        "90 is left out, as the trunk puts it before numbers",
        FULL,
    )
    assert read_number("61234567", area="021").notes == ("a local number: area code 021 is put before it",)
    assert read_number("13800138000", withheld=True).notes == ("the caller asked that it not be shown", FULL)


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{name}: {case['name']}" for name, case in CASES])
def test_every_spelling_of_the_corpus_has_a_reading_that_ends_in_its_key(case: dict[str, Any]) -> None:
    country, strip = case.get("country", "CN"), case.get("strip", ())
    number = read_number(case["caller"], country=country, area=case.get("area", ""), strip=strip)
    assert number.notes
    assert number.reading[-1] == f"so the key is {number.key}"


@modest
@given(texts, countries, options)
def test_whatever_comes_has_one_reading(text: str, country: str, options: dict[str, Any]) -> None:
    number = read_number(text, country=country, **options)
    assert number.notes
    assert number.reading == read_number(text, country=country, **options).reading
