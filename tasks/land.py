"""Turns the records of a run into parts, the truth of the warehouse, and has them loaded and published."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from datasets_cfg.config import DatasetConfig
from tasks.engines import Served
from tasks.extract import EXTRACTOR_VERSION
from tasks.languages import LANGUAGES
from tasks.metrics import METRICS
from tasks.parallel import Finding
from tasks.plan import Shard
from tasks.runs import RunRecord
from tasks.schema import Completion, Extraction, Item, Request, digest, hash_uuid
from tasks.score import ShardScores
from tasks.suite import Model
from warehouse.home import Home
from warehouse.load import LoadReport, load_parts
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.publish import publish
from warehouse.schemas import arrow_table, utc

RunStatus = Literal["running", "complete", "partial", "failed"]
Rows = Iterable[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Landed:
    """One shard on disk: how many completions were asked for, are there, and failed for the world's reasons."""

    shard: Shard
    requested: int
    landed: int
    infra_errors: int


@dataclass(frozen=True, slots=True)
class ScoredShard:
    """A shard's items, what was answered, and what the answers are worth."""

    items: Sequence[Item]
    completions: Sequence[Completion]
    scores: ShardScores


def land_run(home: Path, run: RunRecord, status: RunStatus, *, message: str = "") -> None:
    """Write the run's own row; written again with a later status it replaces the one before."""
    row = {
        "kind": run.kind,
        "suite": run.suite.name,
        "status": status,
        "code_version": run.code_version,
        "config_hash": run.config_hash,
        "started_at": utc(run.started_at),
        "config": run.suite.model_dump_json(),
        "finished_at": None if status == "running" else _now(),
        "message": message or None,
    }
    _write(home, "runs", run.run_id, "run", [row])


def land_plan(home: Path, run: RunRecord, requested: Mapping[Shard, int]) -> None:
    """Write how many completions each shard is to have, so that a shard that never came is seen missing."""
    rows = [
        {"model_id": s.model, "lang": s.lang, "dataset_id": s.dataset, "requested": n} for s, n in requested.items()
    ]
    _write(home, "plans", run.run_id, "plan", rows)


def land_samples(home: Path, run: RunRecord, config: DatasetConfig, items: Mapping[str, Sequence[Item]]) -> None:
    """Write a data set's row and its items, by language: what was asked, kept beside what was answered."""
    hub = config.source.hub
    row = {
        "dataset_id": config.name,
        "version": config.version,
        "kind": config.kind,
        "title": config.title,
        "licence": config.licence,
        "citation": config.citation,
        "primary_metric": config.metrics[0],
        "content_hash": digest({lang: [str(item.sample_id) for item in found] for lang, found in items.items()}),
        "config_hash": run.datasets.get(config.name),
        "source": hub.path if hub else None,
        "revision": hub.revision if hub else None,
    }
    _write(home, "datasets", run.run_id, f"dataset_{config.name}", [row])
    for lang, found in items.items():
        _write(home, "samples", run.run_id, f"{config.name}_{lang}", [_sample(item) for item in found])


def land_findings(home: Path, run: RunRecord, findings: Mapping[str, Sequence[Finding]]) -> None:
    """Write what the data check saw in the run's data sets, for readers and for gates that block on it."""
    rows = [
        {"dataset_id": dataset, "check_name": f.code, "severity": f.severity, "message": f.message,
         "lang": f.lang or None, "count": len(f.item_ids) or None, "examples": json.dumps(f.item_ids[:20])}
        for dataset, found in findings.items()
        for f in found
    ]  # fmt: skip
    _write(home, "findings", run.run_id, "findings", rows)


def land_dimensions(home: Path, run: RunRecord, langs: Iterable[str]) -> None:
    """Write the languages and metrics that this version of the code knows the run by."""
    now = _now()
    languages = [
        {"lang": lang, "name": LANGUAGES[lang].name, "native_name": LANGUAGES[lang].native,
         "script": LANGUAGES[lang].scripts[0], "rtl": LANGUAGES[lang].rtl, "written_at": now}
        for lang in langs
    ]  # fmt: skip
    metrics = [
        {"metric": m.name, "direction": m.direction, "is_binary": m.binary, "lower": m.lower, "upper": m.upper,
         "failure_value": m.on_failure, "written_at": now}
        for m in METRICS.values()
    ]  # fmt: skip
    _write(home, "languages", run.run_id, "languages", languages)
    _write(home, "metrics", run.run_id, "metrics", metrics)


def land_model(home: Path, run: RunRecord, model: Model, served: Served) -> None:
    """Write what a model is: its settings, and the fingerprint under which it answered."""
    settings = model.model_dump(mode="json")
    row = {
        "model_id": model.name,
        "fingerprint": served.fingerprint,
        "engine": model.engine,
        "model": settings.get("model") or served.model,
        "revision": settings.get("revision") or None,
        "family": model.family or None,
        "quantization": settings.get("quantization"),
        "engine_version": served.engine_version or None,
        "parameters": model.parameters,
        "licence": model.licence or None,
        "data_residency": model.data_residency or None,
        "price": model.price.model_dump_json() if model.price else None,
        "config": json.dumps(settings, ensure_ascii=False),
    }
    _write(home, "models", run.run_id, f"model_{model.name}", [row])


