"""The gate's truth table: what evidence gives which verdict, and which verdicts give GO, NO-GO or neither."""

import math

import pytest

from tasks import stats
from tasks.gate_rules import Evidence, decide, worst_of
from tasks.stats import BoundTest

NAN = math.nan


def _test(p_meets: float | None, p_breaks: float | None, value: float | None = 0.8, n: int = 250) -> BoundTest:
    return BoundTest(value, 0.75, "at_least", p_meets, p_breaks, None, None, n, "exact binomial", "no spread")


# what, p_meets, p_breaks, value, n, min_items, missing, blocked -> verdict, what its reason says
VERDICTS = [
    ("shown to be met", 0.01, 0.99, 0.8, 250, 200, "", "", "PASS", "p = 0.01"),
    ("exactly at alpha", 0.05, 0.96, 0.8, 250, 200, "", "", "PASS", "shown to be met"),
    ("just above alpha", 0.0501, 0.96, 0.8, 250, 200, "", "", "INCONCLUSIVE", "need about"),
    ("shown to be broken", 0.99, 0.01, 0.6, 250, 200, "", "", "FAIL", "shown to be broken in sw"),
    ("broken exactly at alpha", 0.96, 0.05, 0.6, 250, 200, "", "", "FAIL", "adjusted p = 0.05"),
    ("broken just above alpha", 0.96, 0.0501, 0.6, 250, 200, "", "", "INCONCLUSIVE", "neither"),
    ("neither", 0.4, 0.65, 0.78, 250, 200, "", "", "INCONCLUSIVE", "more items in sw"),
    ("good value, no proof", 0.3, 0.75, 0.79, 250, 200, "", "", "INCONCLUSIVE", "neither"),
    ("value on the bound", 0.5, 0.55, 0.75, 250, 200, "", "", "INCONCLUSIVE", "no reasonable number of items"),
    ("value next to the bound", 0.47, 0.57, 0.752, 250, 200, "", "", "INCONCLUSIVE", "no reasonable number of items"),
    ("one item too few", 0.001, 1.0, 0.9, 199, 200, "", "", "INCONCLUSIVE", "only 199 of 200 items in sw"),
    ("just enough items", 0.001, 1.0, 0.9, 200, 200, "", "", "PASS", ""),
    ("a disaster on too few items", 1.0, 1e-9, 0.0, 40, 200, "", "", "INCONCLUSIVE", "only 40 of 200"),
    ("nothing scored", None, None, None, 0, 200, "", "", "MISSING", "no spread"),
    ("nothing scored, no minimum", None, None, None, 0, 0, "", "", "MISSING", "no number in sw"),
    ("value is not a number", 0.01, 0.99, NAN, 250, 200, "", "", "MISSING", "no number"),
    ("p is not a number", NAN, NAN, 0.8, 250, 200, "", "", "INCONCLUSIVE", "no p-value"),
    ("one p is not a number", 0.01, NAN, 0.8, 250, 200, "", "", "INCONCLUSIVE", "no p-value"),
    ("value without an error", None, None, 1.0, 250, 200, "", "", "INCONCLUSIVE", "cannot be tested in sw: no spread"),
    ("no such cell", 0.01, 0.99, 0.8, 250, 200, "the run has no sw", "", "MISSING", "the run has no sw"),
    ("other fingerprint", 0.01, 0.99, 0.8, 250, 200, "", "revision differs", "INCONCLUSIVE", "revision differs"),
    ("other fingerprint and bad", 0.99, 0.001, 0.5, 250, 200, "", "template differs", "INCONCLUSIVE", "may not be"),
    ("uncalibrated judge", 0.01, 0.99, 0.8, 250, 200, "", "uncalibrated in sw", "INCONCLUSIVE", "may not be used"),
    ("missing beats blocked", 0.01, 0.99, 0.8, 250, 200, "no rows", "template differs", "MISSING", "no rows"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("p_meets", "p_breaks", "value", "n", "min_items", "missing", "blocked", "verdict", "reason"),
    [row[1:] for row in VERDICTS],
    ids=[row[0] for row in VERDICTS],
)
def test_verdict_of_one_rule(
    p_meets: float, p_breaks: float, value: float, n: int, min_items: int, missing: str, blocked: str,
    verdict: str, reason: str,
) -> None:  # fmt: skip
    test = _test(p_meets, p_breaks, value, n)
    each = Evidence("accuracy", "critical", "sw", test, se=0.03, min_items=min_items, missing=missing, blocked=blocked)
    found = decide([each]).results[0]
    assert (found.verdict, reason in found.reason) == (verdict, True), found.reason


PARTS = {
    "P": {"test": _test(0.001, 1.0, 0.9)},
    "F": {"test": _test(1.0, 1e-6, 0.4)},
    "I": {"test": _test(0.4, 0.65)},
    "M": {"missing": "not measured"},
    "B": {"test": _test(0.001, 1.0, 0.9), "blocked": "template differs"},
    "f": {"test": _test(0.99, 0.03, 0.7)},  # broken at 5 % alone, not among others
    "y": {"met": True},
    "n": {"met": False},
}
TIER = {"c": "critical", "s": "supporting", "a": "advisory"}
GO, NO, INC = "GO", "NO-GO", "INCONCLUSIVE"

# rules as tier and part, run-level blocks, distrust -> outcome, verdicts (first letters)
OUTCOMES = [
    ("cP", 0, 0, GO, "P"), ("cF", 0, 0, NO, "F"), ("cI", 0, 0, INC, "I"), ("cM", 0, 0, INC, "M"),
    ("cB", 0, 0, INC, "I"), ("cy", 0, 0, GO, "P"), ("cn", 0, 0, NO, "F"), ("cf", 0, 0, NO, "F"),
    ("", 0, 0, INC, ""), ("sP", 0, 0, INC, "P"), ("aP", 0, 0, INC, "P"), ("sF", 0, 0, INC, "F"),
    ("cP cP", 0, 0, GO, "PP"), ("cP cF", 0, 0, NO, "PF"), ("cF cF", 0, 0, NO, "FF"), ("cP cI", 0, 0, INC, "PI"),
    ("cP cM", 0, 0, INC, "PM"), ("cP cB", 0, 0, INC, "PI"), ("cP cy", 0, 0, GO, "PP"), ("cP cn", 0, 0, NO, "PF"),
    ("cI cF", 0, 0, NO, "IF"), ("cM cF", 0, 0, NO, "MF"), ("cB cF", 0, 0, NO, "IF"), ("cI cM", 0, 0, INC, "IM"),
    ("cP cf", 0, 0, INC, "PI"), ("cf cf", 0, 0, INC, "II"), ("cF cf", 0, 0, NO, "FF"), ("cM cf", 0, 0, INC, "MI"),
    ("cy cf", 0, 0, NO, "PF"), ("cP sf", 0, 0, INC, "PF"), ("cP af", 0, 0, GO, "PF"), ("cf aP aP", 0, 0, NO, "FPP"),
    ("cP sP", 0, 0, GO, "PP"), ("cP sF", 0, 0, INC, "PF"), ("cP sI", 0, 0, GO, "PI"), ("cP sM", 0, 0, INC, "PM"),
    ("cP sB", 0, 0, INC, "PI"), ("cP aB", 0, 0, GO, "PI"),
    ("cP sn", 0, 0, INC, "PF"), ("cP sy", 0, 0, GO, "PP"), ("cF sF", 0, 0, NO, "FF"),
    ("cI sF", 0, 0, INC, "IF"), ("cF sM", 0, 0, NO, "FM"), ("cM sM", 0, 0, INC, "MM"), ("cF sP", 0, 0, NO, "FP"),
    ("cP aF", 0, 0, GO, "PF"), ("cP aM", 0, 0, GO, "PM"), ("cP aI", 0, 0, GO, "PI"), ("cP an", 0, 0, GO, "PF"),
    ("cF aP", 0, 0, NO, "FP"), ("cI aP", 0, 0, INC, "IP"),
    ("cP sP aF", 0, 0, GO, "PPF"), ("cP sF aP", 0, 0, INC, "PFP"),
    ("cP", 1, 0, INC, "P"), ("cF", 1, 0, NO, "F"), ("cI", 1, 0, INC, "I"), ("cM", 1, 0, INC, "M"),
    ("cP", 0, 1, INC, "P"), ("cF", 0, 1, INC, "F"), ("cn", 0, 1, INC, "F"), ("cP", 1, 1, INC, "P"),
    ("cP sP aP", 1, 0, INC, "PPP"), ("cP aF", 0, 1, INC, "PF"), ("cy", 1, 0, INC, "P"), ("cF cM", 1, 1, INC, "FM"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "blocks", "distrust", "outcome", "verdicts"), OUTCOMES)
def test_outcome_of_many_rules(rules: str, blocks: int, distrust: int, outcome: str, verdicts: str) -> None:
    evidence = [Evidence(f"rule{i}", TIER[r[0]], **PARTS[r[1]]) for i, r in enumerate(rules.split())]  # type: ignore[arg-type]
    found = decide(
        evidence, blocks=["3 % infrastructure errors"] * blocks, distrust=["the self-test failed"] * distrust
    )
    assert found.outcome == outcome, found.reason
    assert "".join(result.verdict[0] for result in found.results) == verdicts


def test_the_table_is_long_enough() -> None:
    assert len(VERDICTS) + len(OUTCOMES) >= 60
    assert len({row[:3] for row in OUTCOMES}) == len(OUTCOMES)


def test_the_reason_names_the_rule_and_the_place() -> None:
    evidence = [Evidence("accuracy", "critical", "sw", **PARTS["F"]), Evidence("speed", "critical", **PARTS["P"])]
    assert decide(evidence).reason == "critical rules are broken: accuracy (sw)"
    assert "self-test" in decide(evidence, distrust=["the self-test failed"]).reason


def test_more_items_are_counted_from_the_side_of_the_bound() -> None:
    """Above the bound the way to PASS is unadjusted; below it the way to FAIL must leave room for the family."""
    above = Evidence("a", "critical", "sw", _test(0.2, 0.85, 0.77), se=0.025)
    below = Evidence("b", "critical", "th", _test(0.85, 0.2, 0.73), se=0.025)
    good, bad = decide([above, below]).results
    exact = [
        stats.more_items(0.77, 0.025, 250, 0.75, alpha=0.05),
        stats.more_items(0.73, 0.025, 250, 0.75, alpha=0.025),
    ]
    assert exact == [2166, 2816] and (good.more_items, bad.more_items) == (2200, 2900)
    assert f"need about {good.more_items:,} more items in sw" in good.reason


def test_holm_needs_more_from_one_of_many() -> None:
    one = Evidence("accuracy", "critical", "sw", _test(0.99, 0.002, 0.6))
    rest = [Evidence("accuracy", "critical", str(i), **PARTS["P"]) for i in range(71)]
    assert decide([one]).outcome == NO
    found = decide([one, *rest])
    assert (found.outcome, found.results[0].p_fail) == (INC, pytest.approx(0.144))


def test_advisory_rules_cost_critical_ones_nothing() -> None:
    one = Evidence("accuracy", "critical", "sw", **PARTS["f"])
    assert decide([one, *[Evidence("x", "advisory", str(i), **PARTS["P"]) for i in range(50)]]).outcome == NO


@pytest.mark.parametrize(
    ("cells", "verdict", "where"),
    [
        ([(0.01, 0.99, 0.9, 250), (0.02, 0.98, 0.88, 250)], "PASS", "l1"),
        ([(0.01, 0.99, 0.9, 250), (0.20, 0.80, 0.78, 250)], "INCONCLUSIVE", "l1"),
        ([(0.01, 0.99, 0.9, 250), (1.0, 0.001, 0.5, 250)], "FAIL", "l1"),
        ([(0.01, 0.99, 0.9, 250), (0.99, 0.03, 0.7, 250)], "INCONCLUSIVE", "l1"),  # 2 x .03
        ([(0.01, 0.99, 0.9, 80), (0.01, 0.99, 0.9, 250)], "INCONCLUSIVE", "l0"),  # too few in l0
        ([(0.01, 0.99, 0.9, 250), (None, None, None, 0)], "MISSING", "l1"),
    ],
)
def test_worst_language(cells: list[tuple], verdict: str, where: str) -> None:
    evidence = [
        Evidence("cell", "critical", f"l{i}", _test(*cell), se=0.02, min_items=200) for i, cell in enumerate(cells)
    ]
    found = decide([worst_of(evidence, rule="worst")]).results[0]
    assert (found.verdict, found.where) == (verdict, where), found.reason


def test_a_blocked_language_blocks_the_worst() -> None:
    cells = [Evidence("cell", "critical", "sw", **PARTS["P"]), Evidence("cell", "critical", "th", **PARTS["B"])]
    assert decide([worst_of(cells, rule="worst")]).results[0].verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("alpha", [0.0, 0.5, 5.0, NAN])
def test_alpha_is_a_small_chance(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        decide([], alpha=alpha)
