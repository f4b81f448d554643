"""Weighs what a judge found, corrected by its known errors; a judge that is not calibrated somewhere counts nowhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.gate_read import Item, Reader, RunFacts
from tasks.gate_weigh import Weighed
from tasks.judge_rates import Corrected, Rated, correct
from tasks.stats import Estimate, Side, mean_bound
from tasks.stats.records import no_test

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judge's reading of one answer. `table` is (true +, false +, false -, true -) of its calibration there.

    `label` is what people said of this very answer, where they did, drawn with a chance of one by `label_weight`.
    """

    of: Item
    judge: str
    weight: float
    value: float | None
    status: str
    state: str
    reason: str
    table: tuple[float, float, float, float]
    label: float | None = None
    label_weight: float = 1.0


def verdicts(reader: Reader, facts: RunFacts, rubric: str) -> list[Verdict]:
    """Every verdict under a rubric."""
    rows = reader.of("verdicts", facts.subject, {"rubric": rubric})
    return [
        Verdict(Item(*of), judge, weight, value, status, state, reason, (tp, fp, fn, tn), label, label_weight)
        for *of, judge, weight, value, status, state, reason, tp, fp, fn, tn, label, label_weight in rows
    ]


def unusable(found: Sequence[Verdict]) -> str:
    """Why one judge's verdicts may not be used, empty where they may."""
    for each in found:
        if each.state != "calibrated":
            return f"judge {each.judge} is not calibrated in {each.of.lang}: {each.reason}"
    return _corrected(found).contradiction


def judge_against_bound(found: Sequence[Verdict], bound: float, side: Side) -> Weighed:
    """The true rate behind one judge's verdicts against a bound.

    PPI++ where people labelled answers among these, else Rogan-Gladen by the judge's sensitivity and specificity in
    these languages. Verdicts weigh by how likely they were to be asked for.
    """
    estimate = _corrected(found).rate
    return Weighed(mean_bound(estimate, bound, side), estimate.value, se=estimate.se)


def judge_against_baseline(
    found: Sequence[Verdict], base: Sequence[Verdict], margin: float, *, better_higher: bool
) -> Weighed:
    """The corrected rate not worse than the baseline's by more than a margin; both errors are in the test, unpaired."""
    ours, theirs = _corrected(found).rate, _corrected(base).rate
    side: Side = "at_least" if better_higher else "at_most"
    bound = -margin if better_higher else margin
    if ours.value is None or theirs.value is None or ours.se is None or theirs.se is None:
        reason = ours.reason or theirs.reason or "no error can be given"
        return Weighed(no_test(reason, bound, side, "corrected rates"), ours.value, theirs.value)
    se, gap = math.hypot(ours.se, theirs.se), ours.value - theirs.value
    apart = Estimate(gap, se, gap - Z95 * se, gap + Z95 * se, min(ours.n, theirs.n), "corrected rates, unpaired")
    return Weighed(mean_bound(apart, bound, side), ours.value, theirs.value, se)


def _corrected(found: Sequence[Verdict]) -> Corrected:
    valid = [each for each in found if each.status == "valid" and each.value is not None]
    rated = [Rated(each.value or 0.0, each.weight, each.label, each.label_weight) for each in valid]
    return correct(rated, {(each.judge, each.of.lang): each.table for each in found}.values())
