"""A small model as judge end to end: it runs, agrees with labels no better than chance, and is refused."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from flows.cli import main
from judges.rubric import FOLDER
from tasks.engines import EngineContext
from tasks.hearing import hear_judge
from tasks.land import load_and_publish
from tests.recorded_run import land_run_of
from tests.test_rejudge import sql, suite_of

RUBRIC = Path(__file__).parent / "data" / "bare_code_switching.md"

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


def test_the_embedded_model_as_judge_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    model = {"name": "small", "engine": "llamacpp", "model": "smollm2-135m-instruct", "family": "smollm",
             "in_flight": 2, "context": 2048}  # fmt: skip
    suite = str(suite_of(tmp_path, "", "small", [{"model": model, "rubrics": [str(RUBRIC)], "share": 0.5}]))
    lines = (FOLDER / "calibration" / "code_switching.jsonl").read_text(encoding="utf-8").splitlines()
    german = [row for row in map(json.loads, lines) if row["lang"] == "de"]
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps(row | {"rubric": "bare_code_switching"}) + "\n" for row in german))
    assert main(["calibrate", f"small:{RUBRIC}", "--suite", suite, "--labels", str(labels), "--probes", "0"]) == 0
    with capsys.disabled():
        print("\n" + capsys.readouterr().out)  # noqa: T201
    context = EngineContext(home=tmp_path / "home", data_dir=None, env=os.environ)
    run = asyncio.run(land_run_of(context.home, Path(suite)))
    heard = asyncio.run(hear_judge(run, run.suite.judges[0], context))
    load_and_publish(context.home, run.run_id)
    assert heard.sittings[0].statuses["valid"] >= 1 and not heard.problems
    ((n, kappa, state, reason),) = sql("select n, kappa, state, reason from v_calibrations where judge_model = 'small'")
    assert n >= 50 and kappa < 0.3 and state == "uncalibrated" and "κ" in reason and "is below 0.6" in reason
    assert sql("select distinct corrected, correction from v_judge_rates") == [(None, "uncalibrated")]
    assert main(["report", "latest", "--output", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"uncalibrated: {reason}" in page
