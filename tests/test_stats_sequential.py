"""Paid looks against published bounds, and the trend alarm against the rate that it states."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from tasks import stats


@pytest.mark.parametrize(
    ("fractions", "alpha", "spending", "expected"),
    [
        # Lan & DeMets' programme (ldbounds), five even looks, two-sided .05
        ([0.2, 0.4, 0.6, 0.8, 1], 0.025, "obrien-fleming", [4.877, 3.357, 2.680, 2.290, 2.031]),
        ([0.2, 0.4, 0.6, 0.8, 1], 0.025, "pocock", [2.438, 2.427, 2.410, 2.397, 2.386]),
        # SeqBounds.jl, four looks, one-sided .05
        ([0.25, 0.5, 0.75, 1], 0.05, "obrien-fleming", [3.750, 2.540, 2.016, 1.720]),
        ([1.0], 0.05, "obrien-fleming", [1.645]),
        ([1.0], 0.05, "pocock", [1.645]),
    ],
)
def test_published_bounds(fractions: list, alpha: float, spending: stats.Spending, expected: list) -> None:
    assert stats.boundaries(fractions, alpha, spending=spending) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_all_of_alpha_is_spent_at_full_information(spending: stats.Spending) -> None:
    assert stats.spent(1.0, 0.05, spending) == pytest.approx(0.05)
    assert stats.spent(0.3, 0.05, spending) < stats.spent(0.6, 0.05, spending) < 0.05


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_uneven_looks_keep_alpha(spending: stats.Spending) -> None:
    fractions = [0.2, 0.55, 0.7, 1.0]
    rng = np.random.default_rng(1)
    steps = rng.normal(size=(400_000, 4)) * np.sqrt(np.diff([0, *fractions]))
    z = np.cumsum(steps, axis=1) / np.sqrt(fractions)
    crossed = (z >= stats.boundaries(fractions, 0.05, spending=spending)).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=0.0012)
    assert (z >= scipy_stats.norm.isf(0.05)).any(axis=1).mean() > 0.09, "unpaid looks nearly double it"


def test_sequential_p() -> None:
    assert stats.sequential_p([0.03], [1.0]) == pytest.approx(0.03, rel=1e-5)
    # it is the alpha at which the decisive look lies exactly on its bound
    p = stats.sequential_p([0.2, 0.011], [0.5, 1.0])
    z = stats.boundaries([0.5, 1.0], p)[1]
    assert scipy_stats.norm.sf(z) == pytest.approx(0.011, rel=1e-4)
    assert p > 0.011, "the first look has been paid for"
    assert stats.sequential_p([0.2, 0.011], [0.5, 1.0], spending="pocock") > p
    # what was shown at an early look stays shown
    early = stats.sequential_p([1e-6], [0.5])
    assert stats.sequential_p([1e-6, 0.9], [0.5, 1.0]) == pytest.approx(early, rel=1e-4)
    assert stats.sequential_p([0.99], [0.5]) == 1.0


@pytest.mark.parametrize("fractions", [[], [0.5, 0.5], [0.6, 0.4], [0.5, 1.2], [0.0, 1.0]])
def test_impossible_looks_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="fractions"):
        stats.boundaries(fractions, 0.05)


def test_a_sudden_fall_rings_and_says_since_when() -> None:
    found = stats.trend_alarm([0.8] * 30 + [0.68] * 5, [250] * 35, reference=0.8)
    assert (found.alarmed, found.night, found.since) == (True, 31, 30)
    assert found.floor == pytest.approx(0.78)
    assert found.evidence is not None and found.evidence >= found.threshold == 1000
    assert "at most one false alarm in 1,000 nights" in found.statement


def test_the_statistic_is_the_recursion_of_the_paper() -> None:
    """Shiryaev-Roberts: M = e (1 + M), averaged over the alternatives, from the likelihood ratios one by one."""
    rates, counts, floor = [0.75, 0.8, 0.7], [100, 50, 200], 0.78
    total = 0.0
    for shift in (0.1, 0.2, 0.4, 0.8, 1.6):
        bet = 1 / (1 + math.exp(-(math.log(floor / (1 - floor)) - shift)))
        grown = 0.0
        for rate, n in zip(rates, counts, strict=True):
            ratio = (bet / floor) ** (n * rate) * ((1 - bet) / (1 - floor)) ** (n * (1 - rate))
            grown = ratio * (1 + grown)
        total += grown / 5
    found = stats.trend_alarm(rates, counts, reference=0.8, nights=10**6)
    assert found.evidence == pytest.approx(total, rel=1e-9)


def test_higher_is_worse_is_the_mirror() -> None:
    down = stats.trend_alarm([0.8, 0.7, 0.7], [250] * 3, reference=0.8)
    up = stats.trend_alarm([0.2, 0.3, 0.3], [250] * 3, reference=0.2, worse="higher")
    assert (up.alarmed, up.night, up.floor) == (down.alarmed, down.night, pytest.approx(0.22))
    assert up.evidence == pytest.approx(down.evidence)
    assert stats.trend_alarm([0.2, 0.1, 0.1], [250] * 3, reference=0.2, worse="higher").alarmed is False


def test_more_series_need_more_evidence() -> None:
    rates, counts = [0.8] * 10 + [0.74] * 8, [250] * 18
    alone = stats.trend_alarm(rates, counts, reference=0.8)
    together = stats.trend_alarm(rates, counts, reference=0.8, series=72)
    assert alone.night is not None
    assert together.night is None or together.night > alone.night
    assert together.threshold == 72_000
    assert "72 series together" in together.statement


def test_nights_without_a_number_are_skipped_and_counted() -> None:
    gappy = stats.trend_alarm([0.8, None, 0.7, math.nan, 0.7], [250, 250, 250, 0, 250], reference=0.8)
    whole = stats.trend_alarm([0.8, 0.7, 0.7], [250] * 3, reference=0.8)
    assert (gappy.skipped, gappy.watched) == (2, 3)
    assert gappy.evidence == pytest.approx(whole.evidence)


def test_a_baseline_is_learnt_and_not_watched() -> None:
    rates = [0.8, 0.82, 0.78, 0.8] + [0.6] * 3
    found = stats.trend_alarm(rates, [250] * 7, baseline=4)
    assert found.floor == pytest.approx(0.78)
    assert (found.alarmed, found.night, found.watched) == (True, 4, 3)


@pytest.mark.parametrize(
    ("rates", "reference", "reason"),
    [
        ([], None, "needs more than 10 scored nights, has 0"),
        ([0.8] * 10, None, "needs more than 10 scored nights, has 10"),
        ([None] * 20, None, "needs more than 10 scored nights, has 0"),
        ([0.01] * 3, 0.01, "nothing can pass a limit of -0.01 on a rate"),
    ],
)
def test_blindness_is_told_and_is_no_all_clear(rates: list, reference: float | None, reason: str) -> None:
    found = stats.trend_alarm(rates, [250] * len(rates), reference=reference)
    assert (found.alarmed, found.reason) == (None, reason)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: stats.trend_alarm([0.5], [1, 2]),
        lambda: stats.trend_alarm([80.0], [100]),
        lambda: stats.trend_alarm([0.8], [100], design_effect=0.5),
        lambda: stats.trend_alarm([0.8], [100], nights=0),
    ],
)
def test_impossible_series_are_refused(wrong) -> None:
    with pytest.raises(ValueError):
        wrong()


def test_false_alarms_keep_the_stated_rate() -> None:
    """At most T / nights within T nights, on the floor itself, n unequal; a nightly 5 % test rings by then."""
    rng = np.random.default_rng(7)
    rung = nightly = 0
    for _ in range(300):
        counts = rng.integers(60, 400, 60)
        rates = rng.binomial(counts, 0.8) / counts
        rung += bool(stats.trend_alarm(rates.tolist(), counts.tolist(), reference=0.8, tolerance=0, nights=200).alarmed)
        se = np.sqrt(0.16 * (1 / counts[1:] + 1 / counts[:-1]))
        nightly += bool(((rates[1:] - rates[:-1]) / se < -1.645).any())
    assert rung / 300 <= 60 / 200
    assert nightly / 300 > 0.9


def test_the_design_effect_of_wandering_nights() -> None:
    rng = np.random.default_rng(8)
    n = np.full(400, 250)
    calm = rng.binomial(n, 0.8) / n
    wild = rng.binomial(n, np.clip(0.8 + 0.05 * rng.normal(size=400), 0, 1)) / n
    assert stats.night_design_effect(calm, n) < 1.4
    assert stats.night_design_effect(wild, n) == pytest.approx(1 + 250 * 0.05**2 / 0.16, rel=0.3)
    assert stats.night_design_effect([1.0] * 5, [10] * 5) == 1.0
