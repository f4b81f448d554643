"""Corrected judge rates and agreement: formulas written out, published vectors, the simulation of issue 4 in small."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.inter_rater import cohens_kappa as sm_kappa

from tasks import stats

Z = float(scipy_stats.norm.isf(0.025))


def _judge(rng: np.random.Generator, n: int, rate: float = 0.19) -> tuple[np.ndarray, np.ndarray]:
    """Truth and the verdicts of a judge with sensitivity .90 and specificity .95."""
    truth = rng.random(n) < rate
    says = np.where(truth, rng.random(n) < 0.90, rng.random(n) < 0.05)
    return truth.astype(float), says.astype(float)


def test_ppi_is_the_formula_of_the_paper() -> None:
    """PPI++ §6 written out with sums, apart from the code under test."""
    y, f = [1, 0, 0, 1, 0, 1, 0, 0], [1, 0, 1, 1, 0, 0, 0, 0]
    rest = [1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    n, big = 8, 12
    y_mean, f_mean = 3 / 8, 3 / 8
    cov = sum((a - y_mean) * (b - f_mean) for a, b in zip(y, f, strict=True)) / (n - 1)
    pooled = (sum(f) + sum(rest)) / 20
    var = sum((b - pooled) ** 2 for b in f + rest) / 19
    lam = cov / ((1 + n / big) * var)
    residual = [a - lam * b for a, b in zip(y, f, strict=True)]
    center = sum(residual) / n
    rest_mean = sum(rest) / big
    value = lam * rest_mean + center
    error = math.sqrt(
        lam**2 * sum((b - rest_mean) ** 2 for b in rest) / (big - 1) / big
        + sum((r - center) ** 2 for r in residual) / (n - 1) / n
    )
    found = stats.ppi_rate(y, f, rest)
    assert 0 < lam < 1
    assert (found.value, found.se) == pytest.approx((value, error), abs=1e-12)
    assert found.hi == pytest.approx(value + Z * error, abs=1e-12)


def test_ppi_without_tuning_and_without_judge() -> None:
    rng = np.random.default_rng(1)
    (y, f), (_, rest) = _judge(rng, 150), _judge(rng, 900)
    classical = stats.ppi_rate(y, f, rest, tuning=1)
    assert classical.value == pytest.approx(rest.mean() + (y - f).mean(), abs=1e-12)
    assert classical.se == pytest.approx(math.sqrt(rest.var(ddof=1) / 900 + (y - f).var(ddof=1) / 150), abs=1e-12)
    alone = stats.ppi_rate(y, f, rest, tuning=0)
    assert (alone.value, alone.se) == pytest.approx((y.mean(), y.std(ddof=1) / math.sqrt(150)), abs=1e-12)
    assert stats.ppi_rate(y, f, []).value == pytest.approx(y.mean())
    tuned = stats.ppi_rate(y, f, rest)
    assert tuned.se is not None and alone.se is not None and classical.se is not None
    assert tuned.se < alone.se


def test_weights_undo_an_uneven_label_sample() -> None:
    """Half of the labels were taken from what the judge flagged: unweighted biased, weighted not."""
    rng = np.random.default_rng(2)
    plain, weighted, inside = [], [], []
    for _ in range(200):
        truth, says = _judge(rng, 4000)
        chance = np.where(says == 1, 100 / says.sum(), 100 / (4000 - says.sum()))
        taken = rng.random(4000) < chance
        plain.append(stats.agreement(truth[taken], says[taken]).recall.value)
        weighted.append(stats.agreement(truth[taken], says[taken], weights=1 / chance[taken]).recall.value)
        found = stats.ppi_rate(
            truth[taken], says[taken], says[~taken],
            weights=1 / chance[taken], rest_weights=1 / (1 - chance[~taken]),
        )  # fmt: skip
        assert found.lo is not None and found.hi is not None
        inside.append(found.lo <= 0.19 <= found.hi)
    assert abs(np.mean(plain) - 0.90) > 0.05
    assert abs(np.mean(weighted) - 0.90) < 0.02
    assert np.mean(inside) > 0.9


def test_a_handful_of_agreeing_labels_proves_no_judge_perfect() -> None:
    y = [1] * 8 + [0] * 32
    found = stats.ppi_rate(y, y, [1] * 400 + [0] * 1600)
    assert found.reason == "no label disagrees with the judge; the error allows for one"
    assert found.se is not None and found.se > 0.02


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (([], [], [1, 0]), "fewer than two labelled items"),
        (([1, math.nan], [1, 1], [1, 0]), "fewer than two labelled items"),
        (([0, 0, 0], [0, 1, 0], []), "all labels are the same"),
    ],
)
def test_ppi_without_a_base_is_none(args: tuple[list, list, list], reason: str) -> None:
    found = stats.ppi_rate(*args)
    assert (found.se, found.lo, found.reason) == (None, None, reason)


def test_invalid_verdicts_and_missing_labels_leave_their_rows() -> None:
    nan = math.nan
    with_gaps = stats.ppi_rate([1, 0, nan, 1, 0], [1, 0, 1, nan, 0], [1, nan, 0, 0])
    assert with_gaps == stats.ppi_rate([1, 0, 0], [1, 0, 0], [1, 0, 0])


def test_rogan_gladen() -> None:
    # the formulas of Lang & Reiczigel 2014, eq. 2, 4, 6, 7, 16 and 17, worked out by hand in numbers
    found = stats.rogan_gladen(300, 1000, sensitivity=(45, 50), specificity=(90, 100))
    assert found.value == pytest.approx((0.3 + 0.9 - 1) / 0.8)
    se, sp, p, n = 46 / 52, 91 / 102, (300 + Z * Z / 2) / (1000 + Z * Z), 1000 + Z * Z
    rate = (p + sp - 1) / (se + sp - 1)
    shift = 2 * Z * Z * (rate * se * (1 - se) / 52 - (1 - rate) * sp * (1 - sp) / 102)
    error = math.sqrt(p * (1 - p) / n + rate**2 * se * (1 - se) / 52 + (1 - rate) ** 2 * sp * (1 - sp) / 102)
    error /= se + sp - 1
    assert (found.lo, found.hi) == pytest.approx((rate + shift - Z * error, rate + shift + Z * error), abs=1e-12)
    delta = stats.rogan_gladen(300, 1000, sensitivity=(45, 50), specificity=(90, 100), method="delta")
    expected = math.sqrt(0.3 * 0.7 / 1000 + 0.25**2 * 0.09 / 50 + 0.75**2 * 0.09 / 100) / 0.8
    assert delta.se == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("positives", "judged", "se", "sp", "reason"),
    [
        (0, 0, (9, 10), (9, 10), "no judged items"),
        (5, 10, (0, 0), (9, 10), "the labels hold only one class"),
        (5, 10, (9, 10), (0, 0), "the labels hold only one class"),
        (5, 10, (5, 10), (5, 10), "the judge is no better than chance"),
    ],
)
def test_rogan_gladen_refuses(positives: int, judged: int, se: tuple, sp: tuple, reason: str) -> None:
    found = stats.rogan_gladen(positives, judged, sensitivity=se, specificity=sp)
    assert (found.value, found.reason) == (None, reason)


def test_a_rate_stays_a_rate() -> None:
    found = stats.rogan_gladen(20, 1000, sensitivity=(45, 50), specificity=(90, 100))
    assert found.value == 0 and found.lo == 0 and found.hi is not None and found.hi < 0.1


def test_corrected_intervals_cover_and_the_naive_one_does_not() -> None:
    """Issue 4's simulation, 400 times: 19 %, Se .90, Sp .95, 100 labels and 2,000 judged."""
    rng = np.random.default_rng(4)
    inside = np.zeros(3)
    for _ in range(400):
        (y, f), (_, rest) = _judge(rng, 100), _judge(rng, 2000)
        counts = stats.agreement(y, f).table
        both, judge_only, label_only, none = (int(x) for x in counts)
        intervals = (
            stats.wilson(rest.sum(), 2000),
            stats.ppi_rate(y, f, rest),
            stats.rogan_gladen(
                int(rest.sum()), 2000,
                sensitivity=(both, both + label_only), specificity=(none, none + judge_only),
            ),
        )  # fmt: skip
        inside += [
            found.lo is not None and found.hi is not None and found.lo <= 0.19 <= found.hi for found in intervals
        ]
    naive, ppi, rogan = inside / 400
    assert naive < 0.5
    assert 0.92 <= ppi <= 0.97
    assert rogan >= 0.92


