"""Past calls decided again, in the order of the log. One of several processes, or all of the work in this one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from callfilter.current import load
from callfilter.policy import PolicyText, read, read_leniently
from callfilter.replay.around import Around
from callfilter.replay.difference import Difference
from callfilter.replay.report import Change, End, Regret, RuleCount, Tally, is_turned_away
from callfilter.replay.task import Against, Task
from callfilter.replay.then import Bonds, Histories, Windows, lookback
from callfilter.store.codec import from_microseconds, real, to_microseconds
from callfilter.store.lookup import OWN_SINCE
from callfilter.store.past import Known, PastCalls, PastRow, Span
from callfilter.store.record import SLACK
from filters.call import Call
from filters.decide import decide
from filters.directory import Listing, find
from filters.explain import observer_of
from filters.facts import Facts
from filters.moment import is_over
from filters.number import Number, read_number
from filters.regions import region_of
from filters.verdict import Action, Reason, Verdict

REMEMBERED = 50_000
"""Callers whose numbers are kept at hand as they were read; of more, those that called last."""

_BLOCK = 3
"""Digits in which the numbers of a block differ: a block's callers are judged by one process."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_PASSED = "passed"
_COUNTED = (Reason.RULE, Reason.SUSPICION)
"""What decides by a name of its own, of which there are not too many to be counted one by one."""
_NOTHING = Known()
_WITHHELD = '"withheld"'


class Judge:
    """Judges the calls of its share of the callers; others only pass by."""

    def __init__(self, task: Task, past: PastCalls, version: int, share: int = 0, shares: int = 1) -> None:
        """Makes both policies ready.

        Args:
            task: what to do.
            past: the log.
            version: newest version of the policy.
            share: which share is ours, counted from 0.
            shares: how many there are.

        Raises:
            StoreError: the database can't be read.
        """
        self.tally = Tally()
        self._task, self._past = task, past
        self._share, self._shares = share, shares
        current = load(version, past.policy_text, task.config)
        self._now = self._draft = current.policy
        self._difference: Difference | None = None
        if task.draft is not None:
            draft = read(task.draft, task.config)
            self._draft = draft.policy(task.config)
            found = past.policy_text(current.judges) if current.judges else None
            now = read_leniently(found[1], task.config)[0] if found else PolicyText()
            self._difference = Difference.between(draft, now, task.config)
        self._since = to_microseconds(task.since)
        self._needs_history = self._draft.needs_history or self._now.needs_history
        self._histories = Histories()
        needs_around = self._draft.needs_surroundings or self._now.needs_surroundings
        self._around = Around(past.reports()) if needs_around else None
        self._bonds = self._drafts_bonds = Bonds(self._now.trust, as_stored=True)
        if self._draft.trust != self._now.trust:
            self._drafts_bonds = Bonds(self._draft.trust, as_stored=False)
        self._every_bonds = tuple(dict.fromkeys((self._bonds, self._drafts_bonds)))
        self._windows = Windows(past.windows())
        self._number = lru_cache(REMEMBERED)(self._read_number)

    def span(self) -> Span:
        """The part of the log that has to be read: what came before the calls is a part of their facts."""
        if self._needs_history:
            return self._past.span(None, SLACK)
        back = max(lookback(self._now.trust, self._draft.trust), OWN_SINCE if self._around else timedelta())
        return self._past.span(max(self._task.since, _BEGINNING), SLACK + back)

    def pages(self, span: Span) -> Iterator[int]:
        """Judges page by page; yields how many calls each page had."""
        for page in self._past.pages(span):
            ours = {row.id: read for row in page if self._is_ours(row) and (read := self._read(row))}
            known = self._past.known({number.key for _, number in ours.values() if number})
            for row in page:
                if read := ours.get(row.id):
                    at, number = read
                    if number:
                        self._judge(self._understood(row, number, at, known.get(number.key, _NOTHING)))
                    self._note(row, at)
                if self._around:
                    self._around.passed(row)
            yield len(page)

    def _is_ours(self, row: PastRow) -> bool:
        return self._shares == 1 or crc32(str(row.key)[:-_BLOCK].encode()) % self._shares == self._share

    def _read(self, row: PastRow) -> tuple[datetime, Number | None] | None:
        """When a call came, and its number if it is to be judged; None where that cannot be read."""
        try:
            _check(row, self._task.against)
            at = from_microseconds(row.at)
        except ValueError:
            self.tally.unreadable += 1
            return None
        return at, self._number(row.caller, row.trunk, _WITHHELD in row.classes) if row.at >= self._since else None

    def _note(self, row: PastRow, at: datetime) -> None:
        """What is known of a caller from this call on."""
        if self._needs_history:
            self._histories.note(row.key, at)
        if self._around:
            self._around.called(row, at)
        # Where nobody told us the end, nobody knows how long they talked.
        if row.answered and row.talk_seconds and row.ended_at and row.hangup_cause is not None:
            for bonds in self._every_bonds:
                bonds.talked(row.key, at, from_microseconds(row.ended_at), row.talk_seconds)
        if row.screened == _PASSED:
            for bonds in self._every_bonds:
                bonds.proved(row.key, at)

    def _judge(self, past: "_Past") -> None:
        verdict = decide(past.call, past.number, past.drafts_facts, self._draft)
        after = _end_of(verdict)
        before = self._before(past, after)
        self.tally.judged(past.call.at)
        self.tally.read_anew += past.number.key != past.row.key
        change = None if after.is_like(before) else self._change(past, before, after)
        if change:
            self.tally.changed(change)
        if verdict.reason in _COUNTED:
            _count(self.tally.rules, verdict.rule, change)
        for step in verdict.trace:
            if step.would is not None:
                same = step.would is after.action
                would = None if same else self._change(past, after, replace(after, action=step.would))
                _count(self.tally.observers, observer_of(step), would)

    def _before(self, past: "_Past", after: End) -> End:
        """What to compare with."""
        if self._task.against is Against.LOG:
            return _logged(past.row)
        if self._difference and not self._difference.touches(past.call, past.number, past.drafts_facts):
            return after
        return _end_of(decide(past.call, past.number, past.facts, self._now))

    def _understood(self, row: PastRow, number: Number, at: datetime, known: Known) -> "_Past":
        """A call as it was asked about, and what was known of its caller then."""
        call = Call(
            caller=row.caller,
            at=at,
            name=row.name,
            withheld=_WITHHELD in row.classes,
            did=row.did,
            trunk=row.trunk,
            redirecting=row.redirecting,
            attestation=row.attestation or "",
        )
        facts = Facts(
            own=known.own,
            expecting=self._windows.at(at),
            trusted=self._bonds.of(row.key, at, known),
            history=self._histories.of(row.key) if self._needs_history else None,
            surroundings=self._around.of(row.key, at) if self._around else None,
        )
        if self._drafts_bonds is self._bonds:
            return _Past(row, call, number, facts, facts)
        drafts_facts = replace(facts, trusted=self._drafts_bonds.of(row.key, at, known))
        return _Past(row, call, number, facts, drafts_facts)

    def _change(self, past: "_Past", before: End, after: End) -> Change:
        listing = find(self._task.config.reading(past.call.trunk)[0], past.number.key)
        return Change(
            id=past.row.id,
            at=past.call.at,
            key=past.number.key,
            display=past.number.display,
            name=past.call.name,
            region=region.english if (region := region_of(past.number)) else "",
            organisation=listing.organisation if listing else "",
            did=past.call.did,
            before=before,
            after=after,
            talk_seconds=past.talk_seconds,
            regrets=tuple(self._regrets(past, listing)) if is_turned_away(before, after) else (),
        )

    def _regrets(self, past: "_Past", listing: Listing | None) -> Iterator[Regret]:
        if past.talk_seconds is not None and past.talk_seconds > self._task.talked:
            yield Regret.TALKED
        if past.facts.trusted and not is_over(past.facts.trusted.expires_at, past.call.at):
            yield Regret.TRUSTED
        if listing:
            yield Regret.LISTED

    def _read_number(self, caller: str, trunk: str, withheld: bool) -> Number:  # noqa: FBT001 - all three are a key
        country, area, strip = self._task.config.reading(trunk)
        return read_number(caller, country=country, area=area, strip=strip, withheld=withheld)


