"""A rule as a form: made from a rule, read back from what somebody typed, with every fault at its field."""

import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from starlette.datastructures import FormData

from callfilter.marked import N_
from callfilter.web.languages import Language
from callfilter.web.saying import vocabulary
from filters.conditions.kind import Kind
from filters.conditions.plan import CLASSES
from filters.conditions.registry import KINDS
from filters.directory import Kind as Organisation
from filters.policy_text import RULE, rules_from
from filters.presets import PRESETS
from filters.rule import Condition, Mode, Rule, Scalar, Who
from filters.shop import Shop
from filters.verdict import Action, Signal

MOST_CONDITIONS: Final = 2 * len(KINDS) + 1
"""One more than a rule can have, each kind once asked for and once denied: then two are alike, and that is told."""
LONGEST: Final = 300_000
"""Characters of all values of a condition: more than a thousand have, which are taken, of 200 characters each."""

YES: Final = "true"
NO: Final = "false"

TWICE: Final = N_("This is asked twice: write all values into one of the two.")
PRESET_NAME: Final = "a preset has this name: give the rule another one"
SECOND_NAME: Final = "two rules are called {!r}: give one of them another name"
NO_DATE: Final = N_("This is no day and time.")
OUTSIDE: Final = N_("every number outside the directory")

NAMES: Final[Mapping[str, str]] = {
    "number": N_("number is"),
    "prefix": N_("number begins with"),
    "range": N_("number from … to …"),
    "pattern": N_("number fits the Asterisk pattern"),
    "regex": N_("number fits the expression"),
    "digits": N_("number of digits"),
    "class": N_("kind of number"),
    "region": N_("from the city or province"),
    "country": N_("from the country"),
    "anonymous": N_("without a number, or withheld"),
    "invalid": N_("unreadable number"),
    "name": N_("caller name contains"),
    "name_regex": N_("caller name fits the expression"),
    "attestation": N_("carrier's attestation"),
    "did": N_("called your number"),
    "trunk": N_("came in by the trunk"),
    "redirecting": N_("was forwarded"),
    "window": N_("time"),
    "calls": N_("calls so often"),
    "first_call": N_("has never called before"),
    "listed": N_("stands in the directory"),
    "score": N_("points of suspicion"),
}
"""Kind of condition -> as the form names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition in the form."""

    kind: str
    values: tuple[str, ...] = ()
    """As typed; `true` and `false` stand for yes and no."""
    negated: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(3))
    """Tells its fields from those of other rows."""

    @property
    def about(self) -> Kind | None:
        """What kind of condition it is; None where nobody has chosen one."""
        return KINDS.get(self.kind)

    @property
    def is_flag(self) -> bool:
        """It has no value but yes and no, which `negated` tells."""
        return self.about is not None and set(self.about.samples) == {True, False}

    @property
    def samples(self) -> tuple[str, ...]:
        """Values to show as placeholders."""
        return tuple(str(one) for one in self.about.samples if not isinstance(one, bool)) if self.about else ()

    @property
    def takes_yes(self) -> bool:
        """`true` is one of its values: left empty, it means all of them, as for calls that were forwarded."""
        return self.about is not None and True in self.about.samples

    @property
    def text(self) -> str:
        """Its values, one a line."""
        return "" if self.takes_yes and self.values == (YES,) else "\n".join(self.values)

    @property
    def is_empty(self) -> bool:
        """Nobody has filled it in."""
        return self.about is None

    def choices(self, language: Language) -> list[tuple[str, str]]:
        """Values and what they are called, where there are only some; empty where anything can be written."""
        words = _choices_of(self.kind)
        if not words:
            return []
        # What is none of them is offered too: not to be seen would mean to be lost when the form is saved.
        words |= {value: OUTSIDE if value == NO else value for value in self.values if value not in words}
        return [(value, language.say(text)) for value, text in words.items()]

    def scalars(self) -> list[str | bool]:
        """Its values as a rule has them."""
        if self.is_flag:
            return [True]
        values = [value for each in self.values if (value := each.strip())] or ([YES] if self.takes_yes else [])
        return [value == YES if self.takes_yes and value in (YES, NO) else value for value in values]


