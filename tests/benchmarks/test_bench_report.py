"""The benchmark's arithmetic and its page."""

import pytest

from benchmarks.decisions import Decisions
from benchmarks.listed import stride
from benchmarks.report import BEGIN, END, figures_page, put_into, targets
from benchmarks.rig import Memory
from benchmarks.rounds import FULL, Ceiling, Figures, Latency, Search, Walk, Work, percentile
from benchmarks.variants import CALLFILTER, VARIANTS, WITH_RULES, Lists, Variant


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([7], 0.5, 7), ([1, 2], 0.5, 1), ([1, 2, 3], 0.5, 2), (list(range(1, 101)), 0.99, 99), ([1, 2], 0.99, 2)],
)
def test_a_percentile_is_the_nearest_rank(values: list[int], share: float, expected: int) -> None:
    assert percentile(values, share) == expected


@pytest.mark.parametrize("limit", [0, 10, 35, 60, 99])
def test_a_search_finds_the_highest_good_rate(limit: int) -> None:
    search = Search((10, 20, 30, 40, 50, 60))
    tries = 0
    while not search.is_done:
        search.learn(1.0, good=search.next_rate <= limit)
        tries += 1
    assert search.result.rate == min(limit // 10 * 10, 60)
    assert search.result.is_top == (limit >= 60)
    assert tries <= 3


@pytest.mark.parametrize("limit", [5, 35, 99])
def test_a_walk_stays_around_the_rate_that_is_just_good(limit: int) -> None:
    rates = (10, 20, 30, 40, 50, 60)
    walk = Walk(rates, 20)
    for _ in range(40):
        walk.learn(1.0 if walk.next_rate <= limit else 99.0, good=walk.next_rate <= limit)
    nearest = min(max(limit, rates[0]), rates[-1])
    assert abs(walk.result.rate - nearest) <= 5
    assert walk.result.p99 == (0.0 if limit < rates[0] else 1.0)


@pytest.mark.parametrize("size", [*FULL.sizes, 100_000])
def test_listed_numbers_end_in_zero_and_fit_their_range(size: int) -> None:
    assert stride(size) % 10 == 0
    assert 0 < stride(size) * (size - 1) + 5 < 100_000_000


def test_a_target_is_held_against_the_worst_list() -> None:
    found = {target.what: target for target in targets([_figures(1_000), _figures(10_000_000, slower=1.2)])}
    assert not found["median ÷ floor's"].is_met
    assert found["median ÷ floor's"].values == pytest.approx((1.0, 1.2))
    assert not found["median, 10,000,000 ÷ 1,000 numbers"].is_met
    assert found["median, 10,000,000 ÷ 1,000 numbers"].values == pytest.approx((None, 1.2))
    assert found["calls/s ÷ AstDB's"].is_met
    assert found["resident memory, with rules too"].is_met


def test_the_page_has_every_variant_and_keeps_the_words_around_it() -> None:
    text = figures_page([_figures(1_000), _figures(10_000_000)], FULL, (22, 10, 1), 20.0)
    page = put_into(f"before\n{BEGIN}\nold\n{END}\nafter\n", text)
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    assert "\nold\n" not in page
    assert all(variant.title in page for variant in VARIANTS)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        put_into("nothing", "figures")


def test_a_thousand_rules_are_held_against_none_with_the_same_list() -> None:
    found = {
        target.what: target
        for target in targets([_figures(1_000), _figures(1_000_000), _figures(10_000_000, slower=1.2)])
    }
    assert found["median, 1,000 rules ÷ none"].values == pytest.approx((1.5, None, 1.25))
    assert not found["median, 1,000 rules ÷ none"].is_met
    both = found["calls/s, 10,000,000 numbers and 1,000 rules ÷ 1,000 and none"]
    assert both.values == (None, None, 0.8)
    assert not both.is_met
    assert found["resident memory, with rules too"].values == (60, 50, 60)
    assert found["start to first verdict, with rules too"].worst == 0.6


def test_what_was_measured_with_some_lists_only_leaves_the_other_cells_empty() -> None:
    text = figures_page([_figures(1_000), _figures(1_000_000), _figures(10_000_000)], FULL, (22, 10, 1), 20.0)
    assert "| callfilter with 1,000 rules ÷ callfilter | 1.50 / 1.50 |  | 1.50 / 1.50 |" in text
    assert "| callfilter with 1,000 rules ÷ callfilter | 0.80 × |  | 0.80 × |" in text
    assert "| callfilter with 1,000 rules ÷ callfilter with the shortest list |  |  | 1.50 / 1.50 |" in text
    assert "| 1,000 rules, number read and looked up first | 5,000 | 5,000 |" in text
    assert "| the same, with 1,000 rules | 60 (50) |  | 60 (50) |" in text


def _figures(size: int, *, slower: float = 1.0) -> Figures:
    ends = size in (FULL.sizes[0], FULL.sizes[-1])
    measured = {Lists.ALL: True, Lists.ENDS: ends, Lists.SHORTEST: size == FULL.sizes[0]}
    measured[Lists.LONGEST] = size == FULL.sizes[-1]
    chosen = [variant for variant in VARIANTS if measured[variant.lists]]
    rated = [variant for variant in chosen if variant.lists is not Lists.SHORTEST]
    factors = {CALLFILTER: slower, WITH_RULES: 1.5}

    def latency(variant: Variant) -> Latency:
        factor = factors.get(variant, 1.0)
        return Latency(600, 1.0 * factor, 2.0 * factor, 3.0 * factor, 4.0)

    return Figures(
        size,
        latency={variant: latency(variant) for variant in chosen},
        work={variant: Work(0.8, 0.3, 0.1) for variant in rated},
        ceilings={variant: Ceiling(800 if variant is WITH_RULES else 1000, False, 9.0) for variant in rated},
        first_verdict={CALLFILTER: 0.4} | ({WITH_RULES: 0.6} if ends else {}),
        daemon={CALLFILTER: Memory(50 << 20, 40 << 20)} | ({WITH_RULES: Memory(60 << 20, 50 << 20)} if ends else {}),
        decisions=(Decisions(0, 9_000, 7_000), Decisions(1_000, 6_000, 5_000)) if ends else (),
        asterisk=Memory(90 << 20, 80 << 20),
        verdicts=1000,
    )
