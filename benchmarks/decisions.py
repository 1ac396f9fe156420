"""Decisions per second in this very process, on one core: what rules cost where neither Asterisk nor a log takes part.

Every caller is one whom the store does not know and no chapter before the rules speaks of, so all rules are asked.
"""

import itertools
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import rules
from benchmarks.tools import Callers
from callfilter.config import Config, load_config
from callfilter.policy import PolicyText, read, write
from callfilter.store.lookup import Lookup
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts
from filters.number import read_number
from filters.policy import Policy
from filters.rule import Rule

BATCH = 100


@dataclass(frozen=True, slots=True)
class Decisions:
    """Per second."""

    rules: int
    ready: float
    """The number is read already, and what is known of the caller is at hand."""
    from_store: float
    """The number is read and the caller is looked up first."""


def decisions(settings: Path, callers: Callers, seconds: float) -> tuple[Decisions, ...]:
    """With no rule, one and all; each figure is measured for `seconds`.

    Raises:
        LookupFailed: callfilter's database cannot be read.
        PolicyError: callfilter refuses the rules.
    """
    config = load_config(settings, {})
    now = datetime.now(UTC)
    calls = [Call(line.split()[0], now) for line in callers.path.read_text(encoding="ascii").splitlines()]
    with closing(Lookup(config.database)) as lookup:
        sets: tuple[tuple[Rule, ...], ...] = ((), (rules.LAST,), rules.rules())
        return tuple(_measured(calls, _policy(some, config), lookup, config, seconds) for some in sets)


def _policy(some: tuple[Rule, ...], config: Config) -> Policy:
    """As a policy that comes out of the store is read."""
    return read(write(PolicyText(some)), config).policy(config)


def _measured(calls: list[Call], policy: Policy, lookup: Lookup, config: Config, seconds: float) -> Decisions:
    facts = Facts()
    ready = [(call, read_number(call.caller, country=config.country)) for call in calls]

    def decided(place: int) -> None:
        call, number = ready[place]
        decide(call, number, facts, policy)

    def looked_up(place: int) -> None:
        call = calls[place]
        number = read_number(call.caller, country=config.country)
        decide(call, number, lookup.facts_for(number.key, call.at), policy)

    return Decisions(
        len(policy.rules), _per_second(decided, len(calls), seconds), _per_second(looked_up, len(calls), seconds)
    )


def _per_second(work: Callable[[int], None], count: int, seconds: float) -> float:
    """How often the work is done in a second, with all the places in turn."""
    places = itertools.cycle(range(count))
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        for place in itertools.islice(places, BATCH):
            work(place)
        done += BATCH
    return done / spent
