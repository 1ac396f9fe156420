"""The AGI wire: what Asterisk sends is understood, what a caller invents is told apart."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agi import wire
from agi.wire import Environment, WireError, decode, is_complete, is_safe, parse_environment, set_variables
from tests.agi.headers import HEAD, header

line_text = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40)


def test_a_header_gives_its_values_and_arguments() -> None:
    environment = parse_environment(header(args=(b"021", b"", b"x")))
    assert environment.values["agi_callerid"] == "13800138000"
    assert environment.values["agi_channel"] == "PJSIP/trunk-0000002a"
    assert environment.values["agi_accountcode"] == ""
    assert environment.args == ("021", "", "x")
    assert not environment.forged


def test_unknown_values_are_absent() -> None:
    assert "agi_calleridname" not in parse_environment(header(name=b"unknown")).values


def test_the_blank_line_at_the_end_may_be_missing() -> None:
    assert parse_environment(header()) == parse_environment(header().rstrip(b"\n"))


def test_a_header_without_network_lines_is_read_too() -> None:
    classic = header().partition(b"agi_network_script: screen\n")[2]
    assert parse_environment(classic).values["agi_uniqueid"] == "1700000000.42"


def test_a_name_that_a_later_asterisk_may_add_is_not_a_forgery() -> None:
    grown = header().replace(b"agi_threadid", b"agi_attestation: A\nagi_threadid")
    environment = parse_environment(grown)
    assert (environment.forged, environment.values["agi_attestation"]) == (False, "A")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\n\n",
        b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"agi_network yes\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",
        b"agi_network: yes\nagi_network: yes\nagi_callerid: 1\n\n",
        b"agi_channel: x\nagi_request: y\nagi_callerid: 1\n\n",
        HEAD + b"agi_callerid: 1\n" * 200,
        HEAD + b"agi_callerid: " + b"1" * 20_000 + b"\n\n",
        b"agi_network: yes\n" * 5000,
    ],
)
def test_nonsense_is_refused(nonsense: bytes) -> None:
    with pytest.raises(WireError):
        parse_environment(nonsense)


@pytest.mark.parametrize(
    "caller",
    [
        b"x\nagi_dnid: 999",
        b"x\n\n",
        b"x\nplain text",
        b"\n",
        b"x\nagi_calleridname: y\nagi_callingpres: 0\nagi_dnid: 999\nagi_arg_1: 999",
        b"x\nagi_uniqueid: 1.1\nagi_channel: PJSIP/other-00000001",
        b"x\nagi_callerid: 95588",
        b"x\nagi_threadid: 1\nagi_arg_1: 999\nagi_arg_2: 998\n\nHANGUP",
        b"x\n" + header(b"95588", dnid=b"999", args=(b"999",)),
        b"x\n" + header().partition(b"13800138000\n")[2] + b"HANGUP",
    ],
)
def test_a_number_with_forged_lines_changes_nothing_but_itself(caller: bytes) -> None:
    honest = parse_environment(header())
    environment = parse_environment(header(caller))
    assert environment.forged
    assert environment.values["agi_callerid"].encode() == caller
    assert {**environment.values, "agi_callerid": "13800138000"} == honest.values
    assert environment.args == honest.args


def test_a_newline_in_the_name_leaves_the_number_as_it_is() -> None:
    environment = parse_environment(header(name=b"Bob\nagi_callingpres: 32\nagi_dnid: 999"))
    assert environment.forged
    assert environment.values["agi_callerid"] == "13800138000"
    assert environment.values["agi_callingpres"] == "0"
    assert environment.values["agi_dnid"] == "02112345678"


def test_a_newline_in_the_redirecting_number_leaves_the_called_one_as_it_is() -> None:
    environment = parse_environment(header(rdnis=b"1\nagi_dnid: 999"))
    assert environment.values["agi_dnid"] == "02112345678"
    assert environment.values["agi_rdnis"] == "1\nagi_dnid: 999"


@given(st.lists(st.sampled_from([*header().splitlines(), b"", b"x", b"\xff"]), max_size=40))
def test_lines_forged_into_the_number_never_reach_another_value(lines: list[bytes]) -> None:
    caller = b"1" + b"".join(b"\n" + line for line in lines)
    honest = parse_environment(header())
    environment = parse_environment(header(caller))
    assert environment.forged == bool(lines)
    assert environment.values["agi_callerid"] == (decode(caller) if lines else "1")
    assert {**environment.values, "agi_callerid": ""} == {**honest.values, "agi_callerid": ""}
    assert environment.args == honest.args


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read_or_refused(garbage: bytes, with_head: bool) -> None:
    try:
        environment = parse_environment(HEAD + garbage if with_head else garbage)
    except WireError:
        return
    assert isinstance(environment, Environment)


@given(line_text, line_text, st.lists(line_text, max_size=4))
def test_what_is_sent_in_one_line_arrives_as_it_was(caller: str, name: str, args: list[str]) -> None:
    assume("unknown" not in (caller, name))
    environment = parse_environment(header(caller.encode(), name=name.encode(), args=tuple(a.encode() for a in args)))
    assert environment.values["agi_callerid"] == caller
    assert environment.values["agi_calleridname"] == name
    assert environment.args == tuple(args)
    assert not environment.forged


@given(
    line_text, st.lists(st.sampled_from([b"1", b"", b"unknown", "王".encode("gbk")]), max_size=3), st.integers(0, 22)
)
def test_the_short_way_reads_an_honest_header_as_the_long_one_does(caller: str, args: list[bytes], gone: int) -> None:
    lines = header(caller.encode(), args=tuple(args)).split(b"\n")
    raw = b"\n".join(line for at, line in enumerate(lines) if at != gone)
    if (short := wire._read_honest(raw)) is not None:
        assert short == wire._read_any(raw)


def test_a_header_of_asterisk_is_read_the_short_way() -> None:
    assert wire._read_honest(header()) is not None
    assert wire._read_honest(header(b"x\nagi_dnid: 999")) is None


def test_a_header_is_complete_only_with_all_of_asterisks_lines() -> None:
    whole = header()
    assert is_complete(whole)
    assert not any(is_complete(whole[:length]) for length in range(len(whole)))
    assert not is_complete(HEAD + b"agi_callerid: x\n\n")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("王小明".encode(), "王小明"),
        ("王小明".encode("gbk"), "王小明"),
        ("广告　公司 Ltd".encode("gb18030"), "广告　公司 Ltd"),
        ("😀 محمد".encode(), "😀 محمد"),
        (b"Bob", "Bob"),
        (b"20255\xff\xfe", "20255\ufffd\ufffd"),
        ("José e".encode("latin-1"), "Jos\ufffd e"),
        ("Joséette".encode("latin-1"), "Jos\ufffdette"),
        (b"\x80", "\ufffd"),
        (b"1\x002", "1\x002"),
        (b"", ""),
    ],
)
def test_names_are_read_in_the_encoding_they_come_in(raw: bytes, text: str) -> None:
    assert decode(raw) == text


@given(st.binary())
def test_decoding_never_raises_and_gives_text_that_can_be_stored(raw: bytes) -> None:
    decode(raw).encode()


def test_variables_are_set_with_one_line() -> None:
    variables = {"CALLFILTER_ACTION": "reject", "CALLFILTER_LABEL": "骚扰 spam"}
    assert set_variables(variables).decode() == 'EXEC MSet "CALLFILTER_ACTION=reject,CALLFILTER_LABEL=骚扰 spam"\n'


@pytest.mark.parametrize("value", [*",=\"'\\$`{}()[];|&\n\r\0\x7f\x85\u2028\u202e\ud800", "", " x", "x "])
def test_values_that_asterisk_would_misread_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="A"):
        set_variables({"A": value})


@pytest.mark.parametrize("name", ["", "a", "1A", "A=B", "A\n", "Ä"])
def test_names_that_are_no_variables_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        set_variables({name: "1"})


def test_more_than_asterisk_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        set_variables({"A": "x" * wire.COMMAND_LIMIT})
    with pytest.raises(ValueError, match="25 variables"):
        set_variables({"A" * length: "x" for length in range(1, 26)})
    with pytest.raises(ValueError, match="0 variables"):
        set_variables({})


@given(
    st.dictionaries(st.from_regex("[A-Z_][A-Z0-9_]{0,19}", fullmatch=True), st.text(min_size=1), min_size=1, max_size=5)
)
def test_whatever_is_sent_is_one_line_that_reads_back(variables: dict[str, str]) -> None:
    assume(all(map(is_safe, variables.values())))
    line = set_variables(variables).decode()
    quoted = re.fullmatch(r'EXEC MSet "([^"\\\n]*)"\n', line)
    assert quoted is not None
    assert dict(pair.split("=") for pair in quoted[1].split(",")) == variables
