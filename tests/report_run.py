"""A wide run for the report: many models and languages, hostile texts, a gate, a judge and nights before it."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tasks.languages import LANGUAGES
from tests.small_run import put, sample
from warehouse.home import Home
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.schemas import arrow_table

RUN = "wide"
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LANGS = ("en", "ar", "bn", "de", "es", "fr", "hi", "id", "ja", "ko", "ru", "sw", "th", "vi", "zh")
MODELS = tuple(f"model-{n:02d}" for n in range(1, 21))
ANSWERS = {
    "ar": "الجواب هو ٤٢ لأن العدد الأول أكبر",
    "bn": "উত্তর হল ৪২, কারণ প্রথম সংখ্যাটি বড়",
    "th": "คำตอบคือ 42 เพราะจำนวนแรกมากกว่า",
    "hi": "उत्तर 42 है",
    "zh": "答案是 42",
    "ja": "答えは42です",
    "ko": "정답은 42입니다",
}
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    '<a href="javascript:document.title=1">click</a>',
    "abc \u202egnp.exe \u202c\u2028 new line \u0001 {{ 7 * 7 }} ]]> <!-- &amp;",
)
SWITCHED = " therefore the answer is"


def write_wide_run(
    home: Home, models: tuple[str, ...] = MODELS, langs: tuple[str, ...] = LANGS, items: int = 8
) -> None:
    """One data set, `items` items a language; item n is right where (model + language + n) says so, always the same."""
    _write_frame(home, models, langs)
    for lang in langs:
        put(home, "samples", RUN, f"sums_{lang}", *(_sample(lang, n) for n in range(1, items + 1)))
        for model in models:
            _write_shard(home, models.index(model), model, langs.index(lang), lang, items)
    _write_gate(home, models[0])
    _write_nights(home, models[:3], langs)


def _write_frame(home: Home, models: tuple[str, ...], langs: tuple[str, ...]) -> None:
    put(home, "runs", RUN, "run", {
        "kind": "nightly", "suite": "<b>wide</b>", "status": "complete", "code_version": "0.1.0",
        "config_hash": "c0ffee", "config": json.dumps({"name": HOSTILE[1]}), "started_at": START,
        "finished_at": START + timedelta(minutes=30),
    })  # fmt: skip
    put(home, "models", RUN, "models", *(
        {"model_id": model, "fingerprint": f"print of {model}", "engine": "openai", "licence": HOSTILE[0]}
        for model in models
    ))  # fmt: skip
    put(home, "datasets", RUN, "datasets", {
        "dataset_id": "sums", "version": "1", "kind": "math", "primary_metric": "exact_match", "content_hash": "a",
    })  # fmt: skip
    put(home, "languages", RUN, "languages", *(
        {"lang": lang, "name": LANGUAGES[lang].name, "native_name": LANGUAGES[lang].native, "rtl": LANGUAGES[lang].rtl,
         "written_at": START}
        for lang in langs
    ))  # fmt: skip
    bounds = {"written_at": START, "is_binary": True, "lower": 0.0, "upper": 1.0}
    put(home, "metrics", RUN, "metrics",
        bounds | {"metric": "exact_match", "direction": "higher_better", "failure_value": 0.0},
        bounds | {"metric": "code_switch", "direction": "lower_better"},
        bounds | {"metric": "wrong_language", "direction": "lower_better"},
    )  # fmt: skip
    plans = [{"model_id": m, "lang": lang, "dataset_id": "sums", "requested": 8} for m in models for lang in langs]
    put(home, "plans", RUN, "plans", *plans)


def _sample(lang: str, n: int) -> dict[str, object]:
    return {
        "sample_id": sample("sums", lang, n), "dataset_id": "sums", "dataset_version": "1", "lang": lang,
        "item_id": f"{lang}-{n}", "parallel_id": str(n), "cluster_id": str(n), "kind": "math", "gold": ["42"],
        "question": f"{n} + {42 - n} = ?",
    }  # fmt: skip


def _write_shard(home: Home, m: int, model: str, k: int, lang: str, items: int) -> None:
    same = {"model_id": model, "lang": lang, "dataset_id": "sums"}
    shard = shard_uuid(RUN, model, lang, "sums")
    done = list(_answers(m, model, k, lang, items))
    write_part(home, "completions", RUN, shard, arrow_table("completions", [row[0] for row in done], same))
    write_part(home, "extractions", RUN, shard, arrow_table("extractions", [row[1] for row in done], same))
    scores = [score for row in done for score in row[2]]
    write_part(home, "scores", RUN, shard, arrow_table("scores", scores, same))


def _answers(
    m: int, model: str, k: int, lang: str, items: int
) -> Iterator[tuple[dict[str, object], dict[str, object], list[dict[str, object]]]]:
    """The completion, its extraction and its scores, item by item: weaker models and later languages are worse."""
    for n in range(1, items + 1):
        of = sample("sums", lang, n)
        who = {"completion_id": completion_uuid(RUN, model, of, 0), "sample_id": of, "repeat_ix": 0}
        right, switches = (n * 7 + k * 3) % 20 >= m // 2 + k // 2, (m + k + n) % 9 == 0
        body = ANSWERS.get(lang, "42 it is") + (SWITCHED if switches else "")
        body += "" if right else " " + HOSTILE[(m + n + k) % len(HOSTILE)]
        status = "truncated" if (m + n) % 13 == 0 else "ok"
        at = next(body.index(digits) for digits in ("42", "٤٢", "৪২") if digits in body)
        completion = who | {
            "status": status, "attempts": 1, "created_at": START + timedelta(seconds=n), "text": body,
            "thinking": HOSTILE[n % 4] if m % 2 else None, "latency_ms": 400 + 40 * m, "prompt_tokens": 20,
            "completion_tokens": 30 + n, "thinking_tokens": 10 + k if m % 2 else None, "cost_usd": 0.0001 * (m + 1),
            "finish_reason": "stop", "messages": json.dumps([{"role": "user", "content": f"{n}? {HOSTILE[n % 3]}"}]),
        }  # fmt: skip
        extraction = who | {
            "state": "found", "value": "42" if right else "7", "parallel_value": "42" if right else "7",
            "method": "marker", "strict": True, "extractor_version": "1", "extracted_at": START, "span_start": at,
            "span_end": at + 2,
        }  # fmt: skip
        score = who | {"status": status, "metric_version": "1", "scored_at": START, "signature": "s"}
        start = body.find(SWITCHED)
        detail = json.dumps([[start + 1, start + len(SWITCHED), "english", 9.0]]) if switches else None
        yield (
            completion,
            extraction,
            [
                score | {"metric": "exact_match", "value": float(right)},
                score | {"metric": "code_switch", "value": float(switches), "detail": detail},
                score | {"metric": "wrong_language", "value": 0.0 if lang != "sw" else None, "reason": None},
            ],
        )


def _write_gate(home: Home, model: str) -> None:
    decision = uuid.uuid5(uuid.NAMESPACE_OID, "wide")
    put(home, "decisions", RUN, "gate", {
        "decision_id": decision, "policy": "release", "policy_hash": "p", "verdict": "NO-GO", "model_id": model,
        "decided_at": START, "reasons": json.dumps([f"Chinese is too weak {HOSTILE[0]}"]),
    })  # fmt: skip
    rule = {"decision_id": decision, "tier": "critical", "quantity": "accuracy", "model_id": model, "n": 8}
    put(home, "rule_results", RUN, "gate",
        rule | {"rule": "floor-en", "scope": "language en", "lang": "en", "verdict": "PASS", "value": 1.0},
        rule | {"rule": "floor-zh", "scope": "language zh", "lang": "zh", "verdict": "FAIL", "value": 0.25,
                "lo": 0.07, "hi": 0.59, "bound": 0.6, "reason": "below its floor"},
    )  # fmt: skip
    same = {"model_id": model, "lang": "ar", "dataset_id": "sums", "repeat_ix": 0, "judge_model": "judge",
            "judge_fingerprint": "jp", "rubric": "grammar", "rubric_version": "1", "judged_at": START,
            "weight": 1.0, "status": "valid"}  # fmt: skip
    rows = [
        {"completion_id": completion_uuid(RUN, model, sample("sums", "ar", n), 0), "value": float(n % 2),
         "sample_id": sample("sums", "ar", n), "verdict_key": uuid.uuid5(uuid.NAMESPACE_OID, f"wide {n}"),
         "verdict": "poor" if n % 2 else "good", "evidence": json.dumps([{"quote": HOSTILE[0], "shows": "order"}])}
        for n in range(1, 9)
    ]  # fmt: skip
    write_part(home, "verdicts", RUN, shard_uuid(RUN, model, "ar", "sums"), arrow_table("verdicts", rows, same))
    put(home, "calibrations", "calibration-wide", "judge", {
        "judge_model": "judge", "judge_fingerprint": "jp", "rubric": "grammar", "rubric_version": "1", "lang": "ar",
        "n": 60, "state": "calibrated", "made_at": START, "kappa": 0.7, "kappa_lo": 0.6, "kappa_hi": 0.8,
        "precision": 0.9, "recall": 0.8,
    })  # fmt: skip


def _write_nights(home: Home, models: tuple[str, ...], langs: tuple[str, ...]) -> None:
    """Nights before the run, of which only the roll-up is left."""
    for back in range(10, 0, -1):
        run, night = f"night-{back:02d}", START - timedelta(days=back)
        put(home, "runs", run, "run", {
            "kind": "nightly", "suite": "wide", "status": "complete", "code_version": "0.1.0", "config_hash": "c0ffee",
            "started_at": night, "finished_at": night,
        })  # fmt: skip
        put(home, "retention", run, "retention", {"level": "facts", "aged_at": START})
        put(home, "daily_scores", run, "daily", *(
            {"kind": "nightly", "night": night.date(), "metric": "exact_match", "n": 8, "scored": 8, "errored": 0,
             "items": 8, "model_id": model, "lang": lang, "dataset_id": "sums", "metric_version": "1",
             "mean": 0.9 - 0.03 * k - 0.01 * (back % 4), "fingerprint": "old" if back > 5 else f"print of {model}"}
            for model in models for k, lang in enumerate(langs)
        ))  # fmt: skip