class _Past(NamedTuple):
    """A past call, understood."""

    row: PastRow
    call: Call
    number: Number
    facts: Facts
    drafts_facts: Facts
    """The same but for trust, where the draft has other settings for that."""

    @property
    def talk_seconds(self) -> float | None:
        """How long somebody talked; None where nobody answered."""
        return self.row.talk_seconds if self.row.answered else None


def _count(counts: dict[str, RuleCount], name: str, change: Change | None) -> None:
    """One more call that this rule decides."""
    count = counts.get(name)
    if count is None:
        count = counts[name] = RuleCount()
    count.calls += 1
    if change is not None:
        count.changed += 1
        count.regrets += bool(change.regrets)


def _check(row: PastRow, against: Against) -> None:
    """Refuse a row that is not as we write them.

    Raises:
        ValueError: it holds something else than texts and numbers, or a word that we do not know.
    """
    texts = (row.caller, row.name, row.key, row.classes, row.did, row.trunk, row.redirecting, row.attestation or "")
    if set(map(type, texts)) != {str}:
        raise ValueError(f"call {row.id} holds something else than texts")
    real(row.talk_seconds or 0)
    from_microseconds(row.ended_at or 0)
    if against is Against.LOG:
        Action(row.action)


def _logged(row: PastRow) -> End:
    """What was decided then."""
    return End(Action(row.action), row.reason, row.rule, row.signal, row.target, row.label)


def _end_of(verdict: Verdict) -> End:
    return End(verdict.action, verdict.reason, verdict.rule, verdict.signal, verdict.target, verdict.label)
