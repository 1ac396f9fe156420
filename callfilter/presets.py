"""What comes ready-made, presets and steps of suspicion: which there are, and a policy with some of them on or off."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from callfilter.policy import PolicyText
from filters.presets import PRESETS
from filters.suspicion.settings import STEPS
from filters.verdict import Action


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule or a step that comes switched off."""

    name: str
    does: Action
    """What becomes of calls."""
    about: str
    """One sentence for the shop's owner."""


READY: Mapping[str, Ready] = {
    one.name: one
    for one in (
        *(Ready(preset.rule.name, preset.rule.action, preset.about) for preset in PRESETS),
        *(Ready(name, kind.does, kind.about) for name, kind in STEPS.items()),
    )
}
"""By name, in the order in which they are tried."""


def names_on(policy: PolicyText) -> frozenset[str]:
    """Those that are on."""
    return policy.presets.union(watch.name for watch in policy.suspicion)


def switched(policy: PolicyText, chosen: frozenset[str], *, on: bool) -> PolicyText:
    """The policy with these on or off; steps that are on already keep their settings."""
    rules, steps = chosen.difference(STEPS), chosen.intersection(STEPS)
    watches = {watch.name: watch for watch in policy.suspicion}
    if on:
        kept = {name: watches.get(name) or kind() for name, kind in STEPS.items() if name in steps | watches.keys()}
        return replace(policy, presets=policy.presets | rules, suspicion=tuple(kept.values()))
    left = tuple(watch for name, watch in watches.items() if name not in steps)
    return replace(policy, presets=policy.presets - rules, suspicion=left)
