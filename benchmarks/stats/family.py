"""False NO-GO and false GO of the gate's decision over 10,000 nights of 12 languages x 6 rules on parallel items."""

from collections import Counter
from functools import cache

import numpy as np
from scipy import stats as scipy_stats

from tasks.gate_rules import Decision, Evidence, decide
from tasks.stats import BoundTest, Spending, boundaries, exact_bound, paired_binary_bound

NIGHTS, LANGUAGES, ALPHA = 10_000, 12, 0.05
ABSOLUTE = (("accuracy", 0.80, "at_least"), ("code_switch", 0.05, "at_most"), ("wrong_language", 0.03, "at_most"),
            ("extraction_failure", 0.04, "at_most"), ("refusal", 0.06, "at_most"))  # fmt: skip
MARGIN = ("accuracy against production", -0.10)
DISCORDANT = 0.16
LOOKS = (250, 500, 1000)


@cache
def absolute(hits: int, items: int, bound: float, side: str) -> BoundTest:
    return exact_bound(hits, items, bound, "at_least" if side == "at_least" else "at_most")


@cache
def paired(wins: int, losses: int, items: int) -> BoundTest:
    return paired_binary_bound(wins, losses, items, MARGIN[1], "at_least")


def shared(rng: np.random.Generator, items: int) -> np.ndarray:
    """(languages, items) standard normals; what is hard in one language is hard in every other (correlation .3)."""
    return np.sqrt(0.3) * rng.normal(size=items) + np.sqrt(0.7) * rng.normal(size=(LANGUAGES, items))


def z(share: float) -> float:
    return float(scipy_stats.norm.ppf(share))


def night(rng: np.random.Generator, items: int, comfort: float, broken: bool) -> list[Evidence]:
    """One night's evidence; `comfort` moves every truth from its bound (0) into the good side, in bound-sized steps."""
    evidence = []
    for rule, bound, side in ABSOLUTE:
        room = 1 - bound if side == "at_least" else bound
        truth = bound + comfort * room if side == "at_least" else bound - comfort * room
        hits = (shared(rng, items) < z(truth)).sum(axis=1)
        if broken and rule == "accuracy":
            hits[0] = rng.binomial(items, bound - 1e-9)
        evidence += [
            Evidence(rule, "critical", str(x), absolute(int(k), items, bound, side)) for x, k in enumerate(hits)
        ]
    shift = MARGIN[1] * (1 - comfort)
    x = shared(rng, items)
    wins, losses = (x < z((DISCORDANT + shift) / 2)).sum(axis=1), (x > z(1 - (DISCORDANT - shift) / 2)).sum(axis=1)
    pairs = enumerate(zip(wins, losses, strict=True))
    return evidence + [
        Evidence(MARGIN[0], "critical", str(x), paired(int(w), int(lost), items)) for x, (w, lost) in pairs
    ]


def naive(evidence: list[Evidence]) -> str:
    """The usual gate: every rule by its own 5 % test, NO-GO at the first failure, GO otherwise."""
    failed = any(each.test and each.test.p_breaks is not None and each.test.p_breaks <= ALPHA for each in evidence)
    return "NO-GO" if failed else "GO"


def mean_only(evidence: list[Evidence]) -> str:
    """The commonest gate: compare the number itself with the bound."""
    held = []
    for each in evidence:
        assert each.test is not None and each.test.value is not None
        gap = each.test.value - each.test.bound
        held.append(gap >= 0 if each.test.side == "at_least" else gap <= 0)
    return "GO" if all(held) else "NO-GO"


def simulate(items: int, comfort: float, broken: bool, seed: int) -> tuple[Counter, Counter, Counter]:
    rng = np.random.default_rng(seed)
    ours, each_alone, by_mean = Counter(), Counter(), Counter()
    for _ in range(NIGHTS):
        evidence = night(rng, items, comfort, broken)
        decision: Decision = decide(evidence, alpha=ALPHA)
        ours[decision.outcome] += 1
        each_alone[naive(evidence)] += 1
        by_mean[mean_only(evidence)] += 1
    return ours, each_alone, by_mean


def looked_at_often(seed: int) -> None:
    """The error of one rule on its bound when undecided items are topped up and looked at again."""
    rng = np.random.default_rng(seed)
    steps = np.diff((0, *LOOKS))
    hits = np.cumsum(rng.binomial(steps, 0.8, size=(20 * NIGHTS, len(LOOKS))), axis=1)
    p = scipy_stats.binom.sf(hits - 1, LOOKS, 0.8)
    fractions = [look / LOOKS[-1] for look in LOOKS]
    print(f"one rule on its bound, looked at after {LOOKS} items: chance of a false PASS at alpha {ALPHA}")
    print(f"  {'5 % at every look':26} {(p <= ALPHA).any(axis=1).mean():6.2%}")
    spendings: tuple[Spending, ...] = ("obrien-fleming", "pocock")
    for spending in spendings:
        levels = scipy_stats.norm.sf(boundaries(fractions, ALPHA, spending=spending))
        print(f"  {'Lan-DeMets ' + spending:26} {(p <= levels).any(axis=1).mean():6.2%}")


def main() -> None:
    print(
        f"{NIGHTS:,} nights, {LANGUAGES} languages x {len(ABSOLUTE) + 1} critical rules, alpha {ALPHA}, parallel items"
    )
    print("(an item's answers correlate over languages); simulation error at 5 %: 0.2 points\n")
    scenes = (
        ("every rule exactly on its bound: a NO-GO is false", 250, 0.0, False),
        ("a quarter of the way inside: a NO-GO is false", 250, 0.25, False),
        ("one language just below its bound, all else far inside: a GO is false", 250, 0.97, True),
        ("the same with 1,000 items", 1000, 0.97, True),
        ("all far inside, 250 items: GO is right", 250, 0.9, False),
        ("half-way inside, 250 items: GO is right but cannot be shown", 250, 0.5, False),
        ("half-way inside, 1,000 items: GO is right", 1000, 0.5, False),
    )
    for place, (what, items, comfort, broken) in enumerate(scenes):
        found = simulate(items, comfort, broken, seed=place)
        print(what)
        for name, count in zip(("babelgate", "each rule alone at 5 %", "compare the means"), found, strict=True):
            shares = "  ".join(f"{x} {count[x] / NIGHTS:6.2%}" for x in ("GO", "NO-GO", "INCONCLUSIVE"))
            print(f"  {name:24} {shares}")
        print()
    looked_at_often(seed=99)


if __name__ == "__main__":
    main()
