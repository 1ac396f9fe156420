"""`callfilter check`: what would become of a call, by the very code that decides about live ones. Changes nothing."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agi.wire import decode
from callfilter.cli.options import Json, config_of, point_in_time, typed
from callfilter.cli.say import FAILED, NO, YES, complain, console, harmless, refuse, say, say_json
from callfilter.explanation import Explanation
from callfilter.store.record import CallRecord
from callfilter.trial import Trial
from filters.call import Call
from filters.decide import CHAPTERS
from filters.explain import not_reached
from filters.verdict import Action, Reason, Step, score_in

if TYPE_CHECKING:
    from rich.console import Console


def check(
    context: typer.Context,
    *,
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="Caller ID as sent, in any spelling; - reads one a line from stdin.")
    ],
    name: Annotated[str, typer.Option(help="Caller name as sent.", metavar="TEXT")] = "",
    to: Annotated[str, typer.Option(help="Number that was called, as the trunk sends it.", metavar="DID")] = "",
    trunk: Annotated[str, typer.Option(help="Trunk that the call comes in by.", metavar="NAME")] = "",
    at: Annotated[str, typer.Option(help="Time of the call: 2026-03-01T09:30 or 09:30.", metavar="TIME")] = "",
    rules: Annotated[
        bool, typer.Option("--rules", help="With - and --json: what each rule says too, which takes longer.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what would become of a call, and why. Changes nothing.

    Exit status: 0 it would ring, 1 it would not, 2 it cannot be told. With - as NUMBER, 0 if all were judged.
    With --json one object for each caller, as docs/reasons.md has it; an empty line on stdin is an empty caller ID.
    """
    now = datetime.now(UTC)
    call = Call(
        caller="",
        at=point_in_time(at, "--at", now) if at else now,
        name=typed(name),
        did=typed(to),
        trunk=typed(trunk),
    )
    config = config_of(context)
    if not config.database.exists():
        complain(f"{config.database} does not exist yet, so this is judged without own numbers")
    judge = Trial(config)
    if number == "-":
        raise typer.Exit(_check_lines(judge, call, json=json, rules=rules))
    call = replace(call, caller=typed(number))
    judge(call)  # The service has read the policy long before a call comes; the time shown is that of the decision.
    record = judge(call)
    if record.reason is Reason.ERROR:
        refuse(record.trace[-1].check)
    explanation = judge.explain(call)
    if json:
        say_json(as_json(record, explanation))
    else:
        _show(record, explanation)
    raise typer.Exit(YES if record.action is Action.ALLOW else NO)


def as_json(record: CallRecord, explanation: Explanation | None = None) -> dict[str, Any]:
    """The verdict as programs read it, and where there is an explanation, that too."""
    return {
        "number": {
            "raw": record.caller,
            "key": record.key,
            "display": record.display,
            "classes": sorted(record.classes),
            "country": record.country,
            "region": record.region,
            **({"reading": list(explanation.reading)} if explanation else {}),
        },
        "verdict": {
            "action": record.action,
            "reason": record.reason,
            "rule": record.rule,
            "signal": record.signal,
            "target": record.target,
            "label": record.label,
            "score": score_in(record.trace),
            "milliseconds": record.milliseconds,
            "policy_version": record.policy_version,
        },
        "trace": [_step_fields(step) for step in record.trace],
        "not_reached": list(not_reached(record.trace)),
        **(
            _rules_fields(explanation.rules, explanation.notes) if explanation and explanation.rules is not None else {}
        ),
    }


def _rules_fields(rules: Iterable[Step], notes: Iterable[str]) -> dict[str, Any]:
    return {"rules": [_step_fields(step) for step in rules], "notes": list(notes)}


def _step_fields(step: Step) -> dict[str, Any]:
    fields = {"chapter": step.chapter, "check": step.check, "matched": step.matched}
    return fields if step.would is None else {**fields, "would": step.would}


def _check_lines(judge: Trial, call: Call, *, json: bool, rules: bool) -> int:
    """One answer for each line of stdin, as the line comes. A line is bytes up to a newline, as from Asterisk."""
    code = YES
    if sys.stdin is None:  # the shell's <&-
        refuse("- reads callers from stdin, but that is closed")
    for line in sys.stdin.buffer:
        one = replace(call, caller=decode(line.removesuffix(b"\n").removesuffix(b"\r")))
        record = judge(one)
        if record.reason is Reason.ERROR:
            complain(record.trace[-1].check)
            code = FAILED
        if json:
            say_json(as_json(record, judge.explain(one, rules=rules and record.reason is not Reason.ERROR)))
        else:
            say(f"{harmless(record.caller) or '(none)'} = {harmless(record.key)}: {verdict_in_words(record)}")
    return code


def verdict_in_words(record: CallRecord) -> str:
    """Such as `reject with 603: blocked, by +8613800138000`."""
    how = f" with {record.signal}" if record.signal else f" {harmless(record.target)}" if record.target else ""
    label = f', shown as "{harmless(record.label)}"' if record.label else ""
    rule = f", by {harmless(record.rule)}" if record.rule else ""
    return f"{harmless(record.action)}{how}{label}: {harmless(record.reason)}{rule}"


def policy_in_words(record: CallRecord) -> str:
    """Which policy judged."""
    return f"version {record.policy_version}" if record.policy_version else "built in, without rules"


def _show(record: CallRecord, explanation: Explanation) -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    out = console()
    facts = Table.grid(padding=(0, 2))
    facts.add_row("caller", harmless(record.caller) or "(none)")
    facts.add_row("number", f"{harmless(record.display)}  ({harmless(record.key)})")
    facts.add_row("read", reading_in_words(explanation))
    facts.add_row("classes", ", ".join(sorted(record.classes)) or "(none)")
    facts.add_row("from", ", ".join(filter(None, (record.region, record.country))) or "(unknown)")
    facts.add_row("verdict", verdict_in_words(record))
    facts.add_row("policy", policy_in_words(record))
    facts.add_row("took", f"{record.milliseconds:.2f} ms")
    out.print(facts)
    show_trace(record, out)
    show_rules(explanation, out)


def reading_in_words(explanation: Explanation) -> str:
    """How the raw number became the key, on one line."""
    return harmless("; ".join(explanation.reading))


def show_trace(record: CallRecord, out: "Console") -> None:
    """The steps of the decision as a table, and below it the chapters that left none."""
    later = not_reached(record.trace)
    told = {*later, *(step.chapter for step in record.trace)}
    silent = [chapter.name for chapter in CHAPTERS if chapter.name not in told]
    _show_steps("decided", record.trace, out)
    if silent and record.reason != Reason.ERROR:
        out.print(f"nothing to look at: {', '.join(silent)}")
    if later:
        out.print(f"not reached: {', '.join(later)}")


def show_rules(explanation: Explanation, out: "Console") -> None:
    """What each rule says, as a table, and what is to be noted."""
    if explanation.rules:
        out.print("\nEach rule by itself, whether or not the decision came to it:")
        _show_steps("matches", explanation.rules, out)
    for note in explanation.notes:
        out.print()
        out.print(f"Note: {harmless(note)}.")


def _show_steps(last: str, steps: Iterable[Step], out: "Console") -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in ("chapter", "check", last):
        table.add_column(column, overflow="fold")
    for step in steps:
        table.add_row(harmless(step.chapter), harmless(step.check), "yes" if step.matched else "")
    out.print()
    out.print(table)
