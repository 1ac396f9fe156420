"""From the environment to a call."""

from datetime import UTC, datetime

import pytest

from agi.request import call_from, trunk_of
from agi.wire import parse_environment
from filters.call import Call
from tests.agi.headers import header

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def call(raw: bytes) -> Call:
    return call_from(parse_environment(raw), NOW)


def test_a_call_has_all_that_asterisk_told() -> None:
    assert call(header(b"+8613800138000", name="王小明".encode("gbk"), rdnis=b"95588")) == Call(
        caller="+8613800138000",
        at=NOW,
        name="王小明",
        did="02112345678",
        trunk="trunk",
        channel="PJSIP/trunk-0000002a",
        unique_id="1700000000.42",
        redirecting="95588",
        language="zh",
    )


def test_a_caller_without_number_has_an_empty_one() -> None:
    assert call(header(b"unknown")).caller == ""


@pytest.mark.parametrize(
    ("args", "did"),
    [
        ((b"%2B862112345678",), "+862112345678"),
        ((b"%E4%B8%80",), "一"),
        ((b"",), "dnid"),
        ((), "dnid"),
        ((b"50%",), "50%"),
        ((b"a%0Ab",), "a\nb"),
        ((b"021(,failed",), "021("),
    ],
)
def test_the_called_number_is_the_decoded_argument_else_the_dnid(args: tuple[bytes, ...], did: str) -> None:
    assert call(header(dnid=b"dnid", args=args)).did == did


@pytest.mark.parametrize(
    ("args", "attestation"),
    [
        ((b"", b"B"), "B"),
        ((b"021", b"TN-Validation-Failed"), "failed"),
        ((b"", b"Verification%20passed%20A"), "A"),
        ((b"", b"a%0Aagi_callerid%3A%20110"), ""),
        ((b"", b""), ""),
        ((b"A",), ""),
        ((b"021(,failed",), "failed"),
        ((), ""),
    ],
)
def test_what_the_carrier_vouches_for_is_the_second_argument_decoded(args: tuple[bytes, ...], attestation: str) -> None:
    assert call(header(args=args)).attestation == attestation


@pytest.mark.parametrize(
    ("presentation", "withheld"),
    [
        (b"0", False),
        (b"3", False),
        (b"32", True),
        (b"35", True),
        (b"67", False),
        (b"64", False),
        (b"96", False),
        (b"", False),
        (b"-32", False),
        (b"allowed", False),
        (b"9" * 5000, False),
        ("\u0663\u0662".encode(), False),
    ],
)
def test_only_a_restricted_presentation_is_withheld(presentation: bytes, *, withheld: bool) -> None:
    assert call(header(pres=presentation)).withheld is withheld


@pytest.mark.parametrize(
    ("channel", "trunk"),
    [
        ("PJSIP/trunk-0000002a", "trunk"),
        ("PJSIP/my-sip-trunk-0000002a", "my-sip-trunk"),
        ("SIP/10.0.0.1-00000001", "10.0.0.1"),
        ("IAX2/peer-123", "peer"),
        ("DAHDI/i1/0211234-5", "i1"),
        ("DAHDI/1-1", "1"),
        ("Local/100@from-internal-00000003;2", "from-internal"),
        ("Local/a@b@shop-00000003;1", "shop"),
        ("Message/ast_msg_queue", "ast_msg_queue"),
        ("odd", "odd"),
        ("", ""),
    ],
)
def test_the_trunk_is_read_from_the_channel(channel: str, trunk: str) -> None:
    assert trunk_of(channel) == trunk


def test_a_forged_number_keeps_its_newlines_so_that_it_reads_as_invalid() -> None:
    forged = call(header(b"13800138000\nagi_dnid: 999\n"))
    assert forged.caller == "13800138000\nagi_dnid: 999\n"
    assert forged.did == "02112345678"
