"""The caller ID, understood: every spelling of one caller folds to one key."""

from dataclasses import dataclass, field

ANONYMOUS = "anonymous"
INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Number:
    """What a raw caller number means under a country's numbering plan."""

    raw: str
    """As sent."""
    key: str
    """`+8613800138000` for E.164, `CN:95588` for a number that only exists inside a country (short and service
    numbers, message ports, digits that fit no plan), `anonymous`, or `invalid` where no number can be read."""
    display: str
    """How a person of that country would write it."""
    classes: frozenset[str] = field(default_factory=frozenset)
    """Names from the plan, such as `mobile`, `landline`, `service`, `emergency`, `impossible`."""
    country: str = ""
    """ISO 3166 code, empty where unknown."""
    region: str = ""
    """Province or city in English where the plan knows it, else empty."""