def test_kappa_agrees_with_statsmodels_and_the_paradox_shows() -> None:
    labels, judged = [1] * 40 + [0] * 60, [1] * 31 + [0] * 9 + [1] * 5 + [0] * 55
    found = stats.agreement(labels, judged)
    expected = sm_kappa([[31, 9], [5, 55]])
    assert found.table == (31, 5, 9, 55)
    assert (found.kappa.value, found.kappa.se) == pytest.approx((expected["kappa"], expected["std_kappa"]), abs=1e-9)
    assert found.pabak.value == pytest.approx(0.72)
    # 90 % raw agreement can be κ = -0.05
    rare = stats.agreement([1] * 5 + [0] * 95, [0] * 5 + [1] * 5 + [0] * 90)
    assert rare.kappa.value == pytest.approx(-0.0526, abs=1e-4)
    assert rare.pabak.value == pytest.approx(0.8)
    assert rare.recall.value == 0


def test_kappa_of_fleiss_cohen_everitt() -> None:
    # Fleiss, Levin & Paik 2003, table 18.1: κ = .676, a standard error of .088
    found = stats.cohens_kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    assert (found.value, found.se) == pytest.approx((0.676, 0.088), abs=6e-4)


def test_perfect_agreement_is_no_certainty() -> None:
    found = stats.agreement([1] * 25 + [0] * 25, [1] * 25 + [0] * 25)
    assert found.kappa.value == 1
    assert found.kappa.lo == pytest.approx(2 * 50 / (50 + Z * Z) - 1)


@pytest.mark.parametrize(
    ("labels", "judged", "which", "reason"),
    [
        ([], [], "kappa", "no labelled items"),
        ([0, 0], [0, 0], "kappa", "both raters always gave the same one answer"),
        ([0, 0], [0, 0], "precision", "the judge found nothing"),
        ([0, 0], [0, 1], "recall", "no label is positive"),
        ([1, 1], [0, 1], "specificity", "no label is negative"),
        ([], [], "pabak", "no labelled items"),
    ],
)
def test_agreement_without_a_base_is_none(labels: list, judged: list, which: str, reason: str) -> None:
    found = getattr(stats.agreement(labels, judged), which)
    assert (found.value, found.reason) == (None, reason)


def test_agreement_counts_what_it_drops() -> None:
    found = stats.agreement([1, None, 0, 1], [1, 1, math.nan, 0])
    assert (found.n, found.dropped, found.table) == (2, 2, (1, 0, 1, 0))
