"""The steps of suspicion from tables as TOML gives them, and back. All faults are told at once.

`tables_of(read_suspicion(tables_of(watches))[0])` changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from filters.conditions.kind import shown
from filters.rule import Mode, Place
from filters.rulebook import fault_of_label
from filters.suspicion.score import MOST
from filters.suspicion.suspicions import WATCHES
from filters.suspicion.symbols import CAPS, SYMBOLS
from filters.suspicion.watches import ACTIONS, Acting, Allowed, Watch
from filters.verdict import Action

STEPS = {kind.name: kind for kind in WATCHES}
"""Name -> step, in the order in which they are written."""
_HEAVIEST = 20.0
_THRESHOLDS = ("label_from", "screen_from", "voicemail_from")
_Fault = tuple[Place, str]


def keys_of(kind: type[Watch]) -> tuple[str, ...]:
    """The settings of a step, its own first."""
    own = [field.name for field in fields(kind) if field.name not in ("mode", "action", "label")]
    return (*own, *(name for name in ("action", "label", "mode") if name in kind.__dataclass_fields__))


def read_suspicion(tables: Mapping[str, object]) -> tuple[tuple[Watch, ...], tuple[_Fault, ...]]:
    """The steps that a policy's table `suspicion` has on, and place and sentence of everything that is wrong.

    What is faulty is left out; the default stands in for it.
    """
    faults: list[_Fault] = []
    read: dict[str, Watch] = {}
    for name, table in tables.items():
        kind = STEPS.get(name)
        if kind is None:
            faults.append(((name,), f"{shown(name)} is no step: there are {', '.join(STEPS)}"))
        elif not isinstance(table, Mapping):
            faults.append(((name,), f"{name} is {shown(table)}: write [suspicion.{name}] and its settings below"))
        else:
            found = {(name, *place): f"{name}: {text}" for place, text in _faults_of(kind, table)}
            faults += found.items()
            wrong = {place[1] for place in found}
            read[name] = _made(kind, {key: value for key, value in table.items() if key not in wrong})
    return tuple(read[name] for name in STEPS if name in read), tuple(faults)


def tables_of(watches: Iterable[Watch]) -> dict[str, dict[str, object]]:
    """Name of each step that is on -> its table: keys in fixed order, and only what differs from the default."""
    return {watch.name: _table(watch) for watch in watches}


def _table(watch: Watch) -> dict[str, object]:
    default = type(watch)()
    told = {key: getattr(watch, key) for key in keys_of(type(watch))}
    return {key: _plain(value) for key, value in told.items() if value != getattr(default, key)}


def _plain(value: Any) -> object:
    """A value as TOML has it: whole numbers without a point, texts rather than words."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case Mapping():
            return {key: _plain(inner) for key, inner in sorted(value.items())}
        case str():
            return str(value)
    return value


def _made(kind: type[Watch], table: Mapping[str, Any]) -> Watch:
    values = dict(table)
    for key, words in (("mode", Mode), ("action", Action)):
        if key in values:
            values[key] = words(values[key])
    return kind(**values)


def _faults_of(kind: type[Watch], table: Mapping[str, object]) -> Iterator[_Fault]:
    known = keys_of(kind)
    for key, value in table.items():
        if key not in known:
            yield (key,), f"{shown(key)} is not known here: write {_nearest(key, known)}"
        elif key == "action":
            yield from _word(key, value, [str(action) for action in ACTIONS], _no_action(value))
        elif key == "mode":
            yield from _word(key, value, [str(mode) for mode in Mode])
        elif key == "label":
            yield from _label(value)
        elif key in kind.allowed:
            yield from _number(key, value, kind.allowed[key])
        elif key in _THRESHOLDS:
            yield from _points((key,), value, 0, MOST)
        else:
            yield from _of_symbols(key, value)
    if issubclass(kind, Acting) and table.get("action") == Action.ALLOW and not table.get("label"):
        yield ("action",), 'action = "allow" only gives a label: write label = "…" too'


def _no_action(value: object) -> str:
    never = "suspicion is never a permanent block, and refuses nobody"
    return f"action is {shown(value)}, but {never}" if value in (Action.REJECT, Action.DIVERT, Action.TARPIT) else ""


def _word(key: str, value: object, words: list[str], why: str = "") -> Iterator[_Fault]:
    if not isinstance(value, str) or value not in words:
        yield (key,), f"{why or f'{key} is {shown(value)}'}: write {_choice(words)}"


def _label(value: object) -> Iterator[_Fault]:
    if not isinstance(value, str):
        yield ("label",), f"label is {shown(value)}: write a text in quotes"
    elif fault := fault_of_label(value):
        yield ("label",), fault


def _number(key: str, value: object, allowed: Allowed) -> Iterator[_Fault]:
    if isinstance(value, int) and not isinstance(value, bool) and value in allowed:
        return
    wanted = (
        f"a whole number from {allowed[0]} to {allowed[-1]}"
        if isinstance(allowed, range)
        else _choice([str(one) for one in allowed])
    )
    yield (key,), f"{key} is {shown(value)}: write {wanted}"


def _points(place: tuple[str, ...], value: object, least: float, most: float) -> Iterator[_Fault]:
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return
    yield place, f"{place[-1]} is {shown(value)}: write a number from {least:g} to {most:g}"


def _of_symbols(key: str, value: object) -> Iterator[_Fault]:
    """Faults of `weights` and `caps`."""
    if not isinstance(value, Mapping):
        yield (key,), f"{key} is {shown(value)}: write [suspicion.score.{key}] and such as {_sample(key)} below"
        return
    known = [one.name for one in SYMBOLS] if key == "weights" else list(CAPS)
    least = -_HEAVIEST if key == "weights" else 0.0
    for name, points in value.items():
        if name not in known:
            yield (key, name), f"{shown(name)} is not known in {key}: write {_nearest(name, known)}"
        else:
            yield from _points((key, name), points, least, _HEAVIEST)


def _sample(key: str) -> str:
    return "night = 0" if key == "weights" else "number = 2"


def _nearest(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, list(known), n=1)
    return near[0] if near else _choice(list(known))


def _choice(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def table() -> str:
    """The steps in Markdown, as `docs/rules.md` shows them."""
    rows = (f"| `{kind.name}` | {kind.about} | {_settings(kind)} |\n" for kind in WATCHES)
    return "| Step | What it does | Settings, as they are if you write nothing |\n|---|---|---|\n" + "".join(rows)


def _settings(kind: type[Watch]) -> str:
    default = kind()
    told = ((key, getattr(default, key)) for key in keys_of(kind) if key not in ("mode", "weights", "caps"))
    return ", ".join(f"`{key} = {_toml(value)}`" for key, value in told)


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def symbols_table() -> str:
    """The symbols of the score in Markdown, as `docs/rules.md` shows them."""
    rows = (f"| `{one.name}` | {one.weight:g} | `{one.group}` | {one.about} |\n" for one in SYMBOLS)
    return "| Symbol | Points | Group | When |\n|---|---|---|---|\n" + "".join(rows)


def caps_table() -> str:
    """The groups in Markdown, as `docs/rules.md` shows them."""
    rows = (f"| `{group}` | {cap:g} |\n" for group, cap in CAPS.items())
    return "| Group | At most |\n|---|---|\n" + "".join(rows)