def _choices_of(kind: str) -> dict[str, str]:
    """Value -> message, for kinds of condition that have only some values."""
    match kind:
        case "class":
            return {name: vocabulary.CLASSES.get(name, name) for name in sorted(CLASSES)}
        case "listed":
            kinds = {str(one): vocabulary.KINDS.get(one, one) for one in Organisation}
            return {YES: N_("every number in the directory")} | kinds
        case "attestation":
            return {
                "A": N_("A: the carrier knows the caller and the number"),
                "B": N_("B: the carrier knows the caller only"),
                "C": N_("C: the carrier knows neither"),
                "failed": N_("wrong signature"),
                "none": N_("no attestation"),
            }
    return {}


def _row_of(condition: Condition) -> Row:
    """A condition in the form; `first_call = false` is asked as `not (first_call = true)`."""
    kind, values = condition.kind, condition.values
    if len(values) == 1 and values[0] is False:
        return Row(kind, (YES,), not condition.negated)
    return Row(kind, tuple(_spelt(kind, value) for value in values), condition.negated)


def _spelt(kind: str, value: Scalar) -> str:
    """A value as the form has it: a policy may say `Bank` where the form offers `bank`."""
    if isinstance(value, bool):
        return YES if value else NO
    written = str(value).strip().lower()
    return next((one for one in _choices_of(kind) if one.lower() == written), str(value))


