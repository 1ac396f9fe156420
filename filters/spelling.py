"""Raw text to digits: SIP and tel URIs, full-width digits, separators; letters and masks are refused.

Knows nothing of countries, must never raise, and looks at no more than MAX_TEXT characters.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

MAX_TEXT = 512
"""Longer texts are no caller numbers."""
MAX_DIGITS = 24
"""E.164 has 15, China's longest message ports 20, and a trunk may put some more before them."""

_SEPARATORS = frozenset(" \t\r\n\xa0-.()/[]\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fb\u3000－．（）／")
_INVISIBLE = frozenset(
    "\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_IGNORED = _SEPARATORS | _INVISIBLE
_PLUS = frozenset("+＋﹢")
_SCHEMES = ("sip:", "sips:", "tel:")

# Words that stand where a number should be: RFC 3323's and 3GPP TS 24.607's, Asterisk's own ("unknown" in AGI,
# "asterisk" as the user of a call without a caller ID), analogue caller ID's one-letter codes (O, P), and what
# gateways and phones write.
_WORDS = """
    anonymous anonym anonymouscaller unknown unknowncaller unknownnumber unavailable notavailable numberunavailable
    private privatecaller privatenumber restricted restrictednumber withheld numberwithheld withheldnumber idwithheld
    nonumber nocallerid nocid nonumberprovided none null nil na undefined blocked blockedcaller blockedid
    callerblocked hidden hiddennumber hiddencaller suppressed secret unidentified outofarea o p asterisk
    interactionwithotherservice coinlinepayphone unbekannt inconnu desconocido
    未知 未知号码 未知来电 未知號碼 未知來電 匿名 匿名号码 匿名来电 匿名呼叫 匿名號碼 匿名來電
    隐藏 隐藏号码 隐藏来电 隱藏 隱藏號碼 隱藏來電 私人 私人号码 私人来电 私人號碼 私人來電 私密号码
    保密 保密号码 保密號碼 无号码 无来电显示 无主叫号码 無號碼 無來電顯示 无法显示 无法获取 無法顯示
    未显示 未显示号码 未顯示 未顯示號碼 不显示 不显示号码 不顯示 不顯示號碼 未提供 限制 受限 受限号码 受限號碼 拒显
"""
NO_NUMBER_WORDS = frozenset(_WORDS.split())


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a text says, before any numbering plan."""

    digits: str = ""
    """ASCII digits; empty where there is no number."""
    plus: bool = False
    """The digits begin with a country code."""
    unreadable: bool = False
    """Something is there, and it is no number; without it, empty digits mean that none was sent."""
    withheld: bool = False
    """Sent from a host that stands for a withheld identity (`anonymous.invalid`)."""
    context: str = ""
    """Digits of a global `phone-context`, such as `8621`."""


_NONE = Spelling()
_UNREADABLE = Spelling(unreadable=True)


def read_spelling(raw: str, strip: Sequence[str] = ()) -> Spelling:
    """Read a caller number as sent.

    Args:
        raw: Any text.
        strip: Texts that the trunk puts before numbers; the longest that fits is taken off, once.
    """
    if len(raw) > MAX_TEXT:
        return _UNREADABLE
    if raw.isascii() and raw.isdecimal():
        digits = _stripped(raw, strip) if strip else raw
        return Spelling(digits) if len(digits) <= MAX_DIGITS else _UNREADABLE
    user, host, context = _parts_of(raw)
    spelling = _read_user(_stripped(user, strip), context)
    if spelling.digits and host.endswith(".invalid"):
        return Spelling(spelling.digits, spelling.plus, withheld=True, context=spelling.context)
    return spelling


def _stripped(text: str, strip: Sequence[str]) -> str:
    for prefix in sorted(strip, key=len, reverse=True):
        if prefix and len(text) > len(prefix) and text.startswith(prefix):
            return text[len(prefix) :]
    return text


def _parts_of(raw: str) -> tuple[str, str, str]:
    """User part, host in lower case and digits of the phone context of a URI, a name-addr, or a plain number."""
    text = raw
    if "<" in text:
        # A quoted display name may hold brackets of its own: the address is in the last pair.
        text = text[text.rindex("<") + 1 :].partition(">")[0]
    text = text.strip()
    scheme = next((scheme for scheme in _SCHEMES if text[: len(scheme)].lower() == scheme), "")
    text = text[len(scheme) :]
    user, at, host = text.partition("@")
    if scheme.startswith("sip") and not at:
        return "", "", ""  # a SIP URI without a user names a machine, not a caller
    if scheme.startswith("sip"):
        user = user.partition(":")[0]  # a password
    user, _, parameters = user.partition(";")
    if scheme:
        user = unquote(user, errors="replace")
    return user.strip(), host.partition(";")[0].partition(":")[0].lower(), _context_of(parameters)


def _context_of(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "phone-context" and value.startswith("+"):
            digits = "".join(character for character in value[1:] if character not in _IGNORED)
            return digits if digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS else ""
    return ""


def _read_user(user: str, context: str) -> Spelling:
    digits: list[str] = []
    plus = False
    for character in user:
        if "0" <= character <= "9":
            digits.append(character)
        elif character in _IGNORED:
            continue
        elif character in _PLUS and not plus and not digits:
            plus = True
        elif (value := unicodedata.decimal(character, None)) is not None:
            digits.append(str(value))
        else:
            return _NONE if _word(user) in NO_NUMBER_WORDS else _UNREADABLE
    if not digits:
        return _UNREADABLE if plus else _NONE
    if len(digits) > MAX_DIGITS:
        return _UNREADABLE
    return Spelling("".join(digits), plus, context="" if plus else context)


def _word(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())
