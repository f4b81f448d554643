"""How often a rule about a rare fault or a small difference is called met while it is broken; items share sources."""

import numpy as np
from scipy import stats as scipy_stats

from tasks import stats

RUNS, ALPHA, SHARED = 1000, 0.05, 0.3


def normals(rng: np.random.Generator, sources: int, size: int) -> np.ndarray:
    """(sources, size) standard normals that correlate within a source."""
    return np.sqrt(SHARED) * rng.normal(size=(sources, 1)) + np.sqrt(1 - SHARED) * rng.normal(size=(sources, size))


def rates(rng: np.random.Generator, sources: int, size: int, truth: float) -> tuple[float, float]:
    """Share of false PASS on the bound itself, by the effective sample and by the t-test."""
    codes, found = np.repeat(np.arange(sources), size), np.zeros(2)
    for _ in range(RUNS):
        faults = (normals(rng, sources, size) < scipy_stats.norm.ppf(truth)).astype(float).ravel()
        estimate = stats.clustered_mean(faults, codes)
        tests = (stats.clustered_rate_bound(estimate, truth, "at_most"),
                 stats.mean_bound(estimate, truth, "at_most", spread=1.0))  # fmt: skip
        found += [test.p_meets is not None and test.p_meets <= ALPHA for test in tests]
    return tuple(found / RUNS)


def pairs(rng: np.random.Generator, sources: int, size: int, win: float, loss: float) -> tuple[float, float]:
    """The same for a difference of two rates on its margin."""
    codes, found = np.repeat(np.arange(sources), size), np.zeros(2)
    high, low = scipy_stats.norm.ppf(win), scipy_stats.norm.isf(loss)
    for _ in range(RUNS):
        x = normals(rng, sources, size)
        gaps = ((x < high).astype(float) - (x > low)).ravel()
        estimate, wins, losses = stats.clustered_mean(gaps, codes), int((gaps > 0).sum()), int((gaps < 0).sum())
        tests = (stats.clustered_pairs_bound(estimate, wins, losses, win - loss, "at_least"),
                 stats.mean_bound(estimate, win - loss, "at_least", spread=2.0))  # fmt: skip
        found += [test.p_meets is not None and test.p_meets <= ALPHA for test in tests]
    return tuple(found / RUNS)


def main() -> None:
    rng = np.random.default_rng(1)
    print(f"truth exactly on the bound, alpha {ALPHA}, {RUNS:,} runs (simulation error about 0.7 points)")
    print("chance of a false PASS                       effective sample   t-test\n")
    for sources, size, truth in ((250, 4, 0.03), (125, 2, 0.03), (48, 5, 0.05), (250, 4, 0.20)):
        ours, t = rates(rng, sources, size, truth)
        print(f"rate of {truth:4.0%}, {sources} sources x {size} items {ours:24.1%} {t:8.1%}", flush=True)
    for sources, size, win, loss in ((250, 4, 0.01, 0.03), (125, 2, 0.01, 0.03), (48, 5, 0.05, 0.10)):
        ours, t = pairs(rng, sources, size, win, loss)
        print(f"{win:.0%} won, {loss:.0%} lost, {sources} sources x {size} items {ours:17.1%} {t:8.1%}", flush=True)


if __name__ == "__main__":
    main()
