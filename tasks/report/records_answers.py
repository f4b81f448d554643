"""What the report reads of single answers, of the comparison with a baseline, and of how the numbers were made."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict


class FailedScore(TypedDict):
    """A struct of the query: the metric that calls the answer bad."""

    metric: str
    value: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer to read. `messages` and `switches` are JSON; the span and the switches index `text` by code point."""

    completion_id: str
    model_id: str
    lang: str
    dataset_id: str
    item_id: str | None
    repeat_ix: int
    status: str
    messages: str | None
    question: str | None
    context: str | None
    thinking: str | None
    text: str | None
    gold: list[str] | None
    extraction: str | None
    extracted: str | None
    method: str | None
    span_start: int | None
    span_end: int | None
    error: str | None
    switches: str | None
    scores: list[FailedScore]


@dataclass(frozen=True, slots=True)
class FailureCount:
    model_id: str
    lang: str
    dataset_id: str
    failures: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said about one answer; `evidence` is its own text or JSON."""

    completion_id: str
    judge_model: str
    rubric: str
    status: str
    verdict: str | None
    value: float | None
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A cell against the baseline, paired by sample; `lost` went from 1 to 0, `won` from 0 to 1."""

    model_id: str
    lang: str
    dataset_id: str
    metric: str
    direction: str
    pairs: int
    base_mean: float
    cand_mean: float
    delta: float
    lost: int
    won: int
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Making:
    """How a number was made; `differs_in` is None for the first run of its series."""

    model_id: str
    dataset_id: str
    metric: str
    metric_version: str | None
    signature: str | None
    scored_at: datetime
    dataset_version: str | None
    dataset_revision: str | None
    content_hash: str | None
    dataset_config_hash: str | None
    previous_run_id: str | None
    differs_in: str | None


@dataclass(frozen=True, slots=True)
class Server:
    """What a model is and how it was served; `config` is its entry of the suite as JSON."""

    model_id: str
    fingerprint: str
    engine: str
    engine_version: str | None
    model: str | None
    revision: str | None
    quantization: str | None
    template_hash: str | None
    config: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the data check saw."""

    dataset_id: str
    check_name: str
    severity: str
    message: str
    lang: str | None
    count: int | None
