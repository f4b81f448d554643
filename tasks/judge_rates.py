"""Rates that judges give, corrected by labels, and whether a gate may use them: what gate and report read."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import warehouse
from judges.rubric import load_rubric, rubric_names
from tasks.calibrate import Label, read_labels
from tasks.schema import UserError
from tasks.stats.judged import ppi_rate, rogan_gladen
from tasks.stats.proportion import wilson
from tasks.stats.records import Estimate, no_estimate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Below this the correction divides by so little that labels alone do better (simulated in benchmarks/stats).
LEAST_YOUDEN = 0.6
QUERIES = Path(warehouse.__file__).parent / "evidence"


@dataclass(frozen=True, slots=True)
class JudgeCell:
    """One judge under one rubric on one shard."""

    model: str
    lang: str
    dataset: str
    judge: str
    fingerprint: str
    rubric: str
    version: str


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """A judge's rate: as it said, and corrected. `usable` is False, with the reason, where it is not calibrated.

    `ppi` needs labels on answers of this very run (random or weighted), `rogan_gladen` takes the calibration's error
    rates over to it and is the cross-check; `rate` is what a gate goes by, None with a reason where neither can be.
    """

    cell: JudgeCell
    naive: Estimate
    ppi: Estimate
    rogan_gladen: Estimate
    usable: bool
    reason: str

    @property
    def rate(self) -> Estimate:
        return self.ppi if self.ppi.value is not None else self.rogan_gladen


@dataclass(frozen=True, slots=True)
class Standing:
    """A judge's latest calibration in a language; `table` holds both yes, judge only, label only, both no."""

    usable: bool
    reason: str
    table: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Rated:
    """A valid verdict: which answer, its value, its sampling weight."""

    sample: tuple[str, int]
    value: float
    weight: float


def judge_rates(connection: "DuckDBPyConnection", home: Path, run_id: str) -> list[JudgedRate]:
    """Every judge's rate in a run, corrected as far as labels allow; `connection` is to the published warehouse."""
    cells: dict[JudgeCell, list[Rated]] = defaultdict(list)
    for *names, sample, repeat, value, weight in connection.execute(_sql("judge_verdicts"), {"run": run_id}).fetchall():
        cells[JudgeCell(*names)].append(Rated((sample, repeat), value, weight))
    labels = run_labels(home, run_id)
    rates = []
    for cell, rated in sorted(cells.items(), key=lambda pair: str(pair[0])):
        standing = calibrated(connection, cell)
        known = labels.get((cell.model, cell.lang, cell.dataset, cell.rubric), {})
        rates.append(corrected_rate(cell, rated, standing, known))
    return rates


def calibrated(connection: "DuckDBPyConnection", cell: JudgeCell) -> Standing:
    """Whether a gate may use this judge in this language, and if not why."""
    found = connection.execute(
        _sql("judge_standing"),
        {"judge": cell.judge, "fingerprint": cell.fingerprint, "rubric": cell.rubric, "version": cell.version,
         "lang": cell.lang},
    ).fetchone()  # fmt: skip
    who = f"judge '{cell.judge}' under '{cell.rubric}' in '{cell.lang}'"
    if found is None:
        return Standing(False, f"{who} is uncalibrated: nobody has held it against labels ('babelgate calibrate')")
    state, why, *table = found
    counts = None if None in table else (float(table[0]), float(table[1]), float(table[2]), float(table[3]))
    return Standing(state == "calibrated", "" if state == "calibrated" else f"{who} is uncalibrated: {why}", counts)


def corrected_rate(
    cell: JudgeCell, rated: Sequence[Rated], standing: Standing, labels: Mapping[tuple[str, int], Label]
) -> JudgedRate:
    """One cell's rate as the judge said it and as labels correct it; ties of pairs count as half in the first only."""
    total = sum(each.weight for each in rated)
    effective = round(total**2 / sum(each.weight**2 for each in rated))
    share = sum(each.weight * each.value for each in rated) / total
    naive = wilson(share * effective, effective)
    ppi = _by_labels(cell, rated, labels)
    rogan = _by_calibration(standing, share, effective)
    reason = standing.reason
    if standing.usable and ppi.value is None and rogan.value is None:
        reason = f"the rate cannot be corrected: {rogan.reason}"
    return JudgedRate(cell, naive, ppi, rogan, standing.usable and not reason, reason)


def run_labels(home: Path, run_id: str) -> dict[tuple[str, str, str, str], dict[tuple[str, int], Label]]:
    """Labels that people gave to answers of a run, as `label import` keeps them: cell → (sample, repeat) → label."""
    found: dict[tuple[str, str, str, str], dict[tuple[str, int], Label]] = defaultdict(dict)
    for path in sorted((home / "labels").glob("*.labels.jsonl")):
        for name in rubric_names():
            try:
                labels = read_labels(path, load_rubric(name))
            except UserError:
                continue  # a file is of one rubric
            for label in labels:
                if label.run_id == run_id:
                    cell = (label.model, label.lang, label.dataset, label.rubric)
                    found[cell][label.sample_id, label.repeat] = label
    return dict(found)


def flagged_answers(home: Path, run_id: str, rubric: str) -> dict[str, bool]:
    """Completion key (32 hex digits) → whether any judge flagged the answer; for drawing weighted samples."""
    from warehouse.connect import open_published

    with open_published(home) as connection:
        rows = connection.execute(_sql("judge_flagged"), {"run": run_id, "rubric": rubric}).fetchall()
    return {key.hex: bool(flag) for key, flag in rows}


def _by_labels(cell: JudgeCell, rated: Sequence[Rated], labels: Mapping[tuple[str, int], Label]) -> Estimate:
    """PPI++: the labelled answers correct what the judge says of the others."""
    if not labels:
        return no_estimate("no answer of this run has a label", "PPI++", n=len(rated))
    values = load_rubric(cell.rubric).header.verdicts
    both = [(labels[each.sample], each) for each in rated if each.sample in labels]
    rest = [each for each in rated if each.sample not in labels]
    return ppi_rate(
        [_binary(values[label.label]) for label, _ in both], [_binary(each.value) for _, each in both],
        [_binary(each.value) for each in rest], weights=[label.weight * each.weight for label, each in both],
        rest_weights=[each.weight for each in rest],
    )  # fmt: skip


def _by_calibration(standing: Standing, share: float, judged: int) -> Estimate:
    """Rogan-Gladen with the error rates that the calibration found."""
    if standing.table is None:
        return no_estimate("no calibration", "Rogan-Gladen", n=judged)
    both, judge_only, label_only, neither = (round(cell) for cell in standing.table)
    positive, negative = both + label_only, neither + judge_only
    if positive and negative and both / positive + neither / negative - 1 < LEAST_YOUDEN:
        return no_estimate("sensitivity + specificity - 1 is below 0.6", "Rogan-Gladen", n=judged)
    return rogan_gladen(
        round(share * judged), judged, sensitivity=(both, positive), specificity=(neither, negative)
    )  # fmt: skip


def _binary(value: float) -> float:
    return value if value in (0.0, 1.0) else math.nan


def _sql(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
