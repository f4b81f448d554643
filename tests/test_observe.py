"""What is seen of a run while it runs: progress from journals, a line a shard, spans, and what doctor says."""

import json
import os
from pathlib import Path

import pytest

from datasets_cfg.config import load_config
from flows.cli import main
from tasks.doctor import examine
from tasks.engines import EngineContext
from tasks.lease import hold, lease_path, read_lease, write_lease
from tasks.observe import LOG, observed, span
from tasks.plan import Shard
from tasks.progress import error_kind, journal_path, progress, tally, unfinished
from tasks.runs import RunRecord, start_run
from tasks.schema import UserError
from tasks.suite import Suite
from warehouse.home import Home
from warehouse.parts import write_part
from warehouse.schemas import arrow_table

SHARDS = [Shard("m", "babel_math", lang) for lang in ("en", "th")]
LINES = [
    {"completion_key": "a", "sample_id": "1", "repeat": 0, "status": "infra_error", "error": "HTTP 503: Overloaded"},
    {"completion_key": "b", "sample_id": "2", "repeat": 0, "status": "ok", "prompt_tokens": 5, "completion_tokens": 2,
     "cost_usd": 0.25, "error": "", "created_at": "2026-01-01T00:00:00.123+00:00"},
    # The first was asked again, and answered.
    {"completion_key": "a", "sample_id": "1", "repeat": 0, "status": "ok", "prompt_tokens": 5, "completion_tokens": 3,
     "cost_usd": 0.5, "error": "", "created_at": "2026-01-02T00:00:00.000+00:00"},
    {"completion_key": "c", "sample_id": "3", "repeat": 0, "status": "infra_error", "error": "HTTP 429: Rate limit"},
    {"completion_key": "d", "sample_id": "4", "repeat": 0, "status": "infra_error", "error": "ReadError: gone"},
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunRecord:
    suite = Suite.model_validate(
        {"name": "s", "models": [{"name": "m", "engine": "llamacpp"}], "datasets": ["babel_math"]}
    )
    started = start_run(tmp_path, suite, datasets={}, data_dir=None)
    plan = [{"model_id": s.model, "lang": s.lang, "dataset_id": s.dataset, "requested": 4} for s in SHARDS]
    write_part(Home(tmp_path), "plans", started.run_id, "plan", arrow_table("plans", plan))
    path = journal_path(tmp_path, started.run_id, SHARDS[0])
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES) + '{"completion_key": "torn')
    return started


def test_a_request_counts_once_by_its_last_line(tmp_path: Path, run: RunRecord) -> None:
    found = tally([journal_path(tmp_path, run.run_id, shard) for shard in SHARDS], "2026-01-02T00:00:00+00:00")
    assert (found.done, found.failed, found.tokens, found.usd, found.since) == (4, 2, 15, 0.75, 1)
    assert (found.statuses, found.errors) == ({"ok": 2, "infra_error": 2}, {"HTTP 429": 1, "ReadError": 1})


def test_a_run_is_followed_from_start_to_end(tmp_path: Path, run: RunRecord) -> None:
    plan = Home(tmp_path).part("plans", run.run_id, "plan")
    plan.rename(plan.with_suffix(".away"))
    assert (progress(tmp_path, run).state, unfinished(tmp_path)) == ("waiting", [run.run_id])
    plan.with_suffix(".away").rename(plan)
    with hold(tmp_path, run.run_id):
        lease = read_lease(tmp_path, run.run_id)
        assert lease is not None
        write_lease(tmp_path, run.run_id, lease.model_copy(update={"since": "2026-01-02T00:00:00+00:00"}))
        found = progress(tmp_path, run)
        assert (found.state, found.requested, found.done, found.usd) == ("running", 8, 4, 0.75)
        assert found.eta_s is not None and found.eta_s > 0
        assert found.errors == {"HTTP 429": 1, "ReadError": 1}
    assert (progress(tmp_path, run).state, progress(tmp_path, run).eta_s, unfinished(tmp_path)) == ("ended", None, [])
    write_lease(tmp_path, run.run_id, lease.model_copy(update={"owner": "gone:1:1"}))
    assert progress(tmp_path, run).state == "interrupted"


