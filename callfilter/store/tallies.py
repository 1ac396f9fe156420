"""Calls counted by half an hour of their arrival, so that no page counts millions. Triggers (`tables.py`) do it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import func, select

from callfilter.store.codec import from_microseconds, to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import SLOT, tallies
from filters.verdict import Action, Reason

TURNED_AWAY: Final = frozenset({Action.REJECT, Action.VOICEMAIL, Action.TARPIT})
"""What keeps a call from the telephones. Who is diverted or asked for a key may still come to speak with somebody."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many calls of half an hour ended alike."""

    at: datetime
    """Where the half hour begins."""
    action: str
    reason: str
    calls: int


@dataclass(slots=True)
class Day:
    """The calls of one day."""

    date: date
    actions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        """All of them."""
        return self.actions.total()

    @property
    def turned_away(self) -> int:
        """Those that no telephone rang for."""
        return sum(self.actions[action] for action in TURNED_AWAY)

    @property
    def failed(self) -> int:
        """Those that rang because the filter failed."""
        return self.reasons[Reason.ERROR]


async def of_days(database: Database, now: datetime, zone: tzinfo, days: int) -> list[Day]:
    """The last days up to today, as people of that zone count them; the oldest in front, those without calls too.

    Raises:
        StoreError: the database can't be read.
    """
    begin = day_begins(now, zone, days - 1)
    counted = [tallies.c.slot, tallies.c.action, tallies.c.reason, tallies.c.calls]
    query = select(*counted).where(tallies.c.slot >= to_microseconds(begin) // SLOT)
    async with database.begin() as connection:
        rows = (await connection.execute(query)).all()
    found = [Tally(from_microseconds(slot * SLOT), action, reason, calls) for slot, action, reason, calls in rows]
    return _by_day(found, now.astimezone(zone).date(), zone, days)


def day_begins(now: datetime, zone: tzinfo, ago: int = 0) -> datetime:
    """Midnight in that zone, of today or of so many days ago."""
    day = now.astimezone(zone).date() - timedelta(days=ago)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _by_day(found: Iterable[Tally], today: date, zone: tzinfo, days: int) -> list[Day]:
    every = {day: Day(day) for day in (today - timedelta(days=ago) for ago in range(days - 1, -1, -1))}
    for tally in found:
        day = every.get(tally.at.astimezone(zone).date())
        # A slot may begin before the first midnight, and a clock set back leaves calls in the future.
        if day:
            day.actions[tally.action] += tally.calls
            day.reasons[tally.reason] += tally.calls
    return list(every.values())


async def totals(database: Database) -> dict[tuple[str, str], int]:
    """Action and reason -> calls since the log began.

    Raises:
        StoreError: the database can't be read.
    """
    query = select(tallies.c.action, tallies.c.reason, func.sum(tallies.c.calls)).group_by(
        tallies.c.action, tallies.c.reason
    )
    async with database.begin() as connection:
        rows = (await connection.execute(query)).all()
    return {(action, reason): int(calls) for action, reason, calls in rows}
