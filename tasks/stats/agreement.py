"""How far a judge agrees with people: precision, recall, specificity, Cohen's κ and PABAK, each with its interval."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from tasks.stats.proportion import wilson
from tasks.stats.records import Estimate, Values, no_estimate


@dataclass(frozen=True, slots=True)
class Agreement:
    """A judge against labels on `n` items; `table` holds both yes, judge only, label only, both no."""

    n: int
    dropped: int
    table: tuple[float, float, float, float]
    precision: Estimate
    recall: Estimate
    specificity: Estimate
    kappa: Estimate
    pabak: Estimate


def agreement(labels: Values, judged: Values, *, weights: ArrayLike | None = None, level: float = 0.95) -> Agreement:
    """Compare 0/1 labels with 0/1 verdicts over aligned items; NaN on either side drops the item and counts it.

    Precision, recall and specificity have Wilson intervals. `weights` are inverse chances of having been labelled (a
    sample with half judge-positives flatters recall without them); intervals then use Kish's effective n, (Σw)²/Σw².
    Source: Cohen 1960; Byrt, Bishop & Carlin 1993 (PABAK); Kish 1965.
    """
    y, f = np.asarray(labels, dtype=float), np.asarray(judged, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if not len(y) == len(f) == len(w):
        raise ValueError(f"aligned columns have one length, got {len(y)}, {len(f)} and {len(w)}")
    kept = ~(np.isnan(y) | np.isnan(f))
    y, f, w = y[kept] == 1, f[kept] == 1, w[kept]
    yes, no = w[y & f].sum(), w[~y & ~f].sum()
    table = (float(yes), float(w[~y & f].sum()), float(w[y & ~f].sum()), float(no))
    n = _effective(w)
    share = tuple(cell / w.sum() * n if len(w) else 0.0 for cell in table)
    observed = _rate(y == f, w, level, "no labelled items")
    return Agreement(
        n=len(y),
        dropped=int((~kept).sum()),
        table=table,
        precision=_rate(y[f], w[f], level, "the judge found nothing"),
        recall=_rate(f[y], w[y], level, "no label is positive"),
        specificity=_rate(~f[~y], w[~y], level, "no label is negative"),
        kappa=cohens_kappa(np.array([[share[0], share[2]], [share[1], share[3]]]), level=level),
        pabak=_pabak(observed),
    )


def cohens_kappa(table: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Cohen's κ of a square table of counts (rows one rater, columns the other): (p_o - p_e) / (1 - p_e).

    Standard error of Fleiss, Cohen & Everitt 1969 (statsmodels), normal interval cut to [-1, 1]. Where it vanishes
    (perfect agreement) the interval is that of p_o by Wilson carried through κ: 50 agreements do not prove κ = 1.
    None where both raters gave one and the same answer throughout. Assumes independent items.
    """
    counts = np.asarray(table, dtype=float)
    n = float(counts.sum())
    if n == 0:
        return no_estimate("no labelled items", "κ", level=level)
    chance = float((counts.sum(axis=0) * counts.sum(axis=1)).sum()) / n**2
    if chance >= 1 - 1e-12:
        return no_estimate("both raters always gave the same one answer", "κ", n=round(n), level=level)
    from statsmodels.stats.inter_rater import cohens_kappa as fitted

    with np.errstate(divide="ignore", invalid="ignore"):  # its z-value, which is not used
        found = fitted(counts)
    value, se = float(found["kappa"]), float(found["std_kappa"])
    if se > 1e-9 and not math.isnan(se):
        half = float(stats.norm.isf((1 - level) / 2)) * se
        return Estimate(value, se, max(-1.0, value - half), min(1.0, value + half), round(n), "κ", level)
    seen = wilson(float(np.trace(counts)), round(n), level=level)
    lo, hi = (None if x is None else max(-1.0, (x - chance) / (1 - chance)) for x in (seen.lo, seen.hi))
    return Estimate(value, None, lo, hi, round(n), "κ (Wilson)", level)


def _pabak(observed: Estimate) -> Estimate:
    """Prevalence-adjusted bias-adjusted κ: 2 p_o - 1, with Wilson's interval of p_o."""
    if observed.value is None or observed.se is None or observed.lo is None or observed.hi is None:
        return no_estimate(observed.reason, "PABAK", level=observed.level)
    value, se, lo, hi = 2 * observed.value - 1, 2 * observed.se, 2 * observed.lo - 1, 2 * observed.hi - 1
    return Estimate(value, se, lo, hi, observed.n, "PABAK", observed.level)


def _rate(hits: ArrayLike, weights: np.ndarray, level: float, reason: str) -> Estimate:
    n = _effective(weights)
    if n == 0:
        return no_estimate(reason, "wilson", level=level)
    share = float(weights[np.asarray(hits, dtype=bool)].sum() / weights.sum())
    return wilson(share * round(n), round(n), level=level)


def _effective(weights: np.ndarray) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0
