"""The use case: one call in, one answer out, and a row of the call log for it. Whatever fails, the call rings."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Protocol

from agi.reply import Answer
from callfilter.config import Config
from callfilter.current import Current, load
from callfilter.masking import masked
from callfilter.store.record import CallIds, CallRecord, format_id, record_of
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts, History, Surroundings
from filters.number import INVALID, Number, read_number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

log = logging.getLogger(__name__)

LARGE = 40_000
"""Characters of a policy that takes longer to make ready than a call should wait: some 350 rules, 60 ms."""


class Knowledge(Protocol):
    """Where facts come from."""

    @property
    def policy_version(self) -> int:
        """The policy's newest version, as the last `facts_for` saw it; 0 for none."""

    def facts_for(self, key: str, at: datetime) -> Facts:
        """What is known, at that moment, of the caller with this key."""

    def history_of(self, key: str) -> History:
        """The earlier calls of the caller with this key."""

    def surroundings_of(self, key: str, at: datetime) -> Surroundings:
        """What went on around the caller with this key before that moment."""

    def policy_text(self, version: int) -> tuple[int, str] | None:
        """The policy's newest version that is not above `version`, with its text."""


class Screen:
    """Decides about live calls, and records each decision before anybody is told.

    There is no timer in here, because there is nothing to wait for: facts come from a database that answers in
    microseconds or refuses at once. What a timer could not catch either (a frozen process, a dead disk) is caught by
    the dialplan, which waits 0.3 s and then lets the call ring.
    """

    def __init__(
        self,
        config: Config,
        knowledge: Knowledge,
        record: Callable[[CallRecord], None],
        *,
        source: str,
        is_helped: bool = False,
    ) -> None:
        """`record` is called with every decision; it must be quick and must not raise.

        `is_helped` promises that somebody sees when the policy is changed, and hands it to `prepare` when it is ready.
        """
        self._config = config
        self._current = Current(0, config.policy())
        self._knowledge = knowledge
        self._record = record
        self._source = source
        self._is_helped = is_helped
        self._ids = CallIds()

    def __call__(self, call: Call) -> Answer:
        """The answer for `call`. Never raises: a fault of ours is the verdict `allow` with the reason `error`."""
        started = perf_counter()
        number, verdict, version = self._judge(call)
        verdict = replace(verdict, milliseconds=round((perf_counter() - started) * 1000, 3))
        call_id = self._ids.next(call.at)
        self._record(record_of(call, number, verdict, call_id, self._source, policy_version=version))
        return Answer(verdict, format_id(call_id))

    @property
    def current(self) -> Current:
        """The policy that judged last, or is ready to judge."""
        return self._current

    def prepare(self, current: Current) -> None:
        """Takes a policy that somebody else made ready, so that the next call need not wait for it."""
        self._current = current

    def configure(self, config: Config, current: Current) -> None:
        """Takes changed settings, and the policy made ready with them."""
        self._config = config
        self._current = current

    def _judge(self, call: Call) -> tuple[Number, Verdict, int | None]:
        number = Number(call.caller, INVALID, call.caller)
        try:
            number = number_of(call, self._config)
            return number, *self._decide(call, number)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with the filter, it must not cost the shop a call
            step = Step("error", f"the filter failed, so the call rings: {fault}", matched=True)
            return number, Verdict(Action.ALLOW, Reason.ERROR, trace=(step,)), None

    def _decide(self, call: Call, number: Number) -> tuple[Verdict, int | None]:
        facts = self._knowledge.facts_for(number.key, call.at)
        current = self._policy_of(self._knowledge.policy_version)
        facts = with_past(facts, number, call.at, current.policy, self._knowledge)
        verdict = decide(call, number, facts, current.policy)
        if current.warning:
            verdict = replace(verdict, trace=(Step("policy", current.warning, matched=False), *verdict.trace))
        return verdict, current.judges

    def _policy_of(self, version: int) -> Current:
        """The policy of that version: as it is at hand, or read now, once.

        While a large one is made ready by somebody else, the one before it judges: the dialplan would not wait, and
        would then let all calls of ten seconds ring.
        """
        if version != self._current.version and not (self._is_helped and self._is_large(version)):
            self._current = load(version, self._knowledge.policy_text, self._config)
        return self._current

    def _is_large(self, version: int) -> bool:
        found = self._knowledge.policy_text(version)
        return found is not None and len(found[1]) > LARGE


def number_of(call: Call, config: Config) -> Number:
    """The caller's number, read as the trunk writes numbers."""
    country, area, strip = config.reading(call.trunk)
    return read_number(call.caller, country=country, area=area, strip=strip, withheld=call.withheld)


def with_past(facts: Facts, number: Number, at: datetime, policy: Policy, knowledge: Knowledge) -> Facts:
    """`facts`, and what of the time before a call that comes `at` the policy asks for.

    Raises:
        StoreError: it cannot be read.
    """
    if policy.needs_history:
        facts = replace(facts, history=knowledge.history_of(number.key))
    if policy.needs_surroundings:
        facts = replace(facts, surroundings=knowledge.surroundings_of(number.key, at))
    return facts


def log_line(record: CallRecord, *, mask: bool) -> str:
    """The one line that the service's log gets for a call; no caller-written text but the masked number."""
    who = masked(record.key) if mask else record.key
    return f"call {format_id(record.id)}: {who} {record.action}, {record.reason} ({record.milliseconds:.2f} ms)"
