"""`callfilter log` and `callfilter log show`: what became of calls, and why."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callfilter.cli.check import (
    as_json,
    policy_in_words,
    reading_in_words,
    show_rules,
    show_trace,
    verdict_in_words,
)
from callfilter.cli.options import Json, awaited, config_of, since_when, typed
from callfilter.cli.say import NO, console, harmless, refuse, say, say_json
from callfilter.config import Config
from callfilter.explanation import Explanation
from callfilter.past_call import find
from callfilter.store.outcome import Outcome
from callfilter.store.record import CallRecord, format_id, parse_id
from filters.number import read_number
from filters.verdict import Action

if TYPE_CHECKING:
    from callfilter.store.calls import CallQuery, CallRow

SHOWN_NAME = 24
"""Characters of a caller's name in the table; `log show` has it whole."""

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def log(
    context: typer.Context,
    *,
    action: Annotated[Action | None, typer.Option(help="Only calls with this end.", show_default=False)] = None,
    caller: Annotated[str, typer.Option(help="Only calls from this number, in any spelling.", metavar="NUMBER")] = "",
    since: Annotated[str, typer.Option(help="Only calls since then: 2h, 7d, 2026-03-01.", metavar="TIME")] = "",
    to: Annotated[str, typer.Option(help="Only calls to this number, as the trunk sends it.", metavar="DID")] = "",
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1, max=100_000)] = 50,
    json: Json = False,
) -> None:
    """Show the calls, newest first: who called, what was decided, and what became of it.

    With --json an array of objects. Exit status: 0 also where there are none, 2 wrong input or a fault.
    """
    if context.invoked_subcommand:
        return
    from callfilter.store.calls import CallQuery  # noqa: PLC0415 - SQLAlchemy takes longer than reading the options

    config = config_of(context)
    query = CallQuery(
        action=action,
        key=read_number(typed(caller), country=config.country, area=config.area).key if caller else None,
        since=since_when(since, "--since", datetime.now(UTC)) if since else None,
        did=typed(to) or None,
        limit=limit,
    )
    rows = awaited(_search(config, query))
    if json:
        say_json([row_as_json(row) for row in rows])
    elif rows:
        _show_table(config, rows)
    else:
        say("No such calls.")


@app.command()
def show(
    context: typer.Context,
    call: Annotated[str, typer.Argument(metavar="ID", help="The call's id, from log or CALLFILTER_ID.")],
    *,
    json: Json = False,
) -> None:
    """Show all that is known of one call: the trace of its verdict, what became of it, and what each rule said.

    With --json an object, as docs/reasons.md has it. Exit status: 0 shown, 1 there is no such call, 2 wrong input or
    a fault.
    """
    config = config_of(context)
    try:
        call_id = parse_id(call)
    except ValueError as error:
        refuse(str(error))
    found = awaited(_get(config, call_id))
    if found is None:
        refuse(f"there is no call {format_id(call_id)} in {config.database}", NO)
    row, explanation = found
    if json:
        say_json(row_as_json(row, explanation))
    else:
        _show_call(config, row, explanation)


async def _search(config: Config, query: "CallQuery") -> "list[CallRow]":
    from callfilter.store import calls  # noqa: PLC0415 - as above
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(config.database, read_only=True) as database:
        return await calls.search(database, query)


async def _get(config: Config, call_id: int) -> "tuple[CallRow, Explanation] | None":
    from callfilter.store.database import open_database  # noqa: PLC0415 - as above

    async with await open_database(config.database, read_only=True) as database:
        return await find(database, config, call_id)


