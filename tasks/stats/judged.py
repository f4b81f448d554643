"""Rates that a judge estimates, corrected by human labels: PPI++ and Rogan-Gladen, with both errors in the interval."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from tasks.stats.records import Estimate, Values, check_level, no_estimate

Floats = NDArray[np.float64]


def ppi_rate(
    labels: Values,
    judged: Values,
    rest: Values,
    *,
    weights: ArrayLike | None = None,
    rest_weights: ArrayLike | None = None,
    tuning: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Prediction-powered mean: the judge on everything, corrected by what people said on a labelled sample.

    θ = λ mean(f_rest) + mean(y - λ f), SE² = λ² Var(f_rest)/N + Var(y - λ f)/n, normal interval cut to [0, 1].
    λ = Cov(y, f) / ((1 + n/N) Var(f)), cut to [0, 1] (PPI++), or `tuning`: 1 is classical PPI, 0 the labels alone.
    `labels` (y) and `judged` (f) are 0/1 and aligned over the labelled items, `rest` the judge on the others; a NaN
    (invalid verdict, no label) leaves its row out. Assumes that labelled items are a random sample of all, or that
    `weights` are the inverse chances of having been labelled (`rest_weights` likewise for an audited `rest`): ratio
    estimators with linearised variance. Where no label disagrees with the judge, one in n is assumed to, or a handful
    of labels would prove a judge perfect.
    Source: Angelopoulos et al. 2023, Science 382:669 and arXiv:2311.01453 (PPI++), §6; Särndal et al. 1992 for weights.
    """
    check_level(level)
    y, f, w = _aligned(labels, judged, weights)
    f_rest, _, w_rest = _aligned(rest, rest, rest_weights)
    n, total = len(y), len(f_rest)
    if n < 2:
        return no_estimate("fewer than two labelled items", "PPI++", n=n, level=level)
    lam = 0.0 if total < 2 else _tuned(y, f, w, f_rest, w_rest) if tuning is None else tuning
    value, rectifier = _ratio_mean(y - lam * f, w)
    if lam > 0:
        imputed, imputed_variance = _ratio_mean(f_rest, w_rest)
        value, variance = value + lam * imputed, rectifier + lam**2 * imputed_variance
    else:
        variance = rectifier
    reason = ""
    if lam > 0 and bool((y == f).all()):
        variance += lam**2 * (1 - 1 / n) / n**2
        reason = "no label disagrees with the judge; the error allows for one"
    if variance <= 0:
        return Estimate(value, None, None, None, n + total, "PPI++", level, reason="all labels are the same")
    se = math.sqrt(variance)
    half = float(stats.norm.isf((1 - level) / 2)) * se
    kept = min(1.0, max(0.0, value))
    lo, hi = max(0.0, value - half), min(1.0, value + half)
    return Estimate(kept, se, min(lo, kept), max(hi, kept), n + total, f"PPI++ λ={lam:.2f}", level, reason=reason)


