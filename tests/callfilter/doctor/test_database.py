import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from callfilter.doctor.database import examine_database
from callfilter.doctor.finding import Mark
from callfilter.store.database import open_database


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def path(tmp_path: Path) -> Path:
    async def make() -> None:
        async with await open_database(tmp_path / "calls.db"):
            pass

    asyncio.run(make())
    return tmp_path / "calls.db"


def marks(path: Path) -> list[Mark]:
    return [finding.mark for finding in examine_database(path)]


def test_a_good_database_is_well(path: Path) -> None:
    assert set(marks(path)) == {Mark.OK}


def test_a_missing_or_damaged_one_is_a_fault(tmp_path: Path) -> None:
    assert marks(tmp_path / "none.db") == [Mark.FAULT]
    (tmp_path / "bad.db").write_bytes(b"no database" * 500)
    assert marks(tmp_path / "bad.db") == [Mark.FAULT]
    assert not (tmp_path / "none.db").exists()


def test_one_from_the_future_is_a_fault(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    (finding,) = examine_database(path)
    assert finding.mark is Mark.FAULT
    assert "newer" in finding.text


def test_a_locked_one_is_a_fault(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callfilter.doctor.database.WAIT", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        findings = list(examine_database(path))
    assert [finding.mark for finding in findings][1] is Mark.FAULT
    assert "locked" in findings[1].text


@pytest.mark.parametrize(("free", "mark"), [(10**6, Mark.FAULT), (10**8, Mark.WARNING), (10**11, Mark.OK)])
def test_room_is_looked_at(path: Path, free: int, mark: Mark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**12, 10**12 - free, free))
    assert marks(path)[-1] is mark
