"""The policy as one TOML text: rules, presets and steps that are on, time zone, calendars, windows. Read and written.

Reading tells every fault at once with its line; writing gives the same text for the same policy, always. Settings of
the machine stay in `config.py`. Opens neither files nor the database.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from callfilter.config import Config
from callfilter.config_faults import shown
from callfilter.policy_lines import Lines
from callfilter.policy_toml import key_of, value_of
from filters.policy import Policy
from filters.policy_text import RULE, rules_from, tables_of
from filters.presets import PRESETS
from filters.rule import Fault, Place, Rule
from filters.schedule import Window
from filters.shop import Shop
from filters.suspicion.settings import STEPS, read_suspicion
from filters.suspicion.settings import tables_of as suspicion_tables
from filters.suspicion.watches import Watch
from filters.trust import TRUST, Trust, faults_of, read_trust, table_of

KEYS: Final = ("time_zone", "presets", "trust", "suspicion", "calendars", "windows", RULE)
"""Of a policy, in the order in which they are written."""
WINDOW_KEYS: Final = ("days", "hours", "also", "never")

_PRESETS: Final = {preset.rule.name: preset for preset in PRESETS}
_HERE: Final = Path("/etc/localtime")
_T = TypeVar("_T")

HEADER: Final = """\
# The policy of this callfilter. `callfilter policy export` writes it, `callfilter policy apply` puts it in force.
# docs/rules.md says what a rule can ask and do. Comments of your own are not kept: write them as `note` of a rule.
"""
ZONE: Final = '# Time zone of your hours, such as "Asia/Shanghai"; the machine\'s own if it is not set.\n'
ON: Final = "# Presets that are on, after your own rules; `callfilter presets list` has them all.\n"
KNOWN: Final = "# Whom you dialled or talked with rings for so many days, and so does who proved to be human.\n"
SUSPICION: Final = "# Steps of suspicion that are on; docs/rules.md tells what they do and what can be set.\n"
CALENDARS: Final = "# Days with a name, for `also` and `never` of windows.\n"
WINDOWS: Final = '# Hours with a name, for rules: window = "name".\n'
RULES: Final = "# Your rules, tried top to bottom; the first that matches wins.\n"


class PolicyError(Exception):
    """A text is no policy. `faults` holds line (None where there is none to name) and sentence of each fault."""

    def __init__(self, faults: list[tuple[int | None, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"line {line}: {text}" if line else text for line, text in faults))


@dataclass(frozen=True, slots=True)
class PolicyText:
    """What a policy's text says."""

    rules: tuple[Rule, ...] = ()
    """The admin's own."""
    presets: frozenset[str] = frozenset()
    """Names of those that are on."""
    time_zone: str = ""
    """IANA name; empty for that of the machine."""
    trust: Trust = TRUST
    suspicion: tuple[Watch, ...] = ()
    """Steps that are on."""
    calendars: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    windows: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Name -> table as `Window.parse` takes it."""

    def shop(self, config: Config) -> Shop:
        """By what the rules are read."""
        days = {name: frozenset(dates) for name, dates in self.calendars.items()}
        windows = {name: Window.parse(table, days) for name, table in self.windows.items()}
        return Shop(config.country, config.area, zone_of(self.time_zone), windows)

    def every_rule(self) -> tuple[Rule, ...]:
        """The admin's rules and then the presets that are on, in the order in which they are tried."""
        on = (preset.rule for preset in PRESETS if preset.rule.name in self.presets)
        return (*self.rules, *(replace(rule, enabled=True) for rule in on))

    def policy(self, config: Config) -> Policy:
        """The policy made ready, with what the settings say."""
        return replace(
            config.policy(),
            rules=self.every_rule(),
            shop=self.shop(config),
            trust=self.trust,
            suspicion=self.suspicion,
        )


def read(text: str, config: Config) -> PolicyText:
    """The policy in a text.

    Raises:
        PolicyError: with every fault found.
    """
    policy, faults = read_leniently(text, config)
    if faults:
        raise PolicyError(faults)
    return policy


