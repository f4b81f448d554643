"""Times the front page of many runs and gates: as `babelgate report --index` writes it and as `serve` shows it.

    python benchmarks/warehouse/index.py FOLDER --runs 400

A run is small (two languages of one model, ten items, two decisions of twelve rules): the front page reads how many
runs and gates there are, and of their completions nothing. The folder becomes a home; a second call takes it up.
"""

import argparse
import http.client
import json
import os
import resource
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.warehouse.night import START  # noqa: E402
from tasks.report.serve import serving  # noqa: E402
from warehouse.home import Home  # noqa: E402
from warehouse.load import load_parts  # noqa: E402
from warehouse.parts import hash_uuid, shard_uuid, write_part  # noqa: E402
from warehouse.publish import publish  # noqa: E402
from warehouse.schemas import arrow_table  # noqa: E402

MODEL, DATASET, LANGS, ITEMS = "model-7b-instruct", "sums", ("en", "sw"), 10
VERDICTS = ("GO", "NO-GO", "INCONCLUSIVE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=400)
    given = parser.parse_args()
    home = Home(given.folder)
    if not home.current.exists():
        for number in range(given.runs):
            _write_run(home, number)
        load_parts(home)
        publish(home)
    print(f"| {given.runs} runs, {2 * given.runs} decisions | s | CPU s | MB |\n| --- | ---: | ---: | ---: |")
    print(_command(home).row("`babelgate report --index`, its process included"))
    print(_served(home, "/").row("`serve`: the front page"))
    print(_served(home, f"/{_name(given.runs - 1)}.html").row("`serve`: the report of a run"))


@dataclass(frozen=True, slots=True)
class Took:
    """What a page took: seconds by the clock, seconds of processor, bytes."""

    seconds: float
    processor: float
    size: int

    def row(self, what: str) -> str:
        return f"| {what} | {self.seconds:.1f} | {self.processor:.1f} | {self.size / 1e6:.2f} |"


def _command(home: Home) -> Took:
    command, of_home = [sys.executable, "-m", "flows.cli", "report", "--index"], {"BABELGATE_HOME": str(home.root)}
    began = time.monotonic()
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **of_home}, stdout=subprocess.DEVNULL)
    seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(seconds, used.ru_utime + used.ru_stime, (home.root / "reports" / "index.html").stat().st_size)


def _served(home: Home, path: str) -> Took:
    with serving(home.root, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=300)
        began, used = time.monotonic(), time.process_time()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        took = Took(time.monotonic() - began, time.process_time() - used, len(body))
        connection.close()
        server.shutdown()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return took


def _name(number: int) -> str:
    return f"nightly-{number:04}"


def _write_run(home: Home, number: int) -> None:
    run, began = _name(number), START + timedelta(days=number)
    documents: dict[str, list[dict[str, object]]] = {
        "runs": [{"kind": "nightly", "suite": "index", "status": "complete", "code_version": "1", "config_hash": "1",
                  "started_at": began, "finished_at": began + timedelta(hours=1)}],
        "models": [{"model_id": MODEL, "fingerprint": "1", "engine": "vllm"}],
        "datasets": [{"dataset_id": DATASET, "version": "1", "kind": "math", "primary_metric": "exact_match",
                      "content_hash": "1"}],
        "plans": [{"model_id": MODEL, "lang": lang, "dataset_id": DATASET, "requested": ITEMS} for lang in LANGS],
    }  # fmt: skip
    if number == 0:
        documents["languages"] = [{"lang": lang, "name": lang, "written_at": START} for lang in LANGS]
        documents["metrics"] = [{"metric": "exact_match", "direction": "higher_better", "is_binary": True,
                                 "failure_value": 0.0, "written_at": START}]  # fmt: skip
        documents["samples"] = [
            {"sample_id": _sample(lang, n), "dataset_id": DATASET, "dataset_version": "1", "lang": lang, "kind": "math",
             "item_id": str(n), "parallel_id": str(n), "cluster_id": str(n), "question": f"{n}?", "gold": [str(n)]}
            for lang in LANGS for n in range(ITEMS)
        ]  # fmt: skip
    for kind, rows in (documents | _gates(run, number)).items():
        write_part(home, kind, run, kind, arrow_table(kind, rows))
    for lang in LANGS:
        _write_shard(home, run, lang, began)


def _gates(run: str, number: int) -> dict[str, list[dict[str, object]]]:
    """Two decisions, of which the front page shows the later one of each policy."""
    decisions: list[dict[str, object]] = []
    rules: list[dict[str, object]] = []
    for place, policy in enumerate(("default", "strict")):
        of = hash_uuid("decision", run, policy)
        decisions.append({
            "decision_id": of, "policy": policy, "policy_hash": "1", "verdict": VERDICTS[(number + place) % 3],
            "model_id": MODEL, "decided_at": START + timedelta(days=number, hours=2),
            "reasons": json.dumps(["the worst language is Swahili: 41.2 %, and 45.0 % were to be reached"]),
        })  # fmt: skip
        rule: dict[str, object] = {"decision_id": of, "tier": "critical", "quantity": "accuracy", "value": 0.5}
        rule |= {"scope": "each_language", "verdict": "PASS", "lo": 0.4, "hi": 0.6, "bound": 0.4, "n": ITEMS}
        rules += [rule | {"rule": f"rule-{n}"} for n in range(12)]
    return {"decisions": decisions, "rule_results": rules}


def _sample(lang: str, number: int) -> uuid.UUID:
    return hash_uuid("sample", DATASET, lang, number)


def _write_shard(home: Home, run: str, lang: str, began: object) -> None:
    shard, same = shard_uuid(run, MODEL, lang, DATASET), {"model_id": MODEL, "lang": lang, "dataset_id": DATASET}
    who = [
        {"completion_id": hash_uuid(run, lang, n), "sample_id": _sample(lang, n), "repeat_ix": 0, "status": "ok"}
        for n in range(ITEMS)
    ]
    answered = same | {"attempts": 1, "created_at": began, "text": "42", "completion_tokens": 3, "latency_ms": 40}
    scored = same | {"metric": "exact_match", "metric_version": "1", "scored_at": began}
    write_part(home, "completions", run, shard, arrow_table("completions", who, answered))
    rows = [row | {"value": float(n % 3 > 0)} for n, row in enumerate(who)]
    write_part(home, "scores", run, shard, arrow_table("scores", rows, scored))


if __name__ == "__main__":
    main()
