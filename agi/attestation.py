"""What a carrier vouches for, in the words of carriers and of Asterisk, to one word of ours. Knows nothing of keys.

Certainty goes one way only: a level counts where the signature was found right, `failed` where it speaks against the
call, and everything else is as if nothing had come. Trouble with our own set-up or clock must cost nobody a call.
"""

import re

# An address as in P-Asserted-Identity: a display name, which a caller may have written, then what is read here.
_ADDRESS = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"|[^"<]*)\s*<([^>]*)>')
_VERSTAT = re.compile(r";\s*verstat\s*=\s*([\w-]+)", re.ASCII | re.IGNORECASE)
_VALIDATION = re.compile(r"tn-validation-(passed|failed)(?:-([abc]))?")
_LEVELS = frozenset("abc")
# The results of Asterisk's STIR_SHAKEN(): those with blanks until 18.21 and 20.6, the others since.
_PASSED = frozenset({"success", "verification passed", "tn-validation-passed"})
_FAILED = frozenset(
    {
        "failed",
        "signature failed",
        "verification mismatch",
        "signature_validation",
        "cid_orig_tn_mismatch",
        "cert_not_trusted",
        "cert_date_failure",
        "cert_contents_invalid",
        "cert_no_tn_auth_ext",
        "cert_no_spc_in_auth_ext",
        "tn-validation-failed",
    }
)


def read_attestation(text: str) -> str:
    """`A`, `B` or `C` where the caller's carrier vouches, `failed` for a wrong signature, empty for all else.

    Takes a level (`A`), a header's value (`TN-Validation-Passed-B`), an address with `verstat` in its brackets, or a
    result of Asterisk's STIR_SHAKEN() with the level behind it (`success A`). A passed validation without a level is
    `A`, because that is what carriers mean who write none.
    """
    said = " ".join(_verstat(text).lower().split())
    if said in _LEVELS:
        return said.upper()
    if validation := _VALIDATION.fullmatch(said):
        return "failed" if validation[1] == "failed" else (validation[2] or "a").upper()
    result, _, level = said.rpartition(" ")
    if level not in _LEVELS:
        return "failed" if said in _FAILED else ""
    if result in _FAILED:
        return "failed"
    return level.upper() if result in _PASSED else ""


def _verstat(text: str) -> str:
    """The one `verstat` of an address; text that is none as it came."""
    if "<" not in text:
        return text
    address = _ADDRESS.match(text)
    found = set(_VERSTAT.findall(address[1])) if address else set()
    return found.pop() if len(found) == 1 else ""
