"""Writes runs with given answers through the public functions, so that gates over them can be worked out by hand."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

from tests.small_run import put
from warehouse.home import Home
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.schemas import arrow_table

START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
METRIC_ROWS = [
    {"metric": "exact_match", "direction": "higher_better", "is_binary": True, "lower": 0.0, "upper": 1.0,
     "failure_value": 0.0, "written_at": START},
    {"metric": "extraction_found", "direction": "higher_better", "is_binary": True, "lower": 0.0, "upper": 1.0,
     "failure_value": 0.0, "written_at": START},
    *({"metric": name, "direction": "lower_better", "is_binary": True, "lower": 0.0, "upper": 1.0, "written_at": START}
      for name in ("wrong_language", "code_switch")),
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run of one model on one data set; `right` holds by language 1, 0 or None (an infrastructure error) an item."""

    name: str
    right: Mapping[str, Sequence[float | None]]
    model: str = "small"
    kind: str = "nightly"
    status: str = "complete"
    version: str = "1"
    config_hash: str = "yaml"
    metric_version: str = "1"
    signature: str = "s"
    prompt: str = "p"
    text: str = ""
    wrong_language: Mapping[str, int] = field(default_factory=dict)
    never_came: int = 0
    unscored: int = 0
    """Answers of each language that no metric looked at."""
    selftest: str = "pass"
    licence: str = "Apache-2.0"
    day: int = 0
    usd: float | None = 0.001
    latency_ms: int = 1000
    flagged: Mapping[str, int] | None = None
    """By language: how many answers a judge of grammar flags."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """By language: how many answers the judge says it cannot judge."""
    rubric_version: str = "1"
    repeats: int = 1
    beside: str = ""
    """A second data set, of which nothing was measured."""


def pattern(n: int, wrong: int) -> list[float | None]:
    """n answers of which the first `wrong` are wrong."""
    return [0.0] * wrong + [1.0] * (n - wrong)


def write(home: Home, run: Run) -> None:
    start = START + timedelta(days=run.day)
    put(home, "runs", run.name, "run", {
        "kind": run.kind, "suite": "sums", "status": run.status, "code_version": "0.1.0", "config_hash": "c",
        "started_at": start, "finished_at": start + timedelta(seconds=90), "config": "{}",
    })  # fmt: skip
    put(home, "models", run.name, "models", {
        "model_id": run.model, "fingerprint": f"print of {run.model}", "engine": "openai", "licence": run.licence,
        "parameters": 7.0, "config": "{}",
    })  # fmt: skip
    put(home, "datasets", run.name, "datasets", {
        "dataset_id": "sums", "version": run.version, "kind": "math", "primary_metric": "exact_match",
        "content_hash": "a", "config_hash": run.config_hash,
    }, *({"dataset_id": name, "version": "1", "kind": "open", "primary_metric": "chrf", "content_hash": "b"}
         for name in [run.beside] if name))  # fmt: skip
    put(home, "languages", run.name, "languages", *(
        {"lang": lang, "name": lang, "written_at": start} for lang in run.right
    ))  # fmt: skip
    put(home, "metrics", run.name, "metrics", *METRIC_ROWS)
    put(home, "plans", run.name, "plans", *(
        {"model_id": run.model, "lang": lang, "dataset_id": "sums",
         "requested": run.repeats * len(right) + run.never_came}
        for lang, right in run.right.items()
    ), *(
        {"model_id": run.model, "lang": lang, "dataset_id": run.beside, "requested": 0}
        for lang in run.right if run.beside
    ))  # fmt: skip
    if run.selftest:
        put(
            home,
            "selftests",
            run.name,
            "selftest",
            {"check_name": "vector", "state": run.selftest, "checked_at": start},
        )
    for lang in run.right:
        _shard(home, run, lang, start)


def _shard(home: Home, run: Run, lang: str, start: datetime) -> None:
    same = {"model_id": run.model, "lang": lang, "dataset_id": "sums"}
    samples, completions, extractions, scores, verdicts = [], [], [], [], []
    for repeat, (n, right) in product(range(run.repeats), enumerate(run.right[lang])):
        of = uuid.uuid5(uuid.NAMESPACE_OID, f"{lang} {n} {run.text}")
        samples += [] if repeat else [{
            "sample_id": of, "dataset_id": "sums", "dataset_version": run.version, "lang": lang, "item_id": str(n),
            "parallel_id": str(n), "cluster_id": str(n), "kind": "math", "question": f"{n} + 0 = ?", "gold": [str(n)],
            "category": "even" if n % 2 == 0 else "odd",
        }]  # fmt: skip
        who = {"completion_id": completion_uuid(run.name, run.model, of, repeat), "sample_id": of, "repeat_ix": repeat}
        status = "infra_error" if right is None else "ok"
        completions.append(who | {
            "status": status, "attempts": 1, "created_at": start + timedelta(seconds=n), "text": f"It is {n}.",
            "latency_ms": run.latency_ms, "completion_tokens": 10, "cost_usd": run.usd,
            "prompt_hash": uuid.uuid5(uuid.NAMESPACE_OID, f"{run.prompt} {lang} {n}"),
        })  # fmt: skip
        if right is not None:
            value = str(n) if right else f"w{n}"
            extractions.append(who | {"state": "found", "value": value, "parallel_value": value, "method": "marker",
                                      "strict": True, "extractor_version": "1", "extracted_at": start})  # fmt: skip
        at = who | {"status": status, "metric_version": run.metric_version, "scored_at": start,
                    "signature": run.signature}  # fmt: skip
        if n < run.unscored:
            continue
        elsewhere = None if right is None else float(n < run.wrong_language.get(lang, 0))
        scores += [
            at | {"metric": "exact_match", "value": right},
            at | {"metric": "wrong_language", "value": elsewhere},
        ]
        if run.flagged is not None and right is not None:
            unread = n >= len(run.right[lang]) - run.unread.get(lang, 0)
            verdicts.append(who | {
                "verdict_key": uuid.uuid5(uuid.NAMESPACE_OID, f"{run.name} {lang} {n} {repeat}"),
                "judge_model": "judge", "rubric": "grammar", "rubric_version": run.rubric_version, "weight": 1.0,
                "judged_at": start, "status": "cannot_judge" if unread else "valid", "judge_fingerprint": "j",
                "value": None if unread else float(n < run.flagged.get(lang, 0)),
            })  # fmt: skip
    put(home, "samples", run.name, f"sums_{lang}", *samples)
    shard = shard_uuid(run.name, run.model, lang, "sums")
    write_part(home, "completions", run.name, shard, arrow_table("completions", completions, same))
    for kind, rows in (("extractions", extractions), ("scores", scores), ("verdicts", verdicts)):
        if rows:
            write_part(home, kind, run.name, shard, arrow_table(kind, rows, same))


def calibrate(
    home: Home, lang: str, counts: tuple[int, int, int, int], state: str = "calibrated", version: str = "1"
) -> None:
    """A calibration of the judge of grammar: (true +, false +, false -, true -)."""
    names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    put(home, "calibrations", f"calibration-{lang}-{version}", lang, {
        "judge_model": "judge", "rubric": "grammar", "rubric_version": version, "lang": lang, "n": sum(counts),
        "state": state, "made_at": START, "judge_fingerprint": "j", "reason": "kappa is 0.31",
        **dict(zip(names, map(float, counts), strict=True)),
    })  # fmt: skip
