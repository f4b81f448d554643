"""Tests of rates, pairs and percentiles whose items share sources, against the exact tests that they generalise."""

import numpy as np
import pytest

from tasks import stats


def _faults(sources: int, size: int, broken: int) -> tuple[list[float], list[int]]:
    """Items of which all in the first `broken` sources are faulty: a source counts once, whatever its items."""
    codes = np.repeat(np.arange(sources), size)
    return [float(code < broken) for code in codes], codes.tolist()


@pytest.mark.parametrize("side", ["at_least", "at_most"])
@pytest.mark.parametrize(("hits", "n", "bound"), [(0, 50, 0.05), (3, 200, 0.05), (150, 200, 0.7), (200, 200, 0.9)])
def test_independent_items_give_the_exact_test(hits: int, n: int, bound: float, side: stats.Side) -> None:
    estimate = stats.clustered_mean([1.0] * hits + [0.0] * (n - hits))
    ours, exact = stats.clustered_rate_bound(estimate, bound, side), stats.exact_bound(hits, n, bound, side)
    assert (ours.p_meets, ours.p_breaks) == pytest.approx((exact.p_meets, exact.p_breaks), abs=1e-9)
    assert (ours.lo, ours.hi) == pytest.approx((exact.lo, exact.hi), abs=1e-9)


def test_items_that_always_agree_count_once() -> None:
    values, codes = _faults(100, 5, 2)
    estimate = stats.clustered_mean(values, codes)
    assert stats.effective_size(estimate, 0.02 * 0.98) == pytest.approx(100, rel=0.03)
    ours, alone = stats.clustered_rate_bound(estimate, 0.06, "at_most"), stats.exact_bound(2, 100, 0.06, "at_most")
    assert ours.p_meets == pytest.approx(alone.p_meets, rel=0.1) and ours.n == 500
    as_if_independent = stats.exact_bound(10, 500, 0.06, "at_most")
    assert (as_if_independent.p_meets or 0) < 0.01 * (ours.p_meets or 0)


def test_independent_pairs_give_tangos_test() -> None:
    gaps = [1.0] * 12 + [-1.0] * 20 + [0.0] * 218
    ours = stats.clustered_pairs_bound(stats.clustered_mean(gaps), 12, 20, -0.1, "at_least")
    exact = stats.paired_binary_bound(12, 20, 250, -0.1, "at_least")
    assert (ours.p_meets, ours.p_breaks, ours.lo, ours.hi) == pytest.approx(
        (exact.p_meets, exact.p_breaks, exact.lo, exact.hi), abs=1e-6
    )


def test_no_differing_pair_is_weighed_by_sources() -> None:
    same = stats.clustered_mean([0.0] * 500, np.repeat(np.arange(100), 5))
    ours = stats.clustered_pairs_bound(same, 0, 0, -0.05, "at_least")
    assert ours.p_meets == pytest.approx(stats.paired_binary_bound(0, 0, 100, -0.05, "at_least").p_meets or 0.0)


def test_one_source_says_nothing() -> None:
    estimate = stats.clustered_mean([0.0, 1.0, 1.0], [7, 7, 7])
    assert stats.clustered_rate_bound(estimate, 0.5, "at_most").p_meets is None
    assert stats.clustered_pairs_bound(estimate, 2, 0, 0.1, "at_least").p_meets is None


def test_repeated_requests_are_no_further_requests() -> None:
    waits = np.random.default_rng(4).lognormal(7, 0.4, 120)
    once = stats.quantile_bound(waits, 0.95, 2600)
    often = stats.quantile_bound(np.tile(waits, 6), 0.95, 2600, clusters=np.tile(np.arange(120), 6))
    assert often.p_meets == pytest.approx(once.p_meets, rel=0.1) and often.value == pytest.approx(once.value, rel=0.02)


def test_the_baselines_percentile_is_an_estimate_too() -> None:
    rng = np.random.default_rng(5)
    base = rng.lognormal(7, 0.3, 400)
    held = stats.quantile_difference_bound(base * 1.01, base, 0.95, 900.0)
    lost = stats.quantile_difference_bound(base * 3, base, 0.95, 100.0)
    near = stats.quantile_difference_bound(base, base, 0.95, 1.0)
    assert (held.p_meets or 1) < 0.01 < 0.5 < (held.p_breaks or 0)
    assert (lost.p_breaks or 1) < 0.01 < 0.5 < (lost.p_meets or 0)
    assert (near.p_meets or 0) > 0.5 and (near.p_breaks or 0) > 0.5
    assert stats.quantile_difference_bound([], base, 0.95, 1.0).reason == "no values"
