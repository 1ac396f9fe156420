"""What is over is forgotten, and nothing else."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callfilter.store import retention
from callfilter.store.codec import to_microseconds
from callfilter.store.database import open_database
from callfilter.store.record import floor_of
from callfilter.store.retention import forget
from callfilter.web.visit import LONGEST

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


async def log_of(tmp_path: Path, days: int) -> Path:
    """A log with one rejected call a day, the last one now."""
    path = tmp_path / "callfilter.db"
    await (await open_database(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(calls)") if row[3]]
        for back in range(days):
            at = NOW - timedelta(days=back)
            row: dict[str, Any] = dict.fromkeys(names, "")
            row |= {"id": floor_of(at) + 1, "at": to_microseconds(at), "milliseconds": 1.0}
            row |= {"key": f"+86{back}", "action": "reject", "reason": "rule", "rule": "strangers"}
            marks = ", ".join(f":{name}" for name in row)
            connection.execute(f"INSERT INTO calls ({', '.join(row)}) VALUES ({marks})", row)
        connection.commit()
    return path


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


async def test_calls_are_forgotten_after_the_days_that_are_set_and_stay_counted(tmp_path: Path) -> None:
    path = await log_of(tmp_path, 500)
    assert await forget(path, NOW, 90, pause=0) == 500 - 91
    assert (count(path, "calls"), count(path, "inbox")) == (91, 91)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT sum(calls) FROM tallies").fetchone() == (500,)
        assert connection.execute("SELECT calls FROM hits WHERE rule = 'strangers'").fetchone() == (500,)
    assert await forget(path, NOW, 90, pause=0) == 0


async def test_without_a_limit_calls_are_kept_for_ever(tmp_path: Path) -> None:
    path = await log_of(tmp_path, 400)
    assert await forget(path, NOW, 0) == 0
    assert count(path, "calls") == 400


async def test_sessions_that_are_over_and_tokens_revoked_long_ago_are_forgotten(tmp_path: Path) -> None:
    path = await log_of(tmp_path, 0)
    ago = [to_microseconds(NOW - timedelta(days=days)) for days in (1, 29, 31, 364, 366)]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO users VALUES (1, 'li', 'admin', '', '', 0)")
        for number, at in enumerate(ago):
            connection.execute("INSERT INTO sessions VALUES (?, 1, '', ?, ?)", (bytes([number]), at, at))
            connection.execute(
                "INSERT INTO tokens VALUES (?, ?, '', 'viewer', '', 0, NULL, ?)", (number, bytes([number]), at)
            )
        connection.execute("INSERT INTO tokens VALUES (9, x'09', '', 'viewer', '', 0, NULL, NULL)")
        connection.commit()
    await forget(path, NOW, 0)
    assert (count(path, "sessions"), count(path, "tokens")) == (2, 5)


def test_no_session_that_still_holds_is_forgotten() -> None:
    assert retention.KEEP_SESSIONS >= LONGEST
