"""Two models right or wrong on the same independent items: McNemar's test and Tango's score test and interval."""

import math
from collections.abc import Callable

from scipy import optimize, stats

from tasks.stats.records import BoundTest, Estimate, Side, check_level, no_estimate, no_test


def mcnemar(wins: int, losses: int, *, mid: bool = False) -> float:
    """Two-sided exact p-value of McNemar's test that wins and losses are equally likely.

    2 P(X <= min(wins, losses)), X ~ Bin(wins + losses, 1/2), at most 1; `mid` takes half of the observed point away
    (nearer its stated error on average, not guaranteed). No discordant pair: 1. Assumes independent items; with several
    languages per item use `clustered_mean`. Source: McNemar 1947; Fagerland, Lydersen & Laake 2013.
    """
    n, low = wins + losses, min(wins, losses)
    if low < 0:
        raise ValueError(f"counts are not negative, got {wins} wins and {losses} losses")
    if n == 0:
        return 1.0
    tail = float(stats.binom.cdf(low, n, 0.5))
    if not mid:
        return min(1.0, 2 * tail)
    return 1.0 if wins == losses else 2 * tail - float(stats.binom.pmf(low, n, 0.5))


def tango(wins: int, losses: int, n: int, *, level: float = 0.95) -> Estimate:
    """Tango's score interval of the difference of two paired rates, (wins - losses) / n, in [-1, 1].

    Holds its coverage with few discordant pairs, and with none: there the t interval is a point. Assumes independent
    items. Source: Tango 1998, Statistics in Medicine 17:891-908.
    """
    check_level(level)
    if n == 0:
        return no_estimate("no pairs", "tango", level=level)
    _check_pairs(wins, losses, n)
    value = (wins - losses) / n
    lo, hi = tango_interval(wins, losses, n, level=level)
    se = math.sqrt(max(0.0, (wins + losses) / n - value**2) / n)
    return Estimate(value, se, lo, hi, n, "tango", level, n)


def tango_interval(wins: float, losses: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """The ends of Tango's interval; counts may be fractional (an effective sample)."""
    if n <= 0:
        return -1.0, 1.0
    z, value, edge = float(stats.norm.isf((1 - level) / 2)), (wins - losses) / n, 1 - 1e-12
    lo = -1.0 if losses == n else _root(lambda d: score_test(wins, losses, n, d) - z, -edge, value)
    hi = 1.0 if wins == n else _root(lambda d: score_test(wins, losses, n, d) + z, value, edge)
    return lo, hi


def paired_binary_bound(wins: int, losses: int, n: int, bound: float, side: Side, *, level: float = 0.95) -> BoundTest:
    """Both one-sided score tests of a paired difference of rates against a bound; -margin gives non-inferiority.

    z = (wins - losses - n d) / sqrt(n (2 q + d (1 - d))), q the maximum-likelihood rate of losses when the difference
    is d. Assumes independent items. Source: Tango 1998, eq. 5 and 26; Liu et al. 2002 for non-inferiority.
    """
    if n == 0:
        return no_test("no pairs", bound, side, "tango")
    if not -1 < bound < 1:
        raise ValueError(f"a difference of rates lies between -1 and 1, got a bound of {bound}")
    shown = tango(wins, losses, n, level=level)
    z = score_test(wins, losses, n, bound)
    above, below = float(stats.norm.sf(z)), float(stats.norm.cdf(z))
    p_meets, p_breaks = (above, below) if side == "at_least" else (below, above)
    return BoundTest(shown.value, bound, side, p_meets, p_breaks, shown.lo, shown.hi, n, "tango")


def score_test(wins: float, losses: float, n: float, d: float) -> float:
    """Tango's score statistic of a difference d; 0/0 (no discordant pair, d = 0) is 0: nothing speaks for any."""
    if n <= 0:
        return 0.0
    b = -wins - losses + (2 * n - wins + losses) * d
    q = (math.sqrt(max(0.0, b * b + 8 * n * losses * d * (1 - d))) - b) / (4 * n)
    variance = n * (2 * q + d * (1 - d))
    distance = wins - losses - n * d
    if variance > 0:
        return distance / math.sqrt(variance)
    return 0.0 if distance == 0 else math.copysign(math.inf, distance)


def _root(f: Callable[[float], float], lo: float, hi: float) -> float:
    return float(optimize.root_scalar(f, bracket=(lo, hi), xtol=1e-12).root) if lo < hi else lo


def _check_pairs(wins: int, losses: int, n: int) -> None:
    if wins < 0 or losses < 0 or wins + losses > n:
        raise ValueError(f"wins and losses are not negative and at most n, got {wins} + {losses} of {n}")
