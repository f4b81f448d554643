"""Whether the minimum detectable difference and "need about n more items" keep their promise of 80 %."""

import numpy as np
from scipy import stats as scipy_stats

from tasks import stats

RUNS, ALPHA, POWER = 4000, 0.05, 0.8


def clustered(items: int, seed: int) -> tuple[float, float]:
    """(difference, power): parallel data in 5 languages, the difference set to the promised one."""
    rng = np.random.default_rng(seed)
    true_se = np.sqrt((0.25**2 + 0.4**2 / 5) / items)
    difference = stats.detectable(true_se, df=items - 1, alpha=ALPHA, power=POWER)
    each = rng.normal(0, 0.25, (RUNS, items)) + rng.normal(0, 0.4 / np.sqrt(5), (RUNS, items)) + difference
    t = each.mean(axis=1) / (each.std(axis=1, ddof=1) / np.sqrt(items))
    return difference, float((2 * scipy_stats.t.sf(np.abs(t), items - 1) <= ALPHA).mean())


def binary(items: int, discordant: float, seed: int, mid: bool) -> tuple[float, float]:
    """(difference, power) of McNemar's exact or mid-p test at the promised difference."""
    rng = np.random.default_rng(seed)
    difference = stats.detectable_binary(discordant, items, alpha=ALPHA, power=POWER)
    assert difference is not None
    shares = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
    counts = rng.multinomial(items, shares, size=RUNS)
    pairs, times = np.unique(counts[:, :2], axis=0, return_counts=True)
    p = np.array([stats.mcnemar(int(w), int(x), mid=mid) for w, x in pairs])
    return difference, float(times[p <= ALPHA].sum() / RUNS)


def bound(rate: float, asked: float, seed: int) -> tuple[int, float]:
    """(items, power) of the exact test of a rate against a bound with the items that were asked for."""
    items = stats.required_for_bound(rate, asked, alpha=ALPHA, power=POWER)
    assert items is not None
    hits, times = np.unique(np.random.default_rng(seed).binomial(items, rate, RUNS), return_counts=True)
    side = "at_least" if rate > asked else "at_most"
    p = [stats.exact_bound(int(k), items, asked, side).p_meets for k in hits]
    return items, float(
        sum(t for t, value in zip(times, p, strict=True) if value is not None and value <= ALPHA) / RUNS
    )


def topped_up(seed: int) -> tuple[int, float]:
    """(median items added, share decided): undecided nights of 200 items topped up by what `more_items` says.

    The true gap is one standard error of the first look; the plan takes the estimate for the truth, so it is aimed at
    80 % only on average over estimates near the truth: those within a tenth of a standard error are kept.
    """
    rng = np.random.default_rng(seed)
    n, sd = 200, 0.5
    gap = 1.0 * sd / np.sqrt(n)
    added, decided = [], []
    for first in rng.normal(gap, sd / np.sqrt(n), 40 * RUNS):
        if abs(first - gap) > 0.1 * sd / np.sqrt(n):
            continue
        more = stats.more_items(first, sd / np.sqrt(n), n, 0.0, alpha=ALPHA, power=POWER)
        assert more is not None
        fresh = rng.normal(gap, sd / np.sqrt(n + more))
        added.append(more)
        decided.append(fresh / (sd / np.sqrt(n + more)) >= scipy_stats.norm.isf(ALPHA))
    return int(np.median(added)), float(np.mean(decided))


def main() -> None:
    print(f"promised power {POWER:.0%} at alpha {ALPHA}, {RUNS:,} runs (simulation error about 0.6 points)\n")
    print("paired difference, item-clustered t, 5 languages")
    for items in (50, 100, 250, 1000):
        difference, power = clustered(items, seed=items)
        print(f"  {items:5} items   detectable {difference:6.1%}   power {power:6.1%}")
    print("\npaired right/wrong answers, 20 % of pairs discordant")
    for items in (100, 250, 500, 2000):
        difference, exact = binary(items, 0.2, items, mid=False)
        _, mid = binary(items, 0.2, items, mid=True)
        print(f"  {items:5} items   detectable {difference:6.1%}   power {exact:6.1%} exact, {mid:6.1%} mid-p")
    print("\none rate against a bound, exact one-sided test")
    for rate, asked in ((0.85, 0.80), (0.93, 0.90), (0.02, 0.05), (0.75, 0.70)):
        items, power = bound(rate, asked, seed=7)
        print(f"  true {rate:4.0%}, asked {asked:4.0%}   needs {items:5} items   power {power:6.1%}")
    added, decided = topped_up(seed=8)
    print('\n"need about n more items", asked at 200 items with an estimate near the truth')
    print(f"  median {added} more items   decided {decided:6.1%}")


if __name__ == "__main__":
    main()
