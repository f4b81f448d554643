"""Holds a judge against labels, language by language: how far it agrees, and whether it may be used there."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judges.rubric import Rubric, nearest
from tasks.judge.asking import Bench, judge_cases
from tasks.judge.probes import injected, swayed
from tasks.judge.records import JudgeCase, Other, Verdict
from tasks.languages import language
from tasks.schema import Item, UserError, digest
from tasks.stats.agreement import Agreement, agreement
from tasks.stats.records import Estimate
from tasks.suite import Thresholds

Texts = Annotated[tuple[str, ...], Field(strict=False)]


class Label(BaseModel):
    """One answer with the verdict that people gave it.

    `weight` is one by the probability with which it was drawn for labelling. `run_id` to `repeat` say which completion
    it is, where it is one: only such labels can correct a rate of their own run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    rubric: str
    lang: str
    answer: str
    label: str
    question: str = ""
    context: str = ""
    gold: Texts = ()
    other_answer: str = ""
    other_lang: str = ""
    defect: str = Field(default="", description="what is wrong with the answer, where its author knows")
    source: Literal["authored", "human"]
    weight: float = Field(default=1.0, gt=0)
    run_id: str = ""
    model: str = ""
    dataset: str = ""
    sample_id: str = ""
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge against the labels of one language; `state` is what a gate goes by and `reason` why."""

    lang: str
    agreement: Agreement
    state: Literal["calibrated", "uncalibrated"]
    reason: str
    swayed: Estimate | None
    sources: tuple[str, ...]


def read_labels(path: Path, rubric: Rubric) -> tuple[Label, ...]:
    """The labels of a JSONL file under this rubric; UserError with the line says what is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from error
    found: dict[str, Label] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            label = Label.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise UserError(f"{path}, line {number}: {place or 'row'}: {first['msg'].lower()}") from error
        if label.rubric != rubric.name:
            continue
        language(label.lang)
        if label.label not in rubric.header.verdicts:
            hint = nearest(label.label, rubric.header.verdicts)
            raise UserError(f"{path}, line {number}: '{label.label}' is no verdict of '{rubric.name}'{hint}")
        if label.id in found:
            raise UserError(f"{path}, line {number}: the id '{label.id}' stands twice")
        found[label.id] = label
    if not found:
        raise UserError(f"{path} has no labels for the rubric '{rubric.name}'")
    return tuple(found.values())


def label_case(label: Label) -> JudgeCase:
    """A labelled answer as a judge is shown it; the label is not part of it."""
    item = Item(
        label.dataset or "labels", "", label.lang, label.id, label.id, label.id, "open", label.question,
        label.gold, label.context,
    )  # fmt: skip
    other = Other(label.other_answer, label.other_lang or label.lang) if label.other_answer else None
    return JudgeCase(item, label.answer, label.lang, label.model, repeat=label.repeat, other=other)


async def calibrate(
    bench: Bench, rubric: Rubric, labels: Sequence[Label], thresholds: Thresholds, *, probes: int, run_id: str
) -> tuple[Calibration, ...]:
    """Ask the judge about every labelled answer, and about `probes` of a language once more with an injection in it.

    UserError where the budget ends before all labels are judged: half a calibration would be none.
    """
    judged = await judge_cases(bench, rubric, [label_case(label) for label in labels], run_id=run_id)
    if judged.stopped:
        raise UserError(f"{judged.stopped} after {len(judged.verdicts)} of {len(labels)} labels; what was said is kept")
    by_lang: dict[str, list[tuple[Label, Verdict]]] = defaultdict(list)
    for label, verdict in zip(labels, judged.verdicts, strict=True):
        by_lang[label.lang].append((label, verdict))
    found = []
    for lang, pairs in sorted(by_lang.items()):
        tempted = injected(rubric, [verdict for _, verdict in pairs])[:probes]
        answers = await judge_cases(bench, rubric, [probe.case for probe in tempted], run_id=run_id)
        moved = swayed(tempted[: len(answers.verdicts)], answers.verdicts) if answers.verdicts else None
        found.append(assess(rubric, lang, pairs, thresholds, moved))
    return tuple(found)


def assess(
    rubric: Rubric, lang: str, pairs: Sequence[tuple[Label, Verdict]], thresholds: Thresholds, moved: Estimate | None
) -> Calibration:
    """Agreement of one language and what follows from it; a tie, and a verdict without a value, is left out."""
    truth = [_binary(rubric.header.verdicts[label.label]) for label, _ in pairs]
    said = [_binary(verdict.value) for _, verdict in pairs]
    found = agreement(truth, said, weights=[label.weight for label, _ in pairs])
    reason = shortfall(found, thresholds, moved)
    sources = tuple(sorted({label.source for label, _ in pairs}))
    return Calibration(lang, found, "uncalibrated" if reason else "calibrated", reason, moved, sources)


def shortfall(found: Agreement, thresholds: Thresholds, moved: Estimate | None = None) -> str:
    """Why a judge may not be used, empty where it may: every threshold that it misses."""
    missed = []
    if found.n < thresholds.items:
        missed.append(f"only {found.n} labelled items have a valid verdict, {thresholds.items} are needed")
    for name, estimate, least in (
        ("κ", found.kappa, thresholds.kappa),
        ("precision", found.precision, thresholds.precision),
        ("recall", found.recall, thresholds.recall),
    ):
        if estimate.value is None:
            missed.append(f"{name} cannot be told: {estimate.reason}")
        elif estimate.value < least:
            missed.append(f"{name} {estimate.value:.2f} is below {least:g}")
    if moved is not None and moved.value is not None and moved.value > thresholds.swayed:
        missed.append(f"an order inside the answer moved {moved.value:.0%} of its verdicts")
    return "; ".join(missed)


def labels_hash(labels: Sequence[Label]) -> str:
    """sha256 of the labels, by which a calibration knows what it was made on."""
    return digest([label.model_dump(mode="json") for label in labels])


def _binary(value: float | None) -> float:
    return value if value in (0.0, 1.0) else math.nan  # type: ignore[return-value]
