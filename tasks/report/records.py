"""What the report reads from the warehouse: one frozen record per query, its fields named like the query's columns."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Run:
    """The run itself. `config` is the suite as JSON; counts are None for a run whose rows were aged out."""

    run_id: str
    kind: str
    suite: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    models: int | None
    langs: int | None
    datasets: int | None
    requested: int | None
    answered: int | None
    scored: int | None
    errored: int | None
    missing: int | None
    code_version: str
    config_hash: str
    config: str | None
    selftest: str | None
    message: str | None
    aged_out: str | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run on the front page; `verdicts` is "NO-GO policy model; …", None where no gate has decided."""

    run_id: str
    kind: str
    suite: str
    status: str
    started_at: datetime
    seconds: float | None
    models: int | None
    langs: int | None
    datasets: int | None
    requested: int | None
    answered: int | None
    errored: int | None
    missing: int | None
    verdicts: str | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A decision; `reasons` is a JSON list of sentences."""

    decision_id: str
    model_id: str | None
    policy: str
    policy_hash: str
    verdict: str
    baseline_run_id: str | None
    decided_at: datetime
    decided_by: str | None
    override_reason: str | None
    reasons: str | None
    rules: int
    passed: int
    failed: int
    inconclusive: int
    missing: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule of a decision found."""

    decision_id: str
    rule: str
    tier: str
    quantity: str
    scope: str
    verdict: str
    model_id: str | None
    lang: str | None
    dataset_id: str | None
    value: float | None
    lo: float | None
    hi: float | None
    bound: float | None
    base_value: float | None
    n: int | None
    needed_n: int | None
    p_adjusted: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Language:
    lang: str
    name: str
    native_name: str | None
    script: str | None
    rtl: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of one (data set, model, language); `lower` and `upper` bound the metric's own range."""

    dataset_id: str
    metric: str
    model_id: str
    lang: str
    value: float | None
    lo: float | None
    hi: float | None
    n: int
    scored: int
    errored: int
    direction: str
    lower: float | None
    upper: float | None
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """English minus the language, so that more than 0 is worse than English."""

    dataset_id: str
    metric: str
    model_id: str
    lang: str
    n: int
    mean: float
    english: float
    gap: float
    gap_lo: float | None
    gap_hi: float | None
    place: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two languages on their shared items: `agreement` on being right, `same_answer` where both gave one."""

    model_id: str
    dataset_id: str
    lang_a: str
    lang_b: str
    items: int
    agreement: float
    comparable: int
    same_answer: float | None


@dataclass(frozen=True, slots=True)
class Consistency:
    model_id: str
    dataset_id: str
    metric: str
    items: int
    all_languages_ok: float
    inconsistent: float
    no_language_ok: float
    langs: int


@dataclass(frozen=True, slots=True)
class Switch:
    """An answer that leaves its language; `detail` is JSON, [[start, end, kind, score], …] in code points of `text`."""

    model_id: str
    lang: str
    dataset_id: str
    item_id: str | None
    status: str
    text: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class ModelLine:
    model_id: str
    requested: int
    answered: int
    scored: int
    errored: int
    missing: int
    accuracy: float | None
    accuracy_cells: int
    lowest_accuracy: float | None
    lowest_lang: str | None
    completion_tokens: int | None
    thinking_tokens: int | None
    cost_usd: float | None
    cost_per_1000: float | None
    seconds: float | None
    tokens_per_second: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    parameters: float | None
    licence: str | None
    data_residency: str | None


@dataclass(frozen=True, slots=True)
class Length:
    """Mean tokens of an answer and of its thinking, and how many answers were cut off."""

    model_id: str
    lang: str
    answered: int
    truncated: int
    truncated_rate: float | None
    tokens: float | None
    thinking: float | None


@dataclass(frozen=True, slots=True)
class Night:
    """A model's night on one data set: the mean over its languages, and the lowest and the highest of them."""

    dataset_id: str
    metric: str
    model_id: str
    run_id: str
    night: date
    mean: float
    lowest: float
    highest: float
    lowest_lang: str
    langs: int
    made_differently: bool


@dataclass(frozen=True, slots=True)
class Count:
    """Every completion of a cell accounted for."""

    model_id: str
    dataset_id: str
    lang: str
    requested: int
    answered: int
    scored: int
    errored: int
    missing: int
    truncated: int
    empty: int
    filtered: int
    context_overflow: int
    ambiguous: int | None
    no_answer_found: int | None
