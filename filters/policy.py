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
    from filters.suspicion.suspicions import Suspicions
    from filters.suspicion.watches import Watch

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
    suspicion: "tuple[Watch, ...]" = ()
    """The steps of suspicion that are on, each at most once."""
    books: "Books | None" = field(init=False, repr=False, compare=False)
    """The rules, made ready once; None where there are none."""
    suspicions: "Suspicions | None" = field(init=False, repr=False, compare=False)
    """The steps of suspicion, made ready once; None where none is on and no rule asks for a score."""

    def __post_init__(self) -> None:
        suspicions = _suspicions(self) if self.suspicion or any(map(_asks_for_score, self.rules)) else None
        object.__setattr__(self, "suspicions", suspicions)
        object.__setattr__(self, "books", _books(self.rules, self.shop, suspicions) if self.rules else None)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with rules that are switched on: those are left out."""
        return self.books.faults if self.books else ()

    @property
    def needs_history(self) -> bool:
        """Some rule asks about earlier calls, so `Facts.history` has to be looked up."""
        return self.books is not None and self.books.needs_history

    @property
    def needs_surroundings(self) -> bool:
        """A step of suspicion or a rule asks what went on around callers: `Facts.surroundings` has to be looked up."""
        if self.suspicions is None:
            return False
        return self.suspicions.needs_surroundings or (self.books is not None and self.books.needs_surroundings)

    def mailbox_of(self, did: str) -> str:
        """The mailbox for filtered calls to `did`, or an empty text."""
        return self.mailboxes.get(did, self.mailbox)


def _asks_for_score(rule: Rule) -> bool:
    return rule.enabled and any(condition.kind == "score" for condition in rule.conditions)


def _suspicions(policy: Policy) -> "Suspicions":
    from filters.suspicion.suspicions import Suspicions  # noqa: PLC0415 - who suspects nobody does not wait for it

    return Suspicions(policy.suspicion, policy.shop, policy.own_lines, policy.protected)


def _books(rules: Iterable[Rule], shop: Shop, suspicions: "Suspicions | None") -> "Books":
    from filters.rulebook import read_books  # noqa: PLC0415 - as above

    return read_books(rules, shop, suspicions.score_of if suspicions else None)
