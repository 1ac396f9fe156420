"""`callfilter rules` and `callfilter presets`: what is in force in words, and presets on and off by name."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callfilter.cli.options import Json, config_of, typed
from callfilter.cli.policy import Note, linted, newest_of, policy_of, put_in_force
from callfilter.cli.say import complain, console, harmless, refuse, say, say_json

if TYPE_CHECKING:
    from callfilter.policy import PolicyText
    from filters.lint.finding import Finding
    from filters.rule import Rule
    from filters.verdict import Action

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Presets, as presets list names them.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]

presets = typer.Typer(rich_markup_mode=None, help="Ready-made rules and steps of suspicion that come switched off.")


def rules(context: typer.Context, *, json: Json = False) -> None:
    """Show the rules in force, in the order in which they are tried: yours, then the presets that are on.

    With --json an array of objects. Exit status: 0 also where there are none, 2 a fault.
    """
    from callfilter.policy import zone_of  # noqa: PLC0415 - it takes longer than reading the command line
    from filters.presets import PRESETS  # noqa: PLC0415 - as above

    config = config_of(context)
    policy = policy_of(newest_of(config), config)
    shipped = {preset.rule.name for preset in PRESETS}
    found = [(rule, rule.name in shipped) for rule in policy.every_rule()]
    if json:
        say_json([_as_json(rule, preset=preset) for rule, preset in found])
    elif found:
        _show_rules(found, zone_of(policy.time_zone))
        _tell(linted(policy, config))
    else:
        say("No rules yet; see 'callfilter policy export' and docs/rules.md.")


@presets.command("list")
def list_presets(context: typer.Context, *, json: Json = False) -> None:
    """Show all presets, what they do, and which are on.

    With --json an array of objects. Exit status: 0 shown, 2 a fault.
    """
    config = config_of(context)
    policy = policy_of(newest_of(config), config)
    on = policy.presets.union(watch.name for watch in policy.suspicion)
    ready = _ready_made()
    if json:
        say_json([{"name": name, "on": name in on, "action": action, "about": about} for name, action, about in ready])
        return
    _show([("preset", "on", "what it does"), *((name, "yes" if name in on else "", about) for name, _, about in ready)])


@presets.command("on")
def switch_on(context: typer.Context, names: Names = None, *, all_: All = False, note: Note = "") -> None:
    """Switch presets on, as a new version of the policy. The next call is judged by it.

    Exit status: 0 they are on, 2 wrong input or a fault: then nothing was changed.
    """
    _switch(context, names or [], all_=all_, on=True, note=note)


@presets.command("off")
def switch_off(context: typer.Context, names: Names = None, *, all_: All = False, note: Note = "") -> None:
    """Switch presets off, as a new version of the policy. The next call is judged by it.

    Exit status: 0 they are off, 2 wrong input or a fault: then nothing was changed.
    """
    _switch(context, names or [], all_=all_, on=False, note=note)


def _switch(context: typer.Context, names: list[str], *, all_: bool, on: bool, note: str) -> None:
    config = config_of(context)
    known = [name for name, _, _ in _ready_made()]
    if bool(names) is all_:
        refuse(f"name the presets to switch, or write --all; there are {', '.join(known)}")
    for name in names:
        if name not in known:
            refuse(f"{typed(name)!r} is no preset; there are {', '.join(known)}")
    chosen = frozenset(known if all_ else names)
    version = newest_of(config, to_change=True)
    said = f"presets {'on' if on else 'off'}: {'all' if all_ else ', '.join(sorted(chosen))}"
    changed = _switched(policy_of(version, config), chosen, on=on)
    put_in_force(config, changed, note=typed(note).strip() or said, since=version)
    if on:
        _tell(each for each in linted(changed, config) if each.rule in chosen)


def _ready_made() -> "list[tuple[str, Action, str]]":
    """Name of each preset and each step of suspicion, what becomes of calls, and a sentence about it."""
    from filters.presets import PRESETS  # noqa: PLC0415 - as above
    from filters.suspicion.settings import STEPS  # noqa: PLC0415 - as above

    rules = ((one.rule.name, one.rule.action, one.about) for one in PRESETS)
    return [*rules, *((name, kind.does, kind.about) for name, kind in STEPS.items())]


def _switched(policy: "PolicyText", chosen: frozenset[str], *, on: bool) -> "PolicyText":
    """The policy with these presets and steps on or off; steps that are on already keep their settings."""
    from filters.suspicion.settings import STEPS  # noqa: PLC0415 - as above

    rules, steps = chosen.difference(STEPS), chosen.intersection(STEPS)
    watches = {watch.name: watch for watch in policy.suspicion}
    if on:
        kept = {name: watches.get(name) or kind() for name, kind in STEPS.items() if name in steps | watches.keys()}
        return replace(policy, presets=policy.presets | rules, suspicion=tuple(kept.values()))
    left = tuple(watch for name, watch in watches.items() if name not in steps)
    return replace(policy, presets=policy.presets - rules, suspicion=left)


def _as_json(rule: "Rule", *, preset: bool) -> dict[str, Any]:
    from filters.rulebook import words_of  # noqa: PLC0415 - as above

    return {
        "name": rule.name,
        "preset": preset,
        "enabled": rule.enabled,
        "who": rule.who,
        "mode": rule.mode,
        "conditions": words_of(rule),
        "action": rule.action,
        "signal": rule.signal,
        "target": rule.target,
        "label": rule.label,
        "expires_at": rule.expires_at.isoformat() if rule.expires_at else None,
        "note": rule.note,
        "author": rule.author,
    }


def _tell(found: "Iterable[Finding]") -> None:
    """What is odd about rules, on stderr."""
    from callfilter.policy_lint import sentences_of  # noqa: PLC0415 - as above

    for told in sentences_of(found):
        complain(told)


def _show_rules(found: "Iterable[tuple[Rule, bool]]", zone: tzinfo) -> None:
    """A table of rules; times are those of the shop."""
    from filters.rulebook import words_of  # noqa: PLC0415 - as above

    rows = [("rule", "for", "which calls", "what it does", "mode", "until", "note")]
    for rule, preset in found:
        mode = rule.mode if rule.enabled else "off"
        until = f"{rule.expires_at.astimezone(zone):%Y-%m-%d %H:%M}" if rule.expires_at else ""
        rows.append((rule.name, rule.who, words_of(rule), _does(rule), mode, until, "preset" if preset else rule.note))
    _show(rows)


def _does(rule: "Rule") -> str:
    how = f" with {int(rule.signal)}" if rule.signal else f" {rule.target}" if rule.target else ""
    label = f', shown as "{rule.label}"' if rule.label else ""
    return f"{rule.action}{how}{label}"


def _show(rows: Iterable[tuple[str, ...]]) -> None:
    """A table whose first row is its head."""
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    head, *others = rows
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in head:
        table.add_column(column, overflow="fold")
    for row in others:
        table.add_row(*map(harmless, row))
    console().print(table)
