"""Own numbers on the page: how they are shown, and what is done with those that somebody wrote."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from fastapi import HTTPException

from agi.wire import is_safe
from callfilter.imports.pasted import Found
from callfilter.marked import N_
from callfilter.own_numbers import Named, always_rings, number_of, prefix_shown
from callfilter.store import number_changes, numbers, reports
from callfilter.store.numbers import NumberRow, Place
from callfilter.store.users import Role
from callfilter.web.visit import ForbiddenError, Visit
from filters import directory
from filters.directory import Listing
from filters.facts import OwnEntry
from filters.number import Number
from filters.verdict import Action

LONGEST: Final = 200
"""Characters of a label or note."""
MOST_PASTED: Final = 1000
"""Numbers; more come as a file."""
MOST_DAYS: Final = 3660
ACTIONS: Final = {each.value: each for each in (Action.ALLOW, Action.REJECT, Action.VOICEMAIL)}


class RefusedError(Exception):
    """It cannot be done, and nothing was; the message is for the visitor, translated."""


@contextmanager
def as_answers() -> Iterator[None]:
    """Around what may be refused: the visitor then gets a page with the reason.

    Raises:
        HTTPException: it was refused.
    """
    try:
        yield
    except RefusedError as error:
        raise HTTPException(400, str(error)) from error


@dataclass(frozen=True, slots=True)
class Shown:
    """A number or prefix, as the page shows it."""

    key: str
    display: str
    number: Number | None
    """None for a prefix."""
    listing: Listing | None
    row: NumberRow | None = None
    """Of an own one."""

    @property
    def id(self) -> str:
        """What forms send back."""
        return self.row.entry.text if self.row else self.key


def shown(visit: Visit, key: str, *, is_prefix: bool = False, row: NumberRow | None = None) -> Shown:
    """How to show a number or prefix."""
    country = visit.site.config.country
    if is_prefix:
        return Shown(key, prefix_shown(key, country), None, None, row)
    number = number_of(key, country)
    return Shown(key, number.display, number, directory.find(country, key), row)


def shown_row(visit: Visit, row: NumberRow) -> Shown:
    """How to show an own number."""
    return shown(visit, row.entry.key, is_prefix=row.entry.is_prefix, row=row)


def place_of(row_id: str) -> Place:
    """Which own number a form means; anything else means one that there is not."""
    who, _, did = row_id.partition(" → ")
    return Place(who.removesuffix("*"), who.endswith("*"), did)


def ours(path: str, otherwise: str = "/numbers") -> str:
    """A path of this page; where it leads elsewhere, another."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() else otherwise


def end_of(visit: Visit, days: str, until: str = "") -> datetime | None:
    """When an entry ends: after so many days, or with a day; None for never.

    Raises:
        RefusedError: it is neither, or over already.
    """
    try:
        if until:
            last = date.fromisoformat(until) + timedelta(days=1)
            end = datetime.combine(last, time(), visit.site.zone())
        elif days:
            end = visit.now + timedelta(days=min(int(days), MOST_DAYS))
        else:
            return None
    except (ValueError, OverflowError):
        raise RefusedError(visit.say("This is no day.")) from None
    if end <= visit.now:
        raise RefusedError(visit.say("The day is over already."))
    return end


def text_of(visit: Visit, text: str) -> str:
    """A note, cleaned.

    Raises:
        RefusedError: it is too long.
    """
    text = " ".join(text.split())
    if len(text) > LONGEST:
        raise RefusedError(visit.say("Names and notes have at most %(most)s characters.", most=LONGEST))
    return text


def label_of(visit: Visit, text: str) -> str:
    """A label for the phone.

    Raises:
        RefusedError: Asterisk could not send it.
    """
    text = text_of(visit, text)
    if text and not is_safe(text):
        raise RefusedError(
            visit.say(
                "The phone cannot be sent this name: leave out brackets, quotes and %(signs)s.", signs=", = $ & | ; \\"
            )
        )
    return text


def action_of(visit: Visit, text: str) -> Action:
    """What shall become of calls.

    Raises:
        RefusedError: it is nothing that own numbers can do.
    """
    action = ACTIONS.get(text)
    if action is None:
        raise RefusedError(visit.say("Choose what shall become of calls."))
    if action is Action.VOICEMAIL and not visit.site.config.has_mailbox:
        raise RefusedError(visit.say("There is no mailbox yet: set one in the settings."))
    return action


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall become of numbers."""

    action: Action
    label: str
    note: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish as somebody typed it, right or wrong."""

    action: str = ""
    days: str = ""
    until: str = ""
    note: str = ""
    label: str = ""

    def read(self, visit: Visit) -> Wish:
        """What is meant.

        Raises:
            RefusedError: something of it is wrong.
        """
        end = end_of(visit, self.days, self.until)
        return Wish(action_of(visit, self.action), label_of(visit, self.label), text_of(visit, self.note), end)


