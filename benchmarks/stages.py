"""Where callfilter's own time of a call goes, stage by stage: one call right after another, and with a pause between.

`make bench ARGS=--stages`. In one process, without Asterisk; the pause lets the processor forget code and data.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from agi.reply import Answer, variables_for
from agi.request import call_from
from agi.wire import is_complete, parse_environment, set_variables
from benchmarks.rig import LISTED_CALLER
from callfilter.config import Config
from callfilter.store.database import open_database
from callfilter.store.lookup import Lookup
from callfilter.store.record import CallIds, format_id, record_of
from callfilter.store.spool import Spool, spool_path
from filters.decide import decide
from filters.number import read_number
from lab.service import header

PAUSES = (0.0, 0.05)
CALLS = {0.0: 2000, 0.05: 200}


def stages(folder: Path) -> Callable[[], dict[str, float]]:
    """What measures one call: the seconds of each stage, in the order of a call's way through callfilter."""
    database = folder / "callfilter.db"
    asyncio.run(_made(database))
    config = Config(database=database)
    policy, lookup, spool, ids = config.policy(), Lookup(database), Spool(spool_path(database)), CallIds()
    question = header(callerid=LISTED_CALLER)

    def measure() -> dict[str, float]:
        clock = _Clock()
        is_complete(question)
        clock.lap("header whole?")
        environment = parse_environment(question)
        clock.lap("header read")
        call = call_from(environment, datetime.now(UTC))
        clock.lap("call understood")
        country, area, strip = config.reading(call.trunk)
        number = read_number(call.caller, country=country, area=area, strip=strip)
        clock.lap("number understood")
        facts = lookup.facts_for(number.key, call.at)
        clock.lap("looked up in SQLite")
        verdict = decide(call, number, facts, policy)
        clock.lap("decided")
        record = record_of(call, number, verdict, ids.next(call.at), "fastagi")
        clock.lap("row made")
        spool.append(record)
        clock.lap("row spooled to disk")
        variables = variables_for(Answer(verdict, format_id(record.id)))
        clock.lap("variables chosen")
        set_variables(variables)
        clock.lap("command written")
        return clock.laps

    return measure


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the time since the last lap."""
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = time.perf_counter()


async def _made(database: Path) -> None:
    await (await open_database(database)).close()


def table() -> str:
    """Medians in microseconds as a Markdown table, one column for each pause."""
    medians: dict[float, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        measure = stages(Path(folder))
        for pause in PAUSES:
            measure()
            laps = []
            for _ in range(CALLS[pause]):
                time.sleep(pause)
                laps.append(measure())
            medians[pause] = {name: median(lap[name] for lap in laps) * 1e6 for name in laps[0]}
    hot, cold = (medians[pause] for pause in PAUSES)
    rows = [(name, hot[name], cold[name]) for name in hot]
    rows.append(("**all**", sum(hot.values()), sum(cold.values())))
    lines = ["| stage | one after another, µs | 50 ms apart, µs |", "| --- | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {first:.0f} | {second:.0f} |" for name, first, second in rows)])