def rogan_gladen(
    positives: int,
    judged: int,
    *,
    sensitivity: tuple[int, int],
    specificity: tuple[int, int],
    method: Literal["lang-reiczigel", "delta"] = "lang-reiczigel",
    level: float = 0.95,
) -> Estimate:
    """The true rate behind a judge of known error: θ = (p + Sp - 1) / (Se + Sp - 1), cut to [0, 1].

    `sensitivity` is (found, labelled positive), `specificity` (cleared, labelled negative). "delta": SE² = (p(1-p)/N +
    θ² Se(1-Se)/n_Se + (1-θ)² Sp(1-Sp)/n_Sp) / (Se+Sp-1)². "lang-reiczigel" takes the same with p from N + z² items,
    Se and Sp with one success and one failure added, and moves the centre by its eq. 17; it keeps its coverage in
    small calibration sets. None unless Se + Sp > 1 (a judge at chance corrects nothing). Assumes that the judge errs
    alike on the labelled and the judged items. Source: Rogan & Gladen 1978, Am. J. Epidemiol. 107:71; Lang & Reiczigel
    2014, Prev. Vet. Med. 113:13, eq. 4-17; for judges Lee et al., arXiv:2511.21140.
    """
    check_level(level)
    for found, of in ((positives, judged), sensitivity, specificity):
        if not 0 <= found <= of:
            raise ValueError(f"counts lie between 0 and their total, got {found} of {of}")
    if judged == 0:
        return no_estimate("no judged items", "Rogan-Gladen", level=level)
    if sensitivity[1] == 0 or specificity[1] == 0:
        return no_estimate("the labels hold only one class", "Rogan-Gladen", n=judged, level=level)
    se, sp = sensitivity[0] / sensitivity[1], specificity[0] / specificity[1]
    if se + sp <= 1:
        return no_estimate("the judge is no better than chance", "Rogan-Gladen", n=judged, level=level)
    p = positives / judged
    z = float(stats.norm.isf((1 - level) / 2))
    value = (p + sp - 1) / (se + sp - 1)
    if method == "delta":
        middle, error = value, _rogan_error(p, judged, se, sensitivity[1], sp, specificity[1])
    else:
        middle, error = _lang_reiczigel(p, judged, sensitivity, specificity, z)
    kept, lo, hi = (min(1.0, max(0.0, x)) for x in (value, middle - z * error, middle + z * error))
    return Estimate(kept, error, lo, hi, judged, f"Rogan-Gladen ({method})", level)


def _lang_reiczigel(
    p: float, judged: int, sensitivity: tuple[int, int], specificity: tuple[int, int], z: float
) -> tuple[float, float]:
    """The centre and error of Lang & Reiczigel's interval."""
    n_p, n_se, n_sp = judged + z * z, sensitivity[1] + 2, specificity[1] + 2
    se, sp = (sensitivity[0] + 1) / n_se, (specificity[0] + 1) / n_sp
    p = (judged * p + z * z / 2) / n_p
    rate = (p + sp - 1) / (se + sp - 1)
    shift = 2 * z * z * (rate * se * (1 - se) / n_se - (1 - rate) * sp * (1 - sp) / n_sp)
    return rate + shift, _rogan_error(p, n_p, se, n_se, sp, n_sp)


def _rogan_error(p: float, n_p: float, se: float, n_se: float, sp: float, n_sp: float) -> float:
    rate = (p + sp - 1) / (se + sp - 1)
    variance = p * (1 - p) / n_p + rate**2 * se * (1 - se) / n_se + (1 - rate) ** 2 * sp * (1 - sp) / n_sp
    return math.sqrt(variance) / (se + sp - 1)


def _tuned(y: Floats, f: Floats, w: Floats, f_rest: Floats, w_rest: Floats) -> float:
    """The λ that makes the variance smallest, within [0, 1]."""
    everything, all_weights = np.concatenate([f, f_rest]), np.concatenate([w, w_rest])
    spread = float(np.cov(everything, aweights=all_weights))
    if spread <= 0:
        return 0.0
    together = float(np.cov(y, f, aweights=w)[0, 1])
    return min(1.0, max(0.0, together / ((1 + len(f) / len(f_rest)) * spread)))


def _ratio_mean(x: Floats, w: Floats) -> tuple[float, float]:
    """Hájek's weighted mean and its linearised variance; with equal weights the sample mean and s²/n."""
    mean = float((w * x).sum() / w.sum())
    n = len(x)
    return mean, float(((w * (x - mean)) ** 2).sum() / w.sum() ** 2 * n / (n - 1))


def _aligned(labels: Values, judged: Values, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    y, f = np.asarray(labels, dtype=float), np.asarray(judged, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    if not len(y) == len(f) == len(w):
        raise ValueError(f"aligned columns have one length, got {len(y)}, {len(f)} and {len(w)}")
    if bool((w <= 0).any()):
        raise ValueError("sampling weights are positive")
    kept = ~(np.isnan(y) | np.isnan(f) | np.isnan(w))
    return y[kept], f[kept], w[kept] / w[kept].mean() if kept.any() else w[kept]
