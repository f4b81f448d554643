"""Probes a judge with a run's answers: does position, length, kinship or an order in the answer move its verdicts?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from judges.rubric import Rubric
from tasks.judge.asking import Bench, judge_cases
from tasks.judge.jury import both_orders
from tasks.judge.probes import (
    injected,
    longer_wins,
    position_flips,
    self_preference,
    swapped,
    swayed,
    verbose_pairs,
)
from tasks.judge.records import JudgeCase, Verdict
from tasks.judge_stored import answers_to_read
from tasks.runs import RunRecord
from tasks.schema import digest
from tasks.stats.records import Estimate, no_estimate

ProbeName = Literal["position", "verbosity", "self_preference", "injection"]
ProbeState = Literal["biased", "unbiased", "unknown"]

# What a probe may show at most: a tenth of verdicts moved, as a calibration allows; no liking of its own at all.
TOLERANCE: dict[ProbeName, float] = {"position": 0.1, "verbosity": 0.1, "self_preference": 0.0, "injection": 0.1}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found; `reason` says why there is no number. `lang` is empty over all languages."""

    probe: ProbeName
    found: Estimate
    lang: str = ""

    @property
    def tolerance(self) -> float:
        return TOLERANCE[self.probe]

    @property
    def state(self) -> ProbeState:
        """biased: the whole interval lies above the tolerance; unbiased: none of it does."""
        if self.found.lo is None or self.found.hi is None:
            return "unknown"
        if self.found.lo > self.tolerance:
            return "biased"
        return "unbiased" if self.found.hi <= self.tolerance else "unknown"


def drawn(cases: Sequence[JudgeCase], count: int) -> list[JudgeCase]:
    """`count` of the cases in an order that says nothing; the same ones each time."""
    return sorted(cases, key=lambda case: digest("probe", case.model, case.item.sample_id, case.repeat))[:count]


def pairs_to_probe(home: Path, run: RunRecord, rubric: Rubric, *, against: str, count: int) -> list[JudgeCase]:
    """Answers of two models to the same items; empty where the run has only one model."""
    if len(run.suite.models) < 2:
        return []
    found = answers_to_read(home, run, rubric, against=against or run.suite.models[0].name)
    return drawn([candidate.case for candidate in found.candidates], count)


def answers_to_probe(home: Path, run: RunRecord, rubric: Rubric, *, count: int) -> list[JudgeCase]:
    """Single answers of the run, also under a pairwise rubric. UserError: there are none that it applies to."""
    found = answers_to_read(home, run, rubric, alone=True)
    return drawn([candidate.case for candidate in found.candidates], count)


async def probe_pairwise(
    bench: Bench, rubric: Rubric, pairs: Sequence[JudgeCase], singles: Sequence[JudgeCase], *, run_id: str
) -> tuple[list[Finding], tuple[Verdict, ...]]:
    """Position over pairs of models (else over the doubled answers), verbosity over doubled answers.

    Returns the verdicts on the pairs too, orders merged, for `kinship_of`.
    """
    doubled = (await judge_cases(bench, rubric, verbose_pairs(singles), run_id=run_id)).verdicts
    shown = (await judge_cases(bench, rubric, [*pairs, *swapped(pairs)], run_id=run_id)).verdicts
    findings = [Finding("position", position_flips(shown or doubled)), Finding("verbosity", longer_wins(doubled))]
    return findings, both_orders(shown)


async def probe_injection(bench: Bench, rubric: Rubric, singles: Sequence[JudgeCase], *, run_id: str) -> Finding:
    """Answers judged to the model's disadvantage, asked about once more with an order inside to say otherwise."""
    first = (await judge_cases(bench, rubric, singles, run_id=run_id)).verdicts
    tempted = injected(rubric, first)
    again = (await judge_cases(bench, rubric, [probe.case for probe in tempted], run_id=run_id)).verdicts
    if len(again) < len(tempted):
        return Finding("injection", no_estimate("the judge's budget is spent", "wilson"))
    return Finding("injection", swayed(tempted, again))


def kinship_of(run: RunRecord, family: str, verdicts: Sequence[tuple[str, Verdict]]) -> Finding:
    """How much more a family's judge likes its own than others do; `verdicts` are (family of the judge, verdict)."""
    families = {model.name: model.family for model in run.suite.models}
    return Finding("self_preference", self_preference(family, verdicts, families))
