"""Paired differences of two models over the same items, with item-clustered and two-way cluster-robust errors."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from tasks.stats.records import BoundTest, Estimate, Side, Values, check_level, no_estimate, no_test

Floats = NDArray[np.float64]
ROUNDING = 1e-12
"""A residual below this is the rounding of equal values: it must not pose as a tiny but known error."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """The mean of each item's scored repeats; `missing` counts unscored repeats, `lost` items without a scored one."""

    keys: tuple[Hashable, ...]
    values: Floats
    missing: int
    lost: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two aligned columns over the keys that both sides have a value for; what fell out is counted, not forgotten."""

    keys: tuple[Hashable, ...]
    a: Floats
    b: Floats
    only_a: int
    only_b: int
    unscored: int


@dataclass(frozen=True, slots=True)
class Paired:
    """The paired difference a - b with what a reader needs beside it; `dropped` counts pairs with a missing side."""

    difference: Estimate
    mean_a: float | None
    mean_b: float | None
    correlation: float | None
    wins: int
    losses: int
    ties: int
    dropped: int


def mean_by_item(keys: Sequence[Hashable], values: Values) -> Averaged:
    """Average the resampled completions of each item first, so that repeats never pose as further items.

    The mean of K repeats has variance (between items + within item / K): clustering the averaged values already holds
    the sampling noise and nothing is bootstrapped within an item on top. Source: Miller 2024, arXiv:2411.00640, §3.1.
    `keys` (any hashable, such as (item, language)) and `values` (NaN or None: unscored) are aligned.
    """
    x = _floats(values)
    _same_length(len(keys), x)
    found: dict[Hashable, list[float]] = {}
    for key, value in zip(keys, x.tolist(), strict=True):
        scored = found.setdefault(key, [])
        if not math.isnan(value):
            scored.append(value)
    kept = {key: sum(scored) / len(scored) for key, scored in found.items() if scored}
    missing = int(np.isnan(x).sum())
    return Averaged(tuple(kept), np.array(list(kept.values()), dtype=float), missing, len(found) - len(kept))


def align(keys_a: Sequence[Hashable], values_a: Values, keys_b: Sequence[Hashable], values_b: Values) -> Pairs:
    """Join two runs on their keys, keeping the pairs that are scored on both sides and counting all others.

    Keys must be unique on each side (average repeats first, `mean_by_item`); a doubled key raises ValueError.
    """
    left, right = _by_key(keys_a, _floats(values_a)), _by_key(keys_b, _floats(values_b))
    both = [key for key in left if key in right]
    a, b = np.array([left[key] for key in both], dtype=float), np.array([right[key] for key in both], dtype=float)
    scored = ~(np.isnan(a) | np.isnan(b))
    kept = tuple(key for key, ok in zip(both, scored, strict=True) if ok)
    shared = len(both)
    return Pairs(kept, a[scored], b[scored], len(left) - shared, len(right) - shared, int((~scored).sum()))


def clustered_mean(values: Values, clusters: ArrayLike | None = None, *, level: float = 0.95) -> Estimate:
    """A mean with its cluster-robust standard error: SE² = G/(G-1) Σ_c (Σ_{i in c} (x_i - x̄))² / n², t with G-1 df.

    `clusters` labels the independent unit of each value: the source item when the same items recur in every language,
    the passage when items share one; None makes each value its own. Never the language alone: 11 clusters that share
    their items covered 60 % instead of 95 %. Assumes independent clusters and enough of them (some 30) for the mean to
    be near normal. Equals OLS on an intercept with cov_type="cluster". Source: Liang & Zeger 1986; Miller 2024,
    arXiv:2411.00640, §2.2. NaN are dropped.
    """
    check_level(level)
    x = _floats(values)
    codes = np.arange(len(x)) if clusters is None else _codes(clusters, x)
    scored = ~np.isnan(x)
    x, codes = x[scored], codes[scored]
    if len(x) == 0:
        return no_estimate("no scored items", "clustered", level=level)
    mean = float(x.mean())
    variance, groups = _cluster_variance(x - mean, codes)
    if groups < 2:
        return Estimate(mean, None, None, None, len(x), "clustered", level, groups, reason="fewer than two clusters")
    return _t_interval(mean, variance, len(x), groups, "clustered", level)


def two_way_mean(values: Values, items: ArrayLike, languages: ArrayLike, *, level: float = 0.95) -> Estimate:
    """A mean whose errors may be correlated within an item and within a language (languages are a sample of more).

    V = V_item + V_language - V_(item and language), each with its own G/(G-1); t with min(G) - 1 df. The sum can come
    out negative or below its parts in small samples; then the larger of the one-way variances is used and `method`
    says so. Wide when languages are few: for a fixed list of languages `clustered_mean` by item is the right question.
    Source: Cameron, Gelbach & Miller 2011, JBES 29(2), eq. 2.11, §2.3; fallback as in MacKinnon, Nielsen & Webb 2021.
    """
    check_level(level)
    x = _floats(values)
    first, second = _codes(items, x), _codes(languages, x)
    scored = ~np.isnan(x)
    x, first, second = x[scored], first[scored], second[scored]
    if len(x) == 0:
        return no_estimate("no scored items", "two-way", level=level)
    mean = float(x.mean())
    residuals = x - mean
    by_item, n_items = _cluster_variance(residuals, first)
    by_language, n_languages = _cluster_variance(residuals, second)
    groups = min(n_items, n_languages)
    if groups < 2:
        return Estimate(mean, None, None, None, len(x), "two-way", level, groups, reason="fewer than two clusters")
    by_cell, _ = _cluster_variance(residuals, first * (int(second.max()) + 1) + second)
    variance = by_item + by_language - by_cell
    if variance > 0:
        return _t_interval(mean, variance, len(x), groups, "two-way", level)
    return _t_interval(mean, max(by_item, by_language), len(x), groups, "two-way (fell back to one-way)", level)


def paired_difference(
    a: Values,
    b: Values,
    *,
    clusters: ArrayLike | None = None,
    languages: ArrayLike | None = None,
    level: float = 0.95,
) -> Paired:
    """The mean of a - b over aligned pairs: item-clustered, or two-way when `languages` is given too.

    Pairs with a NaN on either side are dropped and counted. Assumes one value per (item, language) on each side.
    Source: Miller 2024, arXiv:2411.00640, §4.2; see `clustered_mean` and `two_way_mean` for the errors.
    """
    x, y = _floats(a), _floats(b)
    _same_length(len(x), y)
    if languages is not None and clusters is None:
        raise ValueError("two-way clustering needs clusters (the items) beside languages")
    d = x - y
    scored = ~np.isnan(d)
    if languages is None or clusters is None:
        estimate = clustered_mean(d, clusters, level=level)
    else:
        estimate = two_way_mean(d, clusters, languages, level=level)
    x, y, d = x[scored], y[scored], d[scored]
    varied = len(d) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0
    return Paired(
        difference=estimate,
        mean_a=float(x.mean()) if len(x) else None,
        mean_b=float(y.mean()) if len(y) else None,
        correlation=float(np.corrcoef(x, y)[0, 1]) if varied else None,
        wins=int((d > 0).sum()),
        losses=int((d < 0).sum()),
        ties=int((d == 0).sum()),
        dropped=int((~scored).sum()),
    )


def mean_bound(estimate: Estimate, bound: float, side: Side, *, spread: float | None = None) -> BoundTest:
    """Both one-sided tests of an estimate against a bound; with bound -margin this is the test of non-inferiority.

    t = (value - bound) / se with the estimate's df. Where every cluster shows the same value the t-test would be
    certain of everything, so then, if no value can lie further than `spread` from the shared one, a bound at distance
    d is refuted with p = (1 - d / spread)^G, the chance that G clusters hide so much (the "rule of three"); without
    `spread` nothing is concluded. Source: Schuirmann 1987; Hanley & Lippman-Hand 1983.
    """
    value = estimate.value
    if value is None or estimate.se is None or math.isnan(value):
        reason = estimate.reason or "no estimate"
        return no_test(reason, bound, side, estimate.method, value=value, n=estimate.n)
    if estimate.se > 0:
        t = (value - bound) / estimate.se
        law = stats.norm if estimate.df is None else stats.t(estimate.df)
        above, below = float(law.sf(t)), float(law.cdf(t))
    elif spread is None:
        return no_test("all values are the same", bound, side, estimate.method, value=value, n=estimate.n)
    else:
        groups = estimate.clusters or estimate.n
        hidden = max(0.0, 1 - abs(value - bound) / spread) ** groups
        above, below = (hidden, 1.0) if value >= bound else (1.0, hidden)
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    return BoundTest(
        value, bound, side, p_meets, p_breaks, estimate.lo, estimate.hi, estimate.n, estimate.method, estimate.reason
    )


def _cluster_variance(residuals: Floats, codes: NDArray[np.int64]) -> tuple[float, int]:
    """Variance of the mean under one-way clustering with the factor G/(G-1), and the number of clusters G."""
    _, dense = np.unique(codes, return_inverse=True)
    exact = np.where(np.abs(residuals) < ROUNDING, 0.0, residuals)
    sums = np.bincount(dense, weights=exact)
    groups = len(sums)
    if groups < 2:
        return math.nan, groups
    return float((sums**2).sum()) / len(residuals) ** 2 * groups / (groups - 1), groups


def _t_interval(mean: float, variance: float, n: int, groups: int, method: str, level: float) -> Estimate:
    se = math.sqrt(variance)
    half = float(stats.t.isf((1 - level) / 2, groups - 1)) * se
    return Estimate(mean, se, mean - half, mean + half, n, method, level, groups, groups - 1)


def _floats(values: Values) -> Floats:
    x = np.asarray(values, dtype=float)
    if x.ndim != 1:
        raise ValueError(f"values are one column, got {x.ndim} dimensions")
    return x


def _codes(labels: ArrayLike, values: Floats) -> NDArray[np.int64]:
    given = np.asarray(labels)
    _same_length(len(given), values)
    return np.unique(given, return_inverse=True)[1].astype(np.int64)


def _same_length(length: int, values: Floats) -> None:
    if length != len(values):
        raise ValueError(f"aligned columns have one length, got {length} and {len(values)}")


def _by_key(keys: Sequence[Hashable], values: Floats) -> dict[Hashable, float]:
    _same_length(len(keys), values)
    column = dict(zip(keys, values.tolist(), strict=True))
    if len(column) != len(keys):
        raise ValueError("a key occurs twice: average the repeats of an item first")
    return column
