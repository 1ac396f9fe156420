"""The listed numbers: which they are, and how both AstDB and callfilter's own table come to hold them.

Both are filled by plain SQL while nobody has them open. Listed numbers end in 0 and lie evenly in the 139 mobile
range; the unlisted ones end in 5 and lie among them, so that both kinds of look-up walk the same paths.
"""

import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tools import Callers

SPACE = 100_000_000
"""How many numbers begin with 139."""
FAMILY = "blacklist"
"""AstDB family of the listed numbers; the one that BLACKLIST() reads."""
CALLERS = 2_000

COUNT = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :size)"
# Asterisk's own table, as its db.c makes it.
ASTDB_TABLE = "CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))"
ASTDB_ROWS = f"{COUNT} INSERT INTO astdb SELECT printf('/{FAMILY}/139%08d', i * :stride), '1' FROM n"
OWN_ROWS = f"""{COUNT}
INSERT INTO numbers (key, is_prefix, action, added_at)
SELECT printf('+86139%08d', i * :stride), 0, 'reject', :now FROM n"""


@dataclass(frozen=True, slots=True)
class Codes:
    """The final SIP answers that a variant gives."""

    listed: int
    unlisted: int
    strangers: bool = False
    """Nobody who calls is listed: whom the rules reject stands in for the listed."""


def stride(size: int) -> int:
    """Distance between two listed numbers; a multiple of ten."""
    return SPACE // size // 10 * 10


def fill_astdb(path: Path, size: int) -> None:
    """Make an AstDB that lists `size` numbers, in place of the one that is there."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        _hurry(database)
        database.execute(ASTDB_TABLE)
        database.execute(ASTDB_ROWS, {"size": size, "stride": stride(size)})


def fill_own(path: Path, size: int) -> None:
    """Block `size` numbers in callfilter's database, which is there and has none."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        _hurry(database)
        database.execute(OWN_ROWS, {"size": size, "stride": stride(size), "now": time.time_ns() // 1000})
        # Made under WAL, and expected so by whoever opens it next.
        database.execute("PRAGMA journal_mode = WAL")


def write_callers(path: Path, size: int, codes: Codes) -> Callers:
    """Callers of both kinds in random order, and how each call ends; the same ones every time.

    Where all are strangers, those of the lower half of the range are the ones that `rules.LAST` rejects.
    """
    choice = random.Random(size)
    step = stride(size)
    lines = []
    for _ in range(CALLERS):
        number = choice.randrange(size) * step
        listed = choice.random() < 0.5
        rejected = number < SPACE // 2 if codes.strangers else listed
        last = 0 if listed and not codes.strangers else 5
        lines.append(f"139{number + last:08d} {codes.listed if rejected else codes.unlisted}\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="ascii")
    return Callers(path)


def _hurry(database: sqlite3.Connection) -> None:
    """Nobody else has the file open, and a crash only costs a new run."""
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
