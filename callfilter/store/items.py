"""What waits to be written: records of calls, updates of them, and bonds; as lines of the spool, and as SQL.

Written in order, any of it may be written twice and the database is the same: an upgrade, a crash or a retry never
doubles a row, and never takes back an outcome. Among those written together only one order counts: a record goes before
the news of it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from callfilter.store.codec import fields_of, line_of
from callfilter.store.outcome import (
    Answered,
    CallerKnown,
    Ended,
    NumberKnown,
    ScreenEnded,
    Update,
    VoicemailSaved,
    update_fields,
    update_from,
)
from callfilter.store.record import CallRecord

Item = CallRecord | Update

STATEMENTS: dict[type[Item], str] = {
    CallRecord: "INSERT INTO calls (id, at, unique_id, caller, name, key, display, country, region, classes, did, "
    "trunk, channel, redirecting, action, reason, rule, signal, target, label, trace, milliseconds, source, "
    "policy_version, attestation) "
    "VALUES (:id, :at, :unique_id, :caller, :name, :key, :display, :country, :region, :classes, :did, :trunk, "
    ":channel, :redirecting, :action, :reason, :rule, :signal, :target, :label, :trace, :milliseconds, :source, "
    ":policy_version, :attestation) "
    "ON CONFLICT (id) DO NOTHING",
    Answered: "UPDATE calls SET answered = 1, answered_at = :at WHERE id = :id",
    Ended: "UPDATE calls SET ended_at = :at, hangup_cause = :cause, talk_seconds = :talk_seconds, "
    # Whoever only guesses that a call is over takes nothing back of what was told of its end.
    "answered = coalesce(answered, 0) WHERE id = :id AND (ended_at IS NULL OR :cause IS NOT NULL)",
    VoicemailSaved: "UPDATE calls SET voicemail_box = :box, voicemail_file = :file, voicemail_seconds = :seconds "
    "WHERE id = :id",
    ScreenEnded: "UPDATE calls SET screened = :result, screen_tries = :tries WHERE id = :id",
    CallerKnown: "INSERT INTO bonds (key, bond, first_at, at, expires_at) "
    "SELECT key, :bond, :at, :at, :expires_at FROM calls WHERE id = :id AND key NOT IN ('anonymous', 'invalid') "
    "AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.key = calls.key) ON CONFLICT (key, bond) "
    "DO UPDATE SET at = max(at, excluded.at), expires_at = max(expires_at, excluded.expires_at)",
    NumberKnown: "INSERT INTO bonds (key, bond, first_at, at, expires_at) "
    "SELECT :key, :bond, :at, :at, :expires_at "
    "WHERE NOT EXISTS (SELECT 1 FROM reports WHERE key = :key) ON CONFLICT (key, bond) "
    "DO UPDATE SET at = max(at, excluded.at), expires_at = max(expires_at, excluded.expires_at)",
}
"""In the order of writing. Named parameters; no text is ever put into a statement. Who is reported gets no bond, even
if the news of it waits in the spool since before the report."""


def to_line(item: Item) -> bytes:
    """One line of JSON."""
    return item.to_line() if isinstance(item, CallRecord) else line_of(update_fields(item))


def from_line(line: bytes) -> Item:
    """The item that `to_line` wrote.

    Raises:
        ValueError: the line is torn, or isn't ours.
    """
    fields = fields_of(line)
    return update_from(fields) if "update" in fields else CallRecord.from_fields(fields)


def statements_for(items: Iterable[Item]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """SQL and its rows for `executemany`, one for each kind; records first."""
    rows: dict[type[Item], list[dict[str, Any]]] = {kind: [] for kind in STATEMENTS}
    for item in items:
        rows[type(item)].append(_row(item))
    return ((STATEMENTS[kind], of_kind) for kind, of_kind in rows.items() if of_kind)


def _row(item: Item) -> dict[str, Any]:
    return item.to_row() if isinstance(item, CallRecord) else update_fields(item)