def read_leniently(text: str, config: Config) -> tuple[PolicyText, list[tuple[int | None, str]]]:
    """What can be used of a policy, and line and sentence of all that is wrong with it: for calls, which go on.

    Raises:
        PolicyError: nothing can be used, because it is no TOML, or faulty outside of rules and presets.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([_syntax(str(error))]) from None
    reader = _Reader(document, text)
    policy = reader.frame()
    of_frame = reader.faults
    rules, faults = rules_from(document, policy.shop(config))
    of_rules = [*faults, *_taken_names(document)]
    if of_frame:
        raise PolicyError(_in_order([*of_frame, *reader.left_out, *map(reader.told, of_rules)]))
    if of_rules:
        # Read again without the faulty ones: what can be told of those may speak of more calls than was meant.
        wrong = {fault.place[1] for fault in of_rules if len(fault.place) > 1}
        tables = document[RULE] if isinstance(document[RULE], list) else []
        whole = [table for position, table in enumerate(tables) if position not in wrong]
        rules, _ = rules_from({RULE: whole}, policy.shop(config))
    return replace(policy, rules=rules), _in_order([*reader.left_out, *map(reader.told, of_rules)])


def read_rules(text: str, config: Config, policy: PolicyText) -> tuple[Rule, ...]:
    """The rules in a text that holds nothing else, read by the time zone and the windows of `policy`.

    Raises:
        PolicyError: with every fault found.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([_syntax(str(error))]) from None
    reader = _Reader(document, text)
    strangers = [key for key in document if key != RULE]
    told = [reader.told(Fault("", (key,), f"{shown(key)} has no place here: write [[{RULE}]]")) for key in strangers]
    rules, faults = rules_from(document, policy.shop(config))
    told += map(reader.told, (*faults, *_taken_names(document)))
    if not (rules or told):
        told = [(None, f"there is no rule in it: write [[{RULE}]] and below it name, when and action")]
    if told:
        raise PolicyError(_in_order(told))
    return rules


def with_rules(policy: PolicyText, rules: Iterable[Rule]) -> PolicyText:
    """A policy with these rules before its own; one with the name of an own rule takes that one's place."""
    new = {rule.name: rule for rule in rules}
    own = tuple(new.pop(rule.name, rule) for rule in policy.rules)
    return replace(policy, rules=(*new.values(), *own))


def write(policy: PolicyText) -> str:
    """The text of a policy. What `read` makes of it is the same policy, and gives the same text."""
    return "\n".join(_blocks(policy))


def zone_of(name: str) -> tzinfo:
    """The time zone of that IANA name, or the machine's own for an empty one.

    Raises:
        ValueError: there is none of that name.
    """
    if name:
        try:
            return ZoneInfo(name)
        except (OSError, LookupError, ValueError):
            raise ValueError(f"{shown(name)} is no time zone: write one such as Asia/Shanghai") from None
    try:
        with _HERE.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC


def _syntax(message: str) -> tuple[int | None, str]:
    """Line and sentence of one of tomllib's messages, such as `Invalid value (at line 3, column 5)`."""
    what, _, where = message.rpartition(" (at ")
    digits = where.partition("line ")[2].partition(",")[0]
    line = int(digits) if digits.isdecimal() else None
    return line, f"this is not TOML: {(what or message).lower()}"


def _in_order(faults: Any) -> list[tuple[int | None, str]]:
    return sorted(faults, key=lambda fault: fault[0] or 0)


def _taken_names(document: Mapping[str, Any]) -> Iterator[Fault]:
    tables = document.get(RULE)
    for position, table in enumerate(tables if isinstance(tables, list) else ()):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str) and name in _PRESETS:
            yield Fault(name, (RULE, position, "name"), "a preset has this name: give the rule another one")


