"""How often nominal 95 % intervals of a paired difference hold the truth on parallel data: 250 items x 11 languages."""

import numpy as np

from tasks import stats

ITEMS, LANGUAGES, RUNS = 250, 11, 4000
ITEM_SD, CELL_SD = 0.25, 0.4


def covered(language_sd: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Share of runs in which each interval holds the true difference, 0, and the mean width of each."""
    rng = np.random.default_rng(seed)
    item, language = np.repeat(np.arange(ITEMS), LANGUAGES), np.tile(np.arange(LANGUAGES), ITEMS)
    inside, width = np.zeros(5), np.zeros(5)
    for _ in range(RUNS):
        d = np.repeat(rng.normal(0, ITEM_SD, ITEMS), LANGUAGES) + rng.normal(0, CELL_SD, ITEMS * LANGUAGES)
        d += np.tile(rng.normal(0, language_sd, LANGUAGES), ITEMS)
        by_language = stats.clustered_mean(d, language)
        intervals = [
            bounds(stats.clustered_mean(d, item)),
            bounds(stats.two_way_mean(d, item, language)),
            bounds(by_language),
            normal(by_language),
            bounds(stats.clustered_mean(d)),
        ]
        inside += [lo <= 0 <= hi for lo, hi in intervals]
        width += [hi - lo for lo, hi in intervals]
    return inside / RUNS, width / RUNS


def bounds(estimate: stats.Estimate) -> tuple[float, float]:
    assert estimate.lo is not None and estimate.hi is not None
    return estimate.lo, estimate.hi


def normal(estimate: stats.Estimate) -> tuple[float, float]:
    """The interval with 1.96 where Student's t belongs."""
    assert estimate.value is not None and estimate.se is not None
    return estimate.value - 1.96 * estimate.se, estimate.value + 1.96 * estimate.se


def main() -> None:
    names = ("by item, t", "item x language, t", "by language, t", "by language, 1.96", "no clusters")
    print(f"{ITEMS} items x {LANGUAGES} languages, item sd {ITEM_SD}, idiosyncratic sd {CELL_SD}, {RUNS:,} runs")
    print("coverage of nominal 95 % intervals of the pooled paired difference (simulation error about 0.3 points)\n")
    for language_sd, what in ((0.0, "languages are fixed"), (0.05, "languages are a sample, sd .05")):
        inside, width = covered(language_sd, seed=11)
        print(f"{what:34} {'coverage':>9} {'width':>8}")
        for name, share, wide in zip(names, inside, width, strict=True):
            print(f"  {name:32} {share:9.1%} {wide:8.4f}")
        print()


if __name__ == "__main__":
    main()
