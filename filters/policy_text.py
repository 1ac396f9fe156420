"""Rules from tables as TOML gives them, and back. All faults are told at once; text, lines and files are others' work.

`tables_of(rules_from(tables_of(rules)))` changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from enum import Enum
from typing import TypeVar

from filters.conditions.registry import KINDS
from filters.rule import Condition, Fault, Mode, Place, Rule, Scalar, Who
from filters.rulebook import read_rule
from filters.shop import Shop
from filters.verdict import Action, Signal

RULE = "rule"
"""Key of the list of rules in a policy."""
KEYS = (
    *("name", "enabled", "who", "when", "unless", "action", "signal", "target", "label"),
    *("mode", "expires_at", "note", "author"),
)
"""Keys of a rule's table, in the order in which they are written."""

_YEARS = range(2000, 9999)
"""In which rules may end: at the ends of the calendar no clock can be set to another time zone."""
_TEXTS = ("target", "label", "note", "author")
_Word = TypeVar("_Word", bound=Enum)


def rules_from(document: Mapping[str, object], shop: Shop) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """The rules in a policy's list `rule`, and everything that is wrong with them.

    Args:
        document: A policy as TOML gives it; other keys than `rule` are not looked at.
        shop: By whose country, area code, zone and windows the rules are read. A time without a zone is the shop's.

    Returns:
        Rules that can be told at all, faulty ones among them, and faults whose places begin `("rule", 0, …)`.
    """
    tables = document.get(RULE, [])
    if not isinstance(tables, list):
        return (), (Fault("", (RULE,), "rules are a list of tables: write [[rule]] before each"),)
    rules: list[Rule] = []
    faults: list[Fault] = []
    names: set[str] = set()
    for position, table in enumerate(tables):
        reader = _Reader(table if isinstance(table, Mapping) else {}, shop)
        rule = reader.rule()
        if rule is not None:
            read = read_rule(rule, shop)
            reader.faults += read if isinstance(read, list) else ()
            if rule.name in names:
                reader.wrong(("name",), f"two rules are called {rule.name!r}: give one of them another name")
            names.add(rule.name)
            rules.append(rule)
        faults += (replace(fault, place=(RULE, position, *fault.place)) for fault in reader.faults)
    return tuple(rules), tuple(faults)


def tables_of(rules: Iterable[Rule]) -> list[dict[str, object]]:
    """The list `rule` of a policy: keys in fixed order, and only what differs from what is meant without it."""
    return [_table(rule) for rule in rules]


def _table(rule: Rule) -> dict[str, object]:
    told: dict[str, object] = {
        "name": rule.name,
        "enabled": None if rule.enabled else False,
        "who": rule.who.value,
        "when": _conditions(rule, negated=False),
        "unless": _conditions(rule, negated=True),
        "action": rule.action.value,
        "signal": None if rule.signal is None else int(rule.signal),
        "mode": None if rule.mode is Mode.ENFORCE else rule.mode.value,
        "expires_at": rule.expires_at,
        **{key: getattr(rule, key) or None for key in _TEXTS},
    }
    return {key: told[key] for key in KEYS if told[key] is not None}


def _conditions(rule: Rule, *, negated: bool) -> dict[str, object] | None:
    chosen = [condition for condition in rule.conditions if condition.negated is negated]
    return {one.kind: one.values[0] if len(one.values) == 1 else list(one.values) for one in chosen} or None


class _Reader:
    """One table, read key by key; what cannot be read is noted, and the default stands in for it."""

    def __init__(self, table: Mapping[str, object], shop: Shop) -> None:
        self._table = table
        self._shop = shop
        self._name = name if isinstance(name := table.get("name"), str) else ""
        self.faults: list[Fault] = []

    def wrong(self, place: Place, text: str) -> None:
        self.faults.append(Fault(self._name, place, text))

    def rule(self) -> Rule | None:
        """The rule, or None if there is no name or no action to speak of."""
        for key in self._table:
            if key not in KEYS:
                self.wrong((key,), f"{key!r} is not known in a rule: write {_nearest(key, KEYS)}")
        if not self._name.strip():
            self.wrong(("name",), "a rule needs a name: write a short text of its own")
        if "action" not in self._table:
            self.wrong(("action",), f"a rule needs an action: write {_choice(_words(Action))}")
        action = self._word("action", Action)
        who, mode = self._word("who", Who), self._word("mode", Mode)
        conditions = (*self._all_conditions("when", negated=False), *self._all_conditions("unless", negated=True))
        signal, expires_at, enabled = self._signal(), self._time("expires_at"), self._flag("enabled")
        texts = {key: self._text(key) for key in _TEXTS}
        if action is None or not self._name.strip():
            return None
        return Rule(
            self._name,
            conditions,
            action,
            signal=signal,
            who=who or Who.STRANGERS,
            mode=mode or Mode.ENFORCE,
            expires_at=expires_at,
            enabled=enabled,
            **texts,
        )

    def _word(self, key: str, words: type[_Word]) -> _Word | None:
        value = self._table.get(key)
        if value is None:
            return None
        with suppress(ValueError):
            return words(value)
        self.wrong((key,), f"{key} is {value!r}: write {_choice(_words(words))}")
        return None

    def _signal(self) -> Signal | None:
        value = self._table.get("signal")
        if value is None or (isinstance(value, int) and value in set(Signal)):
            return None if value is None else Signal(value)
        self.wrong(("signal",), f"signal is {value!r}: write {_choice([str(int(one)) for one in Signal])}")
        return None

    def _text(self, key: str) -> str:
        value = self._table.get(key, "")
        if isinstance(value, str):
            return value
        self.wrong((key,), f"{key} is {value!r}: write a text in quotes")
        return ""

    def _flag(self, key: str) -> bool:
        value = self._table.get(key, True)
        if isinstance(value, bool):
            return value
        self.wrong((key,), f"{key} is {value!r}: write true or false, without quotes")
        return True

    def _time(self, key: str) -> datetime | None:
        value = self._table.get(key)
        if isinstance(value, datetime) and value.year in _YEARS:
            return value if value.tzinfo else value.replace(tzinfo=self._shop.zone)
        if isinstance(value, datetime):
            self.wrong((key,), f"{key} is in {value.year}: write a year from {_YEARS[0]} to {_YEARS[-1]}")
        elif value is not None:
            self.wrong((key,), f"{key} is {value!r}: write day and time without quotes, such as 2026-12-31T18:00:00")
        return None

    def _all_conditions(self, key: str, *, negated: bool) -> list[Condition]:
        told = self._table.get(key, {})
        if not isinstance(told, Mapping):
            self.wrong((key,), f'{key} is {told!r}: write conditions in braces, such as {{ prefix = "138*" }}')
            return []
        conditions = []
        for kind, value in told.items():
            values = _scalars(value)
            if kind not in KINDS:
                self.wrong((key, kind), f"{kind!r} is no condition: write {_nearest(kind, KINDS)}")
            elif values is None:
                self.wrong((key, kind), f"{kind} is {value!r}: write {KINDS[kind].takes}")
            else:
                conditions.append(Condition(kind, values, negated))
        return conditions


def _scalars(value: object) -> tuple[Scalar, ...] | None:
    values = value if isinstance(value, list) else [value]
    scalars = tuple(one for one in values if isinstance(one, str | int))
    return scalars if scalars and len(scalars) == len(values) else None


def _words(words: type[Enum]) -> list[str]:
    return [word.value for word in words]


def _nearest(key: object, known: Collection[str]) -> str:
    near = get_close_matches(str(key), known, n=1)
    return near[0] if near else _choice(list(known))


def _choice(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
