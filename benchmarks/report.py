"""Figures ─▶ Markdown: absolute ones, ratios, and whether the targets are met. Measures nothing."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.decisions import Decisions
from benchmarks.rig import Memory
from benchmarks.rounds import (
    LATENCY_RATE,
    LIMIT_MILLISECONDS,
    SLOW_LIMIT_MILLISECONDS,
    SLOW_RATE,
    STEPS,
    WORK_RATE,
    Ceiling,
    Figures,
    Plan,
    Work,
)
from benchmarks.rules import RULES
from benchmarks.variants import (
    ALONE,
    ASTDB,
    CALLFILTER,
    CLASSIC,
    FEW,
    FLOOR,
    FLOOR_PYTHON,
    FLOOR_WAITS,
    VARIANTS,
    WITH_RULES,
    Variant,
)

BEGIN, END = "<!-- figures: begin (written by `make bench`) -->", "<!-- figures: end -->"
MEBIBYTE = 1024 * 1024

_DECISIONS: tuple[tuple[str, Callable[[Decisions], float]], ...] = (
    ("number read and facts at hand", lambda one: one.ready),
    ("number read and looked up first", lambda one: one.from_store),
)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must not be above, or below, a limit; from what was measured with each list."""

    what: str
    limit: float
    is_ceiling: bool
    unit: str
    values: tuple[float | None, ...]
    """One for each list; None where there is nothing to compare."""

    @property
    def worst(self) -> float:
        """The value that decides."""
        measured = [value for value in self.values if value is not None]
        return max(measured) if self.is_ceiling else min(measured)

    @property
    def is_met(self) -> bool:
        """Whether even the worst value keeps to the limit."""
        return self.worst <= self.limit if self.is_ceiling else self.worst >= self.limit


def put_into(page: str, figures: str) -> str:
    """The page with new figures between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks the markers {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{figures}\n{END}{after}"


def figures_page(figures: Sequence[Figures], plan: Plan, asterisk: tuple[int, ...], minutes: float) -> str:
    """All tables."""
    parts = [
        _conditions(figures, asterisk, minutes),
        "### Targets\n\n" + _targets_table(targets(figures), figures),
        f"### INVITE → final response at {LATENCY_RATE:g} calls/s ({SLOW_RATE:g} for the classic script), ms\n\n"
        + _latency_table(figures),
        "### Ratios\n\n" + _ratio_table(figures),
        f"### Highest rate at which 99 % finish within {LIMIT_MILLISECONDS:g} ms, calls/s\n\n"
        + _ceiling_table(figures, plan),
        "### Decisions per second in process, on one core\n\n" + _decisions_table(figures),
        "### Processor time of one call, ms: Asterisk + server + caller\n\n" + _work_table(figures),
        "### Memory and start\n\n" + _memory_table(figures),
    ]
    return "\n\n".join(parts) + "\n"


def targets(figures: Sequence[Figures]) -> list[Target]:
    """The design's targets with the values they are held against."""

    def each(value: Callable[[Figures], float]) -> tuple[float, ...]:
        return tuple(value(one) for one in figures)

    of_both = (CALLFILTER, WITH_RULES)
    return [
        Target("median ÷ floor's", 1.15, True, "×", each(lambda one: _times(one, "p50"))),
        Target("99th percentile ÷ floor's", 1.3, True, "×", each(lambda one: _times(one, "p99"))),
        Target("calls/s ÷ AstDB's", 0.6, False, "×", each(lambda one: _rates(one, CALLFILTER, ASTDB))),
        Target("calls/s ÷ classic script's", 20, False, "×", each(lambda one: _rates(one, CALLFILTER, CLASSIC))),
        *_growth(figures),
        Target(
            "resident memory, with rules too",
            150,
            True,
            " MiB",
            each(lambda one: max(one.daemon[it].resident for it in of_both if it in one.daemon) / MEBIBYTE),
        ),
        Target(
            "start to first verdict, with rules too",
            1,
            True,
            " s",
            each(lambda one: max(one.first_verdict[it] for it in of_both if it in one.first_verdict)),
        ),
    ]


