"""What is done with own numbers, without a browser around it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from fastapi import Request

from callfilter.config import Config
from callfilter.store import numbers
from callfilter.store.database import open_database
from callfilter.store.numbers import NumberRow
from callfilter.store.users import Role, Session, User
from callfilter.web.own_numbers import put, remove
from callfilter.web.site import Site
from callfilter.web.visit import Visit
from filters.facts import OwnEntry
from filters.verdict import Action
from tests.callfilter.store.trouble import intruder

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ENTRY = OwnEntry("+8613800138000", is_prefix=False, action=Action.ALLOW, author="li")


@pytest_asyncio.fixture
async def clerk(tmp_path: Path) -> AsyncIterator[Visit]:
    """A clerk's visit to a fresh page."""
    async with await open_database(tmp_path / "callfilter.db") as database:
        site = Site(Config(database=database.path))
        site.opened(database)
        session = Session(User(1, "li", Role.CLERK, "", "", NOW), "", NOW, NOW)
        yield Visit(Request({"type": "http"}), site, site.languages["en"], session)
        site.passwords.close()
        site.uploads.close()


async def test_nobody_writes_between_the_look_at_what_is_there_and_what_a_visitor_puts_in_or_removes(
    clerk: Visit,
) -> None:
    database = clerk.site.database
    with intruder(database) as gaps:
        await put(clerk, [ENTRY])
        assert [row.entry async for row in numbers.every(database)] == [ENTRY]
        await remove(clerk, [NumberRow(ENTRY, NOW)])
        assert [row async for row in numbers.every(database)] == []
    # The audit is written for itself, after the change.
    assert {statement.split()[2] for statement in gaps} == {"audit"}
