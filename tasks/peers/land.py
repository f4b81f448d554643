"""Lands the log of another tool as a run of kind 'import': its answers, its own scores under its own metrics' names."""

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tasks.languages import LANGUAGES
from tasks.peers.records import PeerAnswer, PeerLog
from tasks.runs import code_version
from tasks.schema import Item, UserError, digest
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.parts import completion_uuid, hash_uuid, shard_uuid, write_part
from warehouse.publish import publish
from warehouse.schemas import arrow_table

Rows = Iterable[Mapping[str, object]]
Cell = tuple[str, str]


def land_log(home: Path, log: PeerLog, model: str | None = None) -> str:
    """Write, load and publish a log; returns the run's name. `model` replaces the name that the tool used.

    UserError where two answers are to the same item, language and repeat.
    """
    name = model or log.model.replace("/", "-")
    run_id = f"{log.tool}-{log.made_at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    cells: dict[Cell, list[PeerAnswer]] = {}
    for answer in log.answers:
        cells.setdefault((answer.dataset, answer.lang), []).append(answer)
    _refuse_doubles(log)
    _land_frame(home, run_id, log, name, cells)
    for (dataset, lang), answers in cells.items():
        _land_cell(home, run_id, log, (name, dataset, lang), answers)
    load_parts(Home(home), run_id)
    publish(Home(home))
    return run_id


def _refuse_doubles(log: PeerLog) -> None:
    seen: set[tuple[str, str, str, int]] = set()
    for answer in log.answers:
        key = (answer.dataset, answer.lang, answer.item_id, answer.repeat)
        if key in seen:
            raise UserError(f"the log has two answers to '{answer.item_id}' of {answer.dataset} in {answer.lang}")
        seen.add(key)


def _land_frame(home: Path, run_id: str, log: PeerLog, model: str, cells: Mapping[Cell, Sequence[PeerAnswer]]) -> None:
    """Everything of the run that belongs to no cell."""
    now = _plain(datetime.now(UTC))
    datasets = dict.fromkeys(dataset for dataset, _ in cells)
    _write(home, "runs", run_id, "run", [{
        "kind": "import", "suite": "-".join(("import", *datasets)), "status": "complete", "config": log.config,
        "code_version": code_version(), "config_hash": digest(log.config), "started_at": _plain(log.made_at),
        "finished_at": _plain(log.made_at), "message": f"imported from a log of {log.tool} {log.tool_version}",
    }])  # fmt: skip
    _write(home, "models", run_id, "models", [{
        "model_id": model, "fingerprint": digest(log.tool, log.model, log.config), "engine": log.tool,
        "model": log.model, "engine_version": log.tool_version or None,
    }])  # fmt: skip
    _write(home, "datasets", run_id, "datasets", [
        {"dataset_id": dataset, "version": _version(log), "kind": "open", "source": log.tool,
         "primary_metric": next((s.metric for a in log.answers if a.dataset == dataset for s in a.scores), "none"),
         "content_hash": digest(*sorted(str(_item(log, a).sample_id) for a in log.answers if a.dataset == dataset))}
        for dataset in datasets
    ])  # fmt: skip
    _write(home, "languages", run_id, "languages", [
        {"lang": lang, "name": LANGUAGES[lang].name, "native_name": LANGUAGES[lang].native, "written_at": now,
         "script": LANGUAGES[lang].scripts[0], "rtl": LANGUAGES[lang].rtl}
        for lang in dict.fromkeys(lang for _, lang in cells)
    ])  # fmt: skip
    _write(home, "metrics", run_id, "metrics", _metrics(log, now))
    _write(home, "plans", run_id, "plan", [
        {"model_id": model, "lang": lang, "dataset_id": dataset, "requested": len(answers)}
        for (dataset, lang), answers in cells.items()
    ])  # fmt: skip


