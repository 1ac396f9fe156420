"""Calls counted by half an hour of their arrival, so that no page counts millions. Triggers (`tables.py`) do it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from json import dumps
from typing import Final

from sqlalchemy import func, select

from callfilter.store.codec import to_microseconds
from callfilter.store.database import Database
from callfilter.store.tables import SLOT, tallies
from filters.verdict import Action, Reason

TURNED_AWAY: Final = frozenset({Action.REJECT, Action.VOICEMAIL, Action.TARPIT})
"""What keeps a call from the telephones. Who is diverted or asked for a key may still come to speak with somebody."""


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
    today = now.astimezone(zone).date()
    every = [Day(today - timedelta(days=ago)) for ago in range(days - 1, -1, -1)]
    # A slot belongs to the day that it begins on.
    begins = [-(-to_microseconds(day_begins(now, zone, ago)) // SLOT) for ago in range(days - 1, -2, -1)]
    given = func.json_each(dumps([list(span) for span in pairwise(begins)])).table_valued("key", "value")
    begin, end = (func.json_extract(given.c.value, f"$[{place}]") for place in (0, 1))
    within = (tallies.c.slot >= begin) & (tallies.c.slot < end)
    kind = given.c.key, tallies.c.action, tallies.c.reason
    query = select(*kind, func.sum(tallies.c.calls)).join_from(given, tallies, within).group_by(*kind)
    async with database.begin() as connection:
        for place, action, reason, count in await connection.execute(query):
            every[place].actions[action] += count
            every[place].reasons[reason] += count
    return every


def day_begins(now: datetime, zone: tzinfo, ago: int = 0) -> datetime:
    """Midnight in that zone, of today or of so many days ago."""
    day = now.astimezone(zone).date() - timedelta(days=ago)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


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
