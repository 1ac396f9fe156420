"""Examines the policy in force: can all of it be used, and does it do what it says."""

from collections.abc import Iterator
from datetime import UTC, datetime

from callfilter.config import Config
from callfilter.config_faults import shown
from callfilter.current import load_newest
from callfilter.doctor.finding import Finding, fault, ok, warning
from callfilter.policy_lint import findings_of, own_entries, sentences_of
from callfilter.store.file import StoreError
from callfilter.store.record import format_id
from callfilter.store.traces import LATEST, Breakage, breakages


def examine_policy(config: Config) -> Iterator[Finding]:
    """What is to be said of the policy; nothing where the database cannot be read, which others tell."""
    try:
        current = load_newest(config)
    except StoreError:
        return
    if current.judges is None and not current.faults:
        yield ok("policy", "there are no rules of your own, and no presets are on")
        return
    if current.judges == current.version:
        yield ok("policy", f"version {current.version} judges, with {len(current.policy.rules)} rules and presets")
    else:
        yield fault("policy", f"{current.warning}; see callfilter policy history, and apply a policy without faults")
    for each in current.faults:
        yield fault("policy", f"{each}; that rule is left out" if current.judges == current.version else each)
    for wrong in current.policy.faults:
        yield fault("policy", f"rule {shown(wrong.rule)}: {wrong.text}; that rule is left out")
    try:
        own = own_entries(config.database)
    except StoreError:
        own = []
    found = findings_of(current.policy, config, datetime.now(UTC), own)
    yield from (warning("policy", sentence) for sentence in sentences_of(found))
    if current.judges is not None:
        yield from (fault("policy", _broke(each)) for each in breakages(config.database, current.judges))


def _broke(one: Breakage) -> str:
    times = "once" if one.calls == 1 else f"{one.calls} times"
    return (
        f"rule {shown(one.rule)} broke {times} on the last {LATEST} calls and was passed over, at last on "
        f"{format_id(one.latest)}: {one.fault}; mend it or set enabled = false, and apply the policy"
    )
