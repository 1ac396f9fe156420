"""Conditions about what came with the call beside the number: name, attestation, and the way it took."""

from filters.conditions.kind import By, Kind, Question, Test, folded, shown, text_of
from filters.conditions.numbers import key_of
from filters.expressions import compile_expression
from filters.number import read_number, read_prefix
from filters.rule import Scalar
from filters.shop import Shop

_NAME = "a text, such as insurance"
_NAME_REGEX = "an RE2 expression, such as (?i)loan|credit"
_ATTESTATION = "A, B, C, failed or none"
_DID = "one of your numbers as the trunk sends it, such as 02160001000, or its beginning, such as 0216000*"
_TRUNK = "the name of a trunk, such as carrier-1"
_REDIRECTING = "true for all forwarded calls, a number, or the beginning of numbers, such as 0216*"
_ATTESTATIONS = {"a": "A", "b": "B", "c": "C", "failed": "failed", "none": ""}


def _name(value: Scalar, _shop: Shop) -> Test:
    text = folded(text_of(value, _NAME))
    return Test(lambda asked: text in asked.folded_name, ((By.NAME_PART, text),))


def _name_regex(value: Scalar, _shop: Shop) -> Test:
    text = text_of(value, _NAME_REGEX)
    search = compile_expression(text).search
    return Test(lambda asked: search(asked.name) is not None, ((By.NAME_REGEX, text),))


def _attestation(value: Scalar, _shop: Shop) -> Test:
    wanted = _ATTESTATIONS.get(text_of(value, _ATTESTATION).lower())
    if wanted is None:
        raise ValueError(f"{shown(value)} is no attestation: write {_ATTESTATION}")
    return Test(lambda asked: asked.call.attestation == wanted)


def _did(value: Scalar, _shop: Shop) -> Test:
    text = text_of(value, _DID)
    if text.endswith("*"):
        begin = text.removesuffix("*")
        return Test(lambda asked: asked.call.did.startswith(begin))
    return Test(lambda asked: asked.call.did == text, ((By.DID, text),))


def _trunk(value: Scalar, _shop: Shop) -> Test:
    text = text_of(value, _TRUNK)
    return Test(lambda asked: asked.call.trunk == text, ((By.TRUNK, text),))


def _redirecting(value: Scalar, shop: Shop) -> Test:
    if isinstance(value, bool):
        return Test(lambda asked: bool(asked.call.redirecting) is value)
    text = text_of(value, _REDIRECTING)
    if text.endswith("*"):
        begin = read_prefix(text, country=shop.country, area=shop.area)
        return Test(lambda asked: _redirecting_key(asked, shop).startswith(begin))
    key = key_of(text, shop)
    return Test(lambda asked: _redirecting_key(asked, shop) == key)


def _redirecting_key(asked: Question, shop: Shop) -> str:
    sent = asked.call.redirecting
    return read_number(sent, country=shop.country, area=shop.area).key if sent else ""


KINDS = (
    Kind(
        "name",
        _NAME,
        "Callers whose name has this text in it; case makes no difference.",
        ("loan",),
        "name has {}",
        _name,
    ),
    Kind(
        "name_regex",
        _NAME_REGEX,
        "Callers in whose name the expression is found.",
        ("(?i)loan|credit", "贷款|保险"),
        "name fits {}",
        _name_regex,
    ),
    Kind(
        "attestation",
        _ATTESTATION,
        "What the caller's carrier vouches for (STIR/SHAKEN), `failed` for a wrong signature, `none` without one.",
        ("A", "none"),
        "attestation {}",
        _attestation,
        is_quick=True,
    ),
    Kind("did", _DID, "Calls to this number of yours.", ("02160001000", "0216000*"), "call to {}", _did, is_quick=True),
    Kind("trunk", _TRUNK, "Calls that come in by this trunk.", ("carrier-1",), "by trunk {}", _trunk, is_quick=True),
    Kind(
        "redirecting",
        _REDIRECTING,
        "Calls that somebody's line forwarded to you.",
        (True, "02161234567", "0216*"),
        "forwarded {}",
        _redirecting,
    ),
)
