import pytest

from filters.spelling import MAX_DIGITS, MAX_TEXT, NO_NUMBER_WORDS, Spelling, read_spelling


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("13800138000", Spelling("13800138000")),
        ("+8613800138000", Spelling("8613800138000", plus=True)),
        ("＋８６ １３８－００１３－８０００", Spelling("8613800138000", plus=True)),
        ("(+86) 138.0013.8000", Spelling("8613800138000", plus=True)),
        ("SIP:+8613800138000;npdi@example.net;user=phone", Spelling("8613800138000", plus=True)),
        ("sip:13800138000:secret@example.net", Spelling("13800138000")),
        ("sips:13800138000@[2001:db8::1]:5061", Spelling("13800138000")),
        ("13800138000@example.net", Spelling("13800138000")),
        ("13800138000;user=phone", Spelling("13800138000")),
        ('"<sip:110@a>" <sip:13800138000@example.net>', Spelling("13800138000")),
        ("<tel:+86-138;ext=5>", Spelling("86138", plus=True)),
        ("tel:%2B86138", Spelling("86138", plus=True)),
        ("\ufeff138\u200b", Spelling("138")),
    ],
)
def test_number_is_read(text: str, spelling: Spelling) -> None:
    assert read_spelling(text) == spelling


def test_placeholder_word_means_that_no_number_was_sent() -> None:
    for word in NO_NUMBER_WORDS:
        for text in (word, word.upper(), f" <{word}> ", f"sip:{word}@example.net"):
            assert read_spelling(text) == Spelling(), text


@pytest.mark.parametrize("text", ["", " ", "-", "()", "<>", "sip:", "tel:", "sip:@example.net", "sip:203.0.113.1"])
def test_nothing_means_that_no_number_was_sent(text: str) -> None:
    assert read_spelling(text) == Spelling()


@pytest.mark.parametrize(
    "text",
    [
        "+",
        "1+2",
        "++1",
        "138x",
        "138*",
        "#31#138",
        "a",
        "1,2",
        "½",
        "²",
        "①",
        "一三八",
        "\0",
        "\ud800",
        "1" * (MAX_DIGITS + 1),
    ],
)
def test_what_is_no_number_is_unreadable(text: str) -> None:
    assert read_spelling(text) == Spelling(unreadable=True)


def test_long_text_is_not_looked_at() -> None:
    assert read_spelling(" " * MAX_TEXT + "1").unreadable
    assert read_spelling("1" * 1_000_000).unreadable
    assert read_spelling("٣" * 1_000_000).unreadable


def test_longest_trunk_prefix_is_taken_off_once() -> None:
    assert read_spelling("9013800138000", ("9", "90")).digits == "13800138000"
    assert read_spelling("9995588", ("9",)).digits == "995588"
    assert read_spelling("*9+86138", ("*9",)) == Spelling("86138", plus=True)
    assert read_spelling("9", ("9",)).digits == "9"
    assert read_spelling("138", ("",)).digits == "138"


def test_global_phone_context_is_kept_and_a_domain_is_not() -> None:
    assert read_spelling("tel:61234567;phone-context=+86-21").context == "8621"
    assert read_spelling("tel:61234567;phone-context=example.net").context == ""
    assert read_spelling("tel:61234567;phone-context=+x").context == ""
    assert read_spelling("tel:+8661234567;phone-context=+44").context == ""


def test_anonymous_host_marks_the_number_as_withheld() -> None:
    assert read_spelling("sip:13800138000@anonymous.invalid").withheld
    assert not read_spelling("sip:13800138000@example.net").withheld
