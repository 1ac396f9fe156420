import asyncio
from dataclasses import replace

from callfilter.store import policies
from callfilter.store.database import Database
from callfilter.store.file import StoreError
from callfilter.store.lookup import Lookup
from callfilter.store.policies import PolicyVersion
from tests.callfilter.store.records import START

FIRST = PolicyVersion(1, START, "wang", "the first", "presets = []")
SECOND = replace(FIRST, id=2, note="注", text="# 二")


async def test_versions_are_kept_whole_and_the_newest_comes_first(database: Database) -> None:
    assert await policies.newest(database) is None
    await policies.add(database, FIRST)
    await policies.add(database, SECOND)
    assert await policies.newest(database) == SECOND
    assert await policies.newest(database, before=2) == FIRST
    assert await policies.every(database) == [SECOND, FIRST]


async def test_of_two_who_change_the_same_version_one_is_told_to_try_again(database: Database) -> None:
    results = await asyncio.gather(
        policies.add(database, FIRST), policies.add(database, replace(FIRST, text="other")), return_exceptions=True
    )
    [refused] = [result for result in results if result is not None]
    assert isinstance(refused, StoreError)
    assert "somebody else made version 1 of the policy meanwhile" in str(refused)
    assert len(await policies.every(database)) == 1


async def test_a_look_up_sees_the_version_that_is_in_force(database: Database) -> None:
    lookup = Lookup(database.path)
    lookup.facts_for("+8613800138000", START)
    assert (lookup.policy_version, lookup.newest_policy(), lookup.policy_text(9)) == (0, 0, None)
    for version in (FIRST, SECOND):
        await policies.add(database, version)
        lookup.facts_for("+8613800138000", START)
        assert lookup.policy_version == lookup.newest_policy() == version.id
    assert lookup.policy_text(1) == (1, FIRST.text)
    assert lookup.policy_text(9) == (2, SECOND.text)
    lookup.close()
