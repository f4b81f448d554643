"""A judge's rate corrected for its errors: PPI++ by labels on the same answers, beside it and else Rogan-Gladen.

The view v_judge_rates gives the same numbers cell by cell; here cells are pooled as a gate rule asks for them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import warehouse
from tasks.stats.judged import ppi_rate, rogan_gladen
from tasks.stats.records import Estimate, no_estimate

# Below this the correction divides by so little that labels alone do better (simulated in benchmarks/stats).
LEAST_YOUDEN = 0.6
QUERIES = Path(warehouse.__file__).parent / "evidence"


@dataclass(frozen=True, slots=True)
class Rated:
    """A valid verdict: its value, its sampling weight, and where people labelled the answer too, what they said.

    `label_weight` is one by the chance with which the answer was drawn for labelling. Repeated answers to one `item`
    count as one; where it is empty the verdict stands alone.
    """

    value: float
    weight: float = 1.0
    label: float | None = None
    label_weight: float = 1.0
    item: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A rate corrected both ways; `rate` is what to go by, `contradiction` why it may not be used (empty: it may)."""

    ppi: Estimate
    rogan_gladen: Estimate

    @property
    def rate(self) -> Estimate:
        return self.ppi if self.ppi.value is not None else self.rogan_gladen

    @property
    def contradiction(self) -> str:
        one, other = self.ppi, self.rogan_gladen
        if one.lo is None or one.hi is None or other.lo is None or other.hi is None:
            return ""
        if one.lo <= other.hi and other.lo <= one.hi:
            return ""
        return (
            f"the judge's rate is {one.lo:.1%} to {one.hi:.1%} by labels on these answers (PPI++), but "
            f"{other.lo:.1%} to {other.hi:.1%} by its calibration (Rogan-Gladen)"
        )


def correct(rated: Sequence[Rated], tables: Iterable[tuple[float, float, float, float]]) -> Corrected:
    """Both corrections. `tables` are calibrations as (both yes, judge only, label only, both no), added up.

    PPI++ needs labels on two answers or more. Ties of pairs (0.5) are left out of it, and count as half in the share
    that Rogan-Gladen corrects.
    """
    return Corrected(_by_labels(rated), _by_calibration(rated, list(tables)))


def flagged_answers(home: Path, run_id: str, rubric: str) -> dict[str, bool]:
    """Completion key (32 hex digits) → whether any judge flagged the answer; for drawing weighted samples."""
    from warehouse.connect import open_published

    with open_published(home) as connection:
        query = (QUERIES / "judge_flagged.sql").read_text(encoding="utf-8")
        rows = connection.execute(query, {"run": run_id, "rubric": rubric}).fetchall()
    return {key.hex: bool(flag) for key, flag in rows}


def _by_labels(rated: Sequence[Rated]) -> Estimate:
    """PPI++: the labelled answers correct what the judge says of the others.

    Where labels were not drawn evenly (half of them from flagged answers, say), the answers left over are no fair
    sample, and all of them stand for the judge alone.
    """
    both = [each for each in rated if each.label in (0.0, 1.0) and each.value in (0.0, 1.0)]
    if not both:
        return no_estimate("no answer of this run has a label", "PPI++", n=len(rated))
    uneven = len({each.label_weight for each in both}) > 1
    alone = [each for each in rated if uneven or each.label not in (0.0, 1.0)]
    return ppi_rate(
        [_number(each.label) for each in both], [each.value for each in both], [_binary(each.value) for each in alone],
        weights=[each.label_weight * each.weight for each in both], rest_weights=[each.weight for each in alone],
    )  # fmt: skip


def _by_calibration(rated: Sequence[Rated], tables: Sequence[tuple[float, float, float, float]]) -> Estimate:
    """Rogan-Gladen with the error rates of the calibration, on Kish's effective number of items."""
    weight = sum(each.weight for each in rated)
    by_item: dict[str, float] = {}
    for place, each in enumerate(rated):
        by_item[each.item or str(place)] = by_item.get(each.item or str(place), 0.0) + each.weight
    judged = round(weight**2 / sum(w**2 for w in by_item.values())) if weight else 0
    share = sum(each.weight * each.value for each in rated) / weight if weight else 0.0
    if not tables:
        return no_estimate("no calibration", "Rogan-Gladen", n=judged)
    both, judge_only, label_only, neither = (round(sum(table[cell] for table in tables)) for cell in range(4))
    positive, negative = both + label_only, neither + judge_only
    if positive and negative and both / positive + neither / negative - 1 < LEAST_YOUDEN:
        return no_estimate("sensitivity + specificity - 1 is below 0.6", "Rogan-Gladen", n=judged)
    return rogan_gladen(
        round(share * judged), judged, sensitivity=(both, positive), specificity=(neither, negative)
    )  # fmt: skip


def _binary(value: float) -> float:
    return value if value in (0.0, 1.0) else math.nan


def _number(value: float | None) -> float:
    return math.nan if value is None else value
