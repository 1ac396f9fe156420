"""A rule of the admin, as data: conditions and what becomes of the calls that meet them all.

Data only: `filters/conditions/` knows what each condition means, `filters/rulebook.py` tries them on a call.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from filters.verdict import Action, Signal

EVERYONE = "rules for everyone"
STRANGERS = "rules for strangers"
"""The chapters of rules, as in traces."""

Scalar = str | int | bool
"""One value of a condition."""


class Who(StrEnum):
    """Whom a rule is for."""

    EVERYONE = "everyone"
    """All callers but protected and own numbers."""
    STRANGERS = "strangers"
    """Callers who are neither expected nor trusted either."""


class Mode(StrEnum):
    """Whether a rule decides."""

    ENFORCE = "enforce"
    OBSERVE = "observe"
    """The trace says what it would have done, and the decision goes on."""


Place = tuple[str | int, ...]
"""Keys that lead to a value from the rule's table, such as `("when", "prefix")`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a rule."""

    rule: str
    """Its name."""
    place: Place
    text: str
    """One sentence that says what to write instead."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about a call; with several values, one of them must fit."""

    kind: str
    """Name from `filters.conditions.registry.KINDS`."""
    values: tuple[Scalar, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """All conditions must be met. Without conditions a rule speaks of every call.

    Raises:
        ValueError: two conditions of one kind, both plain or both negated.
    """

    name: str
    """Unique within a policy."""
    conditions: tuple[Condition, ...]
    """Plain ones come before negated ones, whatever order was given."""
    action: Action
    signal: Signal | None = None
    """SIP answer for `reject` and for a full `tarpit`; None for that of the policy."""
    target: str = ""
    """Mailbox `box@context` for `voicemail` and for those who fail a `screen`, empty for that of the policy;
    `extension@context` for `divert`."""
    label: str = ""
    """Text to put before the caller's name."""
    who: Who = Who.STRANGERS
    mode: Mode = Mode.ENFORCE
    expires_at: datetime | None = None
    note: str = ""
    author: str = ""
    enabled: bool = True

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.conditions, key=lambda condition: condition.negated))
        if len({(condition.kind, condition.negated) for condition in ordered}) < len(ordered):
            raise ValueError(f"rule {self.name!r} asks the same thing twice: write the values as one list")
        object.__setattr__(self, "conditions", ordered)
