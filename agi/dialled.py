"""Which outside number a channel was made to reach, from what Asterisk's DialBegin tells. Pure text.

As measured on Asterisk 16 and 22: DestChannel tells the kind of channel, and DialString is what stood behind that kind
in the Dial(). A queue puts the kind before it once more.
"""

from collections.abc import Callable


def dialled_number(channel: str, dial_string: str) -> str:
    """The number as it was sent to a trunk; empty for a ring of the shop's own phone, and for any other dial.

    Args:
        channel: name of the new channel, such as `PJSIP/trunk-0000002a`.
        dial_string: what it was made from, such as `13800138000@trunk`.
    """
    kind = channel.partition("/")[0]
    number_in = _NUMBER_IN.get(kind)
    return number_in(dial_string.removeprefix(f"{kind}/")) if number_in else ""


def _of_pjsip(text: str) -> str:
    """`number@endpoint` or `endpoint/sip:number@host`; a phone is `endpoint` or `endpoint/sip:endpoint@host`."""
    endpoint, slash, uri = text.partition("/")
    if not slash:
        return _before_at(text)
    user = _before_at(uri.partition(":")[2]).partition(";")[0]
    return "" if user == endpoint else user


def _of_sip(text: str) -> str:
    """`number@peer`, `peer/number` or `peer/number/host`, all of them with `!` and more behind."""
    peer, slash, rest = text.partition("!")[0].partition("/")
    if not slash:
        return _before_at(peer)
    number = rest.partition("/")[0].partition("@")[0]
    return "" if number == peer else number


def _of_iax2(text: str) -> str:
    """`user:secret@peer:port/number@context/options`."""
    return text.partition("/")[2].partition("/")[0].partition("@")[0]


def _of_dahdi(text: str) -> str:
    """`g0/number/options`, for groups and single lines alike; a `w` makes an analogue line wait before it dials."""
    return text.partition("/")[2].partition("/")[0].lstrip("wW")


def _before_at(text: str) -> str:
    """Empty where there is no `@`."""
    user, at, _ = text.partition("@")
    return user if at else ""


_NUMBER_IN: dict[str, Callable[[str], str]] = {
    "PJSIP": _of_pjsip,
    "SIP": _of_sip,
    "IAX2": _of_iax2,
    "DAHDI": _of_dahdi,
}
