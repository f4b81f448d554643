"""An alarm over a nightly series whose rate of false alarms is stated, whatever ties the nights together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOG_ODDS_SHIFTS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Sizes of decline that are bet on, in log-odds: at 80 % they are falls of 2, 3, 7, 16 and 35 points."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the watch over a series found.

    `alarmed` is None, with a reason, where it could not watch. `night` is the index of the night of the alarm and
    `since` the likeliest first night of the change. `floor` is the level whose undercutting is watched for (the
    ceiling, where higher is worse); `evidence` the statistic at the alarm or at the end, against `threshold`.
    """

    alarmed: bool | None
    night: int | None
    since: int | None
    floor: float | None
    evidence: float | None
    threshold: float
    watched: int
    skipped: int
    statement: str
    reason: str = ""


def trend_alarm(
    rates: Sequence[float | None],
    counts: Sequence[int],
    *,
    reference: float | None = None,
    baseline: int = 10,
    tolerance: float = 0.02,
    worse: Literal["lower", "higher"] = "lower",
    nights: int = 1000,
    series: int = 1,
    design_effect: float = 1.0,
) -> Alarm:
    """Watch a nightly rate for a lasting decline below reference - tolerance (a rise, where higher is worse).

    A mixture Shiryaev-Roberts e-detector: M_t(μ₁) = e_t(μ₁) (1 + M_{t-1}(μ₁)), alarm when the mean over μ₁ reaches
    nights x series, with e_t = ((μ₁/μ₀)^k ((1-μ₁)/(1-μ₀))^(n-k))^(1/design_effect) and μ₀ the floor. As long as each
    night's expected rate, given all nights before, is at least μ₀, a series alarms falsely no sooner than after nights
    x series nights on average, so `series` series together at most once in `nights`, and within T nights with chance at
    most T / nights. This holds for any dependence between nights, any n per night and any distribution of item scores
    in [0, 1]; no variance is estimated. It assumes items independent within a night given its past (`design_effect` 1),
    or evidence thinned: a design effect of n holds under any dependence, `night_design_effect` estimates it from quiet
    nights. Slow wandering inside the tolerance is not an alarm; a lasting fall below it is, after about
    log(nights x series) / (n KL) nights.
    `rates` are in [0, 1], None or NaN where a night has none (it is skipped); `counts` the items a night. Without
    `reference` the first `baseline` nights are pooled into one and only later nights are watched.
    Source: Shin, Ramdas & Rinaldo 2024, "E-detectors", NEJSDS 2(2), arXiv:2203.03532, Thm 2.4 and §4; the product over
    items of unequal difficulty by the inequality of arithmetic and geometric means.
    """
    if design_effect < 1 or nights < 1 or series < 1:
        raise ValueError("the design effect, nights and series are at least 1")
    good, n = _series(rates, counts, worse)
    seen = np.flatnonzero(~np.isnan(good))
    skipped, threshold = len(good) - len(seen), float(nights * series)
    first = 0
    if reference is not None:
        level = reference if worse == "lower" else 1 - reference
    elif len(seen) > baseline:
        learnt = seen[:baseline]
        level, first = float(np.average(good[learnt], weights=n[learnt])), int(learnt[-1]) + 1
    else:
        return _blind(threshold, skipped, f"needs more than {baseline} scored nights, has {len(seen)}")
    floor = level - tolerance
    if not 0 < floor < 1:
        return _blind(threshold, skipped, f"nothing can pass a limit of {floor:.3g} on a rate")
    night, since, evidence = _run(_log_evidence(good[first:], n[first:], floor) / design_effect, threshold)
    limit, side = (floor, "below") if worse == "lower" else (1 - floor, "above")
    together = f" over {series} series together" if series > 1 else ""
    return Alarm(
        alarmed=night is not None,
        night=None if night is None else first + night,
        since=None if since is None else first + since,
        floor=limit, evidence=evidence, threshold=threshold,
        watched=int((seen >= first).sum()), skipped=skipped,
        statement=f"watching for a level {side} {limit:.3f}; "
        f"at most one false alarm in {nights:,} nights on average{together}",
    )  # fmt: skip


def night_design_effect(rates: ArrayLike, counts: ArrayLike) -> float:
    """How much more quiet nights scatter than independent items would let them, autocorrelation included; at least 1.

    Σ n_t (x_t - x̄)² / ((T-1) x̄(1-x̄)) times (1+r)/(1-r), r the lag-1 autocorrelation where positive. Take it from
    nights known to be quiet (20 or more), never from those that are watched. Source: Williams 1982 (overdispersion);
    Box, Jenkins & Reinsel 1994 for the long-run variance of an AR(1).
    """
    x, n = np.asarray(rates, dtype=float), np.asarray(counts, dtype=float)
    if len(x) < 3:
        raise ValueError(f"a design effect needs at least three nights, got {len(x)}")
    mean = float((n * x).sum() / n.sum())
    if not 0 < mean < 1:
        return 1.0
    d = x - mean
    scatter = float((n * d**2).sum()) / ((len(x) - 1) * mean * (1 - mean))
    lag = float((d[1:] * d[:-1]).sum() / (d**2).sum()) if float((d**2).sum()) > 0 else 0.0
    r = min(0.95, max(0.0, lag))
    return max(1.0, scatter * (1 + r) / (1 - r))


def _series(
    rates: Sequence[float | None], counts: Sequence[int], worse: Literal["lower", "higher"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The nights as rates that are better when higher, NaN where there is none, and their items."""
    if len(rates) != len(counts):
        raise ValueError(f"one count a night, got {len(counts)} for {len(rates)} nights")
    x = np.array([math.nan if rate is None else rate for rate in rates], dtype=float)
    n = np.array(counts, dtype=float)
    x[n <= 0] = math.nan
    if bool(((x < 0) | (x > 1)).any()):
        raise ValueError("the series holds rates between 0 and 1")
    return (x if worse == "lower" else 1 - x), n


def _log_evidence(rates: NDArray[np.float64], counts: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """(nights, shifts) log likelihood ratios of a decline; 0 on a night without a rate.

    Scores between 0 and 1 are treated as mixtures of the two, which lies below the logarithm: the quiet side.
    """
    odds = math.log(floor / (1 - floor))
    shifted = 1 / (1 + np.exp(-(odds - np.array(LOG_ODDS_SHIFTS))))
    up, down = np.log(shifted / floor), np.log((1 - shifted) / (1 - floor))
    each = counts[:, None] * (rates[:, None] * up + (1 - rates[:, None]) * down)
    return np.where(np.isnan(rates)[:, None], 0.0, each)


def _run(steps: NDArray[np.float64], threshold: float) -> tuple[int | None, int | None, float]:
    """First crossing, the likeliest start of the change, and the statistic then (or at the end)."""
    grown = np.full(steps.shape[1], -math.inf)
    evidence = 0.0
    for night, step in enumerate(steps):
        if not step.any():
            continue
        grown = np.logaddexp(grown, 0.0) + step
        evidence = float(np.exp(np.logaddexp.reduce(grown) - math.log(len(grown))))
        if evidence >= threshold:
            column = steps[: night + 1, int(grown.argmax())]
            since = int(np.cumsum(column[::-1]).argmax())
            return night, night - since, evidence
    return None, None, evidence


def _blind(threshold: float, skipped: int, reason: str) -> Alarm:
    return Alarm(None, None, None, None, None, threshold, 0, skipped, "", reason)
