"""A run of a suite that names judges: they read the answers before the run is concluded, and a gate hears them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.cli import main
from tests import judge_server as server
from tests.test_judge_rates import by_chance
from tests.test_rejudge import judge_of, sql, suite_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BABELGATE_DATA_DIR", raising=False)


def test_judges_and_their_jury_are_part_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server.JudgeServer(server.good) as up:
        judges = [
            judge_of(up.base_url),
            judge_of(up.base_url, "second", "gamma", rubrics=["code_switching", "refusal"]),
        ]
        suite = suite_of(tmp_path, up.base_url, "judged", judges)
        assert main(["run", str(suite), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
    assert [(row["judge"], row["sent"], row["valid"]) for row in said["sittings"]] == [
        ("judge", 20, 20),
        ("second", 20, 20),
    ]
    assert len(up.asked) == 40
    rates = sql("select judge_model, judged, rate from v_judge_rates order by 1")
    assert rates == [(name, 20, 0.25) for name in ("judge", "jury", "second")]
    # Translations are nothing that the rubric 'refusal' applies to: said, and no fault.
    assert sql("select status, message from runs") == [("complete", None)]


def test_a_judge_that_is_down_takes_nothing_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server.JudgeServer(server.good) as up:
        poor = judge_of(up.base_url, budget={"requests": 7})
        gone = judge_of("http://127.0.0.1:9/v1", "gone")
        suite = suite_of(tmp_path, up.base_url, "half", [gone, poor], retries=0)
        assert main(["run", str(suite), "--quiet"]) == 3
    printed = capsys.readouterr().out
    assert "judge gone" in printed and "judge judge under code_switching: the judge's budget is spent" in printed
    assert sql("select status, count(*) from completions group by 1") == [("ok", 20)]
    assert sql("select status from runs") == [("complete",)]
    assert sql("select count(*) from v_verdicts where status = 'valid'") == [(7,)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"rubrics": ["gramar"]}, "unknown rubric 'gramar'; did you mean 'grammar'?"),
        ({"rubrics": ["pairwise_preference"]}, "compares with a model of the run (a): name one with 'against'"),
        ({"rubrics": ["pairwise_preference"], "against": "b"}, "compares with 'b', which is no model of the run"),
        ({"family": "alpha"}, "judge 'judge' may not judge 'a': both are of the family 'alpha'"),
    ],
)
def test_what_no_run_begins_with(tmp_path: Path, change: dict, sentence: str, capsys) -> None:
    family = {"family": change.pop("family")} if "family" in change else {}
    suite = suite_of(tmp_path, "", "bad", [judge_of("http://127.0.0.1:9/v1", **family, **change)])
    assert main(["run", str(suite), "--quiet"]) == 64
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "home" / "runs").exists()


def test_a_killed_run_pays_for_no_verdict_twice(tmp_path: Path) -> None:
    def unhurried(asked: server.Asked) -> server.Said:
        said = server.good(asked)
        return server.Said(said.text, after_s=0.3)

    with server.JudgeServer(unhurried) as up:
        model = {"name": "judge", "engine": "openai", "model": "judge", "family": "beta", "base_url": up.base_url,
                 "in_flight": 1}  # fmt: skip
        suite = suite_of(tmp_path, up.base_url, "killed", [judge_of("", model=model)])
        words = [sys.executable, "-m", "flows.cli", "run", str(suite), "--quiet"]
        flow = subprocess.Popen(words, cwd=Path(__file__).parent.parent, start_new_session=True)
        try:
            until = time.monotonic() + 240
            while _kept(tmp_path) < 5 and flow.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            assert flow.poll() is None
        finally:
            os.killpg(flow.pid, signal.SIGKILL)
            flow.wait()
        kept = _kept(tmp_path)
        assert 5 <= kept < 20
        # Whoever is killed between a verdict's arrival and its writing pays for that one, and for one under way, again.
        assert len(up.asked) <= kept + 2
        begun = len(up.asked)
        assert main(["resume", "latest", "--quiet"]) == 0
        assert len(up.asked) - begun == 20 - kept
    assert sql("select count(*), count(distinct completion_id) from v_verdicts") == [(20, 20)]


def _kept(folder: Path) -> int:
    """How many verdicts the journals of the judges hold."""
    return sum(path.read_bytes().count(b"\n") for path in (folder / "home" / "judges").rglob("*.jsonl"))


def test_a_judge_at_chance_is_refused_by_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"name": "fluent", "quantity": "judge.code_switching", "tier": "critical", "at_most": 0.9}
    policy = tmp_path / "policy.yaml"
    policy.write_text(json.dumps({"name": "fluent", "min_items": 5, "rules": [rule]}))
    outcomes = {}
    for behave in (server.good, by_chance_or_tail):
        with server.JudgeServer(behave) as up:
            suite = suite_of(tmp_path, up.base_url, behave.__name__, [judge_of(up.base_url, behave.__name__)])
            labels = tmp_path / "labels.jsonl"
            labels.write_text("".join(label.model_dump_json() + "\n" for label in _labels()))
            words = ["--suite", str(suite), "--labels", str(labels), "--probes", "0"]
            assert main(["calibrate", f"{behave.__name__}:code_switching", *words]) == 0
            assert main(["run", str(suite), "--quiet"]) == 0
        capsys.readouterr()
        main(["gate", "latest", "--policy", str(policy), "--format", "json"])
        outcomes[behave.__name__] = capsys.readouterr().out
    assert "uncalibrated" not in outcomes["good"] and '"PASS"' in outcomes["good"]
    refused = outcomes["by_chance_or_tail"]
    assert '"INCONCLUSIVE"' in refused and "is not calibrated in de" in refused and "κ 0.00 is below 0.6" in refused


def by_chance_or_tail(asked: server.Asked) -> server.Said:
    """At chance on the labels, whose second word is a number; says no to everything else."""
    words = asked.texts["ANSWER"].split()
    return by_chance(asked) if words[1].isdecimal() else server.Said(server.verdict("no"))


def _labels() -> tuple:
    from tests.test_judge_rates import LABELS

    return LABELS
