"""What must be known of a shop to read its rules. Light: it loads nothing that only rules need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filters.schedule import Window


@dataclass(frozen=True, slots=True)
class Shop:
    """Where and when a shop is."""

    country: str = "CN"
    """ISO 3166 code of the country in which numbers are written."""
    area: str = ""
    """Its own area code, such as `021`."""
    zone: tzinfo = UTC
    """Time zone of its opening hours."""
    windows: Mapping[str, "Window"] = field(default_factory=dict)
    """Name -> hours, for windows that rules share or that mind holidays."""
