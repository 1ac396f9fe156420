"""The clock of the machine jumps, and time zones change, while calls come: as docs/rules.md says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callfilter import policy
from callfilter.config import Config
from callfilter.screen import Screen
from callfilter.store.codec import to_microseconds
from callfilter.store.database import open_database
from callfilter.store.direct import record_now
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallRecord, parse_id
from filters.call import Call
from filters.verdict import Reason

NOW = datetime(2026, 6, 1, 14, 30, tzinfo=UTC)
"""22:30 in Shanghai, 10:30 in New York."""
HOUR = timedelta(hours=1)
NIGHT = '[[rule]]\nname = "night"\nwhen = { window = "22:00-06:00" }\naction = "reject"\n'
PEST = '[[rule]]\nname = "pest"\nwhen = { calls = "3 in 10 minutes" }\naction = "reject"\n'
ZONES = Path("/usr/share/zoneinfo")


class Shop:
    """A database, the one who judges live calls, and the log that it writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lookup = Lookup(path)
        self.screen = self.started()

    def started(self) -> Screen:
        """As the service starts."""
        return Screen(Config(database=self.path), self.lookup, self._record, source="fastagi")

    def _record(self, record: CallRecord) -> None:
        self.latest = record
        record_now(self.path, record)

    def write(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(statement, values)
            connection.commit()

    def apply(self, text: str) -> None:
        self.write(
            "INSERT INTO policy_versions SELECT coalesce(max(id), 0) + 1, 0, '', '', ? FROM policy_versions", text
        )

    def ask(self, at: datetime, caller: str = "13800138000") -> CallRecord:
        answer = self.screen(Call(caller, at))
        assert parse_id(answer.call_id) == self.latest.id
        return self.latest


@pytest.fixture
async def shop(tmp_path: Path) -> Shop:
    async with await open_database(tmp_path / "callfilter.db") as opened:
        return Shop(opened.path)


@pytest.fixture(autouse=True)
def _closed(shop: Shop) -> Iterator[None]:
    yield
    shop.lookup.close()


async def test_ids_keep_growing_and_every_call_is_logged_when_the_clock_goes_back(shop: Shop) -> None:
    ids = [shop.ask(NOW + step).id for step in (HOUR, HOUR, timedelta(), timedelta(seconds=1), HOUR)]
    assert ids == sorted(set(ids))
    with closing(sqlite3.connect(shop.path)) as connection:
        assert [each for (each,) in connection.execute("SELECT id FROM calls ORDER BY id")] == ids


@pytest.mark.parametrize("year", [1970, 2000, 2095, 9998])
async def test_a_clock_that_nobody_has_set_costs_no_verdict_and_no_row(shop: Shop, year: int) -> None:
    shop.apply(f'time_zone = "Asia/Shanghai"\n{NIGHT}')
    records = [shop.ask(NOW.replace(year=year) + timedelta(seconds=n)) for n in range(3)]
    records += [shop.ask(NOW)]
    assert {record.rule for record in records} == {"night"}
    with closing(sqlite3.connect(shop.path)) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (4,)


async def test_calls_from_the_future_do_not_make_a_caller_a_pest(shop: Shop) -> None:
    shop.apply(PEST)
    for _ in range(2):
        shop.ask(NOW + HOUR)
    assert [shop.ask(NOW + timedelta(minutes=n)).rule for n in range(3)] == ["", "", "pest"]


async def test_a_window_opened_while_the_clock_was_ahead_waits_for_its_time(shop: Shop) -> None:
    opened, until = to_microseconds(NOW + HOUR), to_microseconds(NOW + 2 * HOUR)
    shop.write("INSERT INTO expected VALUES (1, ?, ?, '', '', 'courier', 'wang')", opened, until)
    assert shop.ask(NOW).reason is Reason.DEFAULT
    assert shop.ask(NOW + HOUR).reason is Reason.EXPECTING
    assert shop.ask(NOW + 2 * HOUR).reason is Reason.DEFAULT


async def test_the_next_call_follows_the_time_zone_of_the_new_version(shop: Shop) -> None:
    shop.apply(f'time_zone = "Asia/Shanghai"\n{NIGHT}')
    assert shop.ask(NOW).rule == "night"
    shop.apply(f'time_zone = "America/New_York"\n{NIGHT}')
    assert shop.ask(NOW).rule == ""
    assert shop.ask(NOW + 12 * HOUR).rule == "night"


async def test_the_zone_of_the_machine_is_that_of_when_the_policy_was_read(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "localtime"
    monkeypatch.setattr(policy, "_HERE", here)
    here.symlink_to(ZONES / "Asia/Shanghai")
    shop.apply(NIGHT)
    assert shop.ask(NOW).rule == "night"
    here.unlink()
    here.symlink_to(ZONES / "America/New_York")
    assert shop.ask(NOW).rule == "night"
    shop.screen = shop.started()
    assert shop.ask(NOW).rule == ""


async def test_the_log_holds_times_in_utc_whatever_zone_they_came_in(shop: Shop) -> None:
    record = shop.ask(NOW.astimezone())
    with closing(sqlite3.connect(shop.path)) as connection:
        (at,) = connection.execute("SELECT at FROM calls WHERE id = ?", (record.id,)).fetchone()
    assert at == to_microseconds(NOW)
