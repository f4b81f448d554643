"""The bootstrap's error (defects D2 and D3), corpus metrics, clusters by language (D14), and power."""

import math

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower, TTestPower

from tasks import stats


def _mean(sums: np.ndarray) -> np.ndarray:
    """(rows, [sum, count]) -> mean."""
    return sums[:, 0] / sums[:, 1]


def _rows(x: np.ndarray) -> np.ndarray:
    return np.column_stack([x, np.ones(len(x))])


def test_bootstrap_error_is_the_standard_error() -> None:
    """D2: one anchor divides the bootstrap's deviation by sqrt(draws) again and reports .0005 where .0155 is right."""
    x = (np.random.default_rng(1).random(1000) < 0.6).astype(float)
    found = stats.bootstrap(_rows(x), _mean, draws=4000).estimate
    assert found.se == pytest.approx(x.std() / math.sqrt(1000), rel=0.04)
    assert found.se == pytest.approx(0.0155, abs=0.001)


def test_more_draws_do_not_shrink_the_error() -> None:
    x = np.random.default_rng(2).normal(size=200)
    few, many = (stats.bootstrap(_rows(x), _mean, draws=draws).estimate.se for draws in (500, 8000))
    assert few is not None and many is not None
    assert few == pytest.approx(many, rel=0.1)


def test_bootstrap_interval_covers() -> None:
    """D3: mean ± 1.96 sd / sqrt(10) of ten resamples covers 45 % where 95 % is written (n = 250, p = .7)."""
    rng = np.random.default_rng(3)
    ours = ten = 0
    for seed in range(300):
        x = (rng.random(250) < 0.7).astype(float)
        found = stats.bootstrap(_rows(x), _mean, draws=400, seed=seed).estimate
        assert found.lo is not None and found.hi is not None
        ours += found.lo <= 0.7 <= found.hi
        means = np.array([x[rng.integers(0, 250, 250)].mean() for _ in range(10)])
        ten += abs(means.mean() - 0.7) <= 1.96 * means.std(ddof=1) / math.sqrt(10)
    assert 0.92 <= ours / 300 <= 0.98
    assert ten / 300 < 0.6


def test_cluster_bootstrap_agrees_with_the_cluster_error() -> None:
    rng = np.random.default_rng(4)
    passage = np.repeat(np.arange(60), 5)
    x = rng.normal(size=60)[passage] + rng.normal(size=300)
    found = stats.bootstrap(_rows(x), _mean, clusters=passage, draws=4000).estimate
    assert found.se == pytest.approx(stats.clustered_mean(x, passage).se, rel=0.06)
    assert found.clusters == 60
    blind = stats.bootstrap(_rows(x), _mean, draws=1000).estimate
    assert blind.se is not None and found.se is not None
    assert blind.se < 0.75 * found.se


def test_corpus_metric_is_taken_of_the_sums() -> None:
    """Two items: 1 of 1 n-gram and 0 of 9. The corpus says 10 %, the mean of items 50 %."""
    found = stats.bootstrap([[1, 1], [0, 9.0]] * 30, _mean, draws=200).estimate
    assert found.value == pytest.approx(0.1)


def test_paired_bootstrap_cancels_what_both_share() -> None:
    rng = np.random.default_rng(5)
    hard = rng.normal(size=400)
    a, b = hard + 0.1 * rng.normal(size=400), hard + 0.1 * rng.normal(size=400) - 0.05
    paired = stats.paired_bootstrap(_rows(a), _rows(b), _mean, draws=2000)
    assert paired.estimate.se == pytest.approx((a - b).std(ddof=1) / 20, rel=0.06)
    single = stats.bootstrap(_rows(a), _mean, draws=500).estimate
    assert single.se is not None and paired.estimate.se is not None
    assert single.se > 5 * paired.estimate.se
    test = stats.bootstrap_bound(paired, 0.0, "at_least")
    assert test.p_meets == pytest.approx(1 / 2001)
    assert stats.bootstrap_bound(paired, 0.2, "at_least").p_breaks == pytest.approx(1 / 2001)


def test_bootstrap_is_repeatable() -> None:
    x = _rows(np.arange(50.0))
    one, two = (stats.bootstrap(x, _mean, draws=700, seed=9) for _ in range(2))
    assert one.estimate == two.estimate
    assert (one.draws == two.draws).all()


def test_bootstrap_p_matches_the_t_test() -> None:
    x = np.random.default_rng(6).normal(size=300)
    resampled = stats.bootstrap(_rows(x), _mean, draws=8000)
    bound = float(x.mean() - 1.3 * x.std() / math.sqrt(300))
    expected = stats.mean_bound(stats.clustered_mean(x), bound, "at_least").p_meets
    assert stats.bootstrap_bound(resampled, bound, "at_least").p_meets == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.empty((0, 2)), "no scored items"),
        (np.full((5, 2), math.nan), "no scored items"),
        (np.array([[1.0, 1.0]]), "fewer than two clusters"),
    ],
)
def test_bootstrap_of_nothing_is_none(rows: np.ndarray, reason: str) -> None:
    found = stats.bootstrap(rows, _mean)
    assert (found.estimate.se, found.estimate.reason) == (None, reason)
    assert stats.bootstrap_bound(found, 0.0, "at_least").p_meets is None


