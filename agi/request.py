"""From what Asterisk said to a `Call`. Understands channels and presentations, never the caller's number."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote_to_bytes

from agi.attestation import read_attestation
from agi.wire import CALLER, Environment, decode
from filters.call import Call

# Four digits are plenty; int() takes signs, blanks and digits of other scripts, and Asterisk sends none of them.
_PRESENTATION = re.compile("[0-9]{1,4}")
# callerid.h: the two bits of a presentation that tell whether it may be shown, and their value for "restricted".
_PRESENTATION_MASK = 0x60
_PRESENTATION_RESTRICTED = 0x20


def call_from(environment: Environment, at: datetime) -> Call:
    """Gather what the environment tells of the call that arrived `at`.

    The script's arguments come URL-encoded by the dialplan: the called number, else `agi_dnid` is it, and what the
    carrier vouches for.
    """
    values = environment.values
    channel = values.get("agi_channel", "")
    did, vouched, *_ = *_arguments(environment), "", ""
    return Call(
        caller=values.get(CALLER, ""),
        at=at,
        name=values.get("agi_calleridname", ""),
        withheld=_is_withheld(values.get("agi_callingpres", "")),
        did=did or values.get("agi_dnid", ""),
        trunk=trunk_of(channel),
        channel=channel,
        unique_id=values.get("agi_uniqueid", ""),
        redirecting=values.get("agi_rdnis", ""),
        language=values.get("agi_language", ""),
        attestation=read_attestation(vouched),
    )


def trunk_of(channel: str) -> str:
    """Where a channel comes in by: its endpoint, peer or span; for a Local channel the dialplan context it entered.

    `PJSIP/trunk-0000002a` gives `trunk`, `DAHDI/i1/0211234-5` `i1`, `Local/100@shop-00000003;2` `shop`.
    """
    technology, slash, rest = channel.partition("/")
    if not slash:
        return channel
    if technology == "Local":
        rest = rest.rpartition("@")[2]
    elif "/" in rest:
        return rest.partition("/")[0]
    name, dash, _serial = rest.rpartition("-")
    return name if dash else rest


def _arguments(environment: Environment) -> Iterator[str]:
    """The arguments, decoded.

    What is URL-encoded has no comma, but may have brackets, and Asterisk does not split at commas inside them: one that
    is never closed would hide the arguments behind it.
    """
    for argument in ",".join(environment.args).split(","):
        yield decode(unquote_to_bytes(argument))


def _is_withheld(presentation: str) -> bool:
    if not _PRESENTATION.fullmatch(presentation):
        return False
    return int(presentation) & _PRESENTATION_MASK == _PRESENTATION_RESTRICTED
