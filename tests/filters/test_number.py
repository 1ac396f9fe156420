import pytest

from filters.number import read_number


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("+8613800138000", "138 0013 8000"),
        ("02161234567", "021-6123 4567"),
        ("09516123456", "0951-612 3456"),
        ("61234567", "6123 4567"),
        ("4008123123", "400-812-3123"),
        ("95588", "95588"),
        ("01095588", "95588"),
        ("+8695588", "+8695588"),
        ("095588", "095588"),
        ("+442079460018", "+44 20 7946 0018"),
        ("", "anonymous"),
        ("138****8000", "invalid"),
    ],
)
def test_display_is_what_a_person_would_write(text: str, display: str) -> None:
    assert read_number(text).display == display


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("13800138000", {"mobile"}),
        ("17012345678", {"mobile", "mvno"}),
        ("13491234567", {"mobile", "satellite"}),
        ("1064812345678", {"iot"}),
        ("02161234567", {"landline"}),
        ("61234567", {"landline-local"}),
        ("110", {"emergency"}),
        ("12345", {"public-service"}),
        ("95588", {"service", "company"}),
        ("95029267", {"service", "call-centre"}),
        ("96315", {"service", "regional"}),
        ("10086", {"service", "carrier"}),
        ("01095588", {"service", "company", "area-prefixed"}),
        ("10690001234", {"message-port"}),
        ("15412345678", {"unassigned", "impossible"}),
        ("+8695588", {"impossible"}),
        ("+442079460018", {"landline", "international"}),
        ("+447400123456", {"mobile", "international"}),
        ("+85223456789", {"landline", "international"}),
        ("", set()),
        ("abc", set()),
    ],
)
def test_classes(text: str, classes: set[str]) -> None:
    assert read_number(text).classes == classes


def test_withheld_keeps_the_key_and_adds_its_class() -> None:
    number = read_number("13800138000", withheld=True)
    assert number.key == "+8613800138000"
    assert number.classes == {"mobile", "withheld"}
    assert read_number("", withheld=True).key == "anonymous"
    assert read_number("****", withheld=True).key == "invalid"


def test_region_comes_from_the_area_code() -> None:
    assert read_number("02161234567").region == "Shanghai"
    assert read_number("051261234567").region == "Suzhou, Jiangsu"
    assert read_number("01095588").region == "Beijing"
    assert read_number("13800138000").region == ""


@pytest.mark.parametrize("text", ["0214006695599", "+86214006695599", "86214006695599", "09514006695599"])
def test_area_code_before_a_number_of_no_area_is_left_out(text: str) -> None:
    number = read_number(text)
    assert (number.key, number.region) == ("+864006695599", "")
    assert number.classes == {"shared-cost", "service"}
    assert any("before a number of no area is left out" in note for note in number.notes)


def test_area_code_before_a_mobile_and_400_of_the_wrong_length_stay_as_they_came() -> None:
    for text in ("02113800138000", "021400669559", "02140066955999"):
        assert read_number(text).key == f"CN:{text}"
    assert read_number("02140066955").key == "+862140066955"
    assert read_number("0218008101234").classes == {"toll-free", "service"}


def test_country_is_where_the_number_is_from() -> None:
    texts = ("13800138000", "95588", "+8695588", "+85223456789", "+442079460018", "+999123", "")
    assert [read_number(text).country for text in texts] == ["CN", "CN", "CN", "HK", "GB", "", ""]


def test_chinese_number_is_foreign_to_a_trunk_abroad() -> None:
    number = read_number("+862161234567", country="US")
    assert (number.key, number.display) == ("+862161234567", "+86 21-6123 4567")
    assert number.classes == {"landline", "international"}


def test_own_area_code_counts_with_and_without_its_zero_and_not_if_it_is_none() -> None:
    assert read_number("61234567", area="021").key == read_number("61234567", area="21").key == "+862161234567"
    assert read_number("8695588", area="0951").key == "+869518695588"
    assert read_number("61234567", area="060").key == "CN:61234567"
    assert read_number("61234567", area="0951").key == "CN:61234567"


def test_country_that_nobody_has_still_reads_international_numbers() -> None:
    assert read_number("+442079460018", country="XX").key == "+442079460018"
    assert read_number("2079460018", country="XX").key == "XX:2079460018"


@pytest.mark.parametrize("text", ["+375888424871", "+82073368", "+4420"])
def test_foreign_digits_of_no_segment_keep_their_key(text: str) -> None:
    number = read_number(text)
    assert number.key == text
    assert "impossible" in number.classes


@pytest.mark.parametrize(
    ("text", "country"), [("0085221234567", "HK"), ("006581234567", "SG"), ("0044 20 7946 0018", "US")]
)
def test_double_zero_is_an_international_prefix_where_the_country_has_others(text: str, country: str) -> None:
    assert read_number(text, country=country).key == "+" + text.replace(" ", "")[2:]
