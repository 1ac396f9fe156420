"""What people ask of a judged call beyond its verdict: how the number was read, and what each rule says about it.

For calls of the log everything is looked at again, as it was when the call came, as far as that can still be known.
"""

from dataclasses import dataclass

from callfilter.config import Config
from callfilter.config_faults import shown
from callfilter.current import Current, load
from callfilter.screen import number_of
from callfilter.store.record import CallRecord
from filters.call import Call
from filters.explain import every_rule
from filters.facts import Facts
from filters.number import Number
from filters.verdict import Reason, Step


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is told beside the trace."""

    reading: tuple[str, ...]
    """How the raw number became the key: a sentence for each step."""
    rules: tuple[Step, ...] | None = ()
    """What each rule that is switched on says about the call, whether or not the decision came to it; None where nobody
    asked."""
    notes: tuple[str, ...] = ()
    """What is left out or cannot be known: one sentence each."""


def explain(call: Call, number: Number, facts: Facts, current: Current) -> Explanation:
    """The explanation of a call that `current` judges."""
    return Explanation(number.reading, every_rule(call, number, facts, current.policy), _left_out(current))


def look_back(record: CallRecord, text: str | None, past: Facts, config: Config) -> Explanation:
    """The explanation of a call of the log.

    Args:
        record: Of the call.
        text: The version of the policy that judged it; None where none did, or it is not there any more.
        past: The caller's calls before this one, and what went on around it, as the log tells it now.
        config: Today's settings: those of then are not kept.
    """
    call = call_of(record)
    read = number_of(call, config)
    notes = []
    if read.key != record.key:
        notes.append(f"the settings have changed: the call was judged as {record.key}")
    if record.reason == Reason.ERROR:
        notes.append("the filter failed on this call, so no rules were looked at")
    if record.policy_version is None:
        return Explanation(read.reading, notes=tuple(notes))
    if text is None:
        notes.append(f"version {record.policy_version} of the policy is not in the database any more")
        return Explanation(read.reading, notes=tuple(notes))
    found = (record.policy_version, text)
    current = load(record.policy_version, lambda asked: found if asked == found[0] else None, config)
    if current.judges is None:
        return Explanation(read.reading, notes=(*notes, current.warning))
    conditions = (condition for rule in current.policy.rules for condition in rule.conditions)
    if record.attestation is None and any(condition.kind == "attestation" for condition in conditions):
        notes.append("what the carrier vouched for was not logged, so rules take it that there was nothing")
    number = Number(record.caller, record.key, record.display, record.classes, record.country, record.region)
    rules = every_rule(call, number, past, current.policy)
    return Explanation(read.reading, rules, (*notes, *_left_out(current)))


def call_of(record: CallRecord) -> Call:
    """The call that a record tells of."""
    return Call(
        caller=record.caller,
        at=record.at,
        name=record.name,
        withheld="withheld" in record.classes,
        did=record.did,
        trunk=record.trunk,
        channel=record.channel,
        unique_id=record.unique_id,
        redirecting=record.redirecting,
        attestation=record.attestation or "",
    )


def _left_out(current: Current) -> tuple[str, ...]:
    """What of the policy does not judge."""
    if current.judges != current.version:
        return (current.warning, *current.faults)
    # Of presets, nothing is wrong with the text: it is the settings that they do not fit.
    presets = (f"rule {shown(fault.rule)}: {fault.text}" for fault in current.policy.faults)
    return tuple(f"{each}; that rule is left out" for each in (*current.faults, *presets))
