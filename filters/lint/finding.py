"""What the linter says of a rule, and what it must know beside the policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from filters.facts import OwnEntry
from filters.rule import Place


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """The rule cannot do what it was written for, or would cost the shop calls that it needs."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd about a rule that can be read."""

    rule: str
    """Its name."""
    severity: Severity
    place: Place
    """In the policy, such as `("rule", 0, "when", "prefix")`; `("presets",)` for a preset."""
    text: str
    """One sentence that says what to write instead. Begins with what the rule does, such as `never matches`."""


Said = Iterator[tuple[Severity, Place, str]]
"""What a check says of one rule: severity, place within the rule, sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a shop beside its policy."""

    at: datetime | None = None
    """Now, with a time zone; None where nobody asks whether a rule is over."""
    countries: frozenset[str] = frozenset()
    """ISO 3166 codes in which trunks write numbers, beside that of the shop."""
    dids: frozenset[str] = frozenset()
    """Its numbers as the trunk sends them; empty where none are in the settings."""
    own: tuple[OwnEntry, ...] = ()
    """Own numbers and prefixes, those that are allowed at least."""
    presets: frozenset[str] = frozenset()
    """Names of the rules in the policy that are presets."""
