"""`callfilter replay`: past calls decided again with a draft, and what would end otherwise. Changes nothing."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callfilter.cli.options import Json, config_of, since_when
from callfilter.cli.policy import linted, newest_of, policy_in, policy_of, text_in
from callfilter.cli.say import NO, YES, complain, console, harmless, refuse, say, say_json
from callfilter.config import Config
from callfilter.replay.task import TALKED, Against, Task
from filters.verdict import Action

if TYPE_CHECKING:
    from callfilter.replay.report import Change, End, Report, RuleCount
    from callfilter.replay.run import Told

SHOWN = 20
"""Calls and rules of each table; `--json` has more."""

_WORDS = {Action.SCREEN: "screen (whoever presses a key gets through)"}


def replay(
    context: typer.Context,
    *,
    policy: Annotated[
        Path | None, typer.Option(help="A whole policy as the draft.", metavar="FILE", show_default=False)
    ] = None,
    rule: Annotated[
        Path | None,
        typer.Option(
            help="Rules as the draft, before those in force; one of the same name takes that one's place.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    since: Annotated[str, typer.Option(help="Calls since then: 2h, 90d, 2026-03-01.", metavar="TIME")] = "90d",
    against: Annotated[
        Against | None,
        typer.Option(
            help="Compare with the policy in force, as is meant with a draft, or with what the log says.",
            show_default=False,
        ),
    ] = None,
    talked: Annotated[
        int, typer.Option(help="Seconds of talk beyond which you would regret a call.", min=0, max=86_400)
    ] = int(TALKED),
    json: Json = False,
) -> None:
    """Decide past calls again with a draft of the policy, and show what would change. Changes nothing.

    Without a draft, the policy in force is compared with what the log says. With --json an object.
    Exit status: 0 nothing would change, 1 something would, 2 wrong input or a fault.
    """
    from callfilter.replay.run import replay as run  # noqa: PLC0415 - it takes longer than reading the options

    config = config_of(context)
    if policy and rule:
        refuse("--policy and --rule cannot go together: put the rules into the policy")
    if against is Against.POLICY and not (policy or rule):
        refuse("--against policy needs a draft: name one with --policy or --rule")
    moment = since_when(since, "--since", datetime.now(UTC))
    draft, names = _draft(policy, rule, config)
    task = Task(config, moment, draft, against or (Against.POLICY if draft else Against.LOG), talked)
    try:
        with _progress() as told:
            report = run(task, told)
    except KeyboardInterrupt:
        refuse("stopped; nothing was changed")
    if json:
        say_json(report.as_json())
    else:
        _show(report, task, names)
    raise typer.Exit(NO if report.changed else YES)


def _draft(policy: Path | None, rule: Path | None, config: Config) -> tuple[str | None, tuple[str, ...]]:
    """The draft's text, and names of the rules in it that somebody wants to know about."""
    from callfilter.policy import read_rules, with_rules, write  # noqa: PLC0415 - as above
    from callfilter.policy_lint import sentences_of  # noqa: PLC0415 - as above

    names: tuple[str, ...] = ()
    if policy:
        draft = policy_in(policy, config)
    elif rule:
        now = policy_of(newest_of(config), config)
        rules = text_in(rule, lambda text: read_rules(text, config, now))
        names = tuple(one.name for one in rules)
        draft = with_rules(now, rules)
    else:
        return None, names
    for told in sentences_of(each for each in linted(draft, config) if not names or each.rule in names):
        complain(told)
    return write(draft), names


@contextmanager
def _progress() -> "Iterator[Told]":
    """A bar on stderr, where somebody sees it."""
    if not sys.stderr.isatty():
        yield lambda _done, _calls: None
        return
    from rich.console import Console  # noqa: PLC0415 - not needed in a pipe
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("past calls", total=None)
        yield lambda done, calls: progress.update(bar, completed=done, total=calls)


def _show(report: "Report", task: Task, names: tuple[str, ...]) -> None:
    if report.actions or report.otherwise:
        _show_actions(report)
    _show_rules("rule of the draft", report.rules, "decides")
    _show_rules("rule that only observes", report.observers, "would decide")
    _show_calls("Calls that you would regret, the longest talk first", report.regretted, report.regrets)
    others = [change for change in report.changes if not change.regrets]
    _show_calls("Other calls that would change, the newest first", others, report.changed - report.regrets)
    for sentence in _sentences(report, task, names):
        say(sentence)


def _sentences(report: "Report", task: Task, names: tuple[str, ...]) -> Iterator[str]:
    """What is left to say, the answer last."""
    if report.unreadable:
        yield f"{_calls(report.unreadable)} left out: the log holds words that this callfilter does not know."
    if report.read_anew:
        yield f"Of {_calls(report.read_anew)} the number is read as another one by the settings of today."
    if not report.calls:
        yield f"There are no calls since {task.since.astimezone():%Y-%m-%d %H:%M}, so nothing can be said."
        return
    for name in names:
        if name not in report.rules and name not in report.observers:
            yield f"Rule {harmless(name)!r} meets none of these calls."
    first, last = (f"{at.astimezone():%Y-%m-%d}" for at in (report.first_at, report.last_at) if at)
    whom = "what the log says" if task.against is Against.LOG else "the policy in force"
    said = f"{_calls(report.calls)} from {first} to {last}, compared with {whom}"
    if not report.changed:
        yield f"{said}: nothing would change."
        return
    rejected, passed = report.newly(Action.REJECT), report.newly(Action.ALLOW)
    yield (
        f"{said}: {report.changed:,} would change, {rejected:,} of them newly rejected, {passed:,} newly let through; "
        f"{report.regrets:,} you would regret."
    )


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def _show_actions(report: "Report") -> None:
    rows = [
        (str(before), _WORDS.get(after, str(after)), f"{calls:,}") for (before, after), calls in report.actions.items()
    ]
    if report.otherwise:
        rows.append(("(the same)", "another SIP answer, mailbox, target or label", f"{report.otherwise:,}"))
    _table(("before", "with the draft", "calls"), rows)


def _show_rules(what: str, counts: "dict[str, RuleCount]", decides: str) -> None:
    shown = [(name, count) for name, count in counts.items() if count.changed][:SHOWN]
    if shown:
        rows = ((name, f"{one.calls:,}", f"{one.changed:,}", f"{one.regrets:,}") for name, one in shown)
        _table((what, decides, "changes", "you would regret"), rows)


def _show_calls(title: str, changes: "Iterable[Change]", count: int) -> None:
    shown = list(changes)[:SHOWN]
    if not shown:
        return
    more = f" ({len(shown)} of {count:,})" if count > len(shown) else ""
    say(f"{title}{more}:\n")
    head = ("when", "caller", "from", "talked", "before", "with the draft", "why regret")
    _table(head, map(_row, shown))


def _row(change: "Change") -> tuple[str, ...]:
    who = " ".join(filter(None, (change.display, f"({change.name})" if change.name else "")))
    return (
        f"{change.at.astimezone():%Y-%m-%d %H:%M}",
        who,
        change.organisation or change.region,
        "" if change.talk_seconds is None else f"{change.talk_seconds:.0f} s",
        _in_words(change.before),
        _in_words(change.after),
        ", ".join(change.regrets),
    )


def _in_words(end: "End") -> str:
    how = f" {end.signal or end.target}" if end.signal or end.target else ""
    label = f' "{end.label}"' if end.label else ""
    return f"{end.action}{how}{label}: {end.rule or end.reason}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for column in head:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(harmless, row))
    console().print(table)
    say("")
