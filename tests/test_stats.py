"""Rates, paired differences, clusters and families: literal vectors, agreement with statsmodels, dead ends."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.api import OLS
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import binom_test, proportion_confint, proportions_ztest

from tasks import stats

RNG = np.random.default_rng(5)
SAME = 1e-9


@pytest.mark.parametrize(
    ("k", "n", "lo", "hi"),
    [
        (38, 200, 0.14167171527790676, 0.25001238707599854),  # 19 % of 200: the 14.2 to 25.0 of the language detector
        (0, 10, 0.0, 0.2775327998628892),
        (10, 10, 0.7224672001371106, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, and the next three
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_vectors(k: int, n: int, lo: float, hi: float) -> None:
    found = stats.wilson(k, n)
    assert found.lo == pytest.approx(lo, abs=5e-5)
    assert found.hi == pytest.approx(hi, abs=5e-5)


@pytest.mark.parametrize("n", [1, 7, 50, 250, 4000])
def test_rates_agree_with_statsmodels(n: int) -> None:
    for k in {0, 1 % (n + 1), n // 3, n}:
        for level in (0.8, 0.95, 0.99):
            assert (stats.wilson(k, n, level=level).lo, stats.wilson(k, n, level=level).hi) == pytest.approx(
                proportion_confint(k, n, 1 - level, "wilson"), abs=SAME
            )
        found = stats.exact_bound(k, n, 0.7, "at_least")
        assert found.p_meets == pytest.approx(binom_test(k, n, 0.7, "larger"), abs=SAME)
        assert found.p_breaks == pytest.approx(binom_test(k, n, 0.7, "smaller"), abs=SAME)
        assert (found.lo, found.hi) == pytest.approx(proportion_confint(k, n, 0.05, "beta"), abs=SAME)
        score = stats.score_bound(k, n, 0.7, "at_most")
        _, p = proportions_ztest(k, n, 0.7, "smaller", prop_var=0.7)
        assert score.p_meets == pytest.approx(p, abs=SAME)


def test_score_bound_and_wilson_say_the_same() -> None:
    """The one-sided 97.5 % score test rejects exactly where the 95 % Wilson interval ends."""
    for k in range(201):
        found = stats.score_bound(k, 200, 0.8, "at_least")
        assert found.p_breaks is not None and found.hi is not None
        assert (found.p_breaks < 0.025) == (found.hi < 0.8)


def test_at_most_is_at_least_turned_round() -> None:
    up, down = stats.exact_bound(30, 200, 0.2, "at_least"), stats.exact_bound(30, 200, 0.2, "at_most")
    assert (up.p_meets, up.p_breaks) == (down.p_breaks, down.p_meets)


def test_quantile_bound() -> None:
    values = np.arange(1, 1001.0)
    found = stats.quantile_bound(values, 0.95, 964.5)
    assert found.value == pytest.approx(950.05)
    assert found.p_meets == pytest.approx(scipy_stats.binom.cdf(36, 1000, 0.05), abs=SAME)
    expected = scipy_stats.quantile_test(values, q=964.5, p=0.95, alternative="less")
    assert found.p_meets == pytest.approx(expected.pvalue, abs=SAME)
    assert found.lo is not None and found.hi is not None
    covered = scipy_stats.binom.cdf(found.hi - 1, 1000, 0.95) - scipy_stats.binom.cdf(found.lo - 1, 1000, 0.95)
    assert 0.95 <= covered < 0.965
    assert stats.quantile_bound([5.0] * 10, 0.95, 9).hi is None, "10 values say nothing about the top of the 95th"


def _long(items: int, languages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    item, lang = np.repeat(np.arange(items), languages), np.tile(np.arange(languages), items)
    kept = RNG.random(items * languages) < 0.8
    d = RNG.normal(size=items)[item] + 0.3 * RNG.normal(size=languages)[lang] + RNG.normal(size=items * languages)
    return d[kept], item[kept], lang[kept]


@pytest.mark.parametrize("shape", [(30, 4), (80, 11), (250, 2)])
def test_clustered_errors_agree_with_statsmodels(shape: tuple[int, int]) -> None:
    d, item, lang = _long(*shape)
    ones = np.ones((len(d), 1))
    one = OLS(d, ones).fit(cov_type="cluster", cov_kwds={"groups": item}, use_t=True)
    found = stats.clustered_mean(d, item)
    assert (found.value, found.se) == pytest.approx((one.params[0], one.bse[0]), abs=SAME)
    assert (found.lo, found.hi) == pytest.approx(tuple(one.conf_int()[0]), abs=SAME)
    both = OLS(d, ones).fit(cov_type="cluster", cov_kwds={"groups": np.column_stack([item, lang])})
    assert stats.two_way_mean(d, item, lang).se == pytest.approx(both.bse[0], abs=SAME)
    assert stats.two_way_mean(d, item, lang).df == min(len(set(item)), len(set(lang))) - 1
    plain = stats.clustered_mean(d)
    expected = scipy_stats.ttest_1samp(d, -0.1, alternative="greater")
    assert stats.mean_bound(plain, -0.1, "at_least").p_meets == pytest.approx(expected.pvalue, abs=SAME)


def test_two_way_falls_back_when_the_variance_is_negative() -> None:
    """In a checkerboard both one-way variances are 0, and V_item + V_language - V_cell is below 0."""
    found = stats.two_way_mean([1, -1, -1, 1.0], [0, 0, 1, 1], [0, 1, 0, 1])
    assert found.method == "two-way (fell back to one-way)"
    assert found.se == 0
    assert stats.mean_bound(found, -0.5, "at_least").p_meets is None, "no error is no certainty"


def test_paired_difference_counts_what_it_drops() -> None:
    a, b = [1, 1, 0, math.nan, 1, 0], [1, 0, 1, 1, math.nan, 0]
    found = stats.paired_difference(a, b, clusters=list("uvwxyz"))
    assert (found.wins, found.losses, found.ties, found.dropped) == (1, 1, 2, 2)
    assert (found.mean_a, found.mean_b, found.difference.value) == (0.5, 0.5, 0.0)
    assert (found.difference.n, found.difference.clusters) == (4, 4)


def test_align_counts_each_kind_of_loss() -> None:
    pairs = stats.align(["p", "q", "r", "s"], [1, 0, None, 1], ["q", "r", "s", "t", "u"], [1, 1, 0, 1, 1])
    assert (pairs.keys, pairs.a.tolist(), pairs.b.tolist()) == (("q", "s"), [0, 1], [1, 0])
    assert (pairs.only_a, pairs.only_b, pairs.unscored) == (1, 2, 1)
    with pytest.raises(ValueError, match="average the repeats"):
        stats.align(["p", "p"], [1, 0], ["p"], [1])


def test_repeats_are_averaged_before_anything_else() -> None:
    keys = [("a", "sw")] * 3 + [("b", "sw")] * 2 + [("c", "sw")]
    found = stats.mean_by_item(keys, [1, 0, 1, None, 0, math.nan])
    assert found.keys == (("a", "sw"), ("b", "sw"))
    assert found.values.tolist() == pytest.approx([2 / 3, 0])
    assert (found.missing, found.lost) == (2, 1)


def test_repeats_do_not_shrink_the_error() -> None:
    """Answering each item ten times the same way must leave the standard error where it was."""
    x = (RNG.random(60) < 0.7).astype(float)
    once = stats.clustered_mean(x)
    averaged = stats.mean_by_item(list(range(60)) * 10, np.tile(x, 10))
    assert stats.clustered_mean(averaged.values).se == pytest.approx(once.se, abs=SAME)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (5, 0), (3, 12), (9, 8), (6, 6), (60, 95)])
def test_mcnemar_agrees_with_statsmodels(wins: int, losses: int) -> None:
    expected = sm_mcnemar([[7, wins], [losses, 9]], exact=True).pvalue if wins + losses else 1.0
    assert stats.mcnemar(wins, losses) == pytest.approx(expected, abs=SAME)


def test_mid_p_of_mcnemar() -> None:
    # Fagerland, Lydersen & Laake 2013, table 1 (Bentur et al.): 1 against 7 discordant pairs
    assert stats.mcnemar(1, 7) == pytest.approx(0.0703125)
    assert stats.mcnemar(1, 7, mid=True) == pytest.approx(0.0390625)


def test_tango_agrees_with_the_likelihood() -> None:
    """The statistic against a constrained maximum likelihood found by brute force."""
    from scipy.optimize import minimize_scalar

    for wins, losses, n, d in [(40, 20, 160, 0.05), (3, 9, 50, -0.02), (0, 0, 80, 0.03), (1, 7, 21, 0.1)]:

        def loss(q: float, w=wins, x=losses, n=n, d=d) -> float:
            cells = [(w, q + d), (x, q), (n - w - x, 1 - 2 * q - d)]
            return -sum(count * math.log(max(p, 1e-300)) for count, p in cells if count)

        q = minimize_scalar(loss, bounds=(max(0.0, -d), (1 - d) / 2), method="bounded", options={"xatol": 1e-13}).x
        z = (wins - losses - n * d) / math.sqrt(n * (2 * q + d - d * d))
        found = stats.paired_binary_bound(wins, losses, n, d, "at_least")
        assert found.p_meets == pytest.approx(scipy_stats.norm.sf(z), abs=1e-5)


def test_tango_interval_is_where_its_test_turns() -> None:
    found = stats.tango(40, 20, 160)
    assert (found.lo, found.hi) == pytest.approx((0.03086, 0.21806), abs=5e-5)
    assert found.lo is not None
    assert stats.paired_binary_bound(40, 20, 160, found.lo, "at_least").p_meets == pytest.approx(0.025, abs=1e-8)


def test_no_discordant_pair_is_not_certainty() -> None:
    """200 equal answers: the t-test would pass any margin, however small."""
    assert stats.paired_binary_bound(0, 0, 200, -0.03, "at_least").p_meets == pytest.approx(0.00644, abs=1e-5)
    assert stats.paired_binary_bound(0, 0, 200, -0.001, "at_least").p_meets == pytest.approx(0.327, abs=1e-3)
    alike = stats.clustered_mean(np.full(200, 0.1) * 3 - 0.3)
    assert stats.mean_bound(alike, -0.03, "at_least").reason == "all values are the same"
    assert stats.mean_bound(alike, -0.03, "at_least", spread=1).p_meets == pytest.approx(0.97**200)


@pytest.mark.parametrize("size", [1, 2, 12, 72])
def test_holm_agrees_with_statsmodels(size: int) -> None:
    p = RNG.random(size) ** 3
    assert stats.holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=SAME)


def test_holm_counts_what_could_not_be_tested() -> None:
    assert stats.holm([0.01, None, 0.04, float("nan")]) == [0.04, None, 0.12, None]
    assert stats.holm([]) == []


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (stats.wilson(0, 0), "no scored items"),
        (stats.exact_bound(0, 0, 0.5, "at_least"), "no scored items"),
        (stats.clustered_mean([]), "no scored items"),
        (stats.clustered_mean([math.nan, None]), "no scored items"),
        (stats.clustered_mean([1.0]), "fewer than two clusters"),
        (stats.clustered_mean([1, 0, 1], ["a", "a", "a"]), "fewer than two clusters"),
        (stats.two_way_mean([1, 0], ["a", "b"], ["sw", "sw"]), "fewer than two clusters"),
        (stats.tango(0, 0, 0), "no pairs"),
        (stats.paired_difference([], []).difference, "no scored items"),
        (stats.mean_bound(stats.clustered_mean([]), 0, "at_least"), "no scored items"),
        (stats.mean_bound(stats.clustered_mean([1.0]), 0, "at_least"), "fewer than two clusters"),
        (stats.quantile_bound([math.nan], 0.5, 1), "no values"),
    ],
)
def test_nothing_is_none_with_a_reason(found: stats.Estimate | stats.BoundTest, reason: str) -> None:
    assert found.reason == reason
    p = (found.p_meets, found.p_breaks) if isinstance(found, stats.BoundTest) else (found.se, found.lo)
    assert p == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: stats.wilson(5, 4),
        lambda: stats.exact_bound(1, 2, 1.1, "at_least"),
        lambda: stats.clustered_mean([1, 2], [1]),
        lambda: stats.paired_difference([1], [1, 0]),
        lambda: stats.paired_difference([1, 0], [1, 0], languages=["a", "b"]),
        lambda: stats.tango(2, 2, 3),
        lambda: stats.holm([1.2]),
        lambda: stats.clustered_mean([1, 0], level=95),
    ],
)
def test_impossible_input_is_refused(wrong) -> None:
    with pytest.raises(ValueError):
        wrong()
