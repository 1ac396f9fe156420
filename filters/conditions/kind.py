"""What a kind of condition is, what it may know, and how its values are read. Knows no particular kind."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from filters.call import Call
from filters.facts import Facts
from filters.number import ANONYMOUS, INVALID, Number
from filters.rule import Condition, Scalar
from filters.shop import Shop

_LONGEST = 200
"""Characters of a text that an admin writes into a condition."""
_MOST_VALUES = 1000
_NAMED = 4
"""Values that a trace names; of more, it gives the number."""
_SHOWN = 60
_DIALLED = frozenset("+0123456789")

Scorer = Callable[[Call, Number, Facts], tuple[float, str]]
"""Adds up how suspicious a caller is, and tells every point of it."""


class Question:
    """One call as conditions see it: what several of them need is made once."""

    __slots__ = ("_name", "_scorer", "_spellings", "call", "facts", "number", "tally")

    def __init__(self, call: Call, number: Number, facts: Facts, scorer: Scorer | None = None) -> None:
        self.call = call
        self.number = number
        self.facts = facts
        self._scorer = scorer
        self.tally: tuple[float, str] | None = None
        """The score with its points; None where nobody has asked for it."""
        self._name: str | None = None
        self._spellings: tuple[str, ...] | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """The number as dialled inside its country, and with `+` and country code where it has one."""
        if self._spellings is None:
            self._spellings = spellings_of(self.number)
        return self._spellings

    @property
    def score(self) -> float:
        """How suspicious the caller is.

        Raises:
            LookupError: nobody looked what went on around the caller.
        """
        if self.tally is None:
            if self._scorer is None:
                raise LookupError("nobody adds up scores here")
            self.tally = self._scorer(self.call, self.number, self.facts)
        return self.tally[0]

    @property
    def name(self) -> str:
        """The caller name as sent, without what UTF-8 cannot hold."""
        name = self.call.name
        return name if name.isascii() else name.encode("utf-8", "replace").decode("utf-8")

    @property
    def folded_name(self) -> str:
        """The caller name as compared with texts."""
        if self._name is None:
            self._name = folded(self.name)
        return self._name


def spellings_of(number: Number) -> tuple[str, ...]:
    """As `Question.spellings`; nothing for callers without a number."""
    key = number.key
    if key in (ANONYMOUS, INVALID):
        return ()
    if key[0] != "+":
        return (key.partition(":")[2],)
    national = "".join(character for character in number.display if character in _DIALLED)
    return (key,) if national == key else (national, key)


def folded(text: str) -> str:
    """A text as compared: full-width letters and case make no difference."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


Matcher = Callable[[Question], bool]


class By(Enum):
    """What rules are found by, so that not all of them must be tried on a call. The most telling first."""

    KEY = "key"
    BEGINS = "begins"
    """First characters of the key."""
    DIALS = "dials"
    """First characters of one of the spellings."""
    NUMBER_REGEX = "number-regex"
    NAME_REGEX = "name-regex"
    NAME_PART = "name-part"
    """A text in the folded name."""
    TRUNK = "trunk"
    DID = "did"
    COUNTRY = "country"
    CLASS = "class"


Hint = tuple[By, str]


@dataclass(frozen=True, slots=True)
class Test:
    """One value of a condition, ready to be asked."""

    matches: Matcher
    """May raise: the rule is then passed over."""
    hints: tuple[Hint, ...] = ()
    """One of them holds for every call that this matches; empty where nothing so simple can be said."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of condition, as docs, forms and traces show it."""

    name: str
    """As written in a rule."""
    takes: str
    """What to write, in a few words."""
    about: str
    """One sentence: which calls it speaks of."""
    samples: tuple[Scalar, ...]
    """Values that can be written in a shop in Shanghai."""
    words: str
    """As in traces, with `{}` for the value."""
    read: Callable[[Scalar, Shop], Test]
    """Raises ValueError with a sentence that says what to write instead."""
    needs_history: bool = False
    """Asks about the caller's earlier calls."""
    needs_surroundings: bool = False
    """Asks what went on around the caller."""
    is_quick: bool = False
    """A glance at the call decides it, so it is asked before what has to be worked out."""

    def phrase(self, condition: Condition) -> str:
        """A condition of this kind in plain words."""
        negated, values = condition.negated, condition.values
        if len(values) == 1 and values[0] is False:  # to Python, (0,) is the same
            negated, values = not negated, (True,)
        named = ["" if value is True else shortened(str(value)) for value in values[:_NAMED]]
        if len(values) > _NAMED:
            named.append(f"{len(values) - _NAMED} more")
        phrase = self.words.format(" or ".join(named)).strip()
        return f"not ({phrase})" if negated else phrase


def test_of(kind: Kind, condition: Condition, shop: Shop) -> Test:
    """A condition, ready to be asked.

    Raises:
        ValueError: a value cannot be read, or there is none.
    """
    if not condition.values:
        raise ValueError(f"{kind.name} has no value: write {kind.takes}")
    if len(condition.values) > _MOST_VALUES:
        raise ValueError(f"{kind.name} has {len(condition.values)} values: write {_MOST_VALUES} at most into one rule")
    tests = [kind.read(value, shop) for value in condition.values]
    matchers = tuple(test.matches for test in tests)
    if condition.negated and len(matchers) == 1:
        (only,) = matchers
        return Test(lambda asked: not only(asked))
    if condition.negated:
        return Test(lambda asked: not any(matches(asked) for matches in matchers))
    if len(tests) == 1:
        return tests[0]
    hints = tuple(hint for test in tests for hint in test.hints) if all(test.hints for test in tests) else ()
    return Test(lambda asked: any(matches(asked) for matches in matchers), hints)


def text_of(value: Scalar, takes: str) -> str:
    """A value as text; digits may be written without quotes.

    Raises:
        ValueError: a boolean, an empty text, or one that is too long or has lone surrogates.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip() and len(value) <= _LONGEST and _is_whole(value):
        return value.strip()
    raise ValueError(f"{shown(value)} is not to be read here: write {takes}")


def flag_of(value: Scalar) -> bool:
    """A value as yes or no.

    Raises:
        ValueError: anything but true and false.
    """
    if isinstance(value, bool):
        return value
    raise ValueError(f"{shown(value)} is neither yes nor no: write true or false, without quotes")


def shown(value: object) -> str:
    """A value in a message."""
    return shortened(repr(value))


def shortened(text: str) -> str:
    """At most 60 characters of a text."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
