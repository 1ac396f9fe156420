"""What is to be replayed. A value that another process can be given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callfilter.config import Config

TALKED = 60.0
"""Seconds beyond which a talk is one that somebody wanted, where nobody says otherwise."""


class Against(StrEnum):
    """What a decision is compared with."""

    POLICY = "policy"
    """What the policy in force would decide today, on the same facts: the difference is the draft's doing."""
    LOG = "log"
    """What was decided then."""


@dataclass(frozen=True, slots=True)
class Task:
    """A draft, the calls that it is tried on, and what it is compared with."""

    config: Config
    since: datetime
    draft: str | None = None
    """Text of a policy without faults; None for the policy in force."""
    against: Against = Against.LOG
    talked: float = TALKED
    """Seconds beyond which a talk makes a call one to regret."""


class Stopped(Exception):  # noqa: N818 - it was asked for
    """Somebody asked for the replay to end."""
