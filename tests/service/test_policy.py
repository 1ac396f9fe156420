"""A policy that changes under a running service: the very next call is judged by it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from lab.service import Service, header

RULE = """
[[rule]]
name = "no lenders"
when = { name = "loan" }
action = "reject"
signal = 486
"""


async def test_the_very_next_call_is_judged_by_a_rule_just_applied_and_no_more_once_it_is_undone(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text(RULE)
    question = header(callerid="13900139000", calleridname="EASY LOAN")
    assert (await service.ask(question))["CALLFILTER_ACTION"] == "allow"
    await service.callfilter("policy", "apply", str(tmp_path / "policy.toml"))
    rejected = await service.ask(question)
    assert rejected["CALLFILTER_ACTION"] == "reject"
    assert rejected["CALLFILTER_REASON"] == "rule"
    assert rejected["CALLFILTER_SIGNAL"] == "486"
    await service.callfilter("policy", "apply", "--undo")
    assert (await service.ask(question))["CALLFILTER_ACTION"] == "allow"
    third, second, first = await service.rows_when(3)
    assert [row["policy_version"] for row in (first, second, third)] == [None, 1, 2]
    assert second["rule"] == "no lenders"
    assert "policy version 2 judges" in service.log()


async def test_a_service_that_starts_judges_by_the_version_it_finds_and_keeps_the_last_good_one(
    service: Service, tmp_path: Path
) -> None:
    await service.callfilter("presets", "on", "unknown-400")
    await service.stop()
    await service.start()
    question = header(callerid="4001234567")
    assert (await service.ask(question))["CALLFILTER_ACTION"] == "screen"
    with closing(sqlite3.connect(tmp_path / "callfilter.db")) as connection:
        connection.execute("INSERT INTO policy_versions VALUES (2, 0, '', '', 'presets = [')")
        connection.commit()
    assert (await service.ask(question))["CALLFILTER_ACTION"] == "screen"
    [row, _] = await service.rows_when(2)
    assert row["policy_version"] == 1
    assert "version 2 of the policy cannot be used" in row["trace"][0]["check"]
    told = await service.callfilter("doctor", "--json", ok=(0, 1))
    assert "version 2 of the policy cannot be used by it, so version 1 judges" in told


async def test_a_large_policy_comes_into_force_by_itself_and_the_one_before_judges_until_then(
    service: Service, tmp_path: Path
) -> None:
    await service.callfilter("presets", "on", "unknown-400")
    question = header(callerid="4001234567")
    assert (await service.ask(question))["CALLFILTER_ACTION"] == "screen"
    numbers = "".join(
        f'[[rule]]\nname = "no {number}"\nwhen = {{ number = "{number}" }}\naction = "reject"\n'
        for number in range(4_001_234_000, 4_001_235_000)
    )
    with closing(sqlite3.connect(tmp_path / "callfilter.db")) as connection:
        connection.execute("INSERT INTO policy_versions VALUES (2, 0, '', '', ?)", (numbers,))
        connection.commit()
    actions = [(await service.ask(question))["CALLFILTER_ACTION"]]
    async with asyncio.timeout(10):
        while actions[-1] != "reject":
            await asyncio.sleep(0.05)
            actions.append((await service.ask(question))["CALLFILTER_ACTION"])
    assert actions[0] == "screen"
    assert set(actions) == {"screen", "reject"}
