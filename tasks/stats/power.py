"""How small a difference can be seen with so many items, and how many items a decision needs."""

import math

from scipy import optimize, stats


def detectable(se: float, *, df: float | None = None, alpha: float = 0.05, power: float = 0.8, sides: int = 2) -> float:
    """Minimum detectable difference of an estimate with this standard error: (z_{alpha/sides} + z_{1-power}) se.

    Student's t with `df` degrees of freedom takes the place of z where it is given. Assumes an error that does not
    change with the difference. Source: Bloom 1995, Eval. Review 19:547; Miller 2024, arXiv:2411.00640, §5. Unit: `se`.
    """
    if df is None:
        return _z_sum(alpha, power, sides) * se
    return float(stats.t.isf(alpha / sides, df) + stats.t.ppf(power, df)) * se


def required_pairs(sd: float, difference: float, *, alpha: float = 0.05, power: float = 0.8, sides: int = 2) -> int:
    """Independent units (items, clusters) that a paired difference with this standard deviation per unit needs.

    n = ((z_{alpha/sides} + z_{1-power}) sd / difference)², rounded up. Source: as `detectable`.
    """
    _check_difference(difference)
    return math.ceil((_z_sum(alpha, power, sides) * sd / difference) ** 2)


def required_questions(
    between: float, within_a: float, within_b: float, difference: float, *,
    repeats_a: int = 1, repeats_b: int = 1, alpha: float = 0.05, power: float = 0.8,
) -> int:  # fmt: skip
    """Questions needed when each is answered repeats_a and repeats_b times; all three spreads are variances.

    n = (z_{alpha/2} + z_{1-power})² (ω² + σ_A²/K_A + σ_B²/K_B) / δ², with ω² the variance of the difference of the
    questions' true scores and σ² the mean variance of repeats. Source: Miller 2024, arXiv:2411.00640, eq. 9.
    """
    variance = between + within_a / repeats_a + within_b / repeats_b
    return required_pairs(math.sqrt(variance), difference, alpha=alpha, power=power)


def required_binary_pairs(
    discordant: float, difference: float, *, alpha: float = 0.05, power: float = 0.8, sides: int = 2
) -> int:
    """Items that McNemar's test needs for this difference when a share `discordant` of the pairs differ.

    n = (z_{alpha/sides} sqrt(ψ) + z_{1-power} sqrt(ψ - δ²))² / δ² + 1/|δ|; the last term pays for the test being exact.
    Source: Connor 1987, Biometrics 43:207-211; continuity as in Fleiss, Levin & Paik 2003, §2.4.
    """
    _check_difference(difference)
    if not abs(difference) <= discordant <= 1:
        raise ValueError(f"the discordant share lies between |difference| and 1, got {discordant} for {difference}")
    a, b = float(stats.norm.isf(alpha / sides)), float(stats.norm.ppf(power))
    root = a * math.sqrt(discordant) + b * math.sqrt(discordant - difference**2)
    return math.ceil((root / difference) ** 2 + 1 / abs(difference))


def detectable_binary(
    discordant: float, n: int, *, alpha: float = 0.05, power: float = 0.8, sides: int = 2
) -> float | None:
    """The smallest paired difference of rates that n items show by McNemar's test; None when not even ψ itself would.

    The inverse of `required_binary_pairs` in the difference.
    """
    if n < 1 or discordant <= 0:
        return None
    a, b = float(stats.norm.isf(alpha / sides)), float(stats.norm.ppf(power))

    def short(difference: float) -> float:
        rest = math.sqrt(max(0.0, discordant - difference**2))
        return math.sqrt(max(0.0, n * difference**2 - difference)) - a * math.sqrt(discordant) - b * rest

    if short(discordant) < 0:
        return None
    return float(optimize.root_scalar(short, bracket=(0.0, discordant), xtol=1e-12).root)


def required_for_bound(rate: float, bound: float, *, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """Independent items that a one-sided test of a single rate against a bound needs when the truth is `rate`.

    n = ((z_α sqrt(b(1-b)) + z_{1-power} sqrt(p(1-p))) / (p - b))² + 1/|p - b|, the last term because the test is exact;
    None when the rate lies on the bound, where no number of items decides. Source: Fleiss, Levin & Paik 2003, §2.4.
    """
    if rate == bound:
        return None
    a, b = float(stats.norm.isf(alpha)), float(stats.norm.ppf(power))
    root = a * math.sqrt(bound * (1 - bound)) + b * math.sqrt(rate * (1 - rate))
    return math.ceil((root / (rate - bound)) ** 2 + 1 / abs(rate - bound))


def more_items(value: float, se: float, n: int, bound: float, *, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """The answer to "inconclusive: how many more?": further items after which a one-sided test would probably decide.

    Takes the estimate for the truth and lets the error shrink with sqrt(n): n ((z_α + z_{1-power}) se / (value -
    bound))² - n, rounded up, at least 1. None when the estimate lies on the bound or has no error. A plan, not a
    promise: the estimate itself is uncertain. `alpha` should be what the family leaves to this test (α / m).
    """
    gap = abs(value - bound)
    if gap == 0 or se <= 0 or n < 1:
        return None
    needed = n * (_z_sum(alpha, power, 1) * se / gap) ** 2
    return max(1, math.ceil(needed - n))


def _z_sum(alpha: float, power: float, sides: int) -> float:
    if not (0 < alpha < 1 and 0 < power < 1 and sides in (1, 2)):
        raise ValueError(f"alpha and power lie between 0 and 1 and sides is 1 or 2, got {alpha}, {power}, {sides}")
    return float(stats.norm.isf(alpha / sides) + stats.norm.ppf(power))


def _check_difference(difference: float) -> None:
    if difference == 0:
        raise ValueError("no number of items shows a difference of zero")
