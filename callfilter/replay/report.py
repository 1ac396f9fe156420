"""What a replay found: counts, the calls that would end otherwise, and those among them that one would regret.

Values only: `judge.py` fills a `Tally`, one for each process, and `Report.of` puts them together.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callfilter.store.record import format_id
from filters.verdict import Action

MOST = 10_000
"""Calls that each list of a report holds at most; all are counted."""

FURTHER = {
    Action.ALLOW: 0,
    Action.SCREEN: 1,
    Action.DIVERT: 2,
    Action.VOICEMAIL: 3,
    Action.REJECT: 4,
    Action.TARPIT: 4,
}
"""How far each action is from the telephone that rings."""


class Regret(StrEnum):
    """Why somebody may want a call that would be turned away."""

    TALKED = "talked"
    """It was answered, and talked on for longer than was asked for."""
    TRUSTED = "trusted"
    """The shop knew the caller then."""
    LISTED = "listed"
    """The number is in the directory."""


@dataclass(frozen=True, slots=True)
class End:
    """What becomes of a call, and why."""

    action: Action
    reason: str
    rule: str
    signal: int | None
    target: str
    label: str

    def is_like(self, other: "End") -> bool:
        """Neither caller nor shop would notice a difference."""
        mine = (self.action, self.signal, self.target, self.label)
        return mine == (other.action, other.signal, other.target, other.label)


@dataclass(frozen=True, slots=True)
class Change:
    """A call that would end otherwise."""

    id: int
    at: datetime
    key: str
    display: str
    name: str
    region: str
    organisation: str
    """Who has the number, from the directory."""
    did: str
    before: End
    after: End
    talk_seconds: float | None
    regrets: tuple[Regret, ...] = ()


def is_turned_away(before: End, after: End) -> bool:
    """Whether a call ends further from the telephone than before."""
    return FURTHER[after.action] > FURTHER[before.action]


@dataclass(slots=True)
class RuleCount:
    """What one rule does."""

    calls: int = 0
    """That it decides, or for a rule that observes, would decide."""
    changed: int = 0
    """Of these, how many would end otherwise."""
    regrets: int = 0

    def add(self, other: "RuleCount") -> None:
        """Counts what another process counted."""
        self.calls += other.calls
        self.changed += other.changed
        self.regrets += other.regrets


@dataclass(slots=True)
class Tally:
    """Counts and lists that grow while calls are judged."""

    calls: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    unreadable: int = 0
    """Rows that hold what this callfilter does not know: they are left out."""
    read_anew: int = 0
    """Calls whose number today's settings read as another one."""
    actions: Counter[tuple[Action, Action]] = field(default_factory=Counter)
    """Before and after, where they differ."""
    otherwise: int = 0
    """Calls that keep their action, and would get another SIP answer, mailbox, target or label."""
    regrets: int = 0
    rules: dict[str, RuleCount] = field(default_factory=dict)
    observers: dict[str, RuleCount] = field(default_factory=dict)
    changes: deque[Change] = field(default_factory=lambda: deque(maxlen=MOST))
    """The newest."""
    regretted: list[tuple[float, int, Change]] = field(default_factory=list)
    """A heap by talk time and id: those that were talked longest."""

    def judged(self, at: datetime) -> None:
        """One more call that came `at`."""
        self.calls += 1
        self.first_at = at if self.first_at is None else min(at, self.first_at)
        self.last_at = at if self.last_at is None else max(at, self.last_at)

    def changed(self, change: Change) -> None:
        """One more call that would end otherwise."""
        before, after = change.before.action, change.after.action
        if before is after:
            self.otherwise += 1
        else:
            self.actions[before, after] += 1
        self.changes.append(change)
        if change.regrets:
            self.regrets += 1
            keep = heapq.heappushpop if len(self.regretted) >= MOST else heapq.heappush
            keep(self.regretted, (change.talk_seconds or 0.0, change.id, change))


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found."""

    calls: int
    first_at: datetime | None
    last_at: datetime | None
    unreadable: int
    read_anew: int
    actions: dict[tuple[Action, Action], int]
    otherwise: int
    regrets: int
    rules: dict[str, RuleCount]
    """Rules and steps of suspicion of the draft, by name, as far as they decide; those that change most come first."""
    observers: dict[str, RuleCount]
    """What would have decided if it did not only observe: rules, and steps of suspicion."""
    changes: tuple[Change, ...]
    """The newest first, at most `MOST`."""
    regretted: tuple[Change, ...]
    """Those that were talked longest first, at most `MOST`."""

    @property
    def changed(self) -> int:
        """Calls that would end otherwise."""
        return sum(self.actions.values()) + self.otherwise

    def newly(self, action: Action) -> int:
        """Calls that would end so and did not before."""
        return sum(calls for (_, after), calls in self.actions.items() if after is action)

    @classmethod
    def of(cls, tallies: Iterable[Tally]) -> "Report":
        """What several processes found, each about other callers."""
        every = list(tallies)
        firsts = [one.first_at for one in every if one.first_at is not None]
        lasts = [one.last_at for one in every if one.last_at is not None]
        regretted = heapq.nlargest(MOST, (each for one in every for each in one.regretted), key=lambda each: each[:2])
        return cls(
            calls=sum(one.calls for one in every),
            first_at=min(firsts) if firsts else None,
            last_at=max(lasts) if lasts else None,
            unreadable=sum(one.unreadable for one in every),
            read_anew=sum(one.read_anew for one in every),
            actions=dict(sum((one.actions for one in every), Counter()).most_common()),
            otherwise=sum(one.otherwise for one in every),
            regrets=sum(one.regrets for one in every),
            rules=_together(one.rules for one in every),
            observers=_together(one.observers for one in every),
            changes=tuple(heapq.nlargest(MOST, (each for one in every for each in one.changes), key=lambda c: c.id)),
            regretted=tuple(change for *_, change in regretted),
        )

    def as_json(self) -> dict[str, Any]:
        """The same as programs read it."""
        return {
            "calls": self.calls,
            "first_at": self.first_at.isoformat() if self.first_at else None,
            "last_at": self.last_at.isoformat() if self.last_at else None,
            "unreadable": self.unreadable,
            "read_anew": self.read_anew,
            "changed": self.changed,
            "actions": [
                {"before": before, "after": after, "calls": calls} for (before, after), calls in self.actions.items()
            ],
            "otherwise": self.otherwise,
            "regrets": self.regrets,
            "rules": _counts(self.rules),
            "observers": _counts(self.observers),
            "regretted": [_change(each) for each in self.regretted],
            "changes": [_change(each) for each in self.changes],
        }


def _together(counts: Iterable[dict[str, RuleCount]]) -> dict[str, RuleCount]:
    every: dict[str, RuleCount] = {}
    for of_one in counts:
        for name, count in of_one.items():
            every.setdefault(name, RuleCount()).add(count)
    return dict(sorted(every.items(), key=lambda item: (-item[1].changed, -item[1].calls, item[0])))


def _counts(counts: dict[str, RuleCount]) -> list[dict[str, Any]]:
    return [
        {"rule": name, "calls": one.calls, "changed": one.changed, "regrets": one.regrets}
        for name, one in counts.items()
    ]


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": format_id(change.id),
        "at": change.at.isoformat(),
        "key": change.key,
        "display": change.display,
        "name": change.name,
        "region": change.region,
        "organisation": change.organisation,
        "did": change.did,
        "before": _end(change.before),
        "after": _end(change.after),
        "talk_seconds": change.talk_seconds,
        "regrets": list(change.regrets),
    }


def _end(end: End) -> dict[str, Any]:
    return {
        "action": end.action,
        "reason": end.reason,
        "rule": end.rule,
        "signal": end.signal,
        "target": end.target,
        "label": end.label,
    }
