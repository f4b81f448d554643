"""Scores a run's stored completions anew with the present metrics; nothing is generated, nothing overwritten."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from datasets_cfg.config import DatasetConfig, load_config
from tasks.land import ScoredShard, land_dimensions, land_scores, load_and_publish
from tasks.land_selftest import land_selftest
from tasks.plan import Shard
from tasks.prompt import prompt_terms
from tasks.runs import RunRecord
from tasks.schema import Completion, Item, Message, UserError
from tasks.score import score_shard
from tasks.selftest.kept import kept_selftest
from warehouse.home import Home
from warehouse.parts import read_part


def rescore(home: Path, run: RunRecord) -> tuple[str, int]:
    """Score every landed shard of a run as a new batch; returns the batch's name and how many shards it has."""
    batch = f"rescore-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    items = {item.sample_id: item for item in stored_items(home, run)}
    configs: dict[str, DatasetConfig] = {}
    count = 0
    for shard, completions, messages in stored_completions(home, run):
        if shard.dataset not in configs:
            configs[shard.dataset] = load_config(shard.dataset, run.suite.dataset_roots)
        config = configs[shard.dataset]
        own = [items[sample_id] for sample_id in dict.fromkeys(c.sample_id for c in completions)]
        terms = {item.sample_id: prompt_terms(item, messages[item.sample_id]) for item in own}
        scores = score_shard(config, own, completions, terms=terms)
        land_scores(home, run.run_id, shard, ScoredShard(own, completions, scores), batch=batch)
        count += 1
    if not count:
        raise UserError(f"run {run.run_id} has no landed completions to score again")
    land_selftest(home, run.run_id, kept_selftest(home))
    land_dimensions(home, run, {item.lang for item in items.values()})
    load_and_publish(home, run.run_id)
    return batch, count


def stored_items(home: Path, run: RunRecord) -> Iterator[Item]:
    """The items of a run as its parts hold them."""
    for row in _rows(home, run, "samples"):
        yield Item(
            dataset=row["dataset_id"], dataset_version=row["dataset_version"], lang=row["lang"],
            item_id=row["item_id"], parallel_id=row["parallel_id"], cluster_id=row["cluster_id"], kind=row["kind"],
            question=row["question"], gold=tuple(row["gold"] or ()), context=row["context"] or "",
            options=tuple(row["options"] or ()), labels=tuple(row["labels"] or ()), category=row["category"] or "",
        )  # fmt: skip


def stored_completions(
    home: Path, run: RunRecord
) -> Iterator[tuple[Shard, list[Completion], dict[uuid.UUID, tuple[Message, ...]]]]:
    """Shard by shard the completions of a run as its parts hold them, and what each item was asked with."""
    for path in sorted(Home(home).run_folder("completions", run.run_id).glob("*.parquet")):
        rows = _read(path)
        by_shard: dict[Shard, list[dict]] = {}
        for row in rows:
            by_shard.setdefault(Shard(row["model_id"], row["dataset_id"], row["lang"]), []).append(row)
        for shard, own in by_shard.items():
            messages = {row["sample_id"]: _messages(row["messages"]) for row in own}
            yield shard, [_completion(row) for row in own], messages


def _rows(home: Path, run: RunRecord, kind: str) -> Iterator[dict]:
    for path in sorted(Home(home).run_folder(kind, run.run_id).glob("*.parquet")):
        yield from _read(path)


def _read(path: Path) -> list[dict]:
    _, table = read_part(path)
    return table.to_pylist()


def _messages(text: str | None) -> tuple[Message, ...]:
    return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(text or "[]"))


def _completion(row: dict) -> Completion:
    return Completion(
        completion_key=row["completion_key"].hex if row["completion_key"] else "", sample_id=row["sample_id"],
        item_id="", repeat=row["repeat_ix"], status=row["status"], text=row["text"] or "",
        thinking=row["thinking"] or "", finish_reason=row["finish_reason"] or "", error=row["error"] or "",
        completion_tokens=row["completion_tokens"], thinking_tokens=row["thinking_tokens"],
    )  # fmt: skip
