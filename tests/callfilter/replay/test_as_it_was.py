"""The policy in force, asked again about calls that it judged live, says what it said: all facts are as they were."""

import heapq
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from agi.ami import BridgeEntered, Dialled, HungUp, Screened
from callfilter.outcomes import Outcomes
from callfilter.replay.report import End
from callfilter.store.record import CallRecord, format_id
from filters.trust import Trust
from tests.callfilter.replay.past import START, Shop

POLICY = """
time_zone = "Asia/Shanghai"
presets = ["no-caller-id", "resold-mobiles"]

[trust]
days = 2
talked_seconds = 20
proved_days = 1

[suspicion.neighbour]
reported = 1
[suspicion.sweep]
[suspicion.block-in-turn]
numbers = 3
[suspicion.flood]
strangers = 4
seconds = 300
hold = 5
[suspicion.redial]
seconds = 900
[suspicion.score]

[[rule]]
name = "closed"
who = "everyone"
when.window = "sat,sun"
unless.class = "mobile"
action = "voicemail"

[[rule]]
name = "again and again"
when.calls = "4 in 1 day"
action = "reject"

[[rule]]
name = "seen"
mode = "observe"
when.first_call = false
action = "reject"

[[rule]]
name = "new at night"
when = { first_call = true, window = "20:00-08:00" }
action = "screen"

[[rule]]
name = "odd"
when.score = "3-"
when.did = "02160001001"
action = "divert"
target = "600@internal"

[[rule]]
name = "Beijing"
when.region = "Beijing"
unless.trunk = "carrier-1"
action = "screen"
"""
DAYS = 14
CALLS = 600


def numbers(choice: random.Random) -> list[str]:
    """Callers who come again and again: mobiles, some of them neighbours, landlines, services, and nobody."""
    block = choice.randrange(10**4)
    near = [f"1380{block:04d}{last:03d}" for last in choice.sample(range(1000), 12)]
    mobiles = [f"1{choice.choice((39, 50, 70))}{choice.randrange(10**8):08d}" for _ in range(12)]
    landlines = [f"0{choice.choice((10, 21))}6{choice.randrange(10**7):07d}" for _ in range(8)]
    return [*near, *mobiles, *landlines, "95588", "955880", "", "anonymous", "4008123123", "12"]


class Life:
    """What goes on in a shop for some days, in the order in which it happens."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.choice = random.Random(seed)
        trust = Trust(days=2, talked_seconds=20, proved_days=1)
        self.outcomes = Outcomes(shop.config, lambda update: shop.write([update]), lambda: trust)
        self.callers = numbers(self.choice)
        self._later: list[tuple[datetime, int, Any]] = []
        self._order = count()

    def run(self) -> None:
        for at, caller in self._calls():
            self._catch_up(at)
            record = self.shop.call(
                caller,
                at=at,
                did=f"0216000100{self.choice.randrange(4)}",
                trunk=f"carrier-{self.choice.randrange(2)}",
                name=self.choice.choice(("", "王小明", "SPAM")),
                withheld=self.choice.random() < 0.05,
            )
            self.outcomes.began(record)
            self._goes_on(record)
        self._catch_up(at + timedelta(days=1))

    def _calls(self) -> Iterator[tuple[datetime, str]]:
        at, caller = START, ""
        for _ in range(CALLS):
            # Bursts and pauses, to the microsecond; some call again while they are still talked to.
            hurry = self.choice.random() < 0.3
            at += timedelta(seconds=self.choice.expovariate(1 / 20 if hurry else CALLS / (DAYS * 86_400)))
            if not hurry or self.choice.random() < 0.6:
                caller = self.choice.choice(self.callers)
            yield at, caller

    def _goes_on(self, record: CallRecord) -> None:
        soon = record.at + timedelta(seconds=self.choice.uniform(0.5, 8))
        if record.action == "screen":
            result = self.choice.choice(("passed", "failed", "silent", "hangup"))
            # The log does not tell how long a screening took.
            at_once = record.at + timedelta(microseconds=1)
            self.then(at_once, Screened(format_id(record.id), result, 2, at_once))
        ended = record.at + timedelta(seconds=self.choice.uniform(9, 200))
        if self.choice.random() < 0.6:
            self.then(soon, BridgeEntered(record.unique_id, soon))
        self.then(ended, HungUp(record.unique_id, 16, ended))

    def then(self, at: datetime, event: Any) -> None:
        heapq.heappush(self._later, (at, next(self._order), event))

    def _catch_up(self, at: datetime) -> None:
        while self._later and self._later[0][0] < at:
            self.outcomes.on_event(heapq.heappop(self._later)[2])


@pytest.fixture
def every_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also another reason or another rule is a change."""
    monkeypatch.setattr(End, "is_like", End.__eq__)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("every_word_counts")
def test_the_policy_in_force_says_again_what_it_said(tmp_path: Path, seed: int) -> None:
    shop = Shop(tmp_path / "callfilter.db", policy={"mailbox": "100@default"}, dids={"02160001000": {}})
    shop.policy(POLICY)
    life = Life(shop, seed)
    shop.own(f"+86{life.callers[14][:7]}", "reject", START, is_prefix=True)
    friend, salesman = life.choice.sample(life.callers[:24], 2)
    dialled = START + timedelta(days=1)
    life.then(dialled, Dialled(friend, "", dialled))
    shop.window(START + timedelta(days=3), START + timedelta(days=3, hours=9), "mobile")
    shop.window(START + timedelta(days=3, hours=1), START + timedelta(days=4))
    shop.report(f"+86{salesman}", START)
    life.run()
    reasons = {record.reason for record in shop.records}
    assert {"rule", "suspicion", "expecting", "trusted", "blocked", "default"} <= reasons, "or it proves little"
    report = shop.replay()
    assert [(change.before, change.after) for change in report.changes] == []
    assert (report.calls, report.changed, report.unreadable, report.read_anew) == (CALLS, 0, 0, 0)
    shop.close()


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "callfilter.db", policy={"mailbox": "100@default"})
    shop.policy(POLICY)
    Life(shop, 7).run()
    draft = POLICY.replace('"4 in 1 day"', '"3 in 2 days"').replace("days = 2", "days = 1").replace("screen", "reject")
    alone = shop.replay(draft)
    assert alone.changed > 20
    assert alone.regrets
    assert alone.observers
    assert shop.replay(draft, processes=3) == alone
    shop.close()
