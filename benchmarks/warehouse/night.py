"""Writes the parts of a synthetic night: what a nightly run lands, with smaller texts, made column by column."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.home import Home
from warehouse.parts import hash_uuid, shard_uuid, write_part
from warehouse.schemas import arrow_table

MODELS = tuple(f"model-{n:02}" for n in range(10))
LANGS = ("en", "de", "fr", "es", "ru", "zh", "ja", "th", "sw", "bn")
DATASETS = tuple(f"set-{n}" for n in range(5))
METRICS = ("exact_match", "wrong_language")
START = datetime(2026, 1, 1, 22, tzinfo=UTC)
WORDS = ("jibu ni", "die Antwort ist", "поэтому", "因此", "ดังนั้น", "অতএব", "la respuesta", "since", "42")


@dataclass(frozen=True, slots=True)
class Night:
    """A night by its number from 0, with so many data sets (five at most) and items in each of their languages."""

    number: int
    datasets: int
    items: int

    @property
    def run_id(self) -> str:
        return f"night-{self.number:03}"

    @property
    def began(self) -> datetime:
        return START + timedelta(days=self.number)

    @property
    def completions(self) -> int:
        return len(MODELS) * len(LANGS) * self.datasets * self.items

    @property
    def names(self) -> tuple[str, ...]:
        return DATASETS[: self.datasets]


def write_night(home: Home, night: Night) -> None:
    """Documents, samples, then completions, extractions and scores of every shard; the same bytes each time."""
    dice = np.random.default_rng(night.number)
    _write_documents(home, night)
    sentences = _sentences(np.random.default_rng(0))
    for lang, dataset in product(LANGS, night.names):
        samples = _samples(lang, dataset, night.items)
        for model in MODELS:
            _write_shard(home, night, (model, lang, dataset), samples, sentences, dice)


def _write_documents(home: Home, night: Night) -> None:
    rows: dict[str, list[dict[str, object]]] = {
        "runs": [{"kind": "nightly", "suite": "scale", "status": "complete", "code_version": "1", "config_hash": "1",
                  "started_at": night.began, "finished_at": night.began + timedelta(hours=6)}],
        "models": [{"model_id": model, "fingerprint": model, "engine": "vllm"} for model in MODELS],
        "datasets": [{"dataset_id": name, "version": "1", "kind": "math", "primary_metric": "exact_match",
                      "content_hash": "1"} for name in night.names],
        "languages": [{"lang": lang, "name": lang, "written_at": START} for lang in LANGS],
        "metrics": [{"metric": name, "direction": way, "is_binary": True, "failure_value": value, "written_at": START}
                    for name, way, value in zip(METRICS, ("higher_better", "lower_better"), (0.0, None), strict=True)],
        "plans": [{"model_id": model, "lang": lang, "dataset_id": name, "requested": night.items}
                  for model, lang, name in product(MODELS, LANGS, night.names)],
    }  # fmt: skip
    if night.number == 0:
        rows["tags"] = [{"tag": "production", "model_id": model, "set_at": night.began} for model in MODELS]
    for kind, listed in rows.items():
        write_part(home, kind, night.run_id, kind, arrow_table(kind, listed))
    for lang, name in product(LANGS, night.names):
        write_part(home, "samples", night.run_id, f"{name}_{lang}", _sample_table(lang, name, night.items))


def _sample_table(lang: str, dataset: str, items: int) -> pa.Table:
    same = {"dataset_id": dataset, "dataset_version": "1", "lang": lang, "kind": "math"}
    rows = [
        {"sample_id": sample, "item_id": str(n), "parallel_id": str(n), "cluster_id": str(n),
         "question": f"{lang} {n}?", "gold": [str(n)]}
        for n, sample in enumerate(_sample_ids(lang, dataset, items))
    ]  # fmt: skip
    return arrow_table("samples", rows, same)


def _sample_ids(lang: str, dataset: str, items: int) -> list[uuid.UUID]:
    return [hash_uuid("sample", dataset, lang, n) for n in range(items)]


def _samples(lang: str, dataset: str, items: int) -> pa.Array:
    return pa.array(_sample_ids(lang, dataset, items), pa.uuid())


def _sentences(dice: np.random.Generator) -> pa.Array:
    """Some thousand texts of about 60 bytes in several scripts; a completion is three of them and its number."""
    return pa.array([" ".join(dice.choice(WORDS, 5)) for _ in range(4096)])


def _write_shard(
    home: Home,
    night: Night,
    cell: tuple[str, str, str],
    samples: pa.Array,
    sentences: pa.Array,
    dice: np.random.Generator,
) -> None:
    count, (model, lang, dataset) = night.items, cell
    shard = shard_uuid(night.run_id, model, lang, dataset)
    told = dict(zip(("model_id", "lang", "dataset_id"), (_same(name, count) for name in cell), strict=True))
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), count, [None, pa.py_buffer(dice.bytes(16 * count))])
    who = told | {
        "completion_id": pa.ExtensionArray.from_storage(pa.uuid(), ids),
        "sample_id": samples,
        "repeat_ix": pa.array(np.zeros(count, np.uint16)),
    }
    # Half of what a model does with an item is the item's, so that nights are alike and a few of them differ.
    skill = 0.55 + 0.03 * MODELS.index(model) - 0.04 * LANGS.index(lang)
    hard = np.random.default_rng(DATASETS.index(dataset)).random(count)
    right = skill + 0.08 * dice.standard_normal(count) > hard
    switched = dice.random(count) < 0.01 * LANGS.index(lang)
    status, when = {"status": _same("ok", count)}, _times(night.began, count, dice)
    write_part(home, "completions", night.run_id, shard, _completions(who | status, when, sentences, dice))
    write_part(home, "extractions", night.run_id, shard, _extractions(who, when, right))
    write_part(home, "scores", night.run_id, shard, _scores(who | status, when, (right, switched)))


def _same(word: str, count: int) -> pa.Array:
    return pa.repeat(word, count)


def _times(began: datetime, count: int, dice: np.random.Generator) -> pa.Array:
    micros = np.sort(dice.integers(0, 6 * 3600 * 1_000_000, count)).astype("timedelta64[us]")
    return pa.array(np.datetime64(began.replace(tzinfo=None), "us") + micros)


def _completions(who: dict[str, pa.Array], when: pa.Array, sentences: pa.Array, dice: np.random.Generator) -> pa.Table:
    count = len(when)
    said = [sentences.take(pa.array(dice.integers(0, len(sentences), count))) for _ in range(3)]
    tokens = dice.integers(20, 400, count).astype(np.int32)
    return pa.table(
        who
        | {
            "attempts": pa.array(np.ones(count, np.uint16)),
            "created_at": when,
            "finish_reason": _same("stop", count),
            "prompt_tokens": pa.array(dice.integers(60, 300, count).astype(np.int32)),
            "completion_tokens": pa.array(tokens),
            "latency_ms": pa.array(tokens * np.int32(20)),
            "cost_usd": pa.array(tokens * 1e-6),
            "text": pc.call_function("binary_join_element_wise", [*said, pc.cast(pa.array(tokens), pa.string()), " "]),
        }
    )


def _extractions(who: dict[str, pa.Array], when: pa.Array, right: np.ndarray) -> pa.Table:
    count = len(when)
    value = pc.cast(pa.array(np.where(right, np.arange(count), np.arange(count) % 7)), pa.string())
    return pa.table(
        who
        | {
            "state": _same("found", count),
            "method": _same("marker", count),
            "strict": pa.repeat(True, count),
            "extractor_version": _same("1", count),
            "extracted_at": when,
            "value": value,
            "parallel_value": value,
        }
    )


def _scores(who: dict[str, pa.Array], when: pa.Array, values: tuple[np.ndarray, np.ndarray]) -> pa.Table:
    count = len(when)
    tables = [
        pa.table(
            who
            | {
                "metric": _same(metric, count),
                "metric_version": _same("1", count),
                "scored_at": when,
                "value": pa.array(found.astype(np.float64)),
            }
        )
        for metric, found in zip(METRICS, values, strict=True)
    ]
    return pa.concat_tables(tables)
