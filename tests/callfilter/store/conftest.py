"""A fresh database file for each test that asks for one."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callfilter.store.database import Database, open_database
from tests.callfilter.store.records import Maker


@pytest.fixture
def make() -> Maker:
    """Makes records, each a second later than the last."""
    return Maker()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh database, migrated once for all tests."""

    async def made() -> Path:
        async with await open_database(tmp_path_factory.mktemp("template") / "callfilter.db") as opened:
            return opened.path

    return asyncio.run(made())


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    """The file of a fresh database."""
    return Path(shutil.copy(template, tmp_path / "callfilter.db"))


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """A fresh database, open."""
    async with await open_database(path) as opened:
        yield opened
