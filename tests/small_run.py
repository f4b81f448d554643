"""Two small runs of one model, written through the public functions, whose every figure can be worked out by hand."""

import json
import shutil
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.connect import connect
from warehouse.home import Home
from warehouse.migrate import migrate
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.schemas import arrow_table

NIGHT = {"r1": datetime(2026, 11, 1, 2, 0, tzinfo=UTC), "r2": datetime(2026, 11, 2, 2, 0, tzinfo=UTC)}
MODEL = "small"

# (run, language) → per item: the completion's status, exact_match, wrong_language, extracted answer
ANSWERS: dict[tuple[str, str], list[tuple[str, float | None, float | None, str | None]]] = {
    ("r1", "en"): [("ok", 1, 0, "1"), ("ok", 1, 0, "2"), ("ok", 1, 0, "3"), ("ok", 0, 0, "7")],
    ("r1", "sw"): [("ok", 1, 0, "1"), ("ok", 0, 1, "9"), ("ok", 0, 0, None), ("ok", 0, 0, "7")],
    ("r2", "en"): [("ok", 1, 0, "1"), ("ok", 1, 0, "2"), ("ok", 1, 0, "3"), ("ok", 1, 0, "4")],
    ("r2", "sw"): [
        ("ok", 0, 1, "8"),
        ("truncated", None, None, None),
        ("infra_error", None, None, None),
        ("ok", 1, 0, "4"),
    ],
}
# One Swahili item of r2 was planned and never came.
REQUESTED = {("r1", "en"): 4, ("r1", "sw"): 4, ("r2", "en"): 4, ("r2", "sw"): 5}
# Of a mixture's second layer: expert → tokens.
EXPERTS = {"en": {0: 60, 1: 20}, "sw": {1: 10, 7: 30}}
TEXT = "Jibu: 8 <b>&</b> sawa"