def _growth(figures: Sequence[Figures]) -> Iterator[Target]:
    """That neither millions of numbers, nor a thousand rules, nor both make calls slower or fewer.

    The machine drifts from one list to the next, so only what was measured in the same rounds is compared.
    """
    most, least = f"{figures[-1].size:,}", f"{figures[0].size:,}"
    for what, variant, other in (
        (f"{most} ÷ {least} numbers", CALLFILTER, FEW),
        (f"{RULES:,} rules ÷ none", WITH_RULES, CALLFILTER),
        (f"{most} numbers and {RULES:,} rules ÷ {least} and none", WITH_RULES, FEW),
    ):
        both = [one if {variant, other} <= one.latency.keys() else None for one in figures]
        for name, which in (("median", "p50"), ("99th percentile", "p99")):
            slower = tuple(_times(one, which, variant, other) if one else None for one in both)
            yield Target(f"{name}, {what}", 1.1, True, "×", slower)
        more = tuple(_rates(one, variant, other) if one else None for one in both)
        yield Target(f"calls/s, {what}", 0.9, False, "×", more)


def _conditions(figures: Sequence[Figures], asterisk: tuple[int, ...], minutes: float) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    verdicts = sum(one.verdicts for one in figures)
    facts = (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, shared with the SIP caller",
        f"Asterisk {'.'.join(map(str, asterisk))}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"Linux {platform.release()}",
        _compiler(),
    )
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} in {minutes:.0f} minutes: {'; '.join(facts)}. "
        f"{verdicts:,} calls, the final response of each compared with the one expected."
    )


def _compiler() -> str:
    done = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=False)
    return f"cc {done.stdout.strip()}"


def _targets_table(found: Iterable[Target], figures: Sequence[Figures]) -> str:
    rows = []
    for target in found:
        sign = "≤" if target.is_ceiling else "≥"
        # What compares two lists stands under the longer one.
        cells = ["" if value is None else _number(value, target.unit) for value in target.values]
        met = "met" if target.is_met else "**not met**"
        rows.append((target.what, *cells, f"{sign} {_number(target.limit, target.unit)}", met))
    return _table(("callfilter, FastAGI", *_sizes(figures), "target", ""), rows)


def _latency_table(figures: Sequence[Figures]) -> str:
    rows = []
    for variant in _measured(figures):
        cells = []
        for one in figures:
            latency = one.latency.get(variant)
            cells.append(f"{latency.p50:.2f} / {latency.p95:.2f} / {latency.p99:.2f}" if latency else "")
        rows.append((variant.title, *cells))
    return _table(("median / 95th / 99th", *_sizes(figures)), rows)


def _ratio_table(figures: Sequence[Figures]) -> str:
    pairs = (
        (CALLFILTER, FLOOR),
        (FLOOR_PYTHON, FLOOR),
        (CALLFILTER, FLOOR_PYTHON),
        (FLOOR, ASTDB),
        (CALLFILTER, ASTDB),
        (WITH_RULES, FLOOR),
        (WITH_RULES, CALLFILTER),
        (CALLFILTER, FEW),
        (WITH_RULES, FEW),
        (CLASSIC, CALLFILTER),
        (FLOOR_WAITS, FLOOR),
        (CALLFILTER, ALONE),
    )
    names = {FLOOR_WAITS: "floor that waits for `200`", ALONE: "callfilter without AMI", CALLFILTER: "callfilter"}
    names |= {WITH_RULES: f"callfilter with {RULES:,} rules", FEW: "callfilter with the shortest list"}
    names |= {FLOOR: "floor", FLOOR_PYTHON: "do-nothing server in Python", ASTDB: "AstDB", CLASSIC: "classic script"}
    rows = []
    for upper, lower in pairs:
        cells = []
        for one in figures:
            above, below = one.latency.get(upper), one.latency.get(lower)
            cells.append(f"{above.p50 / below.p50:.2f} / {above.p99 / below.p99:.2f}" if above and below else "")
        rows.append((f"{names[upper]} ÷ {names[lower]}", *cells))
    return _table(("median / 99th", *_sizes(figures)), rows)


def _ceiling_table(figures: Sequence[Figures], plan: Plan) -> str:
    variants = [variant for variant in VARIANTS if any(variant in one.ceilings for one in figures)]
    rows = [(variant.title, *(_rate(one.ceilings.get(variant)) for one in figures)) for variant in variants]
    rows += [
        (title, *(_ratio_of_rates(one, upper, lower) for one in figures))
        for title, upper, lower in (
            ("callfilter ÷ AstDB", CALLFILTER, ASTDB),
            ("floor ÷ AstDB", FLOOR, ASTDB),
            ("do-nothing server in Python ÷ AstDB", FLOOR_PYTHON, ASTDB),
            (f"callfilter with {RULES:,} rules ÷ floor", WITH_RULES, FLOOR),
            (f"callfilter with {RULES:,} rules ÷ callfilter", WITH_RULES, CALLFILTER),
            ("callfilter ÷ callfilter with the shortest list", CALLFILTER, FEW),
            (f"callfilter with {RULES:,} rules ÷ callfilter with the shortest list", WITH_RULES, FEW),
        )
    ]
    close = "; ".join(variant.title for variant in variants if variant.close)
    note = (
        f"In steps of {plan.rates[1] / plan.rates[0] - 1:.0%} up to {plan.rates[-1]:,}. No call of the classic script "
        f"is that quick: its rate is the highest at which 99 % finish within {SLOW_LIMIT_MILLISECONDS:,.0f} ms. Around "
        f"which rate half of the bursts are good, by {plan.turns * STEPS} bursts each: {close}."
    )
    return _table(("rate (99th, ms)", *_sizes(figures)), rows) + f"\n\n{note}"