def row_as_json(row: "CallRow", explanation: Explanation | None = None) -> dict[str, Any]:
    """A call as programs read it: what `check --json` prints, and who, when, where and what became of it."""
    record, outcome = row.record, row.outcome
    return {
        "id": format_id(record.id),
        "at": record.at.isoformat(),
        "name": record.name,
        "did": record.did,
        "trunk": record.trunk,
        "channel": record.channel,
        "unique_id": record.unique_id,
        "redirecting": record.redirecting,
        "source": record.source,
        "attestation": record.attestation,
        **as_json(record, explanation),
        "outcome": {
            "answered": outcome.answered,
            "answered_at": _iso(outcome.answered_at),
            "talk_seconds": outcome.talk_seconds,
            "hangup_cause": outcome.hangup_cause,
            "ended_at": _iso(outcome.ended_at),
            "voicemail_box": outcome.voicemail_box,
            "voicemail_file": outcome.voicemail_file,
            "voicemail_seconds": outcome.voicemail_seconds,
            "screened": outcome.screened,
            "screen_tries": outcome.screen_tries,
        },
    }


def outcome_in_words(outcome: Outcome) -> str:
    """Such as `talked 32 s`; empty where nobody has told us."""
    if outcome.voicemail_box:
        return f"message of {outcome.voicemail_seconds or 0:.0f} s in {harmless(outcome.voicemail_box)}"
    if outcome.answered:
        return "answered" if outcome.talk_seconds is None else f"talked {outcome.talk_seconds:.0f} s"
    if outcome.ended_at is None:
        return ""
    return "not answered" if outcome.hangup_cause is None else f"not answered ({outcome.hangup_cause})"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _local(moment: datetime) -> str:
    try:
        return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError):  # a clock at the end of time
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _show_table(config: Config, rows: "list[CallRow]") -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for column in ("id", "time", "caller", "name", "to", "action", "reason", "by", "ms", "outcome"):
        table.add_column(column, no_wrap=column in {"id", "time"}, overflow="fold")
    for row in rows:
        record = row.record
        table.add_row(
            format_id(record.id),
            _local(record.at),
            harmless(record.display) or "(none)",
            _clipped(harmless(record.name)),
            _did(config, record),
            harmless(record.action),
            harmless(record.reason),
            harmless(record.rule),
            f"{record.milliseconds:.1f}",
            outcome_in_words(row.outcome),
        )
    console().print(table)


def _show_call(config: Config, row: "CallRow", explanation: Explanation) -> None:
    from rich.table import Table  # noqa: PLC0415 - not needed for JSON

    record, outcome, out = row.record, row.outcome, console()
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("call", format_id(record.id)),
        ("time", _local(record.at)),
        ("caller", harmless(record.caller) or "(none)"),
        ("name", harmless(record.name)),
        ("number", f"{harmless(record.display)}  ({harmless(record.key)})"),
        ("read", reading_in_words(explanation)),
        ("classes", harmless(", ".join(sorted(record.classes)))),
        ("from", ", ".join(filter(None, (record.region, record.country)))),
        ("to", _did(config, record)),
        ("forwarded by", harmless(record.redirecting)),
        ("trunk", harmless(record.trunk)),
        ("vouched for", harmless(record.attestation or "")),
        ("channel", harmless(f"{record.channel} {record.unique_id}").strip()),
        ("asked by", record.source),
        ("verdict", verdict_in_words(record)),
        ("policy", policy_in_words(record) if record.policy_version else ""),
        ("took", f"{record.milliseconds:.2f} ms"),
        ("outcome", outcome_in_words(outcome)),
        ("screening", _screening(outcome)),
        ("message", harmless(outcome.voicemail_file or "")),
        ("ended", _local(outcome.ended_at) if outcome.ended_at else ""),
    ):
        if value:
            facts.add_row(name, value)
    out.print(facts)
    show_trace(record, out)
    show_rules(explanation, out)


def _screening(outcome: Outcome) -> str:
    """Such as `failed, asked 3 times`; empty where there was none."""
    if not outcome.screened:
        return ""
    tries = outcome.screen_tries
    return harmless(outcome.screened) + (f", asked {'once' if tries == 1 else f'{tries} times'}" if tries else "")


def _did(config: Config, record: CallRecord) -> str:
    """The number called, with the name that the settings give it."""
    did = config.dids.get(record.did)
    return harmless(f"{record.did} {did.name}" if did and did.name else record.did)


def _clipped(text: str) -> str:
    return text if len(text) <= SHOWN_NAME else f"{text[:SHOWN_NAME]}…"