class _Reader:
    """A policy's text but for its rules; what cannot be read is noted with its line."""

    def __init__(self, document: Mapping[str, Any], text: str) -> None:
        self._document = document
        self._text = text
        self._lines: Lines | None = None
        self.faults: list[tuple[int | None, str]] = []
        self.left_out: list[tuple[int | None, str]] = []
        """Presets that are no more: the rest can be used without them."""

    def frame(self) -> PolicyText:
        for key in self._document:
            if key not in KEYS:
                self._wrong((key,), f"{shown(key)} is not known in a policy: there are {', '.join(KEYS)}")
        calendars = self._calendars()
        return PolicyText(
            presets=self._presets(),
            time_zone=self._zone(),
            trust=self._trust(),
            suspicion=self._suspicion(),
            calendars=calendars,
            windows=self._windows({name: frozenset(days) for name, days in calendars.items()}),
        )

    def told(self, fault: Fault) -> tuple[int | None, str]:
        """Line and sentence of a fault of a rule."""
        if self._lines is None:
            self._lines = Lines(self._text)
        rule = f"rule {shown(fault.rule)}: " if fault.rule else ""
        return self._lines.of(fault.place), f"{rule}{fault.text}"

    def _wrong(self, place: Place, text: str) -> None:
        self.faults.append(self.told(Fault("", place, text)))

    def _zone(self) -> str:
        name = self._of_type("time_zone", str, 'a name in quotes, such as "Asia/Shanghai"', "")
        try:
            zone_of(name)
        except ValueError as refusal:
            self._wrong(("time_zone",), f"time_zone: {refusal}")
            return ""
        return name

    def _presets(self) -> frozenset[str]:
        names = self._of_type("presets", list, 'a list of names, such as ["no-caller-id"]', [])
        known = list(_PRESETS)
        for position, name in enumerate(names):
            if name not in known:
                text = f"{shown(name)} is no preset: there are {', '.join(known)}"
                self.left_out.append(self.told(Fault("", ("presets", position), text)))
        return frozenset(name for name in known if name in names)

    def _trust(self) -> Trust:
        table = self._of_type("trust", dict, "a table: write [trust] and below it such as days = 90", {})
        wrong = dict(faults_of(table))
        for key, text in wrong.items():
            self._wrong(("trust", key), f"trust: {text}")
        return read_trust({key: value for key, value in table.items() if key not in wrong})

    def _suspicion(self) -> tuple[Watch, ...]:
        tables = self._of_type("suspicion", dict, "tables: write [suspicion.neighbour] for the step of that name", {})
        watches, faults = read_suspicion(tables)
        for place, text in faults:
            self._wrong(("suspicion", *place), f"suspicion: {text}")
        return watches

    def _calendars(self) -> dict[str, tuple[date, ...]]:
        tables = self._of_type("calendars", dict, "a table: write [calendars] and the calendars below", {})
        for name, days in tables.items():
            if not isinstance(days, list) or not all(type(day) is date for day in days):
                self._wrong(("calendars", name), f"calendar {shown(name)}: write dates, such as [2026-10-01]")
        return {
            name: tuple(sorted({day for day in days if type(day) is date})) if isinstance(days, list) else ()
            for name, days in tables.items()
        }

    def _windows(self, calendars: Mapping[str, frozenset[date]]) -> dict[str, dict[str, object]]:
        tables = self._of_type("windows", dict, 'tables: write [windows.open] and below days = "mon-fri"', {})
        windows = {}
        for name, table in tables.items():
            if not isinstance(table, dict):
                self._wrong(("windows", name), f'window {shown(name)}: write a table, such as {{ days = "mon-fri" }}')
                continue
            try:
                Window.parse(table, calendars)
            except ValueError as refusal:
                self._wrong(("windows", name), f"window {shown(name)}: {refusal}")
                continue
            windows[name] = {key: table[key] for key in WINDOW_KEYS if key in table}
        return windows

    def _of_type(self, key: str, kind: type[_T], wanted: str, default: _T) -> _T:
        value = self._document.get(key, default)
        if isinstance(value, kind):
            return value
        self._wrong((key,), f"{key} is {shown(value)}, but must be {wanted}")
        return default


def _blocks(policy: PolicyText) -> Iterator[str]:
    yield HEADER
    zone = f"time_zone = {value_of(policy.time_zone)}" if policy.time_zone else '# time_zone = "Asia/Shanghai"'
    yield f"{ZONE}{zone}\n"
    on = [preset for preset in PRESETS if preset.rule.name in policy.presets]
    listed = "".join(f"  {value_of(preset.rule.name)},  # {preset.about}\n" for preset in on)
    yield f"{ON}presets = [\n{listed}]\n" if on else f"{ON}presets = []\n"
    if policy.trust != TRUST:
        lines = (f"{key} = {value_of(value)}\n" for key, value in table_of(policy.trust).items())
        yield f"{KNOWN}[trust]\n{''.join(lines)}"
    comment = SUSPICION
    for name, settings in suspicion_tables(policy.suspicion).items():
        lines = (f"{key} = {value_of(value)}\n" for key, value in settings.items())
        yield f"{comment}[suspicion.{name}]  # {STEPS[name].about}\n{''.join(lines)}"
        comment = ""
    if policy.calendars:
        days = (f"{key_of(name)} = {value_of(list(dates))}\n" for name, dates in sorted(policy.calendars.items()))
        yield f"{CALENDARS}[calendars]\n{''.join(days)}"
    comment = WINDOWS
    for name, table in sorted(policy.windows.items()):
        lines = (f"{key} = {value_of(value)}\n" for key, value in table.items())
        yield f"{comment}[windows.{key_of(name)}]\n{''.join(lines)}"
        comment = ""
    comment = RULES
    for table in tables_of(policy.rules):
        lines = (f"{key} = {value_of(_without_zone_name(value))}\n" for key, value in table.items())
        yield f"{comment}[[{RULE}]]\n{''.join(lines)}"
        comment = ""


def _without_zone_name(value: object) -> object:
    """A time as TOML can say it: in whole seconds, with an offset from UTC in whole minutes."""
    if not isinstance(value, datetime):
        return value
    minutes = (value.utcoffset() or timedelta()) // timedelta(minutes=1)
    return value.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
