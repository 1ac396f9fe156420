"""What suspicion watches for: one class for each step, with its settings and how it finds its evidence.

A step is on where a policy has one of these. None of them ever rejects, because the next number of a block, or the
tenth stranger in a minute, may be a customer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from filters.block import SIZES, block_of
from filters.call import Call
from filters.facts import PastCall, Surroundings
from filters.number import ANONYMOUS, INVALID
from filters.rule import Mode
from filters.suspicion.case import Case, Finding
from filters.verdict import Action, Reason

ACTIONS = (Action.ALLOW, Action.SCREEN, Action.VOICEMAIL)
"""What a step may do; `allow` gives a label only."""

Allowed = range | tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A step of suspicion."""

    name: ClassVar[str]
    """As in a policy and in traces."""
    about: ClassVar[str]
    """One sentence for the shop's owner."""
    allowed: ClassVar[Mapping[str, Allowed]]
    """Its own settings, and what may be written there."""
    looks_around: ClassVar[bool] = True
    """It needs `Facts.surroundings`."""
    does: ClassVar[Action] = Action.SCREEN
    """What becomes of most calls that it finds something in, if nobody sets it otherwise."""

    mode: Mode = Mode.ENFORCE

    def finding(self, case: Case) -> Finding | None:
        """The evidence, if there is any, and what to do about it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting(Watch):
    """A step that does what its settings say."""

    action: Action = Action.SCREEN
    label: str = ""

    def _found(self, evidence: str, *, weak: bool = False) -> Finding:
        return Finding(evidence, None, "") if weak else Finding(evidence, self.action, self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour(Acting):
    """Salesmen rent numbers by the block."""

    name = "neighbour"
    about = "Callers from a block of 100 or 1,000 numbers in which several were reported must press a key."
    allowed: ClassVar[Mapping[str, Allowed]] = {"block": SIZES, "reported": range(1, 101)}

    block: int = 100
    reported: int = 3

    def finding(self, case: Case) -> Finding | None:
        """The reported numbers of the caller's block."""
        begin = block_of(case.number.key, self.block)
        if not begin or case.listed:
            return None
        count = sum(key.startswith(begin) for key in case.around.reported)
        if count < self.reported:
            return None
        return self._found(f"the caller's block of {self.block:,} numbers has {count} that were reported")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAlike(Acting):
    """Impostors pick numbers that people trust."""

    name = "look-alike"
    about = (
        "Callers whose number is one digit from that of a bank, an authority, a number that you protect or a line of"
        " your own, or has something before or behind it, must press a key."
    )
    allowed: ClassVar[Mapping[str, Allowed]] = {}
    looks_around = False

    def finding(self, case: Case) -> Finding | None:
        """The number that the caller's is like."""
        return self._found(case.likeness.evidence, weak=case.likeness.weak) if case.likeness else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Acting):
    """Machines dial a shop's lines one after the other."""

    name = "sweep"
    about = "Callers who try several of your numbers within minutes must press a key."
    allowed: ClassVar[Mapping[str, Allowed]] = {"dids": range(2, 101), "minutes": range(1, 1441)}

    dids: int = 3
    minutes: int = 10

    def finding(self, case: Case) -> Finding | None:
        """The numbers of the shop that the caller tried."""
        if case.listed:
            return None
        calls = case.within(case.around.own, timedelta(minutes=self.minutes))
        tried = {case.call.did, *(one.did for one in calls)} - {""}
        if len(tried) < self.dids:
            return None
        return self._found(f"the caller tried {len(tried)} of your numbers within {_minutes(self.minutes)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockInTurn(Acting):
    """A campaign takes the next number of its block for each call."""

    name = "block-in-turn"
    about = "Callers from a block of 1,000 numbers of which several have called within minutes must press a key."
    allowed: ClassVar[Mapping[str, Allowed]] = {"numbers": range(2, 101), "minutes": range(1, 1441)}

    numbers: int = 5
    minutes: int = 10

    def finding(self, case: Case) -> Finding | None:
        """The numbers of the block that called."""
        own = case.number.key
        begin = block_of(own)
        if case.listed or not begin:
            return None
        # Of a block that has called for months, strangers have the latest calls, and `block` those of some numbers.
        calls = case.within((*case.around.block, *case.around.strangers), timedelta(minutes=self.minutes))
        count = len({own, *(one.key for one in calls if one.key.startswith(begin) and len(one.key) == len(own))})
        if count < self.numbers:
            return None
        return self._found(f"{count} numbers of the caller's block of 1,000 called within {_minutes(self.minutes)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood(Acting):
    """A campaign that hides its numbers still shows in how many strangers call at once."""

    name = "flood"
    about = "When many strangers call within a minute, strangers must press a key for a while."
    allowed: ClassVar[Mapping[str, Allowed]] = {
        "strangers": range(3, 101),
        "seconds": range(5, 601),
        "hold": range(1, 101),
    }

    strangers: int = 10
    seconds: int = 60
    hold: int = 15
    """Minutes."""

    def finding(self, case: Case) -> Finding | None:
        """The moment, not too long ago, at which enough strangers had called."""
        if case.listed:
            return None
        span = timedelta(seconds=self.seconds)
        calls = [(one.at, one.key) for one in case.within(case.around.strangers, timedelta(minutes=self.hold) + span)]
        peak = self._peak([(case.call.at, case.number.key), *calls], span)
        if peak is None or case.call.at - peak > timedelta(minutes=self.hold):
            return None
        when = "now" if peak == case.call.at else f"at {peak.astimezone(case.shop.zone):%H:%M}"
        return self._found(f"{self.strangers} strangers or more called within {self.seconds} seconds, last {when}")

    def _peak(self, calls: list[tuple[datetime, str]], span: timedelta) -> datetime | None:
        """The latest call before which, itself counted, so many callers came within the span."""
        calls.sort(reverse=True)
        for newest, (at, _) in enumerate(calls[: 1 - self.strangers]):
            begin = at - span
            if calls[newest + self.strangers - 1][0] <= begin:
                continue  # not even that many calls
            callers: set[str | int] = set()
            for place, (before, key) in enumerate(calls[newest:]):
                if before <= begin:
                    break
                # Nobody can say how many people call without a number: each of their calls counts.
                callers.add(place if key in (ANONYMOUS, INVALID) else key)
            if len(callers) >= self.strangers:
                return at
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redial(Watch):
    """A machine calls again at once and tries another digit."""

    name = "redial"
    about = (
        "Whoever calls again within seconds of being filtered is filtered as before; after a failed screening it is"
        " voicemail."
    )
    allowed: ClassVar[Mapping[str, Allowed]] = {"seconds": range(1, 3601)}

    seconds: int = 30

    def finding(self, case: Case) -> Finding | None:
        """The call that ended so short a time ago, if it was filtered."""
        last = next(self._in_a_row(case.call, case.around), None)
        if last is None or case.listed:
            return None
        if last.action is Action.SCREEN and last.screened != "passed":
            return Finding("the caller was asked to press a key a moment ago", Action.SCREEN)
        # Other voicemail has reasons of its own, such as closing hours, which may be over.
        if last.action is Action.VOICEMAIL and last.reason is Reason.SUSPICION:
            return Finding("the caller was sent to voicemail a moment ago", Action.VOICEMAIL)
        return None

    def failed(self, call: Call, around: Surroundings) -> bool:
        """Whether the caller failed a screening so short a time ago, but for voicemail that came in between."""
        calls = self._in_a_row(call, around)
        last = next((one for one in calls if one.action is not Action.VOICEMAIL), None)
        return last is not None and last.screened in ("failed", "silent")

    def _in_a_row(self, call: Call, around: Surroundings) -> Iterator[PastCall]:
        """The caller's calls before this one, newest first, as long as each came so short a time before the next."""
        at = call.at
        for one in around.own:
            if one.at > at:
                continue  # a clock has jumped
            ended_at = one.at if one.ended_at is None or one.ended_at > call.at else one.ended_at
            if at - ended_at > timedelta(seconds=self.seconds):
                return
            yield one
            at = one.at


def _minutes(count: int) -> str:
    return "a minute" if count == 1 else f"{count} minutes"
