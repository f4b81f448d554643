"""Rates from a judge with known errors: coverage of the naive, the labels-only and the corrected intervals."""

import numpy as np

from tasks import stats

RATE, LABELS, JUDGED, RUNS = 0.19, 100, 2000, 4000


def simulate(sensitivity: float, specificity: float, seed: int) -> dict[str, np.ndarray]:
    """(runs, 3) value, low and high per method; NaN where a method has no answer."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(RUNS):
        truth = rng.random(LABELS + JUDGED) < RATE
        chance = np.where(truth, sensitivity, 1 - specificity)
        says = (rng.random(LABELS + JUDGED) < chance).astype(float)
        y, f, rest = truth[:LABELS].astype(float), says[:LABELS], says[LABELS:]
        hits = (int((y * f).sum()), int(y.sum()))
        clears = (int(((1 - y) * (1 - f)).sum()), int((1 - y).sum()))
        estimates = {
            "naive (judge alone)": stats.wilson(rest.sum(), JUDGED),
            "labels alone": stats.wilson(y.sum(), LABELS),
            "Rogan-Gladen, delta": stats.rogan_gladen(
                int(rest.sum()), JUDGED, sensitivity=hits, specificity=clears, method="delta"
            ),
            "Rogan-Gladen, Lang-Reiczigel": stats.rogan_gladen(
                int(rest.sum()), JUDGED, sensitivity=hits, specificity=clears
            ),
            "PPI, untuned": stats.ppi_rate(y, f, rest, tuning=1),
            "PPI++ (default)": stats.ppi_rate(y, f, rest),
        }
        for name, e in estimates.items():
            numbers = (e.value, e.lo, e.hi)
            found.setdefault(name, []).append(tuple(np.nan if x is None else x for x in numbers))  # type: ignore[arg-type]
    return {name: np.array(rows) for name, rows in found.items()}


def main() -> None:
    print(f"true rate {RATE:.0%}, {LABELS} random labels, {JUDGED:,} judged, {RUNS:,} runs, nominal 95 %\n")
    for sensitivity, specificity in ((0.90, 0.95), (0.70, 0.90), (0.98, 0.99)):
        print(f"judge: Se {sensitivity:.2f}, Sp {specificity:.2f}")
        print(f"  {'':30} {'bias':>7} {'rmse':>7} {'coverage':>9} {'width':>7}")
        for name, rows in simulate(sensitivity, specificity, seed=19).items():
            value, lo, hi = rows.T
            error = value - RATE
            inside = ((lo <= RATE) & (hi >= RATE)).mean()
            rmse = np.sqrt(np.nanmean(error**2))
            width = np.nanmean(hi - lo)
            print(f"  {name:30} {np.nanmean(error):+7.1%} {rmse:7.1%} {inside:9.1%} {width:7.1%}")
        print()


if __name__ == "__main__":
    main()
