"""The judge step for real: a run of recorded answers, a scripted judge, the warehouse; and a small model as judge."""

import json
import os
from pathlib import Path

import pytest

from flows.cli import main
from tests import judge_server as server
from warehouse.connect import open_published

pytestmark = pytest.mark.slow

TAIL = " because of the weather that nobody had expected"


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path_factory.getbasetemp() / "judged"))
    monkeypatch.delenv("BABELGATE_DATA_DIR", raising=False)


def recorded(folder: Path, count: int = 20) -> Path:
    """German translations, every fourth going on in English."""
    from datasets_cfg.config import load_config
    from tasks.load import load_items

    rows = []
    for number, item in enumerate(load_items(load_config("babel_translate"), "de", None, count, seed=0)):
        text = item.gold[0].rstrip(".") + (TAIL if number % 4 == 0 else "") + "."
        rows.append({"id": item.item_id, "lang": "de", "completion": text})
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def suite_of(folder: Path, url: str, name: str, judges: list[dict], **rest: object) -> Path:
    replay = {"name": "a", "engine": "replay", "family": "alpha", "files": str(recorded(folder)),
                "columns": {"lang": "lang"}}  # fmt: skip
    document = {"name": name, "models": [replay], "datasets": ["babel_translate"], "languages": ["de"], "limit": 20}
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(document | {"judges": judges} | rest))
    return path


def judge_of(url: str, name: str = "judge", family: str = "beta", **more: object) -> dict:
    model = {"name": name, "engine": "openai", "model": name, "family": family, "base_url": url}
    return {"model": model, "rubrics": ["code_switching"], "audit": 1.0} | more


def sql(query: str) -> list[tuple]:
    with open_published(Path(os.environ["BABELGATE_HOME"])) as connection:
        return connection.execute(query).fetchall()


def test_a_run_is_judged_again_and_again_without_generating(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server.JudgeServer(server.good) as up:
        judges = [judge_of(up.base_url), judge_of(up.base_url, "second", "gamma")]
        assert main(["run", str(suite_of(tmp_path, "", "plain", [])), "--quiet"]) == 0
        named = ["--suite", str(suite_of(tmp_path, up.base_url, "judged", judges))]
        before = sql("select completion_id, attempts from completions order by 1")
        capsys.readouterr()
        assert main(["rejudge", "latest", *named, "--judge", "judge", "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)["sittings"]
        assert (row["sent"], row["valid"], row["requests"], row["cached"]) == (20, 20, 20, 0)
        asked = len(up.asked)
        assert main(["rejudge", "latest", *named, "--json"]) == 0
        first, second = json.loads(capsys.readouterr().out)["sittings"]
        assert (first["requests"], first["cached"], second["requests"]) == (0, 20, 20)
        assert len(up.asked) == asked + 20
    assert sql("select completion_id, attempts from completions order by 1") == before
    rates = sql("select judge_model, judged, rate, calibration, usable from v_judge_rates order by 1")
    assert rates == [(name, 20, 0.25, "uncalibrated", False) for name in ("judge", "jury", "second")]
    assert sql("select count(*), count(distinct batch) from verdicts where judge_model = 'judge'") == [(40, 2)]
    quoted = sql("select evidence from v_verdicts where value = 1 and judge_model = 'judge' limit 1")[0][0]
    assert json.loads(quoted)[0]["quote"] in TAIL


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--judge", "jugde"], "unknown judge 'jugde'; did you mean 'judge'?"),
        (["--rubric", "gramar"], "unknown rubric 'gramar'; did you mean 'grammar'?"),
        (["--rubric", "groundedness"], "has no answers that rubric 'groundedness' could read"),
        (["--rubric", "pairwise_preference"], "compares with a model of the run (a): name one"),
        (["--suite", "quickstart"], "there is no default judge"),
    ],
)
def test_what_rejudge_refuses(words: list[str], sentence: str, tmp_path: Path, capsys) -> None:
    judges = [judge_of("http://127.0.0.1:9/v1"), judge_of("http://127.0.0.1:9/v1", "second", "gamma")]
    named = [] if "--suite" in words else ["--suite", str(suite_of(tmp_path, "", "two", judges))]
    assert main(["rejudge", "latest", *named, *words]) == 64
    assert sentence in capsys.readouterr().err


def test_no_judge_sits_over_its_own_family(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server.JudgeServer(server.good) as up:
        kin = suite_of(tmp_path, up.base_url, "kin", [judge_of(up.base_url, family="Alpha")])
        assert main(["rejudge", "latest", "--suite", str(kin)]) == 64
        assert "judge 'judge' may not judge 'a': both are of the family 'alpha'" in capsys.readouterr().err
        assert up.asked == []
        allowed = [judge_of(up.base_url, family="Alpha", allow_same_family=["a"])]
        assert main(["rejudge", "latest", "--suite", str(suite_of(tmp_path, up.base_url, "may", allowed))]) == 0


def test_a_spent_budget_lands_what_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with server.JudgeServer(server.good) as up:
        judges = [judge_of(up.base_url, "poor", budget={"requests": 7})]
        suite = suite_of(tmp_path, up.base_url, "poor", judges)
        assert main(["rejudge", "latest", "--suite", str(suite), "--json"]) == 3
        (row,) = json.loads(capsys.readouterr().out)["sittings"]
        assert (row["valid"], len(up.asked)) == (7, 7) and "7 of 7 requests" in row["stopped"]
    assert sql("select count(*) from v_verdicts where judge_model = 'poor'") == [(7,)]
