"""What the report reads of judges: the rates they found, and what probes found of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JudgeRate:
    model_id: str
    lang: str
    dataset_id: str
    judge_model: str
    rubric: str
    rubric_version: str
    judged: int
    valid: int
    invalid: int
    cannot_judge: int
    errored: int
    rate: float | None
    lo: float | None
    hi: float | None
    calibration: str
    usable: bool
    calibration_n: int | None
    precision: float | None
    recall: float | None
    kappa: float | None
    kappa_lo: float | None
    kappa_hi: float | None
    reason: str | None
    labelled: int
    ppi: float | None
    rogan_gladen: float | None
    corrected: float | None
    corrected_lo: float | None
    corrected_hi: float | None
    correction: str


@dataclass(frozen=True, slots=True)
class JudgeProbe:
    """What a probe found of a judge of the run; `lang` is None over all languages."""

    judge_model: str
    rubric: str
    probe: str
    lang: str | None
    n: int
    value: float | None
    lo: float | None
    hi: float | None
    tolerance: float
    state: str
    reason: str | None