def test_status_shows_what_was_cut_off(
    tmp_path: Path, run: RunRecord, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path))
    with hold(tmp_path, run.run_id):
        assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert f"{run.run_id}: running, process {os.getpid()} on " in out and "4 of 8 requests (50 %)" in out
    assert "error: HTTP 429 × 1" in out
    assert main(["status"]) == 0
    assert "nothing is running" in capsys.readouterr().out
    lease = read_lease(tmp_path, run.run_id)
    assert lease is not None
    write_lease(tmp_path, run.run_id, lease.model_copy(update={"owner": "gone:1:1", "state": "running"}))
    assert main(["status", "--json"]) == 3
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["state"], document["done"], document["usd"]) == ("interrupted", 4, 0.75)
    lease_path(tmp_path, run.run_id).unlink()


@pytest.mark.parametrize(
    ("said", "kind"),
    [("HTTP 503: Overloaded", "HTTP 503"), ("ReadError: x: y", "ReadError"),
     ("no answer within 600 s", "no answer within 600 s"), ("", "")],
)  # fmt: skip
def test_errors_are_counted_by_kind(said: str, kind: str) -> None:
    assert error_kind(said) == kind


def test_a_shard_leaves_one_line_however_it_ends(tmp_path: Path, run: RunRecord) -> None:
    with observed(tmp_path, run.run_id, SHARDS[0]):
        pass
    with pytest.raises(UserError), observed(tmp_path, run.run_id, SHARDS[1]):
        raise UserError("no\nfile")
    first, second = map(json.loads, (tmp_path / "logs" / LOG).read_text().splitlines())
    assert (first["outcome"], first["completions"], first["tokens"], first["usd"]) == ("landed", 4, 15, 0.75)
    assert (second["outcome"], second["error"], second["lang"], second["completions"]) == ("failed", "no file", "th", 0)
    assert first["seconds"] >= 0


def test_spans_are_collected_where_somebody_does(tmp_path: Path, run: RunRecord) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    with observed(tmp_path, run.run_id, SHARDS[0]):  # before anybody collects: nothing happens
        pass
    if not isinstance(trace.get_tracer_provider(), sdk.TracerProvider):
        trace.set_tracer_provider(sdk.TracerProvider())
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(memory))  # type: ignore[attr-defined]
    with span("run", run=run.run_id), pytest.raises(UserError), observed(tmp_path, run.run_id, SHARDS[0]):
        raise UserError("out of order")
    shard, whole = memory.get_finished_spans()
    assert (whole.name, shard.name, shard.parent.span_id) == ("run", "shard", whole.context.span_id)
    assert shard.attributes["babelgate.lang"] == "en" and shard.attributes["babelgate.tokens"] == 15
    assert (shard.status.status_code.name, shard.events[0].name) == ("ERROR", "exception")


def test_doctor_finds_what_is_wrong(tmp_path: Path, run: RunRecord) -> None:
    with hold(tmp_path, run.run_id):
        lease = read_lease(tmp_path, run.run_id)
    assert lease is not None
    write_lease(tmp_path, run.run_id, replace_owner(lease))
    env = {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
    found = {check.name: check for check in examine(EngineContext(tmp_path, None, env))}
    assert found["python"].state == found["prefect"].state == found["home"].state == "ok"
    assert found["prefect server"].state == "problem" and "does not answer" in found["prefect server"].said
    assert found["runs"].said.startswith(f"cut off: {run.run_id}")
    langs = len(load_config("babel_math").languages)
    assert found["data set babel_math"].said == f"{langs} of {langs} languages lie here"
    (tmp_path / "file").write_text("")
    broken = {check.name: check for check in examine(EngineContext(tmp_path / "file", tmp_path / "none", {}))}
    assert broken["home"].state == "problem" and "cannot be written" in broken["home"].said
    assert broken["data folder"].state == "problem" and "is not a folder" in broken["data folder"].said


def test_a_damaged_record_hides_no_other_run(
    tmp_path: Path, run: RunRecord, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path))
    (tmp_path / "runs" / "damaged").mkdir(parents=True)
    (tmp_path / "runs" / "damaged" / "run.json").write_text("{")
    with hold(tmp_path, run.run_id):
        assert main(["status"]) == 3
    said = capsys.readouterr()
    assert run.run_id in said.out and "damaged/run.json is not a run record of this version" in said.err


def replace_owner(lease):
    return lease.model_copy(update={"owner": "gone:1:1", "state": "running"})
