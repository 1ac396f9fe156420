"""A row of the call log as a value, to and from one line of JSON, and the ids of such rows.

Light on purpose, because every call needs it: standard library and `filters` only.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from json import loads
from typing import Any, TypeVar

from callfilter.store.codec import (
    compact,
    fields_of,
    from_microseconds,
    line_of,
    real,
    storable,
    text,
    to_microseconds,
    whole,
)
from filters.call import Call
from filters.number import Number
from filters.verdict import Action, Reason, Signal, Step, Verdict

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

LENGTH = 10
"""Characters of an id as shown: 50 bits, exact in JavaScript too, and enough until 2094."""

LOW_BITS = 9
BITS = 5 * LENGTH

_Word = TypeVar("_Word", bound=Enum)
_Value = TypeVar("_Value", str, int)

SLACK = timedelta(days=1)
"""An id grows with its call's arrival, except where the clock was set back; that is how far it may be off."""

_START = datetime(2025, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FAR = SLACK // _MILLISECOND << LOW_BITS
_LAST = 1 << BITS - LOW_BITS
_UNSET = 1 << 34
"""Milliseconds of half a year: the beginning of 2025, when there was no callfilter yet."""
_READ = str.maketrans("ILO", "110")
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What is written about one call when its verdict falls. Texts from the caller are kept as they came."""

    id: int
    """From `CallIds`: grows with time."""
    at: datetime
    """Arrival, with its time zone; stored in microseconds."""
    unique_id: str
    caller: str
    """Caller number as sent."""
    name: str
    key: str
    display: str
    country: str
    region: str
    classes: frozenset[str]
    did: str
    trunk: str
    channel: str
    redirecting: str
    action: Action | str
    """A plain text in rows of another callfilter, if this one does not know the word; so are the next ones."""
    reason: Reason | str
    rule: str
    signal: Signal | int | None
    target: str
    label: str
    trace: tuple[Step, ...]
    milliseconds: float
    """Time from reading the call to having the verdict."""
    source: str
    """The way the call came in: `fastagi` or `classic`."""
    policy_version: int | None = None
    """Version of the policy that judged; None where it was the built-in one, or the filter failed."""
    attestation: str | None = None
    """As `Call.attestation`; None in rows of an older callfilter."""

    def to_line(self) -> bytes:
        """One line of JSON in ASCII, with its newline. Every text survives, lone surrogates and newlines too."""
        return line_of(self._fields())

    def to_row(self) -> dict[str, Any]:
        """Column -> value, as SQLite takes it; lone surrogates become visible escapes."""
        row = {column: storable(value) if type(value) is str else value for column, value in self._fields().items()}
        row["classes"] = compact(row["classes"])
        row["trace"] = compact(row["trace"])
        return row

    @classmethod
    def from_line(cls, line: bytes) -> "CallRecord":
        """The record that `to_line` wrote.

        Raises:
            ValueError: the line is torn, or isn't a record.
        """
        return cls.from_fields(fields_of(line))

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "CallRecord":
        """The record in a row of `calls`; words that we don't know stay as they stand.

        Raises:
            ValueError: the row is damaged: a value is not of its type.
        """
        fields = {**row, "classes": loads(row["classes"]), "trace": loads(row["trace"])}
        return cls.from_fields(fields, lenient=True)

    @classmethod
    def from_fields(cls, given: Mapping[str, Any], *, lenient: bool = False) -> "CallRecord":
        """The record with these values, as they stand in a line.

        Args:
            given: column -> value.
            lenient: words that we don't know stay as they stand; else they are no values.

        Raises:
            ValueError: a value is missing or not of its type.
        """
        try:
            return cls(
                id=whole(given["id"]),
                at=from_microseconds(given["at"]),
                unique_id=text(given["unique_id"]),
                caller=text(given["caller"]),
                name=text(given["name"]),
                key=text(given["key"]),
                display=text(given["display"]),
                country=text(given["country"]),
                region=text(given["region"]),
                classes=frozenset(text(one) for one in given["classes"]),
                did=text(given["did"]),
                trunk=text(given["trunk"]),
                channel=text(given["channel"]),
                redirecting=text(given["redirecting"]),
                action=_known(Action, text(given["action"]), lenient=lenient),
                reason=_known(Reason, text(given["reason"]), lenient=lenient),
                rule=text(given["rule"]),
                signal=None if given["signal"] is None else _known(Signal, whole(given["signal"]), lenient=lenient),
                target=text(given["target"]),
                label=text(given["label"]),
                trace=tuple(_step(*told, lenient=lenient) for told in given["trace"]),
                milliseconds=real(given["milliseconds"]),
                source=text(given["source"]),
                # Lines that an older callfilter left in the spool do not have it.
                policy_version=None if (version := given.get("policy_version")) is None else whole(version),
                attestation=None if (vouched := given.get("attestation")) is None else text(vouched),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a call record: {error}") from error

    def _fields(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "at": to_microseconds(self.at),
            "unique_id": self.unique_id,
            "caller": self.caller,
            "name": self.name,
            "key": self.key,
            "display": self.display,
            "country": self.country,
            "region": self.region,
            "classes": sorted(self.classes),
            "did": self.did,
            "trunk": self.trunk,
            "channel": self.channel,
            "redirecting": self.redirecting,
            "action": str(self.action),
            "reason": str(self.reason),
            "rule": self.rule,
            "signal": None if self.signal is None else int(self.signal),
            "target": self.target,
            "label": self.label,
            "trace": [_told(step) for step in self.trace],
            "milliseconds": self.milliseconds,
            "source": self.source,
            "policy_version": self.policy_version,
            "attestation": self.attestation,
        }


def _told(step: Step) -> tuple[str | bool | float | None, ...]:
    """Three values as ever; a fourth where a rule only observed, and a fifth where there is a score."""
    told = (step.chapter, step.check, step.matched)
    would = None if step.would is None else str(step.would)
    if step.score is not None:
        return (*told, would, step.score)
    return told if would is None else (*told, would)


def _step(
    chapter: object, check: object, matched: object, would: object = None, score: object = None, *, lenient: bool
) -> Step:
    action = None if would is None else _known(Action, text(would), lenient=lenient)
    # A word that is not known still stands in the check's own sentence.
    known = action if isinstance(action, Action) else None
    return Step(text(chapter), text(check), bool(matched), known, None if score is None else real(score))


def _known(words: type[_Word], value: _Value, *, lenient: bool) -> _Word | _Value:
    try:
        return words(value)
    except ValueError:
        if lenient:
            return value
        raise


def record_of(
    call: Call, number: Number, verdict: Verdict, call_id: int, source: str, *, policy_version: int | None = None
) -> CallRecord:
    """The record of `verdict` about `call`; `source` is the way it came in, such as `fastagi`."""
    return CallRecord(
        id=call_id,
        at=call.at,
        unique_id=call.unique_id,
        caller=call.caller,
        name=call.name,
        key=number.key,
        display=number.display,
        country=number.country,
        region=number.region,
        classes=number.classes,
        did=call.did,
        trunk=call.trunk,
        channel=call.channel,
        redirecting=call.redirecting,
        action=verdict.action,
        reason=verdict.reason,
        rule=verdict.rule,
        signal=verdict.signal,
        target=verdict.target,
        label=verdict.label,
        trace=verdict.trace,
        milliseconds=verdict.milliseconds,
        source=source,
        policy_version=policy_version,
        attestation=call.attestation,
    )


class CallIds:
    """Gives ids: milliseconds since 2025 in the upper 41 bits, growing within one process.

    The lower 9 bits begin at the process id, so that scripts forked in the same millisecond get ids of their own. A
    clock that is set back by up to a day changes nothing; by more, the ids follow it, or they would be wrong for long.
    """

    def __init__(self, process: int | None = None) -> None:
        """`process` is the process id, our own by default."""
        self._low = (os.getpid() if process is None else process) % (1 << LOW_BITS)
        self._last = -1

    def next(self, at: datetime) -> int:
        """A new id for a call that came `at`; larger than the last one even if the clock went back by up to a day."""
        place = _place_of(at)
        if self._last - place > _FAR:
            # The clock shows times again that have calls already: those of now get other lower bits.
            self._low = (self._low + (1 << LOW_BITS - 1)) % (1 << LOW_BITS)
            self._last = place + self._low
        else:
            self._last = max(self._last + 1, place + self._low)
        return self._last


def floor_of(at: datetime) -> int:
    """The smallest id of that millisecond; 0 for times before 2025."""
    return max(0, (at - _START) // _MILLISECOND) << LOW_BITS


def moment_of(call_id: int) -> datetime:
    """When the call with this id came, by the clock that gave it the id."""
    return _START + (call_id >> LOW_BITS) * _MILLISECOND


def _place_of(at: datetime) -> int:
    """Where ids of that millisecond begin. Those of a clock that nobody has set must differ too, and fit in 50 bits."""
    milliseconds = (at - _START) // _MILLISECOND
    return (milliseconds if 0 <= milliseconds < _LAST else milliseconds % _UNSET) << LOW_BITS


def format_id(call_id: int) -> str:
    """The id in ten characters.

    Raises:
        ValueError: it has more than 50 bits, or is negative.
    """
    if not 0 <= call_id < 1 << BITS:
        raise ValueError(f"{call_id} is no call id: those have {BITS} bits")
    return "".join(ALPHABET[call_id >> shift & 31] for shift in range(BITS - 5, -1, -5))


def parse_id(shown: str) -> int:
    """The id that `format_id` showed; lower case and I, L, O for 1, 1, 0 are understood.

    Raises:
        ValueError: not ten characters of the alphabet.
    """
    letters = shown.strip().upper().translate(_READ)
    if len(letters) != LENGTH or any(letter not in _VALUES for letter in letters):
        raise ValueError(f"{shown!r} is no call id; those have ten letters and digits, such as {format_id(1 << 45)}")
    call_id = 0
    for letter in letters:
        call_id = call_id << 5 | _VALUES[letter]
    return call_id