def empty_home(folder: Path, template: Path | None = None) -> Home:
    """A home in a folder of a test; with a template its build file is there already, which saves a second."""
    home = Home(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if template:
        shutil.copyfile(template, home.build)
    return home


def make_template(file: Path) -> Path:
    with connect(file) as con:
        migrate(con)
    return file


def sample(dataset: str, lang: str, number: int) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{dataset} {lang} {number}")


def put(home: Home, kind: str, run: str, name: str, *rows: Mapping[str, object]) -> Path:
    return write_part(home, kind, run, name, arrow_table(kind, rows))


def write_both(home: Home) -> None:
    for run in NIGHT:
        write_run(home, run)
    write_extras(home)


def write_run(home: Home, run: str) -> None:
    write_frame(home, run)
    for lang in ("en", "sw"):
        write_shard(home, run, lang)


def write_frame(home: Home, run: str) -> None:
    """Everything of a run that belongs to no shard."""
    start = NIGHT[run]
    put(home, "runs", run, "run", {
        "kind": "nightly", "suite": "tiny", "status": "complete", "code_version": "0.1.0", "config_hash": "c0ffee",
        "config": json.dumps({"name": "tiny"}), "started_at": start, "finished_at": start + timedelta(seconds=90),
    })  # fmt: skip
    put(home, "models", run, "models", {
        "model_id": MODEL, "fingerprint": f"print of {run}", "engine": "llamacpp", "revision": "main",
        "licence": "Apache-2.0", "parameters": 0.135,
    })  # fmt: skip
    put(home, "datasets", run, "datasets",
        {"dataset_id": "sums", "version": "1", "kind": "math", "primary_metric": "exact_match", "content_hash": "a"},
        {"dataset_id": "pairs", "version": "1", "kind": "translation", "primary_metric": "chrf", "content_hash": "b"},
    )  # fmt: skip
    put(home, "languages", run, "languages",
        {"lang": "en", "name": "English", "native_name": "English", "script": "Latn", "written_at": start},
        {"lang": "sw", "name": "Swahili", "native_name": "Kiswahili", "script": "Latn", "written_at": start},
    )  # fmt: skip
    higher = {"direction": "higher_better", "written_at": start, "lower": 0.0}
    lower = {"direction": "lower_better", "written_at": start, "lower": 0.0, "upper": 1.0, "is_binary": True}
    put(home, "metrics", run, "metrics",
        higher | {"metric": "exact_match", "is_binary": True, "upper": 1.0, "failure_value": 0.0},
        higher | {"metric": "chrf", "is_binary": False, "upper": 100.0, "failure_value": 0.0},
        lower | {"metric": "wrong_language"}, lower | {"metric": "code_switch"},
    )  # fmt: skip
    plans = [
        {"model_id": MODEL, "lang": lang, "dataset_id": "sums", "requested": count}
        for (of, lang), count in REQUESTED.items()
        if of == run
    ]
    put(home, "plans", run, "plans", *plans)


def write_shard(home: Home, run: str, lang: str) -> None:
    answers, start = ANSWERS[run, lang], NIGHT[run]
    same = {"model_id": MODEL, "lang": lang, "dataset_id": "sums"}
    shard = shard_uuid(run, MODEL, lang, "sums")
    put(home, "samples", run, f"sums_{lang}", *(
        {"sample_id": sample("sums", lang, n), "dataset_id": "sums", "dataset_version": "1", "lang": lang,
         "item_id": f"{lang}-{n}", "parallel_id": str(n), "cluster_id": str(n), "kind": "math",
         "question": f"{n} + 0 = ?", "gold": [str(n)]}
        for n in range(1, len(answers) + 1)
    ))  # fmt: skip
    completions, extractions, scores = [], [], []
    for n, (status, right, wrong_language, extracted) in enumerate(answers, 1):
        of = sample("sums", lang, n)
        who = {"completion_id": completion_uuid(run, MODEL, of, 0), "sample_id": of, "repeat_ix": 0}
        completions.append(who | {
            "status": status, "attempts": 1, "created_at": start + timedelta(seconds=n), "text": TEXT,
            "thinking": "hm", "latency_ms": 1000, "prompt_tokens": 20, "cost_usd": None if lang == "sw" else 0.001,
            "completion_tokens": None if status == "infra_error" else 10, "finish_reason": "stop",
        })  # fmt: skip
        if status != "infra_error":
            extractions.append(who | {
                "state": "found" if extracted else "none", "value": extracted, "parallel_value": extracted,
                "method": "marker", "strict": True, "extractor_version": "1", "extracted_at": start,
            })  # fmt: skip
        at = who | {"status": status, "metric_version": "1", "scored_at": start, "signature": "s"}
        scores.append(at | {"metric": "exact_match", "value": right, "reason": None if right is not None else status})
        scores.append(at | {"metric": "wrong_language", "value": wrong_language})
    write_part(home, "completions", run, shard, arrow_table("completions", completions, same))
    write_part(home, "extractions", run, shard, arrow_table("extractions", extractions, same))
    write_part(home, "scores", run, shard, arrow_table("scores", scores, same))


def rescore(home: Home, run: str, lang: str, values: list[float], *, at: datetime, version: str) -> None:
    """A later reading of exact_match for a whole shard, beside the first."""
    same = {"model_id": MODEL, "lang": lang, "dataset_id": "sums", "metric": "exact_match", "metric_version": version,
            "scored_at": at, "status": "ok", "repeat_ix": 0}  # fmt: skip
    rows = [
        {"completion_id": completion_uuid(run, MODEL, sample("sums", lang, n), 0),
         "sample_id": sample("sums", lang, n), "value": value}
        for n, value in enumerate(values, 1)
    ]  # fmt: skip
    shard = shard_uuid(run, MODEL, lang, "sums")
    write_part(home, "scores", run, shard, arrow_table("scores", rows, same), batch=f"rescore-{version}")


def write_extras(home: Home) -> None:
    """A corpus metric, a judge, experts, a tag, a decision: r2 only, but for the tag on r1."""
    start = NIGHT["r2"]
    same = {"model_id": MODEL, "lang": "sw", "dataset_id": "pairs"}
    put(home, "samples", "r2", "pairs_sw", *(
        {"sample_id": sample("pairs", "sw", n), "dataset_id": "pairs", "dataset_version": "1", "lang": "sw",
         "item_id": str(n), "parallel_id": str(n), "cluster_id": str(n), "kind": "translation", "question": "Good day"}
        for n in (1, 2)
    ))  # fmt: skip
    who = [
        {"completion_id": completion_uuid("r2", MODEL, sample("pairs", "sw", n), 0), "repeat_ix": 0,
         "sample_id": sample("pairs", "sw", n), "status": "ok"}
        for n in (1, 2)
    ]  # fmt: skip
    shard = shard_uuid("r2", MODEL, "sw", "pairs")
    done = [row | {"attempts": 1, "created_at": start, "text": "Habari"} for row in who]
    write_part(home, "completions", "r2", shard, arrow_table("completions", done, same))
    score = {"metric": "chrf", "metric_version": "1", "scored_at": start, "signature": "nrefs:1"}
    scored = [row | score | {"value": value} for row, value in zip(who, (40.0, 43.0), strict=True)]
    write_part(home, "scores", "r2", shard, arrow_table("scores", scored, same))
    corpus = score | {"value": 41.5, "lo": 38.0, "hi": 45.0, "n": 2}
    write_part(home, "corpus_scores", "r2", shard, arrow_table("corpus_scores", [corpus], same))
    _write_judge(home, start)
    for lang, loads in EXPERTS.items():
        put(home, "expert_loads", "r2", f"experts_{lang}", *(
            {"model_id": MODEL, "lang": lang, "dataset_id": "sums", "layer": 1, "expert": expert, "tokens": tokens,
             "answers": 4}
            for expert, tokens in loads.items()
        ))  # fmt: skip
    put(home, "tags", "r1", "production", {"tag": "production", "model_id": MODEL, "set_at": start, "set_by": "Ada"})
    decision = uuid.uuid5(uuid.NAMESPACE_OID, "decision")
    put(home, "decisions", "r2", "gate", {
        "decision_id": decision, "policy": "release", "policy_hash": "p", "verdict": "NO-GO", "decided_at": start,
        "model_id": MODEL, "baseline_run_id": "r1", "reasons": json.dumps(["sw is too weak"]),
    })  # fmt: skip
    rule = {"decision_id": decision, "tier": "critical", "quantity": "accuracy", "model_id": MODEL}
    put(home, "rule_results", "r2", "gate",
        rule | {"rule": "floor-en", "scope": "language en", "lang": "en", "verdict": "PASS", "value": 1.0, "n": 4},
        rule | {"rule": "floor-sw", "scope": "language sw", "lang": "sw", "verdict": "FAIL", "value": 1 / 3, "n": 3},
    )  # fmt: skip


def _write_judge(home: Home, start: datetime) -> None:
    """Three Swahili answers judged: flagged with weight 1, passed with weight 3, and one verdict not to be read."""
    same = {"model_id": MODEL, "lang": "sw", "dataset_id": "sums", "repeat_ix": 0, "judge_model": "judge",
            "judge_fingerprint": "jp", "rubric": "grammar", "rubric_version": "1", "judged_at": start}  # fmt: skip
    read = [(1, "valid", 1.0, 1.0), (2, "valid", 0.0, 3.0), (4, "invalid", None, 1.0)]
    rows = [
        {"completion_id": completion_uuid("r2", MODEL, sample("sums", "sw", n), 0),
         "sample_id": sample("sums", "sw", n), "verdict_key": uuid.uuid5(uuid.NAMESPACE_OID, f"verdict {n}"),
         "status": status, "value": value, "weight": weight}
        for n, status, value, weight in read
    ]  # fmt: skip
    shard = shard_uuid("r2", MODEL, "sw", "sums")
    write_part(home, "verdicts", "r2", shard, arrow_table("verdicts", rows, same))
    put(home, "calibrations", "calibration-1", "judge", {
        "judge_model": "judge", "judge_fingerprint": "jp", "rubric": "grammar", "rubric_version": "1", "lang": "en",
        "n": 60, "state": "calibrated", "made_at": start, "kappa": 0.7,
    })  # fmt: skip
    put(home, "labels", "r2", "grammar", *(
        {"model_id": MODEL, "lang": "sw", "dataset_id": "sums", "sample_id": sample("sums", "sw", n), "repeat_ix": 0,
         "rubric": "grammar", "label": "yes" if value else "no", "value": value, "weight": 2.0, "source": "human",
         "labelled_at": start}
        for n, value in ((1, 1.0), (2, 1.0))
    ))  # fmt: skip
    put(home, "probes", "probe-1", "judge", {
        "judge_model": "judge", "judge_fingerprint": "jp", "rubric": "pairwise_preference", "rubric_version": "1",
        "probe": "position", "n": 20, "value": 0.9, "lo": 0.7, "hi": 0.97, "tolerance": 0.1, "state": "biased",
        "probed_at": start,
    })  # fmt: skip