def _ratio_of_rates(one: Figures, upper: Variant, lower: Variant) -> str:
    above, below = one.ceilings.get(upper), one.ceilings.get(lower)
    return f"{_over(above.rate, below.rate):.2f} ×" if above and below else ""


def _decisions_table(figures: Sequence[Figures]) -> str:
    measured = [one for one in figures if one.decisions]
    rows = [
        (f"{_rules(counted.rules)}, {what}", *(f"{value(one.decisions[place]):,.0f}" for one in measured))
        for place, counted in enumerate(measured[0].decisions)
        for what, value in _DECISIONS
    ]
    note = "Callers are strangers, so every rule is asked. Neither Asterisk nor the log of calls takes part."
    return _table(("decisions/s", *_sizes(measured)), rows) + f"\n\n{note}"


def _rules(count: int) -> str:
    return {0: "no rule", 1: "1 rule"}.get(count, f"{count:,} rules")


def _work_table(figures: Sequence[Figures]) -> str:
    rows = []
    for variant in _measured(figures):
        shares = [one.work.get(variant) for one in figures]
        rows.append((variant.title, *(_work(share) if share else "" for share in shares)))
    note = (
        f"At {WORK_RATE:g} calls/s ({SLOW_RATE:g} for the classic script, whose own time is in Asterisk's share). "
        f"The machine has {(os.cpu_count() or 1) * 1000:,} ms a second to give to all three."
    )
    return _table(("asterisk + server + caller = all", *_sizes(figures)), rows) + f"\n\n{note}"


def _work(work: Work) -> str:
    return f"{work.asterisk:.2f} + {work.server:.2f} + {work.caller:.2f} = {work.total:.2f}"


def _memory_table(figures: Sequence[Figures]) -> str:
    rules = f"with {RULES:,} rules"
    rows = [
        ("callfilter, resident (proportional), MiB", *(_memory(one.daemon.get(CALLFILTER)) for one in figures)),
        (f"the same, {rules}", *(_memory(one.daemon.get(WITH_RULES)) for one in figures)),
        ("Asterisk, resident (proportional), MiB", *(_memory(one.asterisk) for one in figures)),
        ("callfilter, start to first verdict, s", *(_seconds(one.first_verdict.get(CALLFILTER)) for one in figures)),
        (f"the same, {rules}", *(_seconds(one.first_verdict.get(WITH_RULES)) for one in figures)),
    ]
    return _table(("", *_sizes(figures)), rows)


def _measured(figures: Sequence[Figures]) -> list[Variant]:
    return [variant for variant in VARIANTS if any(variant in one.latency for one in figures)]


def _times(one: Figures, which: str, variant: Variant = CALLFILTER, other: Variant = FLOOR) -> float:
    return float(getattr(one.latency[variant], which) / getattr(one.latency[other], which))


def _rates(one: Figures, variant: Variant, other: Variant) -> float:
    return _over(one.ceilings[variant].rate, one.ceilings[other].rate)


def _over(above: float, below: float) -> float:
    return above / below if below else float("inf")


def _rate(ceiling: Ceiling | None) -> str:
    if ceiling is None:
        return ""
    if not ceiling.rate:
        return "none"
    return f"{'≥ ' if ceiling.is_top else ''}{ceiling.rate:,} ({ceiling.p99:.1f})"


def _memory(memory: Memory | None) -> str:
    return f"{memory.resident / MEBIBYTE:.0f} ({memory.proportional / MEBIBYTE:.0f})" if memory else ""


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def _number(value: float, unit: str) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.0f}"
    return f"{text}{'' if unit == '×' else unit}{' ×' if unit == '×' else ''}"


def _sizes(figures: Sequence[Figures]) -> list[str]:
    return [f"{one.size:,} listed" for one in figures]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(page: Path, figures: str) -> None:
    """Put the figures into a page, which is made if it is missing."""
    old = page.read_text(encoding="utf-8") if page.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(put_into(old, figures), encoding="utf-8")
