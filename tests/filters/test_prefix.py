import pytest

from filters.number import read_prefix


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("138*", "+86138"),
        ("138", "+86138"),
        (" 138 0013* ", "+861380013"),
        ("0138*", "+86138"),
        ("+86138*", "+86138"),
        ("+860138*", "+86138"),
        ("0086138*", "+86138"),
        ("86138*", "+86138"),
        ("021*", "+8621"),
        ("0213456*", "+86213456"),
        ("+862161*", "+862161"),
        ("216123456*", "+86216123456"),
        ("0951*", "+86951"),
        ("951*", "CN:951"),
        ("950*", "CN:950"),
        ("9502*", "CN:9502"),
        ("95*", "CN:95"),
        ("96*", "CN:96"),
        ("106*", "CN:106"),
        ("1064*", "+861064"),
        ("12*", "CN:12"),
        ("100*", "CN:100"),
        ("168*", "CN:168"),
        ("400*", "+86400"),
        ("612*", "CN:612"),
        ("060*", "CN:060"),
        ("+44*", "+44"),
        ("0044*", "+44"),
        ("+44 (0)20*", "+4420"),
        ("+7812*", "+7812"),
        ("+39 06*", "+3906"),
        ("+999*", "+999"),
    ],
)
def test_prefix_folds_to_the_beginning_of_keys(text: str, start: str) -> None:
    assert read_prefix(text) == start


@pytest.mark.parametrize(
    ("text", "country", "start"),
    [
        ("212*", "US", "+1212"),
        ("1212*", "US", "+1212"),
        ("01144*", "US", "+44"),
        ("0044*", "US", "+44"),
        ("911*", "US", "US:911"),
        ("020*", "GB", "+4420"),
        ("+86138*", "GB", "+86138"),
    ],
)
def test_prefix_of_another_country(text: str, country: str, start: str) -> None:
    assert read_prefix(text, country=country) == start


def test_own_area_code_completes_a_local_beginning() -> None:
    assert read_prefix("6123*", area="021") == "+86216123"
    assert read_prefix("216*", area="021") == "+8621216"


@pytest.mark.parametrize(
    "text", ["", "*", "**", "abc*", "138X", "13%", "138**", "1*", "01*", "+4*", "00*", "004*", "0" * 30]
)
def test_prefix_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"(write|needs) "):
        read_prefix(text)


@pytest.mark.parametrize("text", ["10*", "16*", "17*", "40*", "86*", "8621*", "216*", "99*"])
def test_prefix_with_two_readings_is_refused_and_both_are_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"can mean .+ or .+: write more digits"):
        read_prefix(text)


def test_prefix_in_a_country_that_nobody_has_asks_for_the_country_code() -> None:
    with pytest.raises(ValueError, match="country code first"):
        read_prefix("212*", country="XX")
    assert read_prefix("+1212*", country="XX") == "+1212"


@pytest.mark.parametrize(
    ("text", "country"), [("00*", "US"), ("0114*", "US"), ("12*", "US"), ("02*", "GB"), ("0", "XX")]
)
def test_prefix_of_another_country_may_be_too_short(text: str, country: str) -> None:
    with pytest.raises(ValueError, match="too short"):
        read_prefix(text, country=country)


def test_refusal_does_not_repeat_a_long_text() -> None:
    with pytest.raises(ValueError, match="no number prefix") as refusal:
        read_prefix("x" * 10_000)
    assert len(str(refusal.value)) < 200
