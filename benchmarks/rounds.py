"""The measuring: rounds in which every variant has its turn, so that a machine that drifts drifts for all alike."""

import asyncio
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from benchmarks.decisions import Decisions, decisions
from benchmarks.rig import Bench, Memory, cpu_of, memory_of
from benchmarks.tools import BenchError, Burst
from benchmarks.variants import CALLFILTER, FLOOR, WITH_RULES, Lists, Variant

LATENCY_RATE = 20.0
SLOW_RATE = 2.0
"""In its place where a process is started for each call: two cores cannot start twenty a second."""
WORK_RATE = 200.0
WARM_UP_SECONDS = 0.5
LIMIT_MILLISECONDS = 50.0
SLOW_LIMIT_MILLISECONDS = 1000.0
"""In its place where a process is started for each call, for that alone takes longer than the other limit."""
LIMIT_SHARE = 0.99
STARTS = 5
STEPS = 3
"""Bursts of a turn, placed to a server that was started once."""

NO_MEMORY = Memory(0, 0)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...]
    rounds: int
    seconds: float
    """Of a variant's turn in a round."""
    close_seconds: float
    """The same, where small differences are looked for."""
    probe_seconds: float
    rates: tuple[int, ...]
    """Calls per second among which the highest good one is looked for."""
    turns: int
    """In which it is looked for more closely, where small differences count."""
    slow_rates: tuple[int, ...]
    """The same, where a process is forked for each call."""


FULL = Plan(
    sizes=(1_000, 10_000_000),
    rounds=5,
    seconds=6,
    close_seconds=18,
    probe_seconds=2,
    rates=tuple(round(100 * 1.05**step) for step in range(67)),
    turns=8,
    slow_rates=(1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50),
)
QUICK = Plan(
    sizes=(1_000, 100_000),
    rounds=2,
    seconds=2,
    close_seconds=2,
    probe_seconds=1,
    rates=tuple(round(200 * 1.3**step) for step in range(10)),
    turns=1,
    slow_rates=(2, 5, 10, 20, 40),
)


