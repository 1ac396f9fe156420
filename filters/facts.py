"""What the store knows about a caller at this moment."""

from dataclasses import dataclass
from datetime import datetime

from filters.verdict import Action


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

    @property
    def text(self) -> str:
        """The entry as an admin reads it: a prefix ends in `*`."""
        return f"{self.key}*" if self.is_prefix else self.key

    def covers(self, key: str) -> bool:
        """Whether the entry speaks of the caller with this key."""
        return key.startswith(self.key) if self.is_prefix else key == self.key


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything `decide` may know beside the call itself."""

    own: tuple[OwnEntry, ...] = ()
    """Own entries that cover the caller's key, expired ones too, in no particular order."""
