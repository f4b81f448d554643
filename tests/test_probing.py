"""`judges probe` for real: biased judges are caught, a fair one is not, and what was found is kept and shown."""

import json
from pathlib import Path

import pytest

from flows.cli import main
from tests import judge_server as server
from tests.test_rejudge import judge_of, recorded, sql

pytestmark = pytest.mark.slow


def fair(asked: server.Asked) -> server.Said:
    """Takes neither side of a pair, and reads single answers as the good judge."""
    return server.Said(server.verdict("tie")) if "OTHER_ANSWER" in asked.texts else server.good(asked)


def own_first(asked: server.Asked) -> server.Said:
    """Takes the answer that ends in a bang, which is how its family writes."""
    first, second = asked.texts["ANSWER"].endswith("!"), asked.texts["OTHER_ANSWER"].endswith("!")
    if first == second:
        return server.Said(server.verdict("tie"))
    return server.Said(server.verdict("first" if first else "second", "!"))


def pairs(behave: server.Behaviour) -> server.Behaviour:
    """The behaviour for pairs; single answers as the good judge."""
    return lambda asked: behave(asked) if "OTHER_ANSWER" in asked.texts else server.good(asked)


CASES = [
    (fair, {"position": "unbiased", "verbosity": "unbiased", "self_preference": "unbiased", "injection": "unknown"}),
    (pairs(server.first_wins), {"position": "biased"}),
    (pairs(server.longer_wins), {"verbosity": "biased"}),
    (pairs(own_first), {"self_preference": "biased", "position": "unbiased"}),
    (lambda asked: fair(asked) if "OTHER_ANSWER" in asked.texts else server.swayed(asked), {"injection": "biased"}),
]


def test_each_bias_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    suite = two_models(tmp_path)
    assert main(["run", str(suite), "--quiet"]) == 0
    with server.JudgeServer(fair) as other:
        for number, (behave, wanted) in enumerate(CASES):
            with server.JudgeServer(behave) as up:
                judges = [judge_of(up.base_url, f"judge{number}", "alpha"), judge_of(other.base_url, "fair", "gamma")]
                named = two_models(tmp_path, judges=judges, name=f"probed{number}")
                capsys.readouterr()
                words = ["judges", "probe", f"judge{number}", "--suite", str(named), "--count", "40", "--json"]
                assert main(words) == 0
                found = {each["probe"]: each["state"] for each in json.loads(capsys.readouterr().out)["probes"]}
                assert set(found) == {"position", "verbosity", "self_preference", "injection"}
                assert found.items() >= wanted.items()
    kept = sql("select judge_model, probe from v_judge_probes where state = 'biased' order by 1, 2")
    assert {
        ("judge1", "position"),
        ("judge2", "verbosity"),
        ("judge3", "self_preference"),
        ("judge4", "injection"),
    } <= {*kept}
    assert not [judge for judge, _ in kept if judge == "judge0"]
    assert main(["judges", "probe", "judge0", "--suite", str(two_models(tmp_path, judges=judges))]) == 64
    assert "unknown judge 'judge0'; did you mean 'judge4'?" in capsys.readouterr().err


def two_models(folder: Path, judges: list[dict] | None = None, name: str = "two") -> Path:
    """Models of the families alpha and beta on the same forty items; alpha's answers end in a bang."""
    rows = [json.loads(line) for line in recorded(folder, 40).read_text().splitlines()]
    models = []
    for family, end in (("alpha", "!"), ("beta", ".")):
        path = folder / f"{family}.jsonl"
        texts = [row | {"completion": row["completion"].rstrip(".") + end} for row in rows]
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in texts))
        models.append({"name": family, "engine": "replay", "family": family, "files": str(path),
                       "columns": {"lang": "lang"}})  # fmt: skip
    document = {"name": name, "models": models, "datasets": ["babel_translate"], "languages": ["de"], "limit": 40}
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(document | {"judges": judges or []}))
    return path