def test_a_model_against_itself_is_not_certain() -> None:
    x = _rows(np.arange(100.0) / 100)
    same = stats.paired_bootstrap(x, x, _mean, draws=200)
    assert stats.bootstrap_bound(same, -0.02, "at_least").reason == "all draws are the same"
    assert stats.bootstrap_bound(same, -0.02, "at_least", spread=1).p_meets == pytest.approx(0.98**100)


def test_draws_without_a_value_are_told() -> None:
    """A ratio whose denominator can be 0 in a draw has no honest interval."""
    with np.errstate(invalid="ignore"):
        found = stats.bootstrap([[1, 1], [0, 0], [0, 0.0]], _mean, draws=200).estimate
    assert (found.value, found.se) == (1.0, None)
    assert "no value on" in found.reason


@pytest.mark.slow
def test_clusters_by_language_cover_too_little() -> None:
    """D14: 250 items x 11 languages, the same items in each, item sd .25, idiosyncratic .4, nominal 95 %."""
    rng = np.random.default_rng(14)
    item, lang = np.repeat(np.arange(250), 11), np.tile(np.arange(11), 250)
    inside = np.zeros(4)
    for _ in range(600):
        d = np.repeat(rng.normal(0, 0.25, 250), 11) + rng.normal(0, 0.4, 2750)
        by_lang = stats.clustered_mean(d, lang)
        assert by_lang.value is not None and by_lang.se is not None
        found = (stats.clustered_mean(d, item), stats.two_way_mean(d, item, lang), stats.clustered_mean(d))
        covers = [e.lo is not None and e.hi is not None and e.lo <= 0 <= e.hi for e in found]
        inside += [*covers, abs(by_lang.value) <= 1.96 * by_lang.se]
    by_item, two_way, none, by_language = inside / 600
    assert 0.93 <= by_item <= 0.97
    assert two_way >= 0.95
    assert none < 0.78
    assert 0.5 < by_language < 0.7


def test_power_agrees_with_statsmodels() -> None:
    n = stats.required_pairs(0.5, 0.08)
    assert n == pytest.approx(TTestPower().solve_power(0.08 / 0.5, alpha=0.05, power=0.8), abs=3)
    one_sided = stats.required_pairs(0.5, 0.08, sides=1, power=0.9)
    assert one_sided == math.ceil(
        NormalIndPower().solve_power(0.16, ratio=0, alpha=0.05, power=0.9, alternative="larger")
    )
    assert stats.detectable(0.5 / math.sqrt(n)) == pytest.approx(0.08, rel=0.01)
    by_t = TTestPower().solve_power(None, nobs=50, alpha=0.05, power=0.8)
    assert stats.detectable(1 / math.sqrt(50), df=49) == pytest.approx(by_t, rel=0.003)


def test_power_vectors() -> None:
    # Miller 2024, §5: three points at 80 % with ω² = 1/9 and no resampling noise needs 969 questions
    assert stats.required_questions(1 / 9, 0, 0, 0.03) == 969
    assert stats.required_questions(1 / 9, 1 / 6, 1 / 6, 0.03, repeats_a=10**6, repeats_b=10**6) == 970
    assert stats.required_questions(1 / 9, 1 / 6, 1 / 6, 0.03) == 3876, "sampling noise counts"
    # Connor 1987: discordant .3, difference .2, two-sided .05, 80 %: 57, and 1/.2 for the exact test
    assert stats.required_binary_pairs(0.3, 0.2) == 57 + 5
    assert stats.detectable_binary(0.3, 62) == pytest.approx(0.2, abs=0.002)
    assert stats.detectable_binary(0.01, 50) is None, "two discordant pairs in 50 never suffice"
    # Fleiss: 85 % where 80 % is asked, one-sided .05, 80 %
    assert stats.required_for_bound(0.85, 0.80) == 368 + 20
    assert stats.required_for_bound(0.8, 0.8) is None


def test_more_items() -> None:
    more = stats.more_items(0.03, 0.02, 250, 0.0)
    assert more == math.ceil(250 * (2.486475 * 0.02 / 0.03) ** 2 - 250)
    assert stats.more_items(0.03, 0.02, 250, 0.0, alpha=0.05 / 72) > more  # type: ignore[operator]
    assert stats.more_items(0.0, 0.02, 250, 0.0) is None
    assert stats.more_items(0.1, 0.0, 250, 0.0) is None


def test_two_sided_p_of_draws() -> None:
    draws = np.linspace(-1, 9, 999)
    found = stats.Resampled(stats.Estimate(4.0, 1.0, None, None, 10, "bootstrap"), draws)
    assert stats.two_sided_p(found) == pytest.approx(2 * (1 + int((draws <= 0).sum())) / 1000)
    assert stats.two_sided_p(stats.Resampled(found.estimate, np.empty(0))) is None
