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


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers of one kind, as their organisations write them."""

    kind: Kind
    rows: tuple[tuple[str, str, str], ...]
    """Digits as dialled inside the country, without an area code; name in the country's own language; in English."""
    source: str = ""
    """Who publishes the numbers, and thus can say whether they are still right; empty: each organisation itself."""


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
    """Who publishes the number."""
