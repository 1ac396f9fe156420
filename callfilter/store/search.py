"""Searches the call log for a page: newest first, in pages, and never for longer than a moment.

A filter that has an index guides the search; the others are tried on the rows that it leads to, a stretch of the log
at a time, until the page is full or the time is up. So no mixture of filters, however rare what it means, reads ten
million rows for one page: the search stops and says how far it got.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, String, and_, func, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from callfilter.store.calls import CallQuery, CallRow, arrived, row_of
from callfilter.store.database import Database
from callfilter.store.record import floor_of
from callfilter.store.tables import calls

BUDGET: Final = 0.03
"""Seconds that a search may take, about."""
STRETCH: Final = 1_000
"""Rows that the first stretch looks at. The next is as long as the time that is left allows, going by the last."""
GROWTH: Final = 4
"""How much longer than the last one a stretch may be."""
LONGEST: Final = 50_000
LONGEST_GUIDED: Final = 8_000
"""Rows of one stretch at most: one after another, or here and there, each from a page of the file that nobody may have
read for weeks."""
DRIFT: Final = timedelta(hours=1)
"""How far the clock may have been set back so that a call is still found by its time: ids grow on meanwhile."""
FEW: Final = 20_000
"""So many calls of a prefix are sorted at once; those of a more common one are found among all calls."""
EXPORTED: Final = 200
"""Rows of one page of an export."""
MOST_VALUES: Final = 200
"""Different values of a column that are offered to choose from."""

_COLUMNS: Final = [literal("[]", String).label("trace") if column.name == "trace" else column for column in calls.c]
"""Without the trace, which no list shows: it is half of a row, and most of the work of reading it."""
_GUIDES: Final = ("key", "rule", "reason", "action", "did", "trunk")
"""Columns with an index, each in the order of ids within one value."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the log."""

    rows: list[CallRow]
    """Newest first, whichever way was searched."""
    more: bool
    """There are further calls this way."""
    searched_to: int | None = None
    """The time was up at this id: the page is not full, and going on means the same query from there."""


async def look(database: Database, query: CallQuery, *, seconds: float = BUDGET) -> Found:
    """The page of calls that `query` means; calls newer than `after_id` from there upwards, else from the newest down.

    Raises:
        StoreError: the database can't be read.
    """
    until = monotonic() + seconds
    found: list[RowMapping] = []
    async with database.begin() as connection:
        search = _Search(connection, query, few=await _few(connection, query))
        start, size, begun = search.start, STRETCH, monotonic()
        while True:
            guide, edge = await search.stretch(start, size)
            found += await search.rows(guide, start, edge, query.limit + 1 - len(found))
            now = monotonic()
            if edge is None or len(found) > query.limit or now >= until:
                break
            size = max(1, min(int(size * (until - now) / (now - begun)), size * GROWTH, search.longest))
            start, begun = edge, now
    more = len(found) > query.limit
    rows = [row for each in found[: query.limit] if (row := row_of(dict(each)))]
    return Found(rows if search.down else rows[::-1], more, None if more else edge)


async def every(database: Database, query: CallQuery) -> AsyncIterator[list[CallRow]]:
    """All calls that `query` means, newest first, page by page; each page is read by itself, so nothing is held up.

    Raises:
        StoreError: the database can't be read.
    """
    page = replace(query, limit=EXPORTED, after_id=None)
    while True:
        found = await look(database, page)
        yield found.rows
        # A page of damaged rows only has no last one to go on from, and there is nothing better to do than to end.
        last = found.searched_to if not found.more else found.rows[-1].record.id if found.rows else None
        if last is None:
            return
        page = replace(page, before_id=last)


async def values(database: Database, column: str) -> list[str]:
    """The values that a column with an index has in the log, the first of them; a seek in the index for each.

    Raises:
        StoreError: the database can't be read.
    """
    of = calls.c[column]
    value = select(func.min(of).label("value")).cte("value", recursive=True)
    following = select(func.min(of)).where(of > value.c.value).scalar_subquery()
    value = value.union_all(select(following).where(value.c.value.is_not(None)))
    async with database.begin() as connection:
        found = (await connection.execute(select(value.c.value).limit(MOST_VALUES))).scalars().all()
    return [each for each in found if each]


