"""The admin's settings, as far as they bear on a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from filters.verdict import Action, Signal


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of one shop."""

    protected: frozenset[str] = frozenset()
    """Keys that the admin protects: always allowed."""
    own_lines: frozenset[str] = frozenset()
    """Keys of the shop's own DIDs and extensions: always allowed."""
    anonymous: Action = Action.ALLOW
    """For callers who send no number or withhold it."""
    invalid: Action = Action.ALLOW
    """For callers whose number cannot be read."""
    signal: Signal = Signal.DECLINE
    mailbox: str = ""
    """`box@context` for filtered calls to a DID without a mailbox of its own; empty for none."""
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    """DID as the trunk sends it -> `box@context`."""

    def mailbox_of(self, did: str) -> str:
        """The mailbox for filtered calls to `did`, or an empty text."""
        return self.mailboxes.get(did, self.mailbox)