def _metrics(log: PeerLog, now: datetime) -> list[dict[str, object]]:
    values: dict[str, list[float]] = {}
    for score in (score for answer in log.answers for score in answer.scores):
        values.setdefault(score.metric, []).extend([] if score.value is None else [score.value])
    return [
        {"metric": metric, "direction": "lower_better" if metric in log.lower_better else "higher_better",
         "is_binary": bool(found) and set(found) <= {0.0, 1.0}, "lower": 0.0 if min(found, default=0) >= 0 else None,
         "upper": 1.0 if max(found, default=2) <= 1 else None, "written_at": now,
         "description": f"as {log.tool} {log.tool_version} computed it"}
        for metric, found in values.items()
    ]  # fmt: skip


def _land_cell(
    home: Path, run_id: str, log: PeerLog, shard: tuple[str, str, str], answers: Sequence[PeerAnswer]
) -> None:
    model, dataset, lang = shard
    same = {"model_id": model, "lang": lang, "dataset_id": dataset}
    identity, made_at = shard_uuid(run_id, model, lang, dataset), _plain(log.made_at)
    items = {answer.item_id: _item(log, answer) for answer in answers}
    _write(home, "samples", run_id, f"{dataset}_{lang}", map(_sample, items.values()))
    whos = [_who(run_id, model, items[answer.item_id].sample_id, answer.repeat) for answer in answers]
    pairs = list(zip(whos, answers, strict=True))
    extracted = {"method": log.tool, "strict": False, "extractor_version": _version(log), "extracted_at": made_at}
    scored = {"metric_version": _version(log), "scored_at": made_at}
    rows: dict[str, list[dict[str, object]]] = {
        "completions": [who | _completion(answer, made_at) for who, answer in pairs],
        "extractions": [
            who | extracted | {"state": "none" if a.extracted is None else "found", "value": a.extracted,
                               "parallel_value": a.extracted}
            for who, a in pairs
        ],
        "scores": [
            who | scored | {"status": a.status, "metric": s.metric, "value": s.value, "reason": s.reason or None}
            for who, a in pairs
            for s in a.scores
        ],
    }  # fmt: skip
    for kind, found in rows.items():
        if found:
            write_part(Home(home), kind, run_id, identity, arrow_table(kind, found, same))


def _completion(answer: PeerAnswer, made_at: datetime) -> dict[str, object]:
    messages = [{"role": m.role, "content": m.content} for m in answer.messages]
    return {
        "status": answer.status, "attempts": 1, "created_at": made_at, "prompt_hash": hash_uuid(messages),
        "finish_reason": answer.finish_reason or None, "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens, "latency_ms": answer.latency_ms, "error": answer.error or None,
        "text": answer.text, "thinking": answer.thinking or None,
        "messages": json.dumps(messages, ensure_ascii=False),
    }  # fmt: skip


def _item(log: PeerLog, answer: PeerAnswer) -> Item:
    return Item(
        dataset=answer.dataset, dataset_version=_version(log), lang=answer.lang, item_id=answer.item_id,
        parallel_id=answer.item_id, cluster_id=answer.item_id, kind="open", question=answer.question, gold=answer.gold,
    )  # fmt: skip


def _sample(item: Item) -> dict[str, object]:
    return {
        "sample_id": item.sample_id, "dataset_id": item.dataset, "dataset_version": item.dataset_version,
        "lang": item.lang, "item_id": item.item_id, "parallel_id": item.parallel_id, "cluster_id": item.cluster_id,
        "kind": item.kind, "question": item.question, "gold": list(item.gold),
    }  # fmt: skip


def _who(run_id: str, model: str, sample_id: uuid.UUID, repeat: int) -> dict[str, object]:
    return {
        "completion_id": completion_uuid(run_id, model, sample_id, repeat), "sample_id": sample_id, "repeat_ix": repeat,
    }  # fmt: skip


def _version(log: PeerLog) -> str:
    return f"{log.tool} {log.tool_version}".strip()


def _plain(time: datetime) -> datetime:
    """UTC without a zone, as the warehouse keeps it."""
    return time.astimezone(UTC).replace(tzinfo=None)


def _write(home: Path, kind: str, run_id: str, name: str, rows: Rows) -> None:
    write_part(Home(home), kind, run_id, name, arrow_table(kind, rows))
