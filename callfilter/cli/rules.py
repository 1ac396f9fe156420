"""`callfilter rules` and `callfilter presets`: what is in force in words, and presets on and off by name."""

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callfilter.cli.options import Json, config_of, typed
from callfilter.cli.policy import Note, linted, newest_of, policy_of, put_in_force
from callfilter.cli.say import complain, console, harmless, refuse, say, say_json

if TYPE_CHECKING:
    from filters.lint.finding import Finding
    from filters.rule import Rule

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
    from callfilter.presets import READY, names_on  # noqa: PLC0415 - it takes longer than reading the command line

    config = config_of(context)
    policy = policy_of(newest_of(config), config)
    on = names_on(policy)
    if json:
        ready = READY.values()
        say_json([{"name": one.name, "on": one.name in on, "action": one.does, "about": one.about} for one in ready])
        return
    rows = ((one.name, "yes" if one.name in on else "", one.about) for one in READY.values())
    _show([("preset", "on", "what it does"), *rows])


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
    from callfilter.presets import READY, switched  # noqa: PLC0415 - as above

    config = config_of(context)
    if bool(names) is all_:
        refuse(f"name the presets to switch, or write --all; there are {', '.join(READY)}")
    for name in names:
        if name not in READY:
            refuse(f"{typed(name)!r} is no preset; there are {', '.join(READY)}")
    chosen = frozenset(READY if all_ else names)
    version = newest_of(config, to_change=True)
    said = f"presets {'on' if on else 'off'}: {'all' if all_ else ', '.join(sorted(chosen))}"
    changed = switched(policy_of(version, config), chosen, on=on)
    put_in_force(config, changed, note=typed(note).strip() or said, since=version)
    if on:
        _tell(each for each in linted(changed, config) if each.rule in chosen)


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