def land_completions(
    home: Path, run: RunRecord, shard: Shard, asked: Sequence[Request], got: Sequence[Completion]
) -> Landed:
    """Write the completions of one shard as one part."""
    by_identity = {request.identity: request for request in asked}
    rows = [_completion(run.run_id, shard, c, by_identity[c.identity]) for c in got]
    _write_shard(home, run.run_id, shard, "completions", rows)
    failed = sum(completion.status == "infra_error" for completion in got)
    return Landed(shard, len(asked), len(got), failed)


def land_scores(home: Path, run_id: str, shard: Shard, scored: ScoredShard, *, batch: str = "") -> None:
    """Write extractions, scores and corpus scores of one shard; `batch` names a re-score that lies beside the first."""
    now, scores = _now(), scored.scores
    status = {(c.sample_id, c.repeat): c.status for c in scored.completions}
    items = {item.sample_id: item for item in scored.items}
    extractions = [
        _answer(run_id, shard, sample_id, repeat)
        | {"state": found.state, "method": found.method, "strict": found.strict, "value": found.value,
           "parallel_value": _parallel_value(items[sample_id], found),
           "span_start": found.span[0] if found.span else None, "span_end": found.span[1] if found.span else None,
           "alternatives": list(found.alternatives), "extractor_version": EXTRACTOR_VERSION, "extracted_at": now}
        for sample_id, repeat, found in scores.extractions
    ]  # fmt: skip
    rows = [
        _answer(run_id, shard, s.sample_id, s.repeat)
        | {"status": status[s.sample_id, s.repeat], "metric": s.metric, "metric_version": s.metric_version,
           "signature": s.signature or None, "value": s.value, "reason": s.reason or None, "detail": s.detail or None,
           "scored_at": now}
        for s in scores.scores
    ]  # fmt: skip
    corpus = [
        {"metric": c.metric, "metric_version": c.metric_version, "n": c.n, "scored_at": now, "signature": c.signature,
         "value": c.value, "lo": c.lo, "hi": c.hi, "reference_hash": c.reference_hash, "reason": c.reason or None}
        for c in scores.corpus
    ]  # fmt: skip
    for kind, found in (("extractions", extractions), ("scores", rows), ("corpus_scores", corpus)):
        if found:
            _write_shard(home, run_id, shard, kind, found, batch=batch)


def load_and_publish(home: Path, run_id: str) -> LoadReport:
    """Load the run's parts into the build file and publish a new read-only snapshot for readers."""
    report = load_parts(Home(home), run_id)
    publish(Home(home))
    return report


def _write(home: Path, kind: str, run_id: str, name: str, rows: Rows) -> None:
    write_part(Home(home), kind, run_id, name, arrow_table(kind, rows))


def _write_shard(home: Path, run_id: str, shard: Shard, kind: str, rows: Rows, *, batch: str = "") -> None:
    constants = {"model_id": shard.model, "lang": shard.lang, "dataset_id": shard.dataset}
    identity = shard_uuid(run_id, shard.model, shard.lang, shard.dataset)
    write_part(Home(home), kind, run_id, identity, arrow_table(kind, rows, constants), batch)


def _answer(run_id: str, shard: Shard, sample_id: uuid.UUID, repeat: int) -> dict[str, object]:
    identity = completion_uuid(run_id, shard.model, sample_id, repeat)
    return {"completion_id": identity, "sample_id": sample_id, "repeat_ix": repeat}


def _parallel_value(item: Item, found: Extraction) -> str | None:
    """The answer in a form that compares across languages: a number, an option's position; free text has none."""
    if found.state != "found" or found.value is None:
        return None
    if item.kind == "math":
        return found.value
    return str(item.labels.index(found.value)) if found.value in item.labels else None


def _completion(run_id: str, shard: Shard, done: Completion, request: Request) -> dict[str, object]:
    messages = [{"role": m.role, "content": m.content} for m in request.messages]
    return _answer(run_id, shard, done.sample_id, done.repeat) | {
        "status": done.status, "attempts": done.attempts, "created_at": utc(done.created_at),
        "completion_key": uuid.UUID(done.completion_key[:32]), "prompt_hash": hash_uuid(messages), "seed": request.seed,
        "finish_reason": done.finish_reason or None, "prompt_tokens": done.prompt_tokens,
        "completion_tokens": done.completion_tokens, "thinking_tokens": done.thinking_tokens,
        "cached_tokens": done.cached_tokens, "latency_ms": done.latency_ms, "cost_usd": done.cost_usd,
        "system_fingerprint": done.system_fingerprint or None, "error": done.error or None, "text": done.text,
        "thinking": done.thinking or None, "messages": json.dumps(messages, ensure_ascii=False),
    }  # fmt: skip


def _sample(item: Item) -> dict[str, object]:
    return {
        "sample_id": item.sample_id, "dataset_id": item.dataset, "dataset_version": item.dataset_version,
        "lang": item.lang, "item_id": item.item_id, "parallel_id": item.parallel_id, "cluster_id": item.cluster_id,
        "kind": item.kind, "question": item.question, "category": item.category or None,
        "context": item.context or None, "options": list(item.options), "labels": list(item.labels),
        "gold": list(item.gold),
    }  # fmt: skip


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
