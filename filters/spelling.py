"""Raw text to digits: SIP and tel URIs, full-width digits, separators; letters and masks are refused.

Knows nothing of countries, must never raise, and looks at no more than MAX_TEXT characters.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What was done to the text, for people, in order; empty where it was nothing but digits."""


_TOO_LONG = Spelling(unreadable=True, notes=(f"more than {MAX_TEXT} characters: no number can be read",))
_TOO_MANY = f"more than {MAX_DIGITS} digits: no number can be read"
_NOTHING = "no number was sent"
_LEFT_OUT = "spaces, hyphens and the like are left out"
_OTHER_DIGITS = "digits of another script are read as 0 to 9"
_LONE_PLUS = "+ without digits: no number can be read"
_NAMES_NOBODY = "the address has no caller in it"
_HIDDEN = "the address is one for withheld numbers"


def read_spelling(raw: str, strip: Sequence[str] = ()) -> Spelling:
    """Read a caller number as sent.

    Args:
        raw: Any text.
        strip: Texts that the trunk puts before numbers; the longest that fits is taken off, once.
    """
    if len(raw) > MAX_TEXT:
        return _TOO_LONG
    if raw.isascii() and raw.isdecimal():
        if not strip and len(raw) <= MAX_DIGITS:
            return Spelling(raw)
        notes: list[str] = []
        return _digits_of(_stripped(raw, strip, notes), "", notes, plus=False)
    notes = []
    user, host, context = _parts_of(raw, notes)
    spelling = _read_user(_stripped(user, strip, notes), context, notes)
    if spelling.digits and host.endswith(".invalid"):
        notes.append(_HIDDEN)
        return replace(spelling, withheld=True, notes=tuple(notes))
    return spelling


def _stripped(text: str, strip: Sequence[str], notes: list[str]) -> str:
    for prefix in sorted(strip, key=len, reverse=True):
        if prefix and len(text) > len(prefix) and text.startswith(prefix):
            notes.append(f"{prefix} is left out, as the trunk puts it before numbers")
            return text[len(prefix) :]
    return text


def _parts_of(raw: str, notes: list[str]) -> tuple[str, str, str]:
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
        notes.append(_NAMES_NOBODY)
        return "", "", ""  # a SIP URI without a user names a machine, not a caller
    if scheme.startswith("sip"):
        user = user.partition(":")[0]  # a password
    user, _, parameters = user.partition(";")
    if scheme:
        user = unquote(user, errors="replace")
    user = user.strip()
    if user and user != raw.strip():
        notes.append(f"{user} stands in the address")
    return user, host.partition(";")[0].partition(":")[0].lower(), _context_of(parameters)


def _context_of(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "phone-context" and value.startswith("+"):
            digits = "".join(character for character in value[1:] if character not in _IGNORED)
            return digits if digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS else ""
    return ""


def _read_user(user: str, context: str, notes: list[str]) -> Spelling:
    digits: list[str] = []
    plus = ignored = other = False
    for character in user:
        if "0" <= character <= "9":
            digits.append(character)
        elif character in _IGNORED:
            ignored = True
        elif character in _PLUS and not plus and not digits:
            plus = True
        elif (value := unicodedata.decimal(character, None)) is not None:
            digits.append(str(value))
            other = True
        else:
            return _none_or_unreadable(user, character, notes)
    if digits and ignored:
        notes.append(_LEFT_OUT)
    if other:
        notes.append(_OTHER_DIGITS)
    return _digits_of("".join(digits), context, notes, plus=plus)


def _none_or_unreadable(user: str, character: str, notes: list[str]) -> Spelling:
    is_word = _word(user) in NO_NUMBER_WORDS
    notes.append(
        f"{user} is a word for no number"
        if is_word
        else f"{character!r} is not a digit: letters and masks are not guessed, so no number can be read"
    )
    return Spelling(unreadable=not is_word, notes=tuple(notes))


def _digits_of(digits: str, context: str, notes: list[str], *, plus: bool) -> Spelling:
    if not digits or len(digits) > MAX_DIGITS:
        notes.append(_TOO_MANY if digits else _LONE_PLUS if plus else _NOTHING)
        return Spelling(unreadable=plus or bool(digits), notes=tuple(notes))
    return Spelling(digits, plus, context="" if plus else context, notes=tuple(notes))


def _word(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())
