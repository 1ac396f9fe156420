"""All checks of all rules, in the order of the policy. Never raises for a policy, whatever its rules say."""

from collections.abc import Iterator, Sequence
from itertools import chain

from filters.lint.breadth import Breadth
from filters.lint.finding import Finding, Known, Said, Severity
from filters.lint.misread import reads_otherwise
from filters.lint.never import asks_of_nobody, is_of_other_numbers, is_past, meets_nobody, never_matches
from filters.lint.order import Earlier, is_hidden
from filters.lint.reading import Reading, read
from filters.lint.spelled import is_spelled_otherwise
from filters.lint.within import World, numbers_left
from filters.policy import Policy
from filters.policy_text import RULE
from filters.rule import Place, Who
from filters.rulebook import read_rule
from filters.verdict import Action


def lint(policy: Policy, known: Known) -> tuple[Finding, ...]:
    """What is odd about a policy's rules.

    Rules that are switched off, and those that cannot be read, are passed over: reading tells what is wrong with them.

    Args:
        policy: The rules in the order in which they are written, presets behind the others.
        known: What is known of the shop beside it.
    """
    readings = list(_readings(policy, known))
    world = World(policy.shop.country, known.countries - {policy.shop.country})
    in_order = sorted(readings, key=lambda one: one.rule.who is not Who.EVERYONE)
    breadth = Breadth(in_order, policy, known)
    earlier = Earlier(world)
    said: dict[str, list[Finding]] = {}
    for one in in_order:
        told = _of_rule(one, policy=policy, known=known, world=world, breadth=breadth, earlier=earlier)
        said[one.rule.name] = [
            Finding(one.rule.name, severity, one.place if one.is_preset else (*one.place, *place), text)
            for severity, place, text in told
        ]
    return tuple(chain.from_iterable(said[one.rule.name] for one in readings))


def _readings(policy: Policy, known: Known) -> Iterator[Reading]:
    names: set[str] = set()
    for position, rule in enumerate(policy.rules):
        is_preset = rule.name in known.presets
        if rule.enabled and rule.name not in names and not isinstance(read_rule(rule, policy.shop), list):
            place: Place = ("presets",) if is_preset else (RULE, position)
            yield read(rule, place, policy.shop, is_preset=is_preset)
        names.add(rule.name)


def _of_rule(
    one: Reading, *, policy: Policy, known: Known, world: World, breadth: Breadth, earlier: Earlier
) -> Sequence[tuple[Severity, Place, str]]:
    shapes = numbers_left(one.asked, world)
    wrong = [*never_matches(one, shapes, world), *is_past(one, known)]
    if wrong:
        return wrong
    found = [
        *(list(is_spelled_otherwise(one, world)) or meets_nobody(one, shapes)),
        *asks_of_nobody(one),
        *reads_otherwise(one),
        *is_of_other_numbers(one, known),
        *breadth.too_broad(one),
        *breadth.without_effect(one, shapes),
        *_has_no_mailbox(one, policy),
    ]
    hidden_by = earlier.hiding(one, shapes)
    earlier.add(one)
    # Whoever decides nothing turns nobody away.
    return found if hidden_by is None else list(is_hidden(one, hidden_by))


def _has_no_mailbox(one: Reading, policy: Policy) -> Said:
    if one.rule.action is Action.VOICEMAIL and not (one.rule.target or policy.mailbox or policy.mailboxes):
        yield (
            Severity.WARNING,
            ("action",),
            "sends to voicemail, but there is no mailbox, so such calls ring: set policy.mailbox in the settings",
        )
