"""A call as Asterisk tells it, before anybody has understood anything."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One incoming call. Every text in it was, or may have been, written by the caller."""

    caller: str
    """Caller number as sent, decoded but otherwise untouched; empty when none was sent."""
    at: datetime
    """Arrival, with its time zone."""
    name: str = ""
    """Caller name as sent."""
    withheld: bool = False
    """The caller asked that the number not be shown (a presentation that is not 'allowed')."""
    did: str = ""
    """The number that was called, as the trunk sent it."""
    trunk: str = ""
    """The endpoint, peer or span that the call came in by."""
    channel: str = ""
    """Asterisk's channel name."""
    unique_id: str = ""
    """Asterisk's id of the channel."""
    redirecting: str = ""
    """The number that forwarded the call here, as sent."""
    language: str = ""
    """Asterisk's language tag of the channel, such as `en` or `zh`."""
    attestation: str = ""
    """What the carrier vouches for (STIR/SHAKEN, verified): `A`, `B`, `C`, `failed`, or empty where nothing came."""
