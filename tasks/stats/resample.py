"""Bootstrap of corpus metrics from sufficient statistics: one system, or two on the same draws."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.stats.records import BoundTest, Estimate, Side, check_level, no_estimate, no_test

Floats = NDArray[np.float64]
Aggregate = Callable[[Floats], Floats]
"""(rows, statistics) summed statistics -> (rows,) metric values: chrF from n-gram counts, a ratio, a mean."""

CHUNK = 500
"""Draws at a time: keeps memory at CHUNK x clusters whatever the number of draws."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """An estimate and the sorted bootstrap draws that its error and interval come from (empty when missing)."""

    estimate: Estimate
    draws: Floats


def bootstrap(
    statistics: ArrayLike,
    aggregate: Aggregate,
    *,
    clusters: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Resampled:
    """Cluster bootstrap of a corpus metric whose items carry additive sufficient statistics.

    Clusters (None: items) are drawn with replacement, their statistics summed and the metric taken of the sums: a
    corpus metric is not the mean of its items. `statistics` is (items, k) or (items,); NaN rows are dropped. The
    standard error is the standard deviation of the draws, never divided by sqrt(draws); the interval holds their
    quantiles. Assumes independent clusters, at least some 30. Source: Efron & Tibshirani 1993, ch. 6 and 13; Field &
    Welsh 2007 for clusters; Koehn 2004 for corpus metrics.
    """
    return _bootstrap([_matrix(statistics)], aggregate, clusters, draws, seed, level, "bootstrap")


def paired_bootstrap(
    statistics_a: ArrayLike,
    statistics_b: ArrayLike,
    aggregate: Aggregate,
    *,
    clusters: ArrayLike | None = None,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Resampled:
    """Bootstrap of metric(a) - metric(b) with the same clusters drawn for both, so that shared difficulty cancels.

    Rows are aligned items; a row with NaN on either side is dropped. Otherwise as `bootstrap`. Source: Koehn 2004.
    """
    a, b = _matrix(statistics_a), _matrix(statistics_b)
    if len(a) != len(b):
        raise ValueError(f"paired systems have one row an item each, got {len(a)} and {len(b)}")
    return _bootstrap([a, b], aggregate, clusters, draws, seed, level, "paired bootstrap")


def bootstrap_bound(resampled: Resampled, bound: float, side: Side, *, spread: float | None = None) -> BoundTest:
    """Both one-sided tests of a bootstrapped metric against a bound, by the share of draws beyond it.

    p = (1 + draws on the wrong side) / (1 + draws): the level at which the percentile interval would end at the bound,
    never 0. With `draws` this p cannot go below 1 / (draws + 1): take 10,000 for a family of 100 rules. Draws that are
    all alike say nothing unless `spread` bounds what one cluster can do, as in `mean_bound`. Source: Davison & Hinkley
    1997, §4.2 and §5.5.
    """
    shown = resampled.estimate
    if shown.value is None or len(resampled.draws) == 0:
        return no_test(shown.reason or "no draws", bound, side, shown.method, value=shown.value, n=shown.n)
    if shown.se == 0:
        if spread is None:
            return no_test("all draws are the same", bound, side, shown.method, value=shown.value, n=shown.n)
        hidden = max(0.0, 1 - abs(shown.value - bound) / spread) ** (shown.clusters or shown.n)
        above, below = (hidden, 1.0) if shown.value >= bound else (1.0, hidden)
    else:
        total = len(resampled.draws) + 1
        above = (1 + int((resampled.draws <= bound).sum())) / total
        below = (1 + int((resampled.draws >= bound).sum())) / total
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    return BoundTest(shown.value, bound, side, p_meets, p_breaks, shown.lo, shown.hi, shown.n, shown.method)


def two_sided_p(resampled: Resampled) -> float | None:
    """Two-sided p-value of "no difference": twice the smaller share of draws beyond 0, never 0; None without draws."""
    draws = resampled.draws
    if len(draws) == 0:
        return None
    beyond = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (1 + beyond) / (1 + len(draws)))


def _bootstrap(
    systems: list[Floats], aggregate: Aggregate, clusters: ArrayLike | None, draws: int, seed: int,
    level: float, method: str,
) -> Resampled:  # fmt: skip
    check_level(level)
    if draws < 100:
        raise ValueError(f"an interval needs at least 100 draws, got {draws}")
    rows = len(systems[0])
    codes = np.arange(rows) if clusters is None else np.asarray(clusters)
    if len(codes) != rows:
        raise ValueError(f"clusters label the rows, got {len(codes)} for {rows}")
    scored = ~np.isnan(np.concatenate(systems, axis=1)).any(axis=1)
    n = int(scored.sum())
    if n == 0:
        return Resampled(no_estimate("no scored items", method, level=level), np.empty(0))
    sums = [_cluster_sums(system[scored], codes[scored]) for system in systems]
    groups = len(sums[0])
    value = float(_metric([s.sum(axis=0, keepdims=True) for s in sums], aggregate)[0])
    if groups < 2 or math.isnan(value):
        reason = "fewer than two clusters" if groups < 2 else "the metric has no value on these items"
        found = None if math.isnan(value) else value
        return Resampled(Estimate(found, None, None, None, n, method, level, groups, reason=reason), np.empty(0))
    drawn = np.sort(_draw(sums, aggregate, draws, seed))
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < draws:
        reason = f"the metric has no value on {draws - len(drawn)} of {draws} draws"
        return Resampled(Estimate(value, None, None, None, n, method, level, groups, reason=reason), np.empty(0))
    tail = (1 - level) / 2
    lo, hi = (float(q) for q in np.quantile(drawn, [tail, 1 - tail]))
    se = 0.0 if np.ptp(drawn) < 1e-12 else float(drawn.std(ddof=1))
    return Resampled(Estimate(value, se, lo, hi, n, method, level, groups), drawn)


def _draw(sums: list[Floats], aggregate: Aggregate, draws: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    groups = len(sums[0])
    even = np.full(groups, 1 / groups)
    found: list[Floats] = []
    for start in range(0, draws, CHUNK):
        weights = rng.multinomial(groups, even, size=min(CHUNK, draws - start)).astype(float)
        found.append(_metric([weights @ s for s in sums], aggregate))
    return np.concatenate(found)


def _metric(sums: list[Floats], aggregate: Aggregate) -> Floats:
    """The metric of one system, or the difference of two."""
    found = [aggregate(s) for s in sums]
    return found[0] if len(found) == 1 else found[0] - found[1]


def _matrix(statistics: ArrayLike) -> Floats:
    x = np.asarray(statistics, dtype=float)
    return x[:, None] if x.ndim == 1 else x


def _cluster_sums(rows: Floats, codes: NDArray) -> Floats:
    _, dense = np.unique(codes, return_inverse=True)
    sums = np.zeros((int(dense.max()) + 1, rows.shape[1]))
    np.add.at(sums, dense, rows)
    return sums
