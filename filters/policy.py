"""The admin's settings, as far as they bear on a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from filters.rule import Fault, Rule
from filters.shop import Shop
from filters.trust import TRUST, Trust
from filters.verdict import Action, Signal

if TYPE_CHECKING:
    from filters.rulebook import Books

_SHOP = Shop()


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

    rules: tuple[Rule, ...] = ()
    """In their order. Names are unique: of two rules with one name, the second is left out."""
    shop: Shop = _SHOP
    """What rules are read by: country, area code, time zone and windows."""
    trust: Trust = TRUST
    books: "Books | None" = field(init=False, repr=False, compare=False)
    """The rules, made ready once; None where there are none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "books", _books(self.rules, self.shop) if self.rules else None)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with rules that are switched on: those are left out."""
        return self.books.faults if self.books else ()

    @property
    def needs_history(self) -> bool:
        """Some rule asks about earlier calls, so `Facts.history` has to be looked up."""
        return self.books is not None and self.books.needs_history

    def mailbox_of(self, did: str) -> str:
        """The mailbox for filtered calls to `did`, or an empty text."""
        return self.mailboxes.get(did, self.mailbox)


def _books(rules: Iterable[Rule], shop: Shop) -> "Books":
    from filters.rulebook import read_books  # noqa: PLC0415 - who has no rules does not wait for what reads them

    return read_books(rules, shop)
