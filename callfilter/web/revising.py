"""Changes of the policy that come from the page: each names the version that its author looked at."""

from typing import Any

from callfilter.changes import put_in_force
from callfilter.marked import N_
from callfilter.policy import PolicyText, write
from callfilter.store.policies import MovedOnError
from callfilter.web.book import Edition
from callfilter.web.visit import Visit


class RefusedError(Exception):
    """Nothing was changed; the message is for the visitor, to be translated."""


MOVED_ON = N_(
    "Somebody else changed the rules meanwhile, so nothing was changed. Below is how they are now: look, and try again."
)
FAULTY = N_("The policy has faults, so it can only be changed as a text, or by going back to an earlier version.")


async def newest(visit: Visit) -> Edition:
    """The edition in force."""
    return await visit.site.book.newest(visit.site.database)


async def to_change(visit: Visit, since: int) -> Edition:
    """The edition in force, if it is the one that the visitor looked at.

    Raises:
        RefusedError: it is another one, or parts of it would be lost.
    """
    edition = await newest(visit)
    must_be(edition, since)
    if edition.faults:
        raise RefusedError(FAULTY)
    return edition


def must_be(edition: Edition, since: int) -> None:
    """For changes of the whole text, which mend faults too.

    Raises:
        RefusedError: it is another edition than the visitor looked at.
    """
    if edition.id != since:
        raise RefusedError(MOVED_ON)


async def revise(visit: Visit, edition: Edition, policy: PolicyText, note: str, deed: str, **detail: Any) -> bool:
    """Puts a policy in force as the version after `edition`; False if it is the same as that.

    Raises:
        RefusedError: somebody else was faster.
    """
    return await revise_text(visit, edition, write(policy), note, deed, **detail)


async def revise_text(visit: Visit, edition: Edition, text: str, note: str, deed: str, **detail: Any) -> bool:
    """The same with a text, as `write` has it."""
    if text == edition.text:
        return False
    try:
        version = await put_in_force(
            visit.site.database, text, at=visit.now, author=visit.author, note=note, since=edition.version
        )
    except MovedOnError:
        raise RefusedError(MOVED_ON) from None
    await visit.note(deed, version=version.id, **detail)
    return True
