"""Changes of own numbers are undone as a whole, and never more than they changed."""

from datetime import timedelta

import pytest

from callfilter.store import bonds, number_changes, numbers
from callfilter.store.codec import to_microseconds
from callfilter.store.database import Database
from callfilter.store.number_changes import NothingToUndoError
from filters.facts import OwnEntry
from filters.verdict import Action
from tests.callfilter.store.records import RECORD, START
from tests.callfilter.store.trouble import intruder

KEY = RECORD.key
ALLOWED = OwnEntry(KEY, is_prefix=False, action=Action.ALLOW)


async def labelled(database: Database, label: str) -> int:
    """Li gives the number a label; returns which change that was."""
    begun = database.begin(alone=True)
    async with begun as connection, number_changes.remembered(connection, START, "li", [(KEY, False)]):
        await numbers.edit(connection, await numbers.found(connection, {(KEY, False)}), label=label)
    change = await number_changes.last(database, "li")
    assert change is not None
    return change[0]


async def trust(database: Database) -> None:
    until = to_microseconds(START + timedelta(days=9))
    async with database.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO bonds VALUES (?, 'talked', 0, 0, ?)", (KEY, until))


async def test_a_change_is_undone_once_and_by_its_author_only(database: Database) -> None:
    await numbers.put(database, [ALLOWED], START)
    change = await labelled(database, "Mother")
    with pytest.raises(NothingToUndoError):
        await number_changes.undo(database, change, "wang")
    assert await number_changes.undo(database, change, "li") == [KEY]
    assert [row.entry async for row in numbers.every(database)] == [ALLOWED]
    with pytest.raises(NothingToUndoError):
        await number_changes.undo(database, change, "li")


async def test_undoing_a_label_gives_no_trust_back_that_somebody_else_took(database: Database) -> None:
    await numbers.put(database, [ALLOWED], START)
    await trust(database)
    change = await labelled(database, "Mother")
    await bonds.revoke(database, [KEY])
    await number_changes.undo(database, change, "li")
    assert await bonds.in_force(database, START) == []


async def test_nobody_writes_between_the_look_at_what_was_changed_since_and_the_undoing(database: Database) -> None:
    await numbers.put(database, [ALLOWED], START)
    change = await labelled(database, "Mother")
    with intruder(database) as gaps:
        await number_changes.undo(database, change, "li")
    assert gaps == []
