"""The types of a directory of service numbers. Must not know any country, nor how a number is spelled."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an organisation does; `docs/directory.md` lists its numbers under it."""

    EMERGENCY = "emergency"
    PUBLIC_SERVICE = "public-service"
    CARRIER = "carrier"
    UTILITY = "utility"
    BANK = "bank"
    PAYMENT = "payment"
    INSURER = "insurer"
    BROKER = "broker"
    COURIER = "courier"
    TAKEAWAY = "takeaway"
    SHOP = "shop"
    AIRLINE = "airline"
    RAIL = "rail"
    TRAVEL = "travel"
    HOTEL = "hotel"
    HAILING = "hailing"
    PHONE_MAKER = "phone-maker"
    MAKER = "maker"
    MEDIA = "media"
    ONLINE = "online"


PAGES = "its own page or program, as others have copied it"
CARDS = "public contact cards"
KNOWN = "publicly known, and read nowhere"
"""How well a number is known, where no numbering plan says whose it is: the best first."""


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers of one kind, as their organisations write them."""

    kind: Kind
    rows: tuple[tuple[str, str, str], ...]
    """Digits as dialled inside the country, without an area code; name in the country's own language; in English."""
    source: str
    """How the numbers are known: by which plan, or by what evidence."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the directory says of one key."""

    key: str
    """As in `Number.key`: `CN:95588`, `+864008123123`."""
    organisation: str
    """Name in the country's own language."""
    english: str
    kind: Kind
    source: str
    """How the number is known."""
