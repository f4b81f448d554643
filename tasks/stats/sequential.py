"""Looking more than once at growing data: Lan-DeMets alpha spending and the p-value that has paid for its looks."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import optimize, special, stats

Spending = Literal["obrien-fleming", "pocock"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(120)
"""Gauss-Legendre quadrature between two looks."""


def spent(fraction: float, alpha: float, spending: Spending) -> float:
    """One-sided error spent when a fraction of the planned information is in.

    O'Brien-Fleming: 2 - 2 Φ(z_{α/2} / sqrt(t)), nearly nothing early, so that the last look costs little. Pocock:
    α ln(1 + (e - 1) t), about even. Source: Lan & DeMets 1983, Biometrika 70:659-663.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"the information fraction lies above 0 and up to 1, got {fraction}")
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * fraction)
    return float(2 * stats.norm.sf(stats.norm.isf(alpha / 2) / math.sqrt(fraction)))


def boundaries(fractions: Sequence[float], alpha: float, *, spending: Spending = "obrien-fleming") -> list[float]:
    """One-sided z bounds at each look, so that crossing any of them has chance alpha under the null.

    `fractions` rise and end at most at 1: information (items) so far over the planned maximum, which is fixed before
    the first look; the looks themselves need not be. Assumes statistics that behave like Brownian motion in the
    information (means of independent items). The crossing density is carried from look to look by numerical
    integration. Source: Armitage, McPherson & Rowe 1969; Jennison & Turnbull 2000, ch. 7 and 19.
    """
    _check_looks(fractions, alpha)
    found: list[float] = []
    points, mass, before, used = np.zeros(1), np.ones(1), 0.0, 0.0
    for fraction in fractions:
        target = spent(fraction, alpha, spending) - used
        used += target
        step = math.sqrt(fraction - before)

        def excess(edge: float, points=points, mass=mass, step=step, target=target) -> float:
            return float((mass * special.ndtr((points - edge) / step)).sum()) - target

        reach = 9 * math.sqrt(fraction)
        edge = optimize.root_scalar(excess, bracket=(-reach, reach)).root if excess(reach) < 0 else reach
        found.append(edge / math.sqrt(fraction))
        half = (edge + reach) / 2
        ahead = (edge - reach) / 2 + half * NODES
        kernel = np.exp(-(((ahead[:, None] - points[None, :]) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
        points, mass, before = ahead, (kernel @ mass) * WEIGHTS * half, fraction
    return found


def sequential_p(
    p_values: Sequence[float], fractions: Sequence[float], *, spending: Spending = "obrien-fleming"
) -> float:
    """The p-value after several looks: the smallest alpha at which some look so far would have crossed its bound.

    It replaces the plain p-value in any further step (Holm over rules included), so that topping up items and deciding
    again does not raise the error. With one look at full information it is that look's p-value; it is 1 where not even
    alpha = 1/2 was crossed. `p_values` are one-sided, one a look. Source: Liu & Anderson 2008, Biometrika 95:573;
    Holm on top: Ye et al. 2013, Stat. Med. 32:1112.
    """
    if len(p_values) != len(fractions):
        raise ValueError(f"one p-value a look, got {len(p_values)} for {len(fractions)} looks")
    scores = stats.norm.isf(np.asarray(p_values, dtype=float))

    def crossed(log_alpha: float) -> bool:
        return bool((scores >= np.array(boundaries(fractions, math.exp(log_alpha), spending=spending))).any())

    low, high = math.log(1e-12), math.log(0.5)
    if not crossed(high):
        return 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if crossed(middle) else (middle, high)
    return math.exp(high)


def _check_looks(fractions: Sequence[float], alpha: float) -> None:
    rising = all(a < b for a, b in zip([0.0, *fractions], fractions, strict=False))
    if not fractions or not rising or fractions[-1] > 1:
        raise ValueError(f"information fractions rise from above 0 to at most 1, got {list(fractions)}")
    if not 0 < alpha <= 0.5:
        raise ValueError(f"alpha lies between 0 and 1/2, got {alpha}")
