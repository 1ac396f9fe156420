"""What the store knows about a caller at this moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from filters.verdict import Action, Reason


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A number or prefix that the admin allowed or blocked."""

    key: str
    """A Number's key, or for a prefix the beginning of one."""
    is_prefix: bool
    action: Action
    label: str = ""
    note: str = ""
    author: str = ""
    expires_at: datetime | None = None
    did: str = ""
    """Only calls to this number, as the trunk sends it; empty for all."""

    @property
    def text(self) -> str:
        """The entry as an admin reads it: a prefix ends in `*`, and the number called stands behind an arrow."""
        who = f"{self.key}*" if self.is_prefix else self.key
        return f"{who} → {self.did}" if self.did else who

    def covers(self, key: str) -> bool:
        """Whether the entry speaks of the caller with this key."""
        return key.startswith(self.key) if self.is_prefix else key == self.key


class Bond(StrEnum):
    """How a caller came to be trusted."""

    DIALLED = "dialled"
    TALKED = "talked"
    PROVED = "proved"


@dataclass(frozen=True, slots=True)
class Trusted:
    """The shop and this caller know each other."""

    bond: Bond
    at: datetime
    """When they last did what made the bond."""
    expires_at: datetime | None = None


LONGEST_WINDOW = timedelta(hours=24)
"""Nobody expects a stranger for longer than this; whoever opens a window keeps to it."""


@dataclass(frozen=True, slots=True)
class Expecting:
    """An open window: somebody unknown is expected to call."""

    expires_at: datetime
    opened_at: datetime | None = None
    """None where it has been open for as long as anybody looks back."""
    did: str = ""
    """Only calls to this number, as the trunk sends it; empty for all."""
    number_class: str = ""
    """Only callers of this class, such as `mobile`; empty for all."""
    note: str = ""
    """Who is expected."""
    author: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Earlier calls of this caller, the present one not among them."""

    first_at: datetime | None = None
    """The first call that is known of; None where this is the first."""
    recent: tuple[datetime, ...] = ()
    """Times of the latest calls, in no particular order."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """An earlier call, as far as suspicion looks at it."""

    at: datetime
    key: str
    did: str = ""
    action: Action = Action.ALLOW
    reason: Reason = Reason.DEFAULT
    screened: str = ""
    """How a screening ended: `passed`, `failed`, `silent` or `hangup`; empty where there was none."""
    ended_at: datetime | None = None
    """None where it goes on, or nobody told its end."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What went on around a caller before the present call. A bounded look: of very many calls, the newest."""

    reported: tuple[str, ...] = ()
    """The caller's key if it is reported, and those of reported callers of the same block of 1,000 numbers."""
    own: tuple[PastCall, ...] = ()
    """The caller's calls of the last 30 days, newest first."""
    block: tuple[PastCall, ...] = ()
    """Calls from other numbers of the same block of 1,000 in the last day, newest first; of 100 numbers at most."""
    strangers: tuple[PastCall, ...] = ()
    """Calls of the last two hours that neither protection, own numbers, an open window nor trust let ring, newest
    first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything `decide` may know beside the call itself."""

    own: tuple[OwnEntry, ...] = ()
    """Own entries that cover the caller's key, expired ones too, in no particular order."""
    expecting: tuple[Expecting, ...] = ()
    """Windows of the shop, closed ones too."""
    trusted: Trusted | None = None
    history: History | None = None
    """None where nobody looked: rules about it are passed over then. See `Policy.needs_history`."""
    surroundings: Surroundings | None = None
    """None where nobody looked, as above. See `Policy.needs_surroundings`."""
