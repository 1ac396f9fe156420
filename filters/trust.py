"""For how long the shop knows a caller, and from what on. Settings of the policy; decides nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from filters.facts import Bond

_LIMITS = {"days": 3650, "talked_seconds": 3600, "proved_days": 3650}
"""The most of each that makes sense."""


@dataclass(frozen=True, slots=True)
class Trust:
    """When callers are trusted."""

    days: int = 90
    """After the shop dialled them or talked with them; 0 for never."""
    talked_seconds: int = 30
    """Shorter talks make nobody trusted."""
    proved_days: int = 30
    """After they passed a screening; 0 for the one call only."""

    def until(self, bond: Bond, at: datetime) -> datetime | None:
        """When trust ends that began, or was renewed, `at`; None if there is none."""
        days = self.proved_days if bond is Bond.PROVED else self.days
        return at + timedelta(days=days) if days else None


TRUST = Trust()
"""As it is where nobody says otherwise."""
KEYS = tuple(field.name for field in fields(Trust))


def faults_of(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Key and sentence of all that is wrong with a table of settings."""
    for key, value in table.items():
        if key not in KEYS:
            yield key, f"{key!r} is not known here: there are {', '.join(KEYS)}"
        elif not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LIMITS[key]:
            yield key, f"{key} is {value!r}: write a whole number from 0 to {_LIMITS[key]}"


def read_trust(table: Mapping[str, object]) -> Trust:
    """The settings in a table in which `faults_of` finds nothing."""
    return Trust(**{key: value for key, value in table.items() if isinstance(value, int)})


def table_of(trust: Trust) -> dict[str, int]:
    """Only what differs from what is meant without it."""
    return {key: getattr(trust, key) for key in KEYS if getattr(trust, key) != getattr(TRUST, key)}
