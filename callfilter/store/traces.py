"""What the latest traces tell together: rules that broke on calls. Plain `sqlite3`; read only."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from json import loads
from pathlib import Path

from callfilter.store.file import StoreError, connect, explain
from filters.explain import broken_rule
from filters.verdict import Step

LATEST = 1000
"""Calls that are looked at."""

TRACES = """
SELECT id, trace FROM (SELECT id, trace, policy_version FROM calls ORDER BY id DESC LIMIT ?)
WHERE policy_version = ? AND instr(trace, ' is passed over: ') ORDER BY id DESC
"""

WAIT = 1.0
"""Seconds to wait for a lock."""


@dataclass(slots=True)
class Breakage:
    """A rule that broke on calls, and was passed over."""

    rule: str
    fault: str
    """What went wrong, as the latest of those calls tells it."""
    latest: int
    """Id of that call."""
    calls: int = 0
    """How many of the latest calls it broke on."""


def breakages(path: Path, version: int) -> list[Breakage]:
    """The rules of a version of the policy that broke on one of the latest calls, those that broke last first.

    Raises:
        StoreError: the database can't be read.
    """
    try:
        with closing(connect(path, mode="ro", timeout=WAIT)) as connection:
            rows = connection.execute(TRACES, (LATEST, version)).fetchall()
    except sqlite3.Error as error:
        raise StoreError(explain(error, path)) from error
    found: dict[str, Breakage] = {}
    for call_id, trace in rows:
        for rule, fault in filter(None, map(broken_rule, _steps(trace))):
            found.setdefault(rule, Breakage(rule, fault, call_id)).calls += 1
    return list(found.values())


def _steps(trace: str) -> list[Step]:
    """The steps of a stored trace; none where the row is damaged, which is not for us to tell."""
    try:
        return [Step(str(chapter), str(check), bool(matched)) for chapter, check, matched, *_ in loads(trace)]
    except (ValueError, TypeError):
        return []
