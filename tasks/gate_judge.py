"""Weighs what a judge found, corrected by its known errors; a judge that is not calibrated somewhere counts nowhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.gate_read import Item, Reader, RunFacts
from tasks.gate_weigh import Weighed
from tasks.stats import Estimate, Side, mean_bound, rogan_gladen
from tasks.stats.records import no_test

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judge's reading of one answer. `labels` are (true +, false +, false -, true -) of its calibration there."""

    of: Item
    judge: str
    weight: float
    value: float | None
    status: str
    state: str
    reason: str
    labels: tuple[float, float, float, float]


def verdicts(reader: Reader, facts: RunFacts, rubric: str) -> list[Verdict]:
    """Every verdict under a rubric."""
    rows = reader.of("verdicts", facts.subject, {"rubric": rubric})
    return [
        Verdict(Item(*row[:6]), row[6], row[7], row[8], row[9], row[10], row[11], (row[12], row[13], row[14], row[15]))
        for row in rows
    ]


def uncalibrated(found: Sequence[Verdict]) -> str:
    """Why these verdicts may not be used, empty where they may."""
    for each in found:
        if each.state != "calibrated":
            return f"judge {each.judge} is not calibrated in {each.of.lang}: {each.reason}"
    return ""


def judge_against_bound(found: Sequence[Verdict], bound: float, side: Side) -> Weighed:
    """The true rate behind one judge's verdicts against a bound.

    Rogan-Gladen by the judge's sensitivity and specificity in these languages: the labels are of other answers than
    these, which is what it assumes and PPI does not allow. Verdicts weigh by how likely they were to be asked for.
    """
    estimate = _rate(found)
    return Weighed(mean_bound(estimate, bound, side), estimate.value, se=estimate.se)


def judge_against_baseline(
    found: Sequence[Verdict], base: Sequence[Verdict], margin: float, *, better_higher: bool
) -> Weighed:
    """The corrected rate not worse than the baseline's by more than a margin; both errors are in the test, unpaired."""
    ours, theirs = _rate(found), _rate(base)
    side: Side = "at_least" if better_higher else "at_most"
    bound = -margin if better_higher else margin
    if ours.value is None or theirs.value is None or ours.se is None or theirs.se is None:
        reason = ours.reason or theirs.reason or "no error can be given"
        return Weighed(no_test(reason, bound, side, "Rogan-Gladen"), ours.value, theirs.value)
    se, gap = math.hypot(ours.se, theirs.se), ours.value - theirs.value
    apart = Estimate(gap, se, gap - Z95 * se, gap + Z95 * se, min(ours.n, theirs.n), "Rogan-Gladen, unpaired")
    return Weighed(mean_bound(apart, bound, side), ours.value, theirs.value, se)


def _rate(found: Sequence[Verdict]) -> Estimate:
    valid = [v for v in found if v.status == "valid" and v.value is not None]
    weight = sum(v.weight for v in valid)
    share = sum(v.weight * v.value for v in valid if v.value is not None) / weight if weight else 0.0
    # Kish's effective size: unequal weights carry less than as many equal ones.
    n = round(weight**2 / sum(v.weight**2 for v in valid)) if weight else 0
    labels = {(v.judge, v.of.lang): v.labels for v in found}
    hits, false_alarms, missed, cleared = (round(sum(each[i] for each in labels.values())) for i in range(4))
    return rogan_gladen(
        round(share * n), n, sensitivity=(hits, hits + missed), specificity=(cleared, cleared + false_alarms)
    )
