"""The linter asked about a policy: what it must know of the shop, and its findings with lines. Changes nothing."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from callfilter.config import Config
from callfilter.config_faults import shown
from callfilter.policy_lines import Lines
from callfilter.store.file import StoreError, connect, explain
from filters.facts import OwnEntry
from filters.lint.finding import Finding, Known
from filters.lint.linter import lint
from filters.policy import Policy
from filters.presets import PRESETS
from filters.verdict import Action

MOST_OWN: Final = 1000
"""Own numbers that rules are compared with, those that were put in last."""
WAIT: Final = 1.0
"""Seconds to wait for a lock."""

_OWN: Final = """
SELECT key, is_prefix, action FROM numbers
WHERE expires_at IS NULL AND did = '' AND (action = 'allow' OR is_prefix) ORDER BY added_at DESC LIMIT ?
"""
_SHIPPED: Final = frozenset(preset.rule.name for preset in PRESETS)


def findings_of(policy: Policy, config: Config, at: datetime, own: Iterable[OwnEntry] = ()) -> tuple[Finding, ...]:
    """What is odd about a policy's rules, in the shop of these settings at this moment."""
    known = Known(
        at,
        countries=frozenset(config.reading(trunk)[0] for trunk in config.trunks),
        dids=frozenset(config.dids),
        own=tuple(own),
        presets=_SHIPPED,
    )
    return lint(policy, known)


def own_entries(path: Path) -> list[OwnEntry]:
    """Own numbers without an end, for all calls, that are allowed, and prefixes; the latest, none without a database.

    Raises:
        StoreError: the database can't be read.
    """
    if not path.exists():
        return []
    try:
        with closing(connect(path, mode="ro", timeout=WAIT)) as connection:
            rows = connection.execute(_OWN, (MOST_OWN,)).fetchall()
    except sqlite3.Error as error:
        raise StoreError(explain(error, path)) from error
    return [OwnEntry(key, bool(is_prefix), Action(action)) for key, is_prefix, action in rows]


def sentences_of(found: Iterable[Finding]) -> Iterator[str]:
    """Findings, each with its rule's name."""
    return (f"{'preset' if each.rule in _SHIPPED else 'rule'} {shown(each.rule)} {each.text}" for each in found)


def told_with_lines(found: Iterable[Finding], text: str) -> list[tuple[int | None, str]]:
    """Line and sentence of findings about the policy in a text, in the order of their lines."""
    findings = list(found)
    if not findings:
        return []
    lines = Lines(text)
    told = (
        (lines.of(each.place), f"{each.severity}: {sentence}")
        for each, sentence in zip(findings, sentences_of(findings), strict=True)
    )
    return sorted(told, key=lambda one: one[0] or 0)
