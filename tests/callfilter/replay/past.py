"""A shop with a past: a real database, and calls that were judged and written as live ones are."""

import asyncio
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callfilter.config import Config
from callfilter.policy import read, write
from callfilter.replay.report import Change, Report
from callfilter.replay.run import replay
from callfilter.replay.task import Against, Task
from callfilter.screen import Screen
from callfilter.store.codec import to_microseconds
from callfilter.store.database import open_database
from callfilter.store.items import Item, statements_for
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallRecord
from filters.call import Call

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Shop:
    """Its calls come one after the other, a minute apart unless it is said when."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.path = path
        self.config = Config.model_validate({"database": str(path), "area": "021", **settings})
        asyncio.run(_made(path))
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")
        self._lookup = Lookup(path)
        self.records: list[CallRecord] = []
        self._screen = Screen(self.config, self._lookup, self._record, source="fastagi")
        self._clock = START

    def close(self) -> None:
        self._lookup.close()
        self._db.close()

    def call(self, caller: str, *, at: datetime | None = None, **facts: Any) -> CallRecord:
        """Somebody calls, and is judged."""
        self._clock = at or self._clock + timedelta(minutes=1)
        facts.setdefault("unique_id", f"{self._clock.timestamp():.6f}")
        self._screen(Call(caller, self._clock, **facts))
        return self.records[-1]

    def talked(self, record: CallRecord, seconds: float) -> None:
        """Somebody answered, and they talked."""
        ended = to_microseconds(record.at + timedelta(seconds=seconds))
        self.sql(
            "UPDATE calls SET answered = 1, talk_seconds = ?, ended_at = ?, hangup_cause = 16 WHERE id = ?",
            *(seconds, ended, record.id),
        )

    def policy(self, text: str) -> None:
        """A policy comes into force."""
        made = write(read(text, self.config))
        version = self.sql("SELECT coalesce(max(id), 0) + 1 FROM policy_versions")[0][0]
        self.sql("INSERT INTO policy_versions VALUES (?, 0, '', '', ?)", version, made)

    def bond(self, key: str, bond: str, first: datetime, at: datetime, until: datetime) -> None:
        self.sql("INSERT INTO bonds VALUES (?, ?, ?, ?, ?)", key, bond, *map(to_microseconds, (first, at, until)))

    def report(self, key: str, at: datetime) -> None:
        self.sql("INSERT INTO reports VALUES (?, ?, '', '')", key, to_microseconds(at))

    def window(self, opened: datetime, until: datetime, number_class: str = "") -> None:
        values = (to_microseconds(opened), to_microseconds(until), number_class)
        self.sql("INSERT INTO expected VALUES (NULL, ?, ?, '', ?, '', '')", *values)

    def own(
        self, key: str, action: str, added: datetime, *, is_prefix: bool = False, until: datetime | None = None
    ) -> None:
        self.sql(
            "INSERT INTO numbers (key, is_prefix, action, added_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            *(key, is_prefix, action, to_microseconds(added), until and to_microseconds(until)),
        )

    def write(self, items: Iterable[Item]) -> None:
        """As the service's writer does."""
        for statement, rows in statements_for(items):
            self._db.executemany(statement, rows)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        return self._db.execute(statement, values).fetchall()

    def replay(
        self,
        draft: str | None = None,
        *,
        since: datetime = BEGINNING,
        against: Against | None = None,
        talked: float = 60,
        processes: int = 0,
    ) -> Report:
        """What a draft would change."""
        against = against or (Against.LOG if draft is None else Against.POLICY)
        return replay(Task(self.config, since, draft, against, talked), processes=processes)

    def _record(self, record: CallRecord) -> None:
        self.records.append(record)
        self.write([record])


def callers(changes: Iterable[Change]) -> list[str]:
    return [change.key for change in changes]


async def _made(path: Path) -> None:
    await (await open_database(path)).close()
