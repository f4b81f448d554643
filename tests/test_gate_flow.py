"""The gate as a flow on Prefect's own server: decide, top up and pay for it, and wait for a person's word."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.cli import main
from tasks.runs import run_ids
from warehouse.connect import open_published

pytestmark = pytest.mark.slow

POLICY = """name: topped
min_items: 20
rules:
  - {name: good-enough, quantity: accuracy, scope: each_language, at_least: 0.6}
"""


def _suite(folder: Path, items: int, languages: tuple[str, ...] = ("en",)) -> Path:
    """Recorded answers to babel_math by one model: each fifth is wrong in English, none in another language."""
    from datasets_cfg.config import load_config
    from tasks.load import load_items

    config = load_config("babel_math")
    for lang in languages:
        marker, rows = config.languages[lang].marker, []
        for number, item in enumerate(load_items(config, lang, None, items, seed=0)):
            value = "7777777" if number % 5 == 0 and lang == "en" else item.gold[0]
            rows.append(json.dumps({"id": item.item_id, "completion": f"{marker}: {value}"}))
        (folder / f"answers_{lang}.jsonl").write_text("\n".join(rows))
    (folder / "topped.yaml").write_text(POLICY)
    suite = folder / "recorded.yaml"
    suite.write_text(
        f"name: recorded\nmodels: [{{name: a, engine: replay, files: '{folder}/answers_{{lang}}.jsonl'}}]\n"
        f"datasets: [babel_math]\nlanguages: [{', '.join(languages)}]\n"
    )
    return suite


def test_topping_up_keeps_answers_asks_where_it_must_and_pays_for_the_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, home = _suite(tmp_path, 60, ("en", "sw")), tmp_path / "home"
    monkeypatch.setenv("BABELGATE_HOME", str(home))
    words = ["gate", "--suite", str(suite), "--policy", str(tmp_path / "topped.yaml"), "--top-up", "25", "60"]
    code = main([*words, "--json"])
    told = json.loads(capsys.readouterr().out)
    first, second = run_ids(home)
    with open_published(home) as con:
        looks = con.execute(
            "SELECT d.run_id, d.verdict, (d.inputs->>'$.look')::INT, (d.inputs->>'$.fraction')::DOUBLE, r.lang, "
            "r.verdict, r.n, r.p_value FROM decisions d JOIN rule_results r USING (run_id, decision_id) "
            "ORDER BY d.decided_at, r.lang"
        ).fetchall()
        (samples,) = con.execute(
            f"SELECT count(*) FROM completions a JOIN completions b USING (sample_id, completion_key) "
            f"WHERE a.run_id = '{first}' AND b.run_id = '{second}'"
        ).fetchall()[0]
    assert [look[:7] for look in looks] == [
        (first, "INCONCLUSIVE", 1, pytest.approx(25 / 60), "en", "INCONCLUSIVE", 25),
        (first, "INCONCLUSIVE", 1, pytest.approx(25 / 60), "sw", "PASS", 25),
        (second, "GO", 2, 1.0, "en", "PASS", 60),
        (second, "GO", 2, 1.0, "sw", "PASS", 25),
    ]  # fmt: skip
    assert samples == 50 and looks[2][7] < looks[0][7] and looks[3][7] == looks[1][7]
    assert code == 0 and (told["a"]["run"], told["a"]["outcome"]) == (second, "GO")


SCRIPT = """
import asyncio, sys
from flows.gate import gate
print(asyncio.run(gate(policy=sys.argv[1], home=sys.argv[2], suite=sys.argv[3], limits=[20], ask=True,
                       ask_timeout_s=240, selftest=False)))
"""


@pytest.fixture
def server(tmp_path: Path):
    """A persistent Prefect server on loopback, with a home of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path / "prefect"
    home.mkdir()
    env = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
           "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}  # fmt: skip
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        _wait_for(lambda: _answers(port), 240)
        yield env
    finally:
        process.terminate()
        process.wait(120)


def _answers(port: int) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _wait_for(true, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(1)


def _resume(env: dict[str, str], paused: list[str]) -> bool:
    """Give a person's answer to the flow run that waits; False while none does."""
    import httpx

    api = env["PREFECT_API_URL"]
    body = {"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}}}
    found = httpx.post(f"{api}/flow_runs/filter", json=body, timeout=120).json()
    if not found:
        return False
    answer = {"outcome": "GO", "decided_by": "Ana", "reason": "the loss is in a language that we do not serve"}
    reply = httpx.post(f"{api}/flow_runs/{found[0]['id']}/resume", json={"run_input": answer}, timeout=120)
    paused.append(reply.json()["status"])
    return True


def test_a_person_decides_what_the_gate_cannot(tmp_path: Path, server: dict[str, str]) -> None:
    suite, home = _suite(tmp_path, 20), tmp_path / "home"
    home.mkdir()
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "topped.yaml"), str(home), str(suite)]
    process = subprocess.Popen(
        words, env={**server, "BABELGATE_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    paused: list[str] = []
    _wait_for(lambda: process.poll() is not None or _resume(server, paused), 300)
    out, err = process.communicate(timeout=240)
    assert (out.strip().splitlines()[-1:], paused) == (["{'a': 'GO'}"], ["ACCEPT"]), err[-2000:]
    with open_published(home) as con:
        stored = con.execute(
            "SELECT verdict, decided_by, override_reason FROM decisions ORDER BY decided_at"
        ).fetchall()
    assert stored == [("INCONCLUSIVE", None, None), ("GO", "Ana", "the loss is in a language that we do not serve")]