class _Search:
    """One query, in one connection."""

    def __init__(self, connection: AsyncConnection, query: CallQuery, *, few: bool) -> None:
        """`few`: the query's prefix has so few calls that its index may guide."""
        self._connection = connection
        self.down = query.after_id is None
        self.start = query.before_id if self.down else query.after_id
        self._first = floor_of(query.since - DRIFT) if query.since else None
        self._end = floor_of(query.until + DRIFT) if query.until else None
        self._equal = {name: value for name in _GUIDES if (value := getattr(query, name)) is not None}
        self._prefix = query.prefix if few else None
        self._others = arrived(query.since, query.until)
        if query.prefix is not None and not few:
            # Joined to nothing, so that SQLite takes no index for it.
            self._others += _begins(calls.c.key + "", query.prefix)
        if query.name is not None:
            self._others.append(calls.c.name.contains(query.name, autoescape=True))

    @property
    def longest(self) -> int:
        """Rows of a stretch at most."""
        return LONGEST_GUIDED if self._equal else LONGEST

    async def stretch(self, start: int | None, size: int) -> tuple[str | None, int | None]:
        """The column to go by from `start`, and the id `size` rows on; None where the rest can be done at once."""
        if self._prefix is not None or (len(self._equal) <= 1 and not self._others):
            return next(iter(self._equal), None), None
        if not self._equal:
            return None, await self._edge([], start, size)
        edges = {}
        for name in self._equal:
            edges[name] = await self._edge(self._is(name), start, size)
            if edges[name] is None:
                return name, None
        # The one whose calls are furthest apart looks at the fewest.
        guide = (min if self.down else max)(edges, key=lambda name: edges[name] or 0)
        return guide, edges[guide]

    async def rows(self, guide: str | None, start: int | None, edge: int | None, limit: int) -> list[RowMapping]:
        """The rows between two ids, in the order of the search."""
        others = [of for name in self._equal if name != guide for of in self._tried(name)]
        conditions = [*self._between(start, edge), *others, *self._others]
        if self._prefix is None:
            given = self._is(guide) if guide else []
            statement = select(*_COLUMNS).where(*given, *conditions).order_by(self._order(calls.c.id)).limit(limit)
        else:
            others = [of for name in self._equal for of in self._tried(name)]
            statement = self._of_prefix([*self._between(start, edge, calls.c.id + 0), *others, *self._others], limit)
        return list((await self._connection.execute(statement)).mappings().all())

    def _of_prefix(self, conditions: list[ColumnElement[bool]], limit: int) -> Select[Any]:
        """By the index of keys, whose order is another: sorted by id alone, and only then read."""
        beginning = _begins(calls.c.key, self._prefix or "")
        ids = select(calls.c.id).where(*beginning, *conditions).order_by(self._order(calls.c.id + 0)).limit(limit)
        return select(*_COLUMNS).where(calls.c.id.in_(ids)).order_by(self._order(calls.c.id))

    async def _edge(self, given: list[ColumnElement[bool]], start: int | None, size: int) -> int | None:
        """The id so many rows further on; None where there are not so many."""
        order = self._order(calls.c.id)
        statement = select(calls.c.id).where(*given, *self._between(start, None)).order_by(order).limit(1).offset(size)
        edge: int | None = (await self._connection.execute(statement)).scalar()
        return edge

    def _between(
        self, start: int | None, edge: int | None, column: ColumnElement[int] = calls.c.id
    ) -> list[ColumnElement[bool]]:
        """From `start`, without it, to `edge`, with it, and what the query's times bound."""
        between = [] if self._first is None else [column >= self._first]
        if self._end is not None:
            between.append(column < self._end)
        if start is not None:
            between.append(column < start if self.down else column > start)
        if edge is not None:
            between.append(column >= edge if self.down else column <= edge)
        return between

    def _order(self, column: ColumnElement[int]) -> ColumnElement[int]:
        return column.desc() if self.down else column.asc()

    def _is(self, name: str) -> list[ColumnElement[bool]]:
        column = calls.c[name]
        # The index of rules leaves out calls without one, and SQLite takes it only where that is said.
        also = [column != literal_column("''")] if name == "rule" else []
        return [column == str(self._equal[name]), *also]

    def _tried(self, name: str) -> list[ColumnElement[bool]]:
        """The same for rows that another index has led to: joined to nothing, so that SQLite takes no index for it."""
        return [calls.c[name] + "" == str(self._equal[name])]


async def _few(connection: AsyncConnection, query: CallQuery) -> bool:
    """Whether the query has a prefix, and the index of keys leads to few calls by it."""
    if query.prefix is None:
        return False
    some = select(calls.c.id).where(*_begins(calls.c.key, query.prefix)).limit(FEW + 1).subquery()
    count: int = (await connection.execute(select(func.count()).select_from(some))).scalar_one()
    return count <= FEW


def _begins(column: ColumnElement[str], prefix: str) -> list[ColumnElement[bool]]:
    """As a range, which an index knows to find; no key has a character above the last of Unicode."""
    return [and_(column >= prefix, column < f"{prefix}\U0010ffff")]
