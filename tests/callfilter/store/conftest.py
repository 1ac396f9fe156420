"""A fresh database file for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callfilter.store.database import Database, open_database
from tests.callfilter.store.records import Maker


@pytest.fixture
def make() -> Maker:
    """Makes records, each a second later than the last."""
    return Maker()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh database."""
    async with await open_database(tmp_path / "callfilter.db") as opened:
        yield opened


@pytest.fixture
async def path(database: Database) -> Path:
    """The file of a fresh database."""
    return database.path
