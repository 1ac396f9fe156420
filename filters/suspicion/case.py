"""One call, as the steps of suspicion and the symbols of the score look at it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from filters.call import Call
from filters.directories.listing import Listing
from filters.facts import PastCall, Surroundings
from filters.number import ANONYMOUS, INVALID, Number
from filters.shop import Shop
from filters.suspicion.likeness import Likeness
from filters.verdict import Action


@dataclass(frozen=True, slots=True)
class Finding:
    """What a step found."""

    evidence: str
    """In plain words."""
    action: Action | None
    """What the step asks for; None where the evidence only counts for the score."""
    label: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A stranger's call and what went on around it."""

    call: Call
    number: Number
    around: Surroundings
    shop: Shop
    likeness: Likeness | None = None
    """The number that the caller's is like."""
    listed: Listing | None = None
    """Who the directory says it is. Whoever is in it is suspected of nothing, but by the score."""
    found: Mapping[str, Finding] = field(default_factory=dict)
    """Name of a step -> what it found; empty while they are asked."""

    @property
    def is_numbered(self) -> bool:
        """Whether there is a number, by which earlier calls are this caller's."""
        return self.number.key not in (ANONYMOUS, INVALID)

    def within(self, calls: Iterable[PastCall], span: timedelta) -> list[PastCall]:
        """Those of the calls that came so short a time ago. A clock may have jumped: what lies ahead does not count."""
        at = self.call.at
        since = at - span
        return [one for one in calls if since < one.at <= at]
