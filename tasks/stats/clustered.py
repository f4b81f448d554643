"""Rates, paired rates and percentiles of items that share a source: exact and score tests on the effective sample."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from tasks.stats.binary import score_test, tango_interval
from tasks.stats.records import BoundTest, Estimate, Side, Values, check_level, no_test

Floats = NDArray[np.float64]


def effective_size(estimate: Estimate, variance: float) -> float:
    """How many independent observations of this variance tell as much as the clustered ones: at most n, at least 0.

    n variance / ((n-1) se²), times (t_{n-1} / t_{G-1})² of the 97.5 % quantiles for the degrees of freedom that few
    clusters leave; the number of clusters where there is no error to estimate. Source: Korn & Graubard 1998, Survey
    Methodology 24:193-201.
    """
    groups = estimate.clusters or estimate.n
    if estimate.se is None or groups < 2:
        return 0.0
    if estimate.se == 0 or variance <= 0:
        return float(groups)  # nothing shows how much the values of a cluster differ
    few = float(stats.t.isf(0.025, estimate.n - 1) / stats.t.isf(0.025, groups - 1)) ** 2
    return min(float(estimate.n), estimate.n / (estimate.n - 1) * variance / estimate.se**2) * few


def clustered_rate_bound(estimate: Estimate, bound: float, side: Side, *, level: float = 0.95) -> BoundTest:
    """Exact binomial tests of a clustered rate against a bound, on the effective sample size.

    As `exact_bound` with n* = `effective_size` and k* = p n*. The t-test of `mean_bound` calls a rate of 3 to 5 % met
    at 5 % in 7 to 13 runs of 100 that break it, because so rare a thing is not normal; this one in at most 5.5
    (`benchmarks/stats/rare.txt`). Values lie between 0 and 1 (repeats averaged). Source: Korn & Graubard 1998.
    """
    check_level(level)
    value, method = estimate.value, "exact binomial, clustered"
    if value is None or estimate.se is None:
        return no_test(estimate.reason or "no estimate", bound, side, method, value=value, n=estimate.n)
    if not 0 <= bound <= 1:
        raise ValueError(f"a rate lies between 0 and 1, got {bound}")
    size = effective_size(estimate, value * (1 - value))
    hits, misses = value * size, (1 - value) * size
    above = float(stats.beta.cdf(bound, hits, misses + 1)) if hits > 0 else 1.0
    below = float(stats.beta.sf(bound, hits + 1, misses)) if misses > 0 else 1.0
    tail = (1 - level) / 2
    lo = float(stats.beta.ppf(tail, hits, misses + 1)) if hits > 0 else 0.0
    hi = float(stats.beta.isf(tail, hits + 1, misses)) if misses > 0 else 1.0
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    return BoundTest(value, bound, side, p_meets, p_breaks, lo, hi, estimate.n, method)


def clustered_pairs_bound(
    estimate: Estimate, wins: int, losses: int, bound: float, side: Side, *, level: float = 0.95
) -> BoundTest:
    """Tango's score tests of a paired difference of rates whose pairs share sources, on the effective sample size.

    `estimate` is the clustered mean of the differences (each -1, 0 or 1), of which `wins` are 1 and `losses` -1; both
    shrink with n to n* = `effective_size`. Source: `paired_binary_bound`; the effective size as in Korn & Graubard.
    """
    method = "tango, clustered"
    if estimate.value is None or estimate.se is None:
        return no_test(estimate.reason or "no pairs", bound, side, method, value=estimate.value, n=estimate.n)
    size = effective_size(estimate, (wins + losses) / estimate.n - estimate.value**2)
    shrink = size / estimate.n
    z = score_test(wins * shrink, losses * shrink, size, bound)
    lo, hi = tango_interval(wins * shrink, losses * shrink, size, level=level)
    above, below = float(stats.norm.sf(z)), float(stats.norm.cdf(z))
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    return BoundTest(estimate.value, bound, side, p_meets, p_breaks, lo, hi, estimate.n, method)


def quantile_bound(
    values: Values, quantile: float, bound: float, *, clusters: ArrayLike | None = None, level: float = 0.95
) -> BoundTest:
    """Test of "the given quantile is at most the bound" (p95 latency <= 2000 ms) without assuming a distribution.

    The quantile is at most the bound exactly when the share of values above the bound is at most 1 - quantile, so this
    is the exact binomial test of that share, on the effective sample where values share clusters; the interval holds
    order statistics. NaN are dropped. Source: Conover, Practical Nonparametric Statistics, section 3.2; Korn &
    Graubard 1998 for clusters. Unit: that of the values.
    """
    check_level(level)
    if not 0 < quantile < 1:
        raise ValueError(f"a quantile lies between 0 and 1, got {quantile}")
    x, codes = _sorted(values, clusters)
    if len(x) == 0:
        return no_test("no values", bound, "at_most", "quantile")
    value = float(np.quantile(x, quantile))
    p_meets, p_breaks = _beyond(x, codes, bound, quantile)
    if p_meets is None:
        return no_test("fewer than two clusters", bound, "at_most", "quantile", value=value, n=len(x))
    lo, hi = _order_statistics(x, codes, value, quantile, level)
    return BoundTest(value, bound, "at_most", p_meets, p_breaks, lo, hi, len(x), "quantile")


def quantile_difference_bound(
    values: Values, base: Values, quantile: float, margin: float, *,
    clusters: ArrayLike | None = None, base_clusters: ArrayLike | None = None,
) -> BoundTest:  # fmt: skip
    """Test of "the quantile is at most the baseline's plus a margin" where both are estimated.

    For any cut c, "ours is at most c" and "the baseline's is above c - margin" prove it together; by Bonferroni the
    p-value is twice the larger of the two, and c may be chosen freely because one-sided confidence limits hold for all
    c at once. Any dependence between the two is allowed, so it is conservative. No interval.
    """
    (x, mine), (y, theirs) = _sorted(values, clusters), _sorted(base, base_clusters)
    method = "two quantiles"
    if len(x) == 0 or len(y) == 0:
        return no_test("no values", margin, "at_most", method)
    gap = float(np.quantile(x, quantile) - np.quantile(y, quantile))
    cuts = np.unique(np.concatenate([x, y + margin]))

    def at(cut: float) -> tuple[float | None, float | None, float | None, float | None]:
        return *_beyond(x, mine, cut, quantile), *_beyond(y, theirs, cut - margin, quantile)

    if None in at(float(cuts[0])):
        return no_test("fewer than two clusters", margin, "at_most", method, value=gap, n=len(x))
    meets, breaks = (_best_cut(cuts, at, *places) for places in ((0, 3), (2, 1)))
    return BoundTest(gap, margin, "at_most", meets, breaks, None, None, len(x), method)


def _best_cut(cuts: Floats, at: Callable[[float], Sequence[float | None]], falls: int, rises: int) -> float:
    """Twice the smallest larger one of two p-values, of which the first falls and the second rises with the cut."""
    low, high = 0, len(cuts) - 1
    best = 1.0
    while low <= high:
        middle = (low + high) // 2
        found = at(float(cuts[middle]))
        falling, rising = float(found[falls] or 0.0), float(found[rises] or 0.0)
        best = min(best, 2 * max(falling, rising))
        low, high = (middle + 1, high) if falling > rising else (low, middle - 1)
    return best


def _sorted(values: Values, clusters: ArrayLike | None) -> tuple[Floats, NDArray[np.int64]]:
    """The values in rising order without NaN, and whole numbers from 0 for their clusters."""
    x = np.asarray(values, dtype=float)
    labels = np.arange(len(x)) if clusters is None else np.asarray(clusters)
    kept = ~np.isnan(x)
    x, codes = x[kept], np.unique(labels[kept], return_inverse=True)[1]
    order = np.argsort(x, kind="stable")
    return x[order], codes[order].astype(np.int64)


def _share(above: NDArray[np.bool_], codes: NDArray[np.int64]) -> Estimate:
    """The share of True with its cluster-robust error, as `clustered_mean` on dense codes; without an interval."""
    n, share = len(above), float(above.mean())
    sums = np.bincount(codes, weights=above - share)
    groups = len(sums)
    se = math.sqrt(float((sums**2).sum()) * groups / (groups - 1)) / n if groups > 1 else None
    varied = 0.0 < share < 1.0
    return Estimate(share, se if varied or se is None else 0.0, None, None, n, "share", clusters=groups)


def _beyond(x: Floats, codes: NDArray[np.int64], cut: float, quantile: float) -> tuple[float | None, float | None]:
    """(p_meets, p_breaks) of "the quantile is at most the cut"."""
    test = clustered_rate_bound(_share(x > cut, codes), 1 - quantile, "at_most")
    return test.p_meets, test.p_breaks


def _order_statistics(
    x: Floats, codes: NDArray[np.int64], value: float, quantile: float, level: float
) -> tuple[float | None, float | None]:
    """The values between which the quantile lies, None where there are too few of them on that side."""
    n, tail = len(x), (1 - level) / 2
    size = effective_size(_share(x <= value, codes), quantile * (1 - quantile))
    low = stats.binom.ppf(tail, round(size), quantile) * n / max(1, round(size))
    high = stats.binom.isf(tail, round(size), quantile) * n / max(1, round(size))
    first, last = math.floor(low), math.ceil(high) + 1
    return float(x[first - 1]) if first >= 1 else None, float(x[last - 1]) if last <= n else None
