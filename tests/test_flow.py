"""The main job for real: Prefect's own server, recorded answers, a DuckDB file; from the command line to SQL."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows.cli import main
from warehouse.connect import open_published

pytestmark = pytest.mark.slow

LANGS = ("en", "th", "ar")


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # One Prefect home for the module: its server starts once in this process.
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.delenv("BABELGATE_DATA_DIR", raising=False)


def _answers(path: Path, *, skip: int = 0) -> Path:
    """Recorded answers to babel_math: every third wrong, the first `skip` of each language not recorded."""
    from datasets_cfg.config import load_config
    from tasks.load import load_items

    config = load_config("babel_math")
    rows = []
    for lang in LANGS:
        marker = config.languages[lang].marker
        for number, item in enumerate(load_items(config, lang, None, 12, seed=0)):
            if number >= skip:
                value = "7777777" if number % 3 == 0 else item.gold[0]
                rows.append({"id": item.item_id, "lang": lang, "completion": f"{marker}: {value}"})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def _suite(path: Path, answers: Path, rest: str = "") -> Path:
    path.write_text(
        f"name: recorded\nmodels: [{{name: a, engine: replay, files: {answers}, columns: {{lang: lang}}}}]\n"
        f"datasets: [babel_math]\nlanguages: [en, th, ar]\nlimit: 12\n{rest}"
    )
    return path


def _home_path() -> Path:
    return Path(os.environ["BABELGATE_HOME"])


def _sql(query: str) -> list[tuple]:
    with open_published(_home_path()) as connection:
        return connection.execute(query).fetchall()


def _latest() -> str:
    from tasks.runs import run_ids

    return run_ids(_home_path())[-1]


def test_a_run_lands_every_completion_and_answers_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = _suite(tmp_path / "recorded.yaml", _answers(tmp_path / "answers.jsonl"))
    assert main(["run", str(suite)]) == 0
    run = _latest()
    out = capsys.readouterr().out
    assert "33.3 %" not in out and "66.7 %" in out
    assert str(_home_path() / "published" / "current.duckdb") in out
    assert _sql(f"select lang, n, scored, mean from v_accuracy where run_id = '{run}' and metric = 'exact_match' "
                "order by lang") == [(lang, 12, 12, pytest.approx(8 / 12)) for lang in sorted(LANGS)]  # fmt: skip
    assert _sql(f"select status, count(*) from completions where run_id = '{run}' group by 1") == [("ok", 36)]
    assert _sql(f"select distinct state from selftests where run_id = '{run}' order by 1") == [("pass",), ("skipped",)]
    assert main(["sql", f"select count(*) as n from v_failures where run_id = '{run}' and metric = 'exact_match'",
                 "--format", "csv"]) == 0  # fmt: skip
    assert capsys.readouterr().out.split() == ["n", "12"]


def test_what_was_not_recorded_is_counted_and_fails_the_run(tmp_path: Path) -> None:
    answers = _answers(tmp_path / "answers.jsonl", skip=2)
    assert main(["run", str(_suite(tmp_path / "recorded.yaml", answers))]) == 3
    run = _latest()
    counts = "requested, answered, scored, errored"
    assert _sql(f"select {counts} from v_results where run_id = '{run}'") == [(12, 10, 10, 2)] * 3
    assert _sql(f"select status from runs where run_id = '{run}'") == [("partial",)]
    # Another file of answers is another model: all of it is asked again, none of the old is served as the new one's.
    _answers(answers)
    assert main(["resume", run, "--quiet"]) == 0
    assert _sql(f"select {counts} from v_results where run_id = '{run}'") == [(12, 12, 12, 0)] * 3


class _Server(http.server.ThreadingHTTPServer):
    """An OpenAI-compatible server that answers 500 to every second question until it is mended."""

    mended, asked = False, 0


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        good = self.server.mended or self.server.asked % 2 == 0
        message = {"role": "assistant", "content": "Answer: 5"}
        body = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "model": "m", "object": "x"}
        payload = json.dumps(body if good else {"error": {"message": "out of order"}}).encode()
        self.send_response(200 if good else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_resume_asks_only_for_what_failed(tmp_path: Path) -> None:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        suite = tmp_path / "flaky.yaml"
        suite.write_text(
            "name: flaky\nmodels:\n- {name: m, engine: openai, model: m, "
            f"base_url: 'http://127.0.0.1:{server.server_port}/v1'}}\n"
            "datasets: [babel_math]\nlanguages: [en, ar]\nlimit: 10\nretries: 0\nin_flight: 1\n"
        )
        assert main(["run", str(suite), "--quiet"]) == 3
        run = _latest()
        assert _sql(f"select sum(answered), sum(errored) from v_results where run_id = '{run}'") == [(10, 10)]
        server.mended, server.asked = True, 0
        assert main(["resume", run, "--quiet"]) == 0
        assert server.asked == 10
        assert _sql(f"select sum(answered), sum(errored) from v_results where run_id = '{run}'") == [(20, 0)]
        server.shutdown()


def test_a_budget_stops_cleanly_and_resume_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = _suite(
        tmp_path / "recorded.yaml", _answers(tmp_path / "answers.jsonl"), "in_flight: 1\nbudget: {requests: 20}\n"
    )
    assert main(["run", str(suite)]) == 3
    assert "the budget is spent" in capsys.readouterr().out
    run = _latest()
    (landed,) = _sql(f"select count(*) from completions where run_id = '{run}'")[0]
    assert 20 <= landed < 36
    assert _sql(f"select sum(requested), sum(missing) from v_results where run_id = '{run}'") == [(36, 36 - landed)]
    assert main(["resume", run]) == 0
    assert _sql(f"select count(*), count(distinct sample_id) from completions where run_id = '{run}'") == [(36, 36)]


def test_rescore_adds_rows_and_overwrites_nothing(tmp_path: Path) -> None:
    suite = _suite(tmp_path / "recorded.yaml", _answers(tmp_path / "answers.jsonl"))
    assert main(["run", str(suite), "--quiet", "--language", "th"]) == 0
    run = _latest()
    before = _sql(f"select count(*) from scores where run_id = '{run}'")[0][0]
    accuracy = _sql(f"select lang, metric, n, mean from v_accuracy where run_id = '{run}' order by all")
    assert main(["rescore", run]) == 0
    assert _sql(f"select count(*) from scores where run_id = '{run}'")[0][0] == 2 * before
    assert _sql(f"select lang, metric, n, mean from v_accuracy where run_id = '{run}' order by all") == accuracy
    assert _sql(f"select count(*) from completions where run_id = '{run}'") == [(12,)]


def test_import_lands_recorded_answers(tmp_path: Path) -> None:
    answers = _answers(tmp_path / "answers.jsonl")
    words = ["import", str(answers), "--dataset", "babel_math", "--model", "theirs", "--column", "lang=lang"]
    assert main([*words, "--language", "ar", "--limit", "12", "--json"]) == 0
    assert _sql(f"select kind, status from runs where run_id = '{_latest()}'") == [("import", "complete")]


def test_one_model_that_cannot_be_served_does_not_take_the_others(tmp_path: Path, capsys) -> None:
    suite = tmp_path / "two.yaml"
    suite.write_text(
        "name: two\nmodels:\n- {name: gone, engine: openai, model: m, base_url: 'http://127.0.0.1:9/v1'}\n"
        f"- {{name: a, engine: replay, files: {_answers(tmp_path / 'answers.jsonl')}, columns: {{lang: lang}}}}\n"
        "datasets: [babel_math]\nlanguages: [th]\nlimit: 12\nretries: 0\n"
    )
    assert main(["run", str(suite)]) == 3
    assert "requests failed for reasons of the infrastructure" in capsys.readouterr().out
    run = _latest()
    assert _sql(f"select model_id, answered, errored from v_results where run_id = '{run}' order by 1") == [
        ("a", 12, 0),
        ("gone", 0, 12),
    ]


def test_killed_at_any_moment_and_resumed_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    suite = _suite(tmp_path / "recorded.yaml", _answers(tmp_path / "answers.jsonl"))
    command = [sys.executable, "-m", "flows.cli", "run", str(suite), "--quiet"]
    known = set((_home_path() / "runs").glob("*"))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        started = set((_home_path() / "runs").glob("*")) - known
        if started and list((_home_path() / "journal" / next(iter(started)).name).glob("*")):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run = _latest()
    assert main(["resume", run, "--quiet"]) == 0
    assert _sql(f"select count(*), count(distinct sample_id) from completions where run_id = '{run}'") == [(36, 36)]
    assert _sql(f"select count(*) from scores where run_id = '{run}' and metric = 'exact_match'") == [(36,)]