@dataclass(frozen=True, slots=True)
class RuleForm:
    """All fields, as texts."""

    name: str = ""
    original: str = ""
    """Name of the rule that is edited; empty for a new one."""
    enabled: bool = True
    who: str = Who.STRANGERS.value
    action: str = Action.VOICEMAIL.value
    signal: str = ""
    target: str = ""
    label: str = ""
    mode: str = Mode.ENFORCE.value
    expires_at: str = ""
    note: str = ""
    author: str = ""
    rows: tuple[Row, ...] = ()

    @classmethod
    def of(cls, rule: Rule, zone: tzinfo) -> "RuleForm":
        """The form of a rule; times are the shop's."""
        return cls(
            name=rule.name,
            original=rule.name,
            enabled=rule.enabled,
            who=rule.who.value,
            action=rule.action.value,
            signal=str(int(rule.signal)) if rule.signal else "",
            target=rule.target,
            label=rule.label,
            mode=rule.mode.value,
            expires_at=rule.expires_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if rule.expires_at else "",
            note=rule.note,
            author=rule.author,
            rows=tuple(map(_row_of, rule.conditions)),
        )

    @classmethod
    def sent(cls, form: FormData) -> "RuleForm":
        """The form as somebody sent it. Nothing is judged here."""
        texts = {
            key: str(form.get(key, "")).strip()
            for key in ("name", "original", "who", "action", "signal", "target", "label", "mode", "expires_at")
        }
        rows = []
        for row_id in list(dict.fromkeys(map(str, form.getlist("row"))))[:MOST_CONDITIONS]:
            given = [str(value)[:LONGEST] for value in form.getlist(f"value-{row_id}")]
            values = tuple(line.strip() for text in given for line in text.splitlines() if line.strip())
            kind = str(form.get(f"kind-{row_id}", ""))
            rows.append(Row(kind, values, form.get(f"sense-{row_id}", "") == "unless", row_id))
        return cls(
            **texts, enabled=form.get("enabled", "") == "on", note=str(form.get("note", "")).strip(), rows=tuple(rows)
        )

    def read(self, shop: Shop, others: Iterable[str]) -> "ReadForm":
        """The rule in the form, and every fault by the field where it belongs.

        Args:
            shop: By what rules are read.
            others: Names of the other rules.
        """
        faults: dict[str, list[str]] = {}
        table, rows = self._table(faults)
        rules, found = rules_from({RULE: [table]}, shop)
        if not rules:
            # Without a name or an action the rest is not looked at: something stands in, so that all faults are told.
            stand_in = {"name": self.name or "?", "action": self.action if self.action in set(Action) else Action.ALLOW}
            found = (*found, *rules_from({RULE: [table | stand_in]}, shop)[1])
        for fault in dict.fromkeys((self._field_of(fault.place[2:], rows), fault.text) for fault in found):
            faults.setdefault(fault[0], []).append(fault[1])
        if fault_of_name := taken(self.name, set(others) - {self.original}):
            faults.setdefault("name", []).append(fault_of_name)
        return ReadForm(rules[0] if rules else None, {key: tuple(texts) for key, texts in faults.items()})

    def _table(self, faults: dict[str, list[str]]) -> tuple[dict[str, object], dict[tuple[str, str], Row]]:
        """The rule as TOML has it, and which row stands for which of its conditions."""
        rows: dict[tuple[str, str], Row] = {}
        asked: dict[str, dict[str, object]] = {"when": {}, "unless": {}}
        for row in self.rows:
            if row.is_empty:
                continue
            sense = "unless" if row.negated else "when"
            if (sense, row.kind) in rows:
                faults.setdefault(row.id, []).append(TWICE)
                continue
            rows[sense, row.kind] = row
            # An empty text is refused with a sentence that says what to write.
            values = row.scalars() or [""]
            asked[sense][row.kind] = values[0] if len(values) == 1 else values
        table: dict[str, object] = {
            "name": self.name,
            "enabled": self.enabled,
            "who": self.who,
            "action": self.action,
            "mode": self.mode,
            "label": self.label,
            "note": self.note,
            "author": self.author,
            **{key: conditions for key, conditions in asked.items() if conditions},
        }
        if self.action in (Action.REJECT, Action.TARPIT) and self.signal:
            table["signal"] = int(self.signal) if re.fullmatch(r"[0-9]{1,6}", self.signal) else self.signal
        if self.action in (Action.VOICEMAIL, Action.SCREEN, Action.DIVERT) and self.target:
            table["target"] = self.target
        if self.expires_at:
            try:
                table["expires_at"] = datetime.fromisoformat(self.expires_at)
            except ValueError:
                faults.setdefault("expires_at", []).append(NO_DATE)
        return table, rows

    @staticmethod
    def _field_of(place: tuple[str | int, ...], rows: Mapping[tuple[str, str], Row]) -> str:
        match place:
            case (str() as sense, str() as kind, *_) if (sense, kind) in rows:
                return rows[sense, kind].id
            case (str() as key, *_):
                return key
        return "name"


@dataclass(frozen=True, slots=True)
class ReadForm:
    """What a form says."""

    rule: Rule | None
    """None where there is no name or no action; not to be used if there are faults."""
    faults: Mapping[str, tuple[str, ...]]
    """Field, or id of a row -> what is wrong there."""

    @property
    def sound(self) -> Rule | None:
        """The rule, if nothing is wrong with it."""
        return None if self.faults else self.rule


def taken(name: str, others: Collection[str]) -> str:
    """Why a rule cannot be called so beside these others; empty if it can."""
    if name in {preset.rule.name for preset in PRESETS}:
        return PRESET_NAME
    return SECOND_NAME.format(name) if name in others else ""


def signals() -> Iterator[tuple[str, str]]:
    """SIP answers for the form."""
    words = {
        Signal.NOT_FOUND: N_("404: there is no such number"),
        Signal.UNAVAILABLE: N_("480: not available"),
        Signal.BUSY: N_("486: busy"),
        Signal.DECLINE: N_("603: declined"),
        Signal.UNWANTED: N_("607: unwanted"),
    }
    return ((str(int(signal)), text) for signal, text in words.items())
