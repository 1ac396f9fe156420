"""The benchmark's arithmetic and its page."""

import pytest

from benchmarks.listed import stride
from benchmarks.report import BEGIN, END, figures_page, put_into, targets
from benchmarks.rig import Memory
from benchmarks.rounds import FULL, Ceiling, Figures, Latency, Search, Work, percentile
from benchmarks.variants import VARIANTS, Variant


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


@pytest.mark.parametrize("size", [*FULL.sizes, 100_000])
def test_listed_numbers_end_in_zero_and_fit_their_range(size: int) -> None:
    assert stride(size) % 10 == 0
    assert 0 < stride(size) * (size - 1) + 5 < 100_000_000


def test_a_target_is_held_against_the_worst_list() -> None:
    found = {target.what: target for target in targets([_figures(1_000), _figures(10_000_000, slower=1.2)])}
    assert not found["median ÷ floor's"].is_met
    assert found["median ÷ floor's"].values == pytest.approx((1.0, 1.2))
    assert not found["median, 10,000,000 ÷ 1,000 numbers"].is_met
    assert found["calls/s ÷ AstDB's"].is_met
    assert found["resident memory"].is_met


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


def _figures(size: int, *, slower: float = 1.0) -> Figures:
    def latency(variant: Variant) -> Latency:
        factor = slower if variant.name == "bench-callfilter" else 1.0
        return Latency(600, 1.0 * factor, 2.0 * factor, 3.0 * factor, 4.0)

    return Figures(
        size,
        latency={variant: latency(variant) for variant in VARIANTS if variant.every_size or size == FULL.sizes[0]},
        work={variant: Work(0.8, 0.3, 0.1) for variant in VARIANTS if variant.every_size},
        ceilings={variant: Ceiling(1000, False, 9.0) for variant in VARIANTS if variant.every_size},
        first_verdict=0.4,
        daemon=Memory(50 << 20, 40 << 20),
        asterisk=Memory(90 << 20, 80 << 20),
        verdicts=1000,
    )
