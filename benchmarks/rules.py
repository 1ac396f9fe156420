"""The thousand rules: what a shop may come to write in years, and how the policy that holds them comes into force.

None but the last speaks of the benchmark's callers. That one rejects half of them, so a wrong verdict shows at once if
the rules are not in force. Twenty have nothing in them that rules could be found by, and are tried on every call.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from callfilter.policy import PolicyText, write
from filters.rule import Condition, Rule, Scalar, Who
from filters.verdict import Action

RULES = 1_000
LAST = Rule("half of the range", (Condition("pattern", ("_139[0-4]XXXXXXX",)),), Action.REJECT)
"""Rejects the lower half of the callers' range: see `listed.write_callers`."""

_AREAS = ("010", "021", "0755", "020", "028", "0571", "0512", "029", "027", "022")
_RESOLD = ("162", "165", "167", "170", "171")
_PROVINCES = ("Jiangsu", "Zhejiang", "Fujian", "Guangdong", "Sichuan", "Hunan", "Hubei", "Henan", "Hebei", "Shandong")
_CLASSES = ("mvno", "shared-cost", "toll-free", "premium", "call-centre", "international")
_WORDS = ("loan", "贷款", "insurance", "保险", "invest", "理财", "school", "培训", "house", "装修")
_ENDS = ("0000", "1111", "6666", "8888", "9999", "1234")
_ACTIONS = (Action.REJECT, Action.VOICEMAIL, Action.SCREEN, Action.ALLOW)

_Made = tuple[Condition, ...]


def _when(kind: str, *values: Scalar) -> Condition:
    return Condition(kind, values)


def _unless(kind: str, *values: Scalar) -> Condition:
    return Condition(kind, values, negated=True)


def _number(choice: random.Random) -> _Made:
    return (_when("number", f"{choice.choice(_AREAS)}{choice.randrange(60_000_000, 89_999_999)}"),)


def _prefix(choice: random.Random) -> _Made:
    return (_when("prefix", f"{choice.choice((*_RESOLD, *_AREAS))}{choice.randrange(6000, 8999)}*"),)


def _range(choice: random.Random) -> _Made:
    block = f"{choice.choice(_AREAS)}{choice.randrange(600_000, 899_999)}"
    return (_when("range", f"{block}00-{block}99"),)


def _pattern(choice: random.Random) -> _Made:
    begin = f"{choice.choice(_RESOLD)}{choice.randrange(1000):03}"
    return (_when("pattern", f"_{begin}{choice.choice(('XXXXX', '[0-4]XXXX', 'ZXXXX', 'NXXX[02468]'))}"),)


def _regex(choice: random.Random) -> _Made:
    begin, end = choice.choice((*_RESOLD, "400", "9501")), choice.choice(_ENDS)
    return (_when("regex", rf"^{begin}\d*{choice.randrange(100, 999)}\d*{end}$"),)


def _name_regex(choice: random.Random) -> _Made:
    first, second = choice.sample(_WORDS, 2)
    return (_when("name_regex", rf"(?i)({first}|{second}).*{choice.randrange(1000)}"),)


def _class(choice: random.Random) -> _Made:
    return _when("class", choice.choice(_CLASSES)), _when("digits", choice.choice(("7-8", "10", "11", "12-")))


def _region(choice: random.Random) -> _Made:
    return _when("region", choice.choice(_PROVINCES)), _when("class", "landline")


def _region_of_any(choice: random.Random) -> _Made:
    return _when("region", *choice.sample(_PROVINCES, 3)), _unless("class", "mobile")


def _name(choice: random.Random) -> _Made:
    return (_when("name", f"{choice.choice(_WORDS)} {choice.randrange(1000)}"),)


def _window(choice: random.Random) -> _Made:
    hours = f"mon-fri 09:00-{choice.randrange(17, 21)}:30"
    return _when("did", f"0216000{choice.randrange(1000, 9999)}"), _unless("window", hours)


def _window_of_any(choice: random.Random) -> _Made:
    hours = f"{choice.randrange(18, 23)}:00-0{choice.randrange(5, 9)}:00"
    return _when("window", hours, "sat,sun"), _unless("class", "mobile")


_MIX: tuple[tuple[Callable[[random.Random], _Made], int], ...] = (
    (_number, 249),
    (_prefix, 150),
    (_range, 100),
    (_pattern, 100),
    (_regex, 70),
    (_name_regex, 30),
    (_class, 80),
    (_region, 70),
    (_region_of_any, 10),
    (_name, 80),
    (_window, 50),
    (_window_of_any, 10),
)


def rules() -> tuple[Rule, ...]:
    """All of them, in an order as mixed as years make it; the same ones every time."""
    return (*_mixed(random.Random(RULES)), LAST)


def _mixed(choice: random.Random) -> Iterator[Rule]:
    made = [make(choice) for make, count in _MIX for _ in range(count)]
    choice.shuffle(made)
    for place, conditions in enumerate(made, 1):
        who = Who.EVERYONE if choice.random() < 0.2 else Who.STRANGERS
        action = choice.choice(_ACTIONS)
        target = "200@shop" if action is Action.VOICEMAIL else ""
        yield Rule(f"rule {place}", conditions, action, who=who, target=target)


def put_in_force(database: Path) -> None:
    """Make the rules the only version of the policy, in a database that nobody has open."""
    row = (1, time.time_ns() // 1000, "bench", "", write(PolicyText(rules())))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DELETE FROM policy_versions")
        connection.execute("INSERT INTO policy_versions (id, at, author, note, text) VALUES (?, ?, ?, ?, ?)", row)


def take_out(database: Path) -> None:
    """Leave no policy in force."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("DELETE FROM policy_versions")
