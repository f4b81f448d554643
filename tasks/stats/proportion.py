"""One rate of one cell: Wilson's interval, and exact and score tests of a rate against a bound."""

import math

from scipy import stats

from tasks.stats.records import BoundTest, Estimate, Side, check_level, no_estimate, no_test


def wilson(successes: float, n: int, *, level: float = 0.95) -> Estimate:
    """Wilson's score interval of a rate of independent yes/no items.

    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). It keeps its coverage at n = 50 to 250 and near 0 and 1, where
    p ± 1.96 se does not. Source: Wilson 1927; for evaluations Bowyer et al. 2025, arXiv:2503.01747.
    `successes` may be fractional (a weighted count); `se` is sqrt(p(1-p)/n).
    """
    check_level(level)
    if n == 0 or math.isnan(successes):
        return no_estimate("no scored items", "wilson", n=0, level=level)
    _check_counts(successes, n)
    z = float(stats.norm.isf((1 - level) / 2))
    p = successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    lo = 0.0 if successes == 0 else middle - half
    hi = 1.0 if successes == n else middle + half
    return Estimate(p, math.sqrt(p * (1 - p) / n), lo, hi, n, "wilson", level)


def exact_bound(successes: int, n: int, bound: float, side: Side, *, level: float = 0.95) -> BoundTest:
    """Exact binomial tests of a rate against a bound, with the Clopper-Pearson interval that agrees with them.

    at_least: p_meets = P(X >= k | bound), p_breaks = P(X <= k | bound), X ~ Bin(n, bound); at_most the other way round.
    Assumes independent items; never exceeds its stated error, whatever n and the rate. Source: Clopper & Pearson 1934.
    The interval is two-sided at `level`.
    """
    check_level(level)
    if n == 0:
        return no_test("no scored items", bound, side, "exact binomial")
    _check_counts(successes, n)
    _check_rate(bound)
    above = float(stats.binom.sf(successes - 1, n, bound))
    below = float(stats.binom.cdf(successes, n, bound))
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    interval = stats.binomtest(int(successes), n).proportion_ci(level, "exact")
    lo, hi = float(interval.low), float(interval.high)
    return BoundTest(successes / n, bound, side, p_meets, p_breaks, lo, hi, n, "exact binomial")


def score_bound(successes: float, n: int, bound: float, side: Side, *, level: float = 0.95) -> BoundTest:
    """Score tests of a rate against a bound: the tests that Wilson's interval is made of.

    z = (p - bound) / sqrt(bound (1 - bound) / n), normal. Closer to its stated error than the exact test on average but
    may exceed it; the gate decides by `exact_bound`. Assumes independent items and 0 < bound < 1. Source: Wilson 1927.
    """
    if n == 0 or math.isnan(successes):
        return no_test("no scored items", bound, side, "score")
    _check_counts(successes, n)
    _check_rate(bound)
    if bound in (0, 1):
        return no_test("the score test needs a bound between 0 and 1", bound, side, "score", value=successes / n, n=n)
    z = (successes / n - bound) / math.sqrt(bound * (1 - bound) / n)
    above, below = float(stats.norm.sf(z)), float(stats.norm.cdf(z))
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    shown = wilson(successes, n, level=level)
    return BoundTest(shown.value, bound, side, p_meets, p_breaks, shown.lo, shown.hi, n, "score")


def _check_counts(successes: float, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"successes lie between 0 and n, got {successes} of {n}")


def _check_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate lies between 0 and 1, got {rate}")
