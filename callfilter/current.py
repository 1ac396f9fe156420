"""The policy in force, made ready from the newest version that can be used. Changes no version."""

from collections.abc import Callable
from dataclasses import dataclass

from callfilter.config import Config
from callfilter.store.lookup import Lookup
from filters.policy import Policy

LOOK_BACK = 10
"""Versions that are tried, the newest first."""

SHOWN = 120
"""Characters of a fault that every trace has."""

TextOf = Callable[[int], tuple[int, str] | None]
"""The newest version that is not above the one asked for, with its text; None if there is none."""


@dataclass(frozen=True, slots=True)
class Current:
    """A policy made ready."""

    version: int
    """The newest there was; 0 where there was none."""
    policy: Policy
    judges: int | None = None
    """The version that it was made from; None for the built-in policy, which has no rules."""
    warning: str = ""
    """What every trace says before anything else; empty where all is well."""
    faults: tuple[str, ...] = ()
    """What is wrong with the version that should judge: one sentence each, with lines of its text."""


def load(version: int, text_of: TextOf, config: Config) -> Current:
    """The policy of `version`; where that cannot be used, the newest before it that can.

    Raises:
        StoreError: `text_of` cannot read the database.
    """
    asked, broken = version, ""
    faults: tuple[str, ...] = ()
    for _ in range(LOOK_BACK if version else 0):
        found = text_of(asked)
        if found is None:
            break
        judges, text = found
        try:
            policy, told = _made(text, config)
        except Exception as fault:  # noqa: BLE001 - an older text, an older library: whatever it is, calls go on
            broken = broken or f"version {judges} of the policy cannot be used ({fault})"
            faults = faults or (f"version {judges}: {fault}",)
            asked = judges - 1
            continue
        faults = faults or tuple(f"version {judges}, {each}" for each in told)
        return Current(version, policy, judges, _warning(broken, judges, told), faults)
    return Current(
        version, config.policy(), warning=f"{broken}, so no rules are looked at" if broken else "", faults=faults
    )


def load_newest(config: Config, known: Current | None = None) -> Current:
    """The policy in force, by a connection of its own: for threads, for `doctor` and for the page.

    Args:
        config: The settings.
        known: What was loaded before by the same settings: returned as it is if there is nothing newer.

    Raises:
        LookupFailed: the database cannot be read.
    """
    lookup = Lookup(config.database)
    try:
        newest = lookup.newest_policy()
        return known if known and known.version == newest else load(newest, lookup.policy_text, config)
    finally:
        lookup.close()


def _made(text: str, config: Config) -> tuple[Policy, list[str]]:
    from callfilter.policy import read_leniently  # noqa: PLC0415 - who has no policy need not wait for it

    read, faults = read_leniently(text, config)
    told = [f"line {line}: {sentence}" if line else sentence for line, sentence in faults]
    return read.policy(config), told


def _warning(broken: str, judges: int, faults: list[str]) -> str:
    if broken:
        return f"{broken}, so version {judges} judges"
    if not faults:
        return ""
    first = faults[0] if len(faults[0]) <= SHOWN else f"{faults[0][:SHOWN]}…"
    others = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    return (
        f"version {judges} of the policy has faults, and rules are left out ({first}{others}); "
        "callfilter doctor names them"
    )
