"""What to do about a caller who did not get through: a suggestion, and whether somebody important may have called.

Only looks at what it is handed. A suggestion is never acted upon by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from json import loads
from typing import Final

from callfilter.store.inbox import Waiting
from callfilter.store.reviews import Deed
from callfilter.web.languages import Language
from callfilter.web.saying import places
from filters import directory
from filters.directory import Listing

LONG_MESSAGE: Final = 10.0
"""Seconds of a message that somebody meant to leave: machines are cut off sooner."""
OFTEN: Final = 3
NEIGHBOURS: Final = 2
"""Reported numbers of a block that make another one suspicious."""
SALES_CLASSES: Final = frozenset({"call-centre", "unassigned"})


@dataclass(frozen=True, slots=True)
class Advice:
    """A suggestion."""

    deed: Deed | None
    """None where nothing speaks for or against the caller."""
    text: str
    """Why, in one sentence."""
    matters: bool = False
    """It looks as if somebody important was turned away."""


def advise(caller: Waiting, country: str, language: Language) -> Advice:
    """The suggestion about a caller.

    Args:
        caller: from the inbox.
        country: of the shop, for the directory.
        language: of the text.
    """
    if caller.allowed:
        return Advice(Deed.SEEN, language.say("You have let this caller through since."))
    listed = directory.find(country, caller.key)
    return _for(caller, listed, language) or _against(caller, language) or _undecided(caller, language)


def _for(caller: Waiting, listed: Listing | None, language: Language) -> Advice | None:
    if caller.reported:
        return None
    if listed:
        name = places.listing(language, listed)
        text = language.say("This is the number of %(name)s in the directory: probably genuine.", name=name)
        return Advice(Deed.ALLOW, text, matters=True)
    if caller.known:
        return Advice(Deed.ALLOW, language.say("You have talked with this caller since, or called them."), matters=True)
    longest = max((one.voicemail_seconds or 0 for one in caller.turned), default=0)
    if longest < LONG_MESSAGE:
        return None
    seconds = language.number(round(longest))
    if caller.count >= OFTEN:
        text = language.say_count(
            "Called %(num)s time and left a message of %(seconds)s seconds: probably a customer.",
            "Called %(num)s times and left a message of %(seconds)s seconds: probably a customer.",
            caller.count,
            seconds=seconds,
        )
        return Advice(Deed.ALLOW, text, matters=True)
    text = language.say("Left a message of %(seconds)s seconds: listen to it.", seconds=seconds)
    return Advice(Deed.DAY, text, matters=True)


def _against(caller: Waiting, language: Language) -> Advice | None:
    text = next(_faults(caller, language), None)
    return None if text is None else Advice(Deed.RIGHT, text)


def _faults(caller: Waiting, language: Language) -> Iterator[str]:
    """What speaks against a caller, the strongest first."""
    classes = frozenset(loads(caller.classes))
    if caller.reported:
        yield language.say("You have said before that this caller is rightly turned away.")
    if caller.is_own:
        yield language.say("You blocked this very number yourself.")
    if "impossible" in classes:
        yield language.say("No such number can exist: the caller has forged it.")
    if caller.block and caller.block.reported >= NEIGHBOURS:
        yield language.say_count(
            "%(num)s number of the same block is reported: probably a salesman.",
            "%(num)s numbers of the same block are reported: probably a salesman.",
            caller.block.reported,
        )
    if any(one.voicemail_seconds is not None for one in caller.turned):
        return
    dids = {one.did for one in caller.turned}
    if len(dids) >= OFTEN:
        yield language.say_count(
            "Called %(num)s of your numbers and left no message: probably a salesman.",
            "Called %(num)s of your numbers and left no message: probably a salesman.",
            len(dids),
        )
    if any(one.screened in {"failed", "silent"} for one in caller.turned):
        yield language.say("Did not press the key that was asked for: probably a machine.")
    if classes & SALES_CLASSES:
        yield language.say("Salesmen often call from such numbers, and this one is not in the directory.")


def _undecided(caller: Waiting, language: Language) -> Advice:
    if any(one.voicemail_seconds is not None for one in caller.turned):
        return Advice(None, language.say("Left a short message: listen to it."), matters=True)
    if caller.count >= OFTEN:
        return Advice(None, language.say("Calls again and again, but left no message."))
    return Advice(None, language.say("Nothing speaks for or against this caller."))
