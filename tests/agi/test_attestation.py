"""The words of carriers and of Asterisk for what a carrier vouches for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.attestation import read_attestation

PAI = '"John Doe" <sip:+18889809750@sip.example;verstat={}>'


@pytest.mark.parametrize(
    ("text", "attestation"),
    [
        ("A", "A"),
        (" b ", "B"),
        ("TN-Validation-Passed", "A"),
        ("tn-validation-passed-c", "C"),
        ("success A", "A"),
        ("Verification passed B", "B"),
        ("TN-Validation-Passed B", "B"),
        (PAI.format("TN-Validation-Passed-B"), "B"),
        ("<sip:+18005551212;verstat=TN-Validation-Passed@sip.example;user=phone>", "A"),
        ("John <tel:+18005551212;verstat=TN-Validation-Passed-A>", "A"),
    ],
)
def test_a_level_is_read_from_every_way_to_write_it(text: str, attestation: str) -> None:
    assert read_attestation(text) == attestation


@pytest.mark.parametrize(
    "text",
    [
        "failed",
        "Signature failed",
        "Verification mismatch A",
        "signature_validation A",
        "cid_orig_tn_mismatch A",
        "cert_not_trusted",
        "TN-Validation-Failed",
        "TN-Validation-Failed-A",
        "TN-Validation-Failed A",
        PAI.format("TN-Validation-Failed"),
    ],
)
def test_a_wrong_signature_is_failed_whatever_level_it_claims(text: str) -> None:
    assert read_attestation(text) == "failed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "D",
        "AB",
        "success",
        "disabled A",
        "missing_identity_hdr",
        "cert_retrieval_failure A",
        "iat_range_error A",
        "Verification not present",
        "No-TN-Validation",
        "TN-Validation-Passed-D",
        "TN-Validation-Passed-B A",
        PAI.format("No-TN-Validation"),
        "<sip:1@x>",
        "<sip:1@x;verstat=TN-Validation-Passed;verstat=TN-Validation-Failed>",
        '"unclosed <sip:1@x;verstat=TN-Validation-Passed>',
        "\U0001d400",
        "passed\nA",
    ],
)
def test_all_else_is_as_if_nothing_had_come(text: str) -> None:
    assert read_attestation(text) == ""


@pytest.mark.parametrize(
    "name", ['"<sip:1@x;verstat=TN-Validation-Passed>"', r'"\"<sip:1@x;verstat=TN-Validation-Passed>"', '"A"']
)
def test_a_display_name_vouches_for_nothing(name: str) -> None:
    assert read_attestation(f"{name} <sip:+18889809750@sip.example>") == ""


@given(st.text())
def test_whatever_comes_is_one_of_our_words(text: str) -> None:
    assert read_attestation(text) in {"A", "B", "C", "failed", ""}