@dataclass(frozen=True, slots=True)
class Latency:
    """INVITE to final response, in milliseconds."""

    calls: int
    p50: float
    p95: float
    p99: float
    worst: float


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest rate that was good."""

    rate: int
    """Calls per second; 0 if not even the lowest was good."""
    is_top: bool
    """No higher rate was tried."""
    p99: float
    """Milliseconds at that rate."""


@dataclass(frozen=True, slots=True)
class Work:
    """Processor time of one call, in milliseconds."""

    asterisk: float
    """With the scripts that it forks."""
    server: float
    caller: float

    @property
    def total(self) -> float:
        """Of everybody."""
        return self.asterisk + self.server + self.caller


@dataclass(slots=True)
class Figures:
    """All that was measured with a list of one length."""

    size: int
    latency: dict[Variant, Latency] = field(default_factory=dict)
    work: dict[Variant, Work] = field(default_factory=dict)
    ceilings: dict[Variant, Ceiling] = field(default_factory=dict)
    first_verdict: dict[Variant, float] = field(default_factory=dict)
    """Seconds, the median of several starts."""
    daemon: dict[Variant, Memory] = field(default_factory=dict)
    """The most that was seen."""
    decisions: tuple[Decisions, ...] = ()
    asterisk: Memory = NO_MEMORY
    verdicts: int = 0
    """Calls whose final response was checked."""


def percentile(sorted_values: list[int], share: float) -> int:
    """Nearest rank: the smallest value that at least this share of the values does not exceed."""
    rank = -(-share * len(sorted_values) // 1)
    return sorted_values[max(int(rank), 1) - 1]


async def measure(bench: Bench, plan: Plan, variants: Iterable[Variant], say: Say) -> Figures:
    """Everything, with the list that `bench` is loaded with.

    Raises:
        BenchError: a verdict was wrong, or a call was lost, where nothing was overloaded.
    """
    figures = Figures(bench.own.size)
    chosen = [variant for variant in variants if _is_measured(variant, bench.own.size, plan)]
    await _starts(bench, chosen, figures, say)
    if WITH_RULES in chosen:
        await _decisions(bench, plan, figures, say)
    await _latencies(bench, plan, chosen, figures, say)
    await _works(bench, plan, chosen, figures, say)
    await _ceilings(bench, plan, [variant for variant in chosen if variant.lists is not Lists.SHORTEST], figures, say)
    return figures


def _is_measured(variant: Variant, size: int, plan: Plan) -> bool:
    shortest, longest = plan.sizes[0], plan.sizes[-1]
    sizes = {
        Lists.ALL: plan.sizes,
        Lists.ENDS: (shortest, longest),
        Lists.SHORTEST: (shortest,),
        Lists.LONGEST: (longest,),
    }
    return size in sizes[variant.lists]


async def _starts(bench: Bench, variants: list[Variant], figures: Figures, say: Say) -> None:
    asked = [variant for variant in (CALLFILTER, WITH_RULES) if variant in variants]
    seconds: dict[Variant, list[float]] = {variant: [] for variant in asked}
    for _ in range(STARTS):
        for variant in asked:
            async with bench.daemon(variant) as daemon:
                seconds[variant].append(daemon.first_verdict)
    figures.first_verdict = {variant: statistics.median(of_variant) for variant, of_variant in seconds.items()}
    told = (f"{_plain(variant)} {median:.2f}" for variant, median in figures.first_verdict.items())
    say(f"start to first verdict, s (median of {STARTS}): {', '.join(told)}")


async def _decisions(bench: Bench, plan: Plan, figures: Figures, say: Say) -> None:
    callers = bench.callers(WITH_RULES)
    figures.decisions = await asyncio.to_thread(decisions, bench.own.settings, callers, plan.probe_seconds)
    told = (f"{one.rules:,} rules {one.ready:,.0f}" for one in figures.decisions)
    say(f"decisions per second in process: {', '.join(told)}")


async def _latencies(bench: Bench, plan: Plan, variants: list[Variant], figures: Figures, say: Say) -> None:
    samples: dict[Variant, list[int]] = {variant: [] for variant in variants}
    for turn in range(1, plan.rounds + 1):
        for variant in variants:
            async with bench.answering(variant) as daemon:
                rate = LATENCY_RATE if variant.fast else SLOW_RATE
                _demand_right(variant, await bench.place(variant, rate=rate, seconds=WARM_UP_SECONDS))
                placed = await bench.place(
                    variant, rate=rate, seconds=plan.close_seconds if variant.close else plan.seconds
                )
                _demand_right(variant, placed)
                if daemon:
                    most = max(
                        figures.daemon.get(variant, NO_MEMORY), memory_of(daemon.pid), key=attrgetter("resident")
                    )
                    figures.daemon[variant] = most
                    figures.asterisk = memory_of(bench.pbx.pid)
            figures.verdicts += placed.sent
            samples[variant] += placed.from_sent
        say(f"round {turn} of {plan.rounds}: " + ", ".join(_shortly(each, samples[each]) for each in variants))
    figures.latency = {variant: _latency(times) for variant, times in samples.items()}


async def _works(bench: Bench, plan: Plan, variants: list[Variant], figures: Figures, say: Say) -> None:
    for variant in variants:
        async with bench.answering(variant) as daemon:
            server = daemon.pid if daemon else bench.rig.floors.get(variant.server)
            asterisk_before, server_before = cpu_of(bench.pbx.pid), cpu_of(server) if server else 0.0
            rate = WORK_RATE if variant.fast else SLOW_RATE
            placed = await bench.place(variant, rate=rate, seconds=plan.probe_seconds)
            await bench.drained()
            asterisk, served = cpu_of(bench.pbx.pid), cpu_of(server) if server else 0.0
        figures.verdicts += placed.sent
        figures.work[variant] = Work(
            asterisk=(asterisk - asterisk_before) * 1000 / placed.sent,
            server=(served - server_before) * 1000 / placed.sent,
            caller=placed.cpu / 1000 / placed.sent,
        )
    shares = (f"{_plain(variant)} {work.total:.2f}" for variant, work in figures.work.items())
    say(f"processor time of a call, ms: {', '.join(shares)}")


async def _ceilings(bench: Bench, plan: Plan, variants: list[Variant], figures: Figures, say: Say) -> None:
    searches = {variant: Search(plan.rates if variant.fast else plan.slow_rates) for variant in variants}
    while open_ones := [variant for variant in variants if not searches[variant].is_done]:
        for variant in open_ones:
            rate = searches[variant].next_rate
            # One good burst is enough; a bad one gets a second chance, for the machine may have been busy meanwhile.
            bursts = [await _burst(bench, plan, variant, rate, figures)]
            if not bursts[0].is_good:
                bursts.append(await _burst(bench, plan, variant, rate, figures))
            good, p99 = bursts[-1].is_good, min(one.p99 for one in bursts)
            searches[variant].learn(p99, good=good)
            say(f"{_plain(variant)} at {rate}/s: {'good' if good else 'too much'}, 99th {p99:.1f} ms")
    figures.ceilings = {variant: search.result for variant, search in searches.items()}
    # Searches for one and the same service end a fifth apart, so what is compared sets out from one place.
    starts = {variant: figures.ceilings[FLOOR if variant is FLOOR else CALLFILTER].rate for variant in variants}
    walks = {variant: Walk(plan.rates, starts[variant]) for variant in variants if variant.close}
    for turn in range(1, plan.turns + 1):
        for variant, walk in walks.items():
            async with bench.answering(variant):
                for _ in range(STEPS):
                    one = await _placed(bench, plan, variant, walk.next_rate, figures)
                    walk.learn(one.p99, good=one.is_good)
        told = (f"{_plain(variant)} {walk.result.rate}" for variant, walk in walks.items())
        say(f"turn {turn} of {plan.turns}, around calls/s: {', '.join(told)}")
    figures.ceilings |= {variant: walk.result for variant, walk in walks.items()}


@dataclass(frozen=True, slots=True)
class _Burst:
    is_good: bool
    p99: float
    """Milliseconds."""


async def _burst(bench: Bench, plan: Plan, variant: Variant, rate: int, figures: Figures) -> _Burst:
    """A burst of calls to a server that was started for it."""
    async with bench.answering(variant):
        return await _placed(bench, plan, variant, rate, figures)


async def _placed(bench: Bench, plan: Plan, variant: Variant, rate: int, figures: Figures) -> _Burst:
    limit = LIMIT_MILLISECONDS if variant.fast else SLOW_LIMIT_MILLISECONDS
    placed = await bench.place(variant, rate=rate, seconds=max(plan.probe_seconds, 20 / rate))
    await bench.drained()
    figures.verdicts += placed.sent
    lost = [10**9] * placed.missing
    p99 = percentile(sorted([*placed.from_due, *lost]), LIMIT_SHARE) / 1000
    # Under overload callfilter lets calls pass unasked, on purpose: not a good rate, but not a fault either.
    return _Burst(not placed.wrong and placed.share_within(limit) >= LIMIT_SHARE, p99)


class Search:
    """Halves a row of rates until it knows the highest good one."""

    def __init__(self, rates: tuple[int, ...]) -> None:
        """Take the rates in ascending order."""
        self._rates = rates
        self._good, self._bad = -1, len(rates)
        self._p99 = 0.0

    @property
    def is_done(self) -> bool:
        """Nothing is left to try."""
        return self._bad - self._good == 1

    @property
    def next_rate(self) -> int:
        """The rate to try next."""
        return self._rates[self._middle]

    @property
    def result(self) -> Ceiling:
        """The highest good rate so far."""
        rate = self._rates[self._good] if self._good >= 0 else 0
        return Ceiling(rate, self._good == len(self._rates) - 1, self._p99)

    def learn(self, p99: float, *, good: bool) -> None:
        """Take in whether `next_rate` was good, and its 99th percentile in milliseconds."""
        if good:
            self._good, self._p99 = self._middle, p99
        else:
            self._bad = self._middle

    @property
    def _middle(self) -> int:
        return (self._good + self._bad) // 2


class Walk:
    """Goes a rate up after a good burst and one down after a bad one: around the rate at which half of them are good.

    A single burst near that rate is good or bad by chance. The mean of the way is known more closely than any step.
    """

    def __init__(self, rates: tuple[int, ...], start: int) -> None:
        """Take the rates in ascending order, and the one of them to set out from."""
        self._rates = rates
        self._at = rates.index(start) if start in rates else 0
        self._passed: list[int] = []
        self._p99s: list[float] = []

    @property
    def next_rate(self) -> int:
        """The rate to try next."""
        return self._rates[self._at]

    @property
    def result(self) -> Ceiling:
        """The mean of the way, and the median of the 99th percentiles of its good bursts."""
        rate = round(statistics.geometric_mean(self._passed)) if self._passed else 0
        is_top = bool(self._passed) and min(self._passed) == self._rates[-1]
        return Ceiling(rate, is_top, statistics.median(self._p99s) if self._p99s else 0.0)

    def learn(self, p99: float, *, good: bool) -> None:
        """Take in whether `next_rate` was good, and its 99th percentile in milliseconds."""
        self._passed.append(self.next_rate)
        if good:
            self._p99s.append(p99)
        self._at = max(0, min(self._at + (1 if good else -1), len(self._rates) - 1))


def _demand_right(variant: Variant, placed: Burst) -> None:
    if placed.wrong or placed.missing:
        example = f", such as {placed.wrong_calls[0]}" if placed.wrong_calls else ""
        raise BenchError(
            f"{_plain(variant)} gave {placed.wrong} wrong verdicts and left {placed.missing} calls unanswered "
            f"of {placed.sent} at a rate that it should bear{example}."
        )


def _latency(times: list[int]) -> Latency:
    ordered = sorted(times)
    p50, p95, p99 = (percentile(ordered, share) / 1000 for share in (0.5, 0.95, 0.99))
    return Latency(len(ordered), p50, p95, p99, ordered[-1] / 1000)


def _shortly(variant: Variant, times: list[int]) -> str:
    return f"{_plain(variant)} {percentile(sorted(times), 0.5) / 1000:.2f}"


def _plain(variant: Variant) -> str:
    return variant.name.removeprefix("bench-")
