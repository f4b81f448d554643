"""The explicit Arrow schema of every kind of part: what a column is called, its type, and whether it may be missing.

Times are UTC without a zone. A column that is marked required is never null; every other one is null where the value
is not known, and null is never zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa

from warehouse.home import WarehouseError, unknown

TEXT, BOOL, REAL = pa.string(), pa.bool_(), pa.float64()
INT, LONG, SMALL = pa.int32(), pa.int64(), pa.uint16()
TIME, ID, TEXTS = pa.timestamp("us"), pa.uuid(), pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class PartKind:
    """One kind of part: its schema, the tables that its rows go to, and how later rows of the same thing are told.

    `tables` maps a table to its columns (None: all of them). `key` is set for dimensions, which are merged row by
    row instead of being replaced part by part: the row with the later `written_at` stays. `series` names the columns
    that make a series of batches (see the table `batches`), `version` and `made_at` what is noted about a batch.
    """

    name: str
    schema: pa.Schema
    tables: dict[str, tuple[str, ...] | None]
    key: str = ""
    series: tuple[str, ...] = ()
    version: str = ""
    made_at: str = ""
    sharded: bool = False
    unique: tuple[str, ...] = field(default=())


def _fields(required: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType]) -> list[pa.Field]:
    must = [pa.field(name, kind, nullable=False) for name, kind in required.items()]
    return must + [pa.field(name, kind) for name, kind in optional.items()]


RUN = {"run_id": TEXT}
PART = {"shard_id": ID, "batch": TEXT}
SHARD = {"model_id": TEXT, "lang": TEXT, "dataset_id": TEXT}
ANSWER = {"completion_id": ID, "sample_id": ID, "repeat_ix": SMALL}
WORDS = ("shard_id", "batch", "run_id", "completion_id", "text", "thinking", "messages")


def _document(name: str, required: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType]) -> PartKind:
    schema = pa.schema(_fields(RUN | PART | dict(required), optional))
    return PartKind(name, schema, {name: None})


def _dimension(
    name: str, key: str, required: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType]
) -> PartKind:
    schema = pa.schema(_fields({key: ID if key == "sample_id" else TEXT} | dict(required), optional))
    return PartKind(name, schema, {name: None}, key=key)


def _facts(required: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema(_fields(RUN | PART | SHARD | dict(required), optional))


_COMPLETIONS = _facts(
    ANSWER | {"status": TEXT, "attempts": SMALL, "created_at": TIME},
    {
        "completion_key": ID, "prompt_hash": ID, "seed": LONG, "finish_reason": TEXT, "prompt_tokens": INT,
        "completion_tokens": INT, "thinking_tokens": INT, "cached_tokens": INT, "latency_ms": INT, "cost_usd": REAL,
        "system_fingerprint": TEXT, "error": TEXT, "text": TEXT, "thinking": TEXT, "messages": TEXT,
    },
)  # fmt: skip
_FACTS = tuple(name for name in _COMPLETIONS.names if name not in ("text", "thinking", "messages"))

_ALL = (
    _dimension(
        "languages", "lang", {"name": TEXT, "written_at": TIME}, {"native_name": TEXT, "script": TEXT, "rtl": BOOL}
    ),
    _dimension(
        "metrics",
        "metric",
        {"direction": TEXT, "is_binary": BOOL, "written_at": TIME},
        {"lower": REAL, "upper": REAL, "failure_value": REAL, "unit": TEXT, "description": TEXT},
    ),
    _dimension(
        "samples",
        "sample_id",
        {"dataset_id": TEXT, "dataset_version": TEXT, "lang": TEXT, "item_id": TEXT, "parallel_id": TEXT,
         "cluster_id": TEXT, "kind": TEXT, "question": TEXT},
        {"category": TEXT, "context": TEXT, "options": TEXTS, "labels": TEXTS, "gold": TEXTS},
    ),
    _document(
        "runs",
        {"kind": TEXT, "suite": TEXT, "status": TEXT, "code_version": TEXT, "config_hash": TEXT, "started_at": TIME},
        {"config": TEXT, "prefect_flow_run_id": TEXT, "finished_at": TIME, "selftest": TEXT, "message": TEXT},
    ),
    _document(
        "models",
        {"model_id": TEXT, "fingerprint": TEXT, "engine": TEXT},
        {"model": TEXT, "revision": TEXT, "family": TEXT, "quantization": TEXT, "engine_version": TEXT,
         "template_hash": TEXT, "parameters": REAL, "licence": TEXT, "data_residency": TEXT, "price": TEXT,
         "config": TEXT},
    ),
    _document(
        "datasets",
        {"dataset_id": TEXT, "version": TEXT, "kind": TEXT, "primary_metric": TEXT, "content_hash": TEXT},
        {"title": TEXT, "licence": TEXT, "citation": TEXT, "source": TEXT, "revision": TEXT, "config_hash": TEXT},
    ),
    _document("plans", SHARD | {"requested": INT}, {}),
    PartKind(
        "completions", _COMPLETIONS, {"completions": _FACTS, "completion_text": WORDS},
        sharded=True, unique=("sample_id", "repeat_ix"),
    ),
    PartKind(
        "extractions",
        _facts(
            ANSWER | {"state": TEXT, "method": TEXT, "strict": BOOL, "extractor_version": TEXT, "extracted_at": TIME},
            {"value": TEXT, "parallel_value": TEXT, "span_start": INT, "span_end": INT, "alternatives": TEXTS},
        ),
        {"extractions": None}, version="extractor_version", made_at="extracted_at",
        sharded=True, unique=("completion_id",),
    ),
    PartKind(
        "scores",
        _facts(
            ANSWER | {"status": TEXT, "metric": TEXT, "metric_version": TEXT, "scored_at": TIME},
            {"signature": TEXT, "value": REAL, "reason": TEXT, "detail": TEXT},
        ),
        {"scores": None}, series=("metric",), version="metric_version", made_at="scored_at",
        sharded=True, unique=("completion_id", "metric"),
    ),
    PartKind(
        "corpus_scores",
        _facts(
            {"metric": TEXT, "metric_version": TEXT, "n": INT, "scored_at": TIME},
            {"signature": TEXT, "value": REAL, "lo": REAL, "hi": REAL, "reference_hash": TEXT, "reason": TEXT,
             "detail": TEXT},
        ),
        {"corpus_scores": None}, series=("metric",), version="metric_version", made_at="scored_at",
        sharded=True, unique=("metric",),
    ),
    PartKind(
        "verdicts",
        _facts(
            ANSWER | {"verdict_key": ID, "judge_model": TEXT, "rubric": TEXT, "rubric_version": TEXT, "status": TEXT,
                      "weight": REAL, "judged_at": TIME},
            {"other_completion_id": ID, "judge_fingerprint": TEXT, "rubric_hash": TEXT, "verdict": TEXT,
             "value": REAL, "evidence": TEXT, "confidence": REAL, "sent_because": TEXT, "position_swapped": BOOL,
             "prompt_tokens": INT, "completion_tokens": INT, "latency_ms": INT, "cost_usd": REAL, "attempts": SMALL,
             "raw": TEXT, "error": TEXT},
        ),
        {"verdicts": None}, series=("judge_model", "rubric"), version="rubric_version", made_at="judged_at",
        sharded=True, unique=("verdict_key",),
    ),
    _document(
        "calibrations",
        {"judge_model": TEXT, "rubric": TEXT, "rubric_version": TEXT, "lang": TEXT, "n": INT, "state": TEXT,
         "made_at": TIME},
        {"judge_fingerprint": TEXT, "rubric_hash": TEXT, "labels_hash": TEXT, "true_positives": REAL,
         "false_positives": REAL, "false_negatives": REAL, "true_negatives": REAL}
        | {f"{name}{end}": REAL for name in ("precision", "recall", "specificity", "kappa", "pabak")
           for end in ("", "_lo", "_hi")}
        | {"reason": TEXT},
    ),
    _document(
        "labels",
        SHARD | {"sample_id": ID, "repeat_ix": SMALL, "rubric": TEXT, "label": TEXT, "source": TEXT, "weight": REAL,
                 "labelled_at": TIME},
        {"value": REAL, "rubric_version": TEXT},
    ),
    _document(
        "probes",
        {"judge_model": TEXT, "rubric": TEXT, "rubric_version": TEXT, "probe": TEXT, "n": INT, "state": TEXT,
         "tolerance": REAL, "probed_at": TIME},
        {"judge_fingerprint": TEXT, "rubric_hash": TEXT, "lang": TEXT, "value": REAL, "lo": REAL, "hi": REAL,
         "reason": TEXT},
    ),
    _document("tags", {"tag": TEXT, "model_id": TEXT, "set_at": TIME}, {"set_by": TEXT, "reason": TEXT}),
    _document(
        "decisions",
        {"decision_id": ID, "policy": TEXT, "policy_hash": TEXT, "verdict": TEXT, "decided_at": TIME},
        {"model_id": TEXT, "baseline_run_id": TEXT, "reasons": TEXT, "inputs": TEXT, "alpha": REAL,
         "decided_by": TEXT, "override_reason": TEXT},
    ),
    _document(
        "rule_results",
        {"decision_id": ID, "rule": TEXT, "tier": TEXT, "quantity": TEXT, "scope": TEXT, "verdict": TEXT},
        {"model_id": TEXT, "lang": TEXT, "dataset_id": TEXT, "category": TEXT, "form": TEXT, "value": REAL,
         "lo": REAL, "hi": REAL, "bound": REAL, "margin": REAL, "base_value": REAL, "n": INT, "needed_n": INT,
         "p_value": REAL, "p_adjusted": REAL, "reason": TEXT, "query": TEXT, "examples": TEXT},
    ),
    _document(
        "findings",
        {"dataset_id": TEXT, "check_name": TEXT, "severity": TEXT, "message": TEXT},
        {"lang": TEXT, "count": INT, "examples": TEXT},
    ),
    _document(
        "selftests",
        {"check_name": TEXT, "state": TEXT, "checked_at": TIME},
        {"expected": TEXT, "actual": TEXT, "tolerance": REAL, "detail": TEXT},
    ),
    _document("expert_loads", SHARD | {"layer": SMALL, "expert": SMALL, "tokens": LONG, "answers": INT}, {}),
    _document("retention", {"level": TEXT, "aged_at": TIME}, {"reason": TEXT}),
    _document(
        "daily_scores",
        SHARD | {"kind": TEXT, "night": pa.date32(), "metric": TEXT, "n": LONG, "scored": LONG, "errored": LONG,
                 "items": LONG},
        {"mean": REAL, "sd": REAL, "lo": REAL, "hi": REAL, "metric_version": TEXT, "fingerprint": TEXT},
    ),
    _document(
        "daily_counts",
        SHARD | {"requested": LONG, "answered": LONG, "scored": LONG, "errored": LONG, "missing": LONG},
        {},
    ),
)  # fmt: skip
KINDS: dict[str, PartKind] = {kind.name: kind for kind in _ALL}
"""Every kind of part by name, in the order in which they are loaded."""


def part_kind(name: str) -> PartKind:
    """The kind of that name; WarehouseError names the nearest one."""
    if name not in KINDS:
        raise unknown("kind of part", name, KINDS)
    return KINDS[name]


def arrow_table(
    kind: str, rows: Iterable[Mapping[str, object]], constants: Mapping[str, object] | None = None
) -> pa.Table:
    """Rows (column → value) as a table of that kind; `constants` are columns that are the same in every row.

    Left-out optional columns are null. `run_id`, `shard_id` and `batch` may be left out: `write_part` sets them.
    An unknown column, a value of a wrong type or a missing required one raises WarehouseError.
    """
    schema, same, listed = part_kind(kind).schema, constants or {}, list(rows)
    for name in {name for row in listed for name in row} | set(same):
        if name not in schema.names:
            raise unknown(f"column of {kind}", name, schema.names)
    columns = {}
    for column in schema:
        if column.name in ("run_id", *PART) and not any(column.name in row for row in (same, *listed)):
            continue
        values = [row.get(column.name, same.get(column.name)) for row in listed]
        columns[column.name] = _array(kind, column, values)
    return pa.table(columns, schema=pa.schema([f for f in schema if f.name in columns]))


def _array(kind: str, column: pa.Field, values: Sequence[object]) -> pa.Array:
    try:
        array = pa.array(values, type=column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        raise WarehouseError(f"column '{column.name}' of {kind} wants {column.type}: {error}") from error
    if array.null_count and not column.nullable:
        raise WarehouseError(f"column '{column.name}' of {kind} is missing in {array.null_count} of {len(array)} rows")
    return array


def utc(text: str) -> datetime | None:
    """An ISO 8601 time as the warehouse keeps it, UTC without a zone; None where the text is empty."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
