"""Where a call is decided: fixed chapters in a fixed order, and the first that matches wins.

`CHAPTERS` is the one source of that order: traces, docs and pages are made from it. Must never raise.
"""

from collections.abc import Sequence

from filters.call import Call
from filters.chapters.chapter import Chapter
from filters.chapters.default import DEFAULT
from filters.chapters.expecting import EXPECTING
from filters.chapters.for_everyone import FOR_EVERYONE
from filters.chapters.for_strangers import FOR_STRANGERS
from filters.chapters.own_numbers import OWN_NUMBERS
from filters.chapters.protected import PROTECTED
from filters.chapters.suspicion import SUSPICION
from filters.chapters.trusted import TRUSTED
from filters.facts import Facts
from filters.number import Number
from filters.policy import Policy
from filters.verdict import Action, Reason, Step, Verdict

CHAPTERS = (PROTECTED, OWN_NUMBERS, FOR_EVERYONE, EXPECTING, TRUSTED, FOR_STRANGERS, SUSPICION, DEFAULT)


def decide(call: Call, number: Number, facts: Facts, policy: Policy, chapters: Sequence[Chapter] = CHAPTERS) -> Verdict:
    """The verdict about one call, with every step that was looked at on the way, in order."""
    trace: list[Step] = []
    for chapter in chapters:
        verdict = chapter.judge(call, number, facts, policy, trace)
        if verdict is not None:
            return verdict
    return Verdict(Action.ALLOW, Reason.DEFAULT, trace=tuple(trace))


def order() -> str:
    """The chapters as a table in Markdown, as `docs/rules.md` shows them."""
    rows = (f"| {place} | **{one.name}** | {one.about} |\n" for place, one in enumerate(CHAPTERS, 1))
    return "| | Chapter | What happens there |\n|---|---|---|\n" + "".join(rows)
