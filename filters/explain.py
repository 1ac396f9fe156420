"""What people ask about a decision: why each rule did or did not match, and what was never looked at.

Decides nothing; `decide` has the last word.
"""

from collections.abc import Sequence

from filters.call import Call
from filters.decide import CHAPTERS
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.rule import EVERYONE, STRANGERS
from filters.verdict import Step

_RULE = "rule '"
_BROKE = "' is passed over: "


def every_rule(call: Call, number: Number, facts: Facts, policy: Policy) -> tuple[Step, ...]:
    """A step for each rule that is switched on, in the order of the chapters, whatever decided the call."""
    books = (policy.books.everyone, policy.books.strangers) if policy.books else ()
    return tuple(step for book in books if book for step in book.every(call, number, facts))


def not_reached(trace: Sequence[Step]) -> tuple[str, ...]:
    """The chapters that come after the one that decided; none where no chapter of ours did, as after a failure."""
    names = [chapter.name for chapter in CHAPTERS]
    decided = next((step.chapter for step in reversed(trace) if step.matched), "")
    return tuple(names[names.index(decided) + 1 :]) if decided in names else ()


def broken_rule(step: Step) -> tuple[str, str] | None:
    """Name and fault of the rule that this step of a trace says broke on the call; None for other steps."""
    if step.matched or step.chapter not in (EVERYONE, STRANGERS) or not step.check.startswith(_RULE):
        return None
    name, broke, fault = step.check.removeprefix(_RULE).partition(_BROKE)
    return (name, fault) if broke else None


def observer_of(step: Step) -> str:
    """Who only observes, of a step that tells what would have been done: a rule, or a step of suspicion, by name."""
    if step.check.startswith(_RULE):
        return step.check.removeprefix(_RULE).partition("': ")[0]
    return "score" if step.score is not None else step.check.partition(": ")[0]
