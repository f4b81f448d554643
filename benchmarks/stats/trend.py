"""How often the trend alarm rings falsely, and how soon it rings for a real decline, beside a nightly 5 % test."""

import numpy as np
from scipy import stats as scipy_stats

from tasks.stats import night_design_effect, trend_alarm

LEVEL, ITEMS, STATED = 0.80, 250, 200
"""A stated 200 nights between false alarms keeps the simulation short; the default is 1,000."""
RUNS, HORIZON = 400, 1000


def series(rng: np.random.Generator, nights: int, *, wander: float = 0.0, memory: float = 0.0, uneven: bool = False):
    """(rates, counts) of fixed items of unequal difficulty; the level wanders as an AR(1) with sd `wander`."""
    counts = rng.integers(60, 400, nights) if uneven else np.full(nights, ITEMS)
    shock = rng.normal(size=nights)
    path = np.zeros(nights)
    for t in range(nights):
        path[t] = shock[t] if t == 0 else memory * path[t - 1] + np.sqrt(1 - memory**2) * shock[t]
    level = np.clip(LEVEL + wander * path, 0.01, 0.99)
    return rng.binomial(counts, level) / counts, counts


def first_nightly(rates: np.ndarray, counts: np.ndarray) -> int:
    """The night on which tonight is first significantly below last night at one-sided 5 %; HORIZON if never."""
    a, b, n, m = rates[1:], rates[:-1], counts[1:], counts[:-1]
    pooled = (a * n + b * m) / (n + m)
    z = (a - b) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    hits = np.flatnonzero(scipy_stats.norm.cdf(z) <= 0.05)
    return int(hits[0]) + 1 if len(hits) else HORIZON


def quiet(label: str, *, tolerance: float, seed: int, thin: bool = False, baseline: bool = False, **how) -> None:
    rng = np.random.default_rng(seed)
    ours, nightly, year = [], [], 0
    for _ in range(RUNS):
        rates, counts = series(rng, HORIZON, **how)
        effect = night_design_effect(*series(rng, 60, **how)) if thin else 1.0
        alarm = trend_alarm(
            rates.tolist(), counts.tolist(), reference=None if baseline else LEVEL, tolerance=tolerance,
            nights=STATED, design_effect=effect,
        )  # fmt: skip
        ours.append(HORIZON if alarm.night is None else alarm.night + 1)
        nightly.append(first_nightly(rates, counts))
        year += ours[-1] <= 50
    share = np.mean(np.array(ours) < HORIZON)
    print(f"  {label:58} {np.mean(ours):8.0f} {year / RUNS:9.1%} {share:11.1%} {np.mean(nightly):9.1f}")


def decline(drop: float, stated: int, together: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    waits = []
    for _ in range(RUNS):
        before = rng.binomial(ITEMS, LEVEL, 30) / ITEMS
        after = rng.binomial(ITEMS, LEVEL - drop, 200) / ITEMS
        rates = np.concatenate([before, after])
        alarm = trend_alarm(
            rates.tolist(), [ITEMS] * len(rates), reference=LEVEL, tolerance=0.02, nights=stated, series=together
        )
        if alarm.night is not None and alarm.night >= 30:
            waits.append(alarm.night - 29)
    found = f"{np.median(waits):6.0f} {np.quantile(waits, 0.9):6.0f}" if waits else "   none   none"
    print(f"  {drop:5.0%}  {stated:7,}  {together:7}  {found}   {len(waits) / RUNS:6.1%}")


def main() -> None:
    print(f"level {LEVEL:.0%}, {ITEMS} items a night, stated: on average at least {STATED} nights to a false alarm,")
    print(
        f"and at most {50 / STATED:.0%} within 50 nights; {RUNS} series of {HORIZON:,} nights (run lengths cut there)\n"
    )
    print(f"  {'no decline':58} {'run len.':>8} {'50 nights':>9} {'ever':>11} {'nightly 5%':>10}")
    quiet("level exactly on the floor (tolerance 0)", tolerance=0.0, seed=1)
    quiet("the same, 60 to 400 items a night", tolerance=0.0, seed=2, uneven=True)
    quiet("tolerance 2 points", tolerance=0.02, seed=3)
    quiet("tolerance 2 points, floor learnt from 10 nights", tolerance=0.02, seed=4, baseline=True)
    quiet("wandering sd 1 point, memory .7, tolerance 2", tolerance=0.02, seed=5, wander=0.01, memory=0.7)
    quiet("wandering sd 2 points, memory .7, tolerance 2", tolerance=0.02, seed=6, wander=0.02, memory=0.7)
    quiet(
        "the same with the design effect of 60 quiet nights", tolerance=0.02, seed=7, wander=0.02, memory=0.7, thin=True
    )
    print("\n  a lasting fall after night 30, tolerance 2 points")
    print("   fall   stated   series   median    90%   found within 200 nights (nights to the alarm)")
    for stated, together in ((200, 1), (1000, 1), (1000, 72)):
        for drop in (0.03, 0.05, 0.08, 0.15):
            decline(drop, stated, together, seed=9)


if __name__ == "__main__":
    main()
