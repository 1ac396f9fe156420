"""Changing the policy, from wherever: every change is a version of its own, made from the one that its author saw.

The first half says what a change makes of a policy, and is pure; the second puts it in force.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from callfilter.policy import PolicyText, with_rules, write
from callfilter.store import policies
from callfilter.store.database import Database
from callfilter.store.policies import PolicyVersion
from filters.rule import Rule

BUILT_IN: Final = write(PolicyText())
"""The policy of those who have none."""


def with_rule(policy: PolicyText, rule: Rule, instead_of: str = "") -> PolicyText:
    """The policy with a rule in the place of the one of that name; before all others where there is none."""
    if all(one.name != instead_of for one in policy.rules):
        return with_rules(policy, [rule])
    return replace(policy, rules=tuple(rule if one.name == instead_of else one for one in policy.rules))


def without_rule(policy: PolicyText, name: str) -> PolicyText:
    """The policy without the rule of that name."""
    return replace(policy, rules=tuple(one for one in policy.rules if one.name != name))


def moved(policy: PolicyText, name: str, place: int) -> PolicyText:
    """The policy with a rule at another place, counted from 0, among those that are for the same callers.

    Raises:
        LookupError: no rule has that name.
    """
    rule = named(policy, name)
    peers = [one for one in policy.rules if one.who is rule.who and one is not rule]
    place = max(0, min(place, len(peers)))
    peers.insert(place, rule)
    following = iter(peers)
    return replace(policy, rules=tuple(next(following) if one.who is rule.who else one for one in policy.rules))


def named(policy: PolicyText, name: str) -> Rule:
    """The rule of that name.

    Raises:
        LookupError: there is none.
    """
    found = next((one for one in policy.rules if one.name == name), None)
    if found is None:
        raise LookupError(name)
    return found


def text_of(version: PolicyVersion | None) -> str:
    """The text of a version, or of the policy that is built in."""
    return version.text if version else BUILT_IN


async def put_in_force(
    database: Database, text: str, *, at: datetime, author: str, note: str, since: PolicyVersion | None
) -> PolicyVersion:
    """Makes a text, as `write` has it, the next version after `since`.

    Raises:
        MovedOnError: there is a version after `since` already; nothing was changed.
        StoreError: the database cannot be written.
    """
    version = PolicyVersion((since.id if since else 0) + 1, at, author, note, text)
    await policies.add(database, version)
    return version