def require_role(visit: Visit, wish: Wish) -> None:
    """Admins may do all, clerks allow for a day.

    Raises:
        ForbiddenError: the visitor may not.
    """
    a_day = wish.until is not None and wish.until <= visit.now + timedelta(days=1, minutes=1)
    if not visit.may(Role.ADMIN) and (wish.action is not Action.ALLOW or not a_day):
        raise ForbiddenError(N_("Your role may allow numbers for a day; for more, ask an admin."))


def protected(visit: Visit, named: Iterable[Named]) -> list[Named]:
    """Those that nobody can block."""
    policy = visit.site.current().policy
    return [one for one in named if one.number and always_rings(one.number, policy)]


def entry_of(visit: Visit, one: Found, named: Named, wish: Wish) -> OwnEntry:
    """The entry for a number that came with a name or without: the phone shows the name of who is allowed."""
    label, note = wish.label, wish.note
    if one.name and not label and wish.action is Action.ALLOW and is_safe(one.name):
        label = one.name
    elif one.name:
        note = " - ".join(filter(None, (one.name, note)))
    return OwnEntry(named.key, named.is_prefix, wish.action, label[:LONGEST], note[:LONGEST], visit.author, wish.until)


async def put(visit: Visit, entries: Sequence[OwnEntry], *, unseen: bool = False) -> None:
    """Stores entries, all or none; it can be undone.

    Args:
        visit: whose entries they are.
        entries: what to store, all until the same time.
        unseen: the visitor was not shown what is there, so that no name is lost and nothing ends before its time.

    Raises:
        RefusedError: an entry would put one that is there out of force for good.
        StoreError: the database can't be written; nothing was.
    """
    now, named = visit.now, [(entry.key, entry.is_prefix) for entry in entries]
    async with visit.site.database.begin(alone=True) as connection:
        there = await numbers.found(connection, set(named))
        if unseen or not visit.may(Role.ADMIN):
            _refuse_to_end(visit, ended_early(visit, there, entries[0].expires_at))
        async with number_changes.remembered(connection, now, visit.author, named):
            for entry in entries:
                await numbers.put_in(connection, numbers.anew(entry, there) if unseen else entry, now)
            for row in _allowed_on_one(entries, there, now) if unseen else ():
                await numbers.put_in(connection, row.entry, row.added_at)
    deed = "allowed" if entries[0].action is Action.ALLOW else "blocked"
    await visit.note(deed, numbers=[entry.text for entry in entries[:20]], count=len(entries))


def ended_early(visit: Visit, rows: Iterable[NumberRow], until: datetime | None) -> list[NumberRow]:
    """Own numbers that entries until then would put out of force for good. Clerks leave all that are in force alone."""
    least = until if visit.may(Role.ADMIN) else visit.now
    return [row for row in rows if least and (row.entry.expires_at is None or row.entry.expires_at > least)]


def _refuse_to_end(visit: Visit, rows: Sequence[NumberRow]) -> None:
    """Nothing where there are none.

    Raises:
        RefusedError: there are some.
    """
    if not rows:
        return
    number = shown_row(visit, rows[0]).display
    if visit.may(Role.ADMIN):
        told = visit.say(
            "%(number)s is an own number for longer than that, which this would end: change it under Numbers.",
            number=number,
        )
    else:
        told = visit.say("%(number)s is an own number already: ask an admin to change it.", number=number)
    raise RefusedError(told)


def _allowed_on_one(entries: Iterable[OwnEntry], there: Iterable[NumberRow], now: datetime) -> list[NumberRow]:
    """Those for calls to one of the shop's numbers that stay, as entries for all calls allow the same callers."""
    allowed = {(entry.key, entry.is_prefix) for entry in entries if entry.action is Action.ALLOW}
    return [
        row
        for row in there
        if row.entry.did and row.entry.action is Action.ALLOW and (row.entry.key, row.entry.is_prefix) in allowed
        if row.entry.expires_at is None or row.entry.expires_at > now
    ]


async def remove(visit: Visit, rows: Sequence[NumberRow]) -> None:
    """Forgets own numbers, and that they were reported; it can be undone.

    Raises:
        StoreError: the database can't be written; nothing was.
    """
    named = [(row.entry.key, row.entry.is_prefix) for row in rows]
    begun = visit.site.database.begin(alone=True)
    async with begun as connection, number_changes.remembered(connection, visit.now, visit.author, named):
        for row in rows:
            await numbers.remove_in(connection, row.entry)
            if not row.entry.is_prefix and not row.entry.did:
                await reports.remove_in(connection, row.entry.key)
    await visit.note("forgot", numbers=[row.entry.text for row in rows[:20]], count=len(rows))
