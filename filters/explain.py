"""Why each rule does or does not speak of a call, for people who ask. Decides nothing; `decide` has the last word."""

from filters.call import Call
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.verdict import Step


def every_rule(call: Call, number: Number, facts: Facts, policy: Policy) -> tuple[Step, ...]:
    """A step for each rule that is switched on, in the order of the chapters, whatever decided the call."""
    books = (policy.books.everyone, policy.books.strangers) if policy.books else ()
    return tuple(step for book in books if book for step in book.every(call, number, facts))
