"""A data set of the user's own: a YAML and its rows beside the suite that names it, from check to re-score."""

import json
from pathlib import Path

import pytest

from datasets_cfg.config import ConfigError
from flows.cli import main
from tasks.engines import EngineContext
from tasks.preflight import prepare
from tasks.runs import start_run
from tasks.suite import load_suite

CAPITALS = """
name: capitals
version: "1"
title: Capitals
licence: CC0-1.0
citation: ours
kind: qa
source: {local: {root: beside, files: "rows/{file}.jsonl", format: jsonl}}
columns: {id: id, question: q, gold: a}
languages:
  en: {system: Answer., instruction: $question}
  sw: {system: Jibu., instruction: $question}
metrics: [em_official]
"""
SUITE = """
name: own
models: [{name: told, engine: replay, files: FOLDER/answers.jsonl, columns: {id: id, lang: lang}}]
datasets: [capitals]
"""
ROWS = {
    "en": [("k", "What is the capital of Kenya?", "Nairobi"), ("u", "What is the capital of Uganda?", "Kampala")],
    "sw": [("k", "Mji mkuu wa Kenya ni upi?", "Nairobi"), ("u", "Mji mkuu wa Uganda ni upi?", "Kampala")],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = tmp_path / "mine"
    (own / "rows").mkdir(parents=True)
    (own / "capitals.yaml").write_text(CAPITALS)
    (own / "own.yaml").write_text(SUITE.replace("FOLDER", str(own)))
    for lang, rows in ROWS.items():
        lines = [json.dumps(dict(zip(("id", "q", "a"), row, strict=True))) for row in rows]
        (own / "rows" / f"{lang}.jsonl").write_text("\n".join(lines))
    answers = [{"id": id, "lang": lang, "completion": "Nairobi"} for lang in ROWS for id in ("k", "u")]
    (own / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    return own


def test_a_suite_finds_the_data_set_beside_it(folder: Path, tmp_path: Path) -> None:
    suite = load_suite(str(folder / "own.yaml"))
    prepared = prepare(suite, EngineContext(home=tmp_path, data_dir=None, env={}))
    assert {key: [item.gold for item in items] for key, items in prepared.items.items()} == {
        ("capitals", lang): [("Nairobi",), ("Kampala",)] for lang in ROWS
    }


def test_the_folder_may_be_another_one_and_is_no_part_of_what_a_run_is(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "suites"
    moved.mkdir()
    (moved / "own.yaml").write_text((folder / "own.yaml").read_text() + "dataset_folder: ../mine\n")
    suites = [load_suite(str(folder / "own.yaml")), load_suite(str(moved / "own.yaml"))]
    runs = [start_run(tmp_path / "home", suite, datasets={"capitals": "1"}, data_dir=None) for suite in suites]
    assert prepare(suites[1], EngineContext(home=tmp_path, data_dir=None, env={})).requests == 4
    assert runs[0].config_hash == runs[1].config_hash


def test_a_data_set_that_is_not_there_names_the_nearest(folder: Path, tmp_path: Path) -> None:
    (folder / "own.yaml").write_text((folder / "own.yaml").read_text().replace("[capitals]", "[capital]"))
    with pytest.raises(ConfigError, match="unknown dataset 'capital'; did you mean 'capitals'"):
        prepare(load_suite(str(folder / "own.yaml")), EngineContext(home=tmp_path, data_dir=None, env={}))


@pytest.mark.slow
def test_it_runs_and_is_scored_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    assert main(["run", str(folder / "own.yaml"), "--quiet", "--json"]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["rescore", "latest"]) == 0
    capsys.readouterr()
    assert main(["sql", "select lang, sum(value) as right_ones, count(*) as n from v_scores where metric = "
                 "'em_official' group by lang order by lang", "--json"]) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert [(row["lang"], row["right_ones"], row["n"]) for row in found] == [("en", 1, 2), ("sw", 1, 2)]
