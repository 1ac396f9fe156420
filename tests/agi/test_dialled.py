import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.dialled import dialled_number


@pytest.mark.parametrize(
    ("channel", "dial_string", "number"),
    [
        ("PJSIP/trunk-00000001", "13800138000@trunk", "13800138000"),
        ("PJSIP/trunk-00000001", "+8613800138000@trunk", "+8613800138000"),
        ("PJSIP/trunk-00000001", "0755-8888 1111@trunk", "0755-8888 1111"),
        ("PJSIP/trunk-00000001", "trunk/sip:+8613800138000@127.0.0.1:5060", "+8613800138000"),
        ("PJSIP/trunk-00000001", "trunk/sip:013800138000;phone-context=+86@carrier;user=phone", "013800138000"),
        ("PJSIP/trunk-00000001", "PJSIP/13800138000@trunk", "13800138000"),
        ("SIP/trunk-00000001", "trunk/13800138000", "13800138000"),
        ("SIP/trunk-00000001", "13800138000@trunk", "13800138000"),
        ("SIP/trunk-00000001", "13800138000@10.0.0.1:5060", "13800138000"),
        ("SIP/trunk-00000001", "trunk/13800138000/10.0.0.1!02161234567", "13800138000"),
        ("IAX2/trunk-2471", "trunk/13800138000", "13800138000"),
        ("IAX2/10.0.0.1:4569-2471", "user:secret@10.0.0.1:4569/13800138000@incoming/a", "13800138000"),
        ("DAHDI/i1/13800138000-1", "g0/13800138000", "13800138000"),
        ("DAHDI/1-1", "1/ww13800138000", "13800138000"),
        ("DAHDI/i1/13800138000-1", "r1/13800138000/k", "13800138000"),
    ],
)
def test_a_number_that_went_to_a_trunk_is_found_in_every_way_to_dial_it(
    channel: str, dial_string: str, number: str
) -> None:
    assert dialled_number(channel, dial_string) == number


@pytest.mark.parametrize(
    ("channel", "dial_string"),
    [
        ("PJSIP/100-00000001", "100"),
        ("PJSIP/100-00000001", "PJSIP/100"),
        ("PJSIP/100-00000001", "100/sip:100@192.168.1.9:5060;ob"),
        ("SIP/100-00000001", "100"),
        ("SIP/100-00000001", "SIP/100"),
        ("SIP/100-00000001", "100/100"),
        ("IAX2/100-2471", "100"),
        ("IAX2/100-2471", "100:secret@10.0.0.1"),
        ("DAHDI/3-1", "3"),
        ("Local/13800138000@out-00000001;1", "13800138000@out"),
        ("Local/100@from-queue-00000001;1", "Local/100@from-queue/n"),
        ("SCCP/100-00000001", "100"),
        ("", ""),
    ],
)
def test_a_ring_of_a_phone_or_a_step_inside_asterisk_is_no_dialled_number(channel: str, dial_string: str) -> None:
    assert dialled_number(channel, dial_string) == ""


@given(st.sampled_from(["PJSIP/1-1", "SIP/1-1", "IAX2/1-1", "DAHDI/1-1", "x", ""]), st.text())
def test_whatever_is_told_gives_a_part_of_it(channel: str, dial_string: str) -> None:
    assert dialled_number(channel, dial_string) in dial_string
