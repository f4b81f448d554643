"""Weighs what a judge found, corrected by its known errors; a judge that is not calibrated somewhere counts nowhere."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.gate_read import Item, Reader, RunFacts
from tasks.gate_weigh import Weighed
from tasks.judge_rates import Corrected, Rated, correct
from tasks.stats import Estimate, Side, mean_bound
from tasks.stats.records import no_test

Z95 = 1.959963984540054
UNREAD = 0.1
"""Share of unreadable or withheld verdicts in a language above which the others stand for too little."""


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
    rubric_version: str = ""


def verdicts(reader: Reader, facts: RunFacts, rubric: str) -> list[Verdict]:
    """Every verdict under a rubric."""
    rows = reader.of("verdicts", facts.subject, {"rubric": rubric})
    return [
        Verdict(Item(*of), judge, weight, value, status, state, reason, (tp, fp, fn, tn), label, label_weight, version)
        for *of, judge, weight, value, status, state, reason, tp, fp, fn, tn, version, label, label_weight in rows
    ]


def unusable(found: Sequence[Verdict]) -> str:
    """Why one judge's verdicts may not be used, empty where they may."""
    for each in found:
        if each.state != "calibrated":
            return f"judge {each.judge} is not calibrated in {each.of.lang}: {each.reason}"
    return _withheld(found) or _corrected(found).contradiction


def differing(found: Sequence[Verdict], base: Sequence[Verdict]) -> str:
    """How the rubric of these verdicts differs among them or from the baseline's, empty where it does not."""
    ours, theirs = (sorted({each.rubric_version for each in side}) for side in (found, base))
    if len(ours) > 1:
        return f"the verdicts are of versions {' and '.join(ours)} of the rubric"
    if ours and theirs and ours != theirs:
        return f"the version of the rubric differs ('{ours[0]}' here, '{' and '.join(theirs)}' in the baseline)"
    return ""


def _withheld(found: Sequence[Verdict]) -> str:
    """Why too little was read in a language, empty where enough was, or nothing: then there is no number at all."""
    asked = Counter(each.of.lang for each in found)
    read = Counter(each.of.lang for each in found if _is_read(each))
    for lang, n in sorted(asked.items()):
        if read and n - read[lang] > UNREAD * n:
            judge = found[0].judge
            return f"judge {judge} could not read {n - read[lang]} of {n} answers in {lang}, above {UNREAD:.0%}"
    return ""


def _is_read(each: Verdict) -> bool:
    return each.status == "valid" and each.value is not None


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
    valid = [each for each in found if _is_read(each)]
    rated = [
        Rated(each.value or 0.0, each.weight, each.label, each.label_weight, "/".join(each.of.key)) for each in valid
    ]
    return correct(rated, {(each.judge, each.of.lang): each.table for each in found}.values())
