"""What was decided, in fixed words that are the same in database, dialplan, CLI and docs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Action(StrEnum):
    """What becomes of the call."""

    ALLOW = "allow"
    REJECT = "reject"
    VOICEMAIL = "voicemail"
    SCREEN = "screen"
    DIVERT = "divert"
    TARPIT = "tarpit"


class Reason(StrEnum):
    """Why. `docs/reasons.md` explains each; a test compares."""

    PROTECTED = "protected"
    ALLOWED = "allowed"
    BLOCKED = "blocked"
    RULE = "rule"
    EXPECTING = "expecting"
    TRUSTED = "trusted"
    SUSPICION = "suspicion"
    ANONYMOUS = "anonymous"
    INVALID = "invalid"
    DEFAULT = "default"
    ERROR = "error"


class Signal(IntEnum):
    """The SIP answer a rejected caller gets (RFC 3261; 607 from RFC 8197)."""

    NOT_FOUND = 404
    UNAVAILABLE = 480
    BUSY = 486
    DECLINE = 603
    UNWANTED = 607


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the trace: which check, what it compared, and whether it decided."""

    chapter: str
    """Name of the chapter, such as `own numbers`."""
    check: str
    """What was compared, in plain words."""
    matched: bool
    would: Action | None = None
    """What a rule that only observes would have done."""
    score: float | None = None
    """What the caller's score came to, in the step that tells its points."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about one call."""

    action: Action
    reason: Reason
    rule: str = ""
    """What decided: an own entry, the name of a rule, a setting. Empty where nothing in particular did."""
    signal: Signal | None = None
    """SIP answer, for `reject`, and for `tarpit` where no more callers are kept busy."""
    target: str = ""
    """Mailbox `box@context` for `voicemail`, and for those who fail a `screen`; `extension@context` for `divert`."""
    label: str = ""
    """Text to put before the caller's name."""
    trace: tuple[Step, ...] = ()
    milliseconds: float = 0.0
    """Time from reading the call to having the verdict."""

    @property
    def score(self) -> float | None:
        """How suspicious the caller is; None where nobody added it up."""
        return score_in(self.trace)


def score_in(trace: Iterable[Step]) -> float | None:
    """The score that a trace tells of, if any."""
    return next((step.score for step in trace if step.score is not None), None)
