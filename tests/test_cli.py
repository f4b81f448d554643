"""The command line's door: help is quick, mistakes are one sentence and exit 64."""

import subprocess
import sys

import pytest

from flows.cli import main
from flows.commands import COMMANDS
from flows.commands.import_ import _stem


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from flows.cli import main; main([]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"prefect", "duckdb", "pandas", "pyarrow", "datasets", "openai", "pydantic", "rich", "scipy", "yaml"}
    assert heavy & set(done.stderr.split()) == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_json(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rnu", "quickstart"], "unknown word 'rnu'; did you mean 'run'?"),
        (["run"], "the following arguments are required: suite"),
        (["run", "quickstrat"], "unknown suite 'quickstrat'; did you mean 'quickstart'?"),
        (["run", "quickstart", "--limit", "-1"], "limit"),
        (["run", "quickstart", "--language", "xx"], "unknown language 'xx'"),
        (["run", "quickstart", "--limit", "9" * 5000], "is not a whole number from 1 up"),
        (["plan", "quickstart", "--tokens-per-s", "nan"], "'nan' is not a number above 0"),
        (["sql", "select 1", "--seconds", "-1"], "'-1' is not a number above 0"),
        (["import", __file__, "--dataset", "babel_math"], "it is none of .jsonl, .csv, .tsv, .parquet"),
        (["plan", "nosuch.yaml"], "nosuch.yaml: cannot be read (No such file or directory)"),
        (["resume", "nosuch"], "no run 'nosuch'"),
        (["datasets", "show", "mgms"], "unknown dataset 'mgms'; did you mean 'mgsm'?"),
        (["sql", "nosuchquery"], "nosuchquery"),
        (["score", "/nosuch.jsonl"], "/nosuch.jsonl"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_64(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    try:
        code = main(words)
    except SystemExit as stopped:
        code = stopped.code
    error = capsys.readouterr().err
    assert code == 64
    assert sentence in error
    assert error.startswith("babelgate: error: ") and len(error.strip().splitlines()) == 1
    assert not (tmp_path / "home" / "runs").exists()


BAD_SUITES = [
    ("{name: m, engine: openai, model: x, key_env: NO_SUCH_KEY}", "babel_math", "NO_SUCH_KEY"),
    ("{name: m, engine: replay, files: /nosuch/answers.jsonl}", "babel_math", "/nosuch/answers.jsonl"),
    ("{name: m, engine: llamacpp, model: /nosuch.gguf}", "babel_math", "no GGUF file '/nosuch.gguf'"),
    ("{name: m, engine: vllm, model: x, python: /nosuch/python}", "babel_math", "/nosuch/python"),
    ("{name: m, engine: llamacpp, model: ~nosuchuser/x}", "babel_math", "no GGUF file '~nosuchuser/x'"),
    ("{name: m, engine: vllm, model: x, python: ~nosuchuser/x}", "babel_math", "not there: ~nosuchuser/x"),
    ("{name: m, engine: replay, files: ~nosuchuser/x}", "babel_math", "~nosuchuser/x"),
    ("{name: m, engine: llamacpp}", "babel_maths", "unknown dataset 'babel_maths'; did you mean 'babel_math'?"),
    ("{name: m, engine: llamacpp}", "mgsm", "mgsm"),
]


@pytest.mark.parametrize(("model", "dataset", "sentence"), BAD_SUITES)
def test_a_suite_that_cannot_run_starts_nothing(
    model: str, dataset: str, sentence: str, capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    # An empty data folder, and a hub that is not asked.
    monkeypatch.setenv("BABELGATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    suite = tmp_path / "suite.yaml"
    suite.write_text(f"name: x\nmodels: [{model}]\ndatasets: [{dataset}]\nlanguages: [en]\n")
    assert main(["run", str(suite)]) == 64
    error = capsys.readouterr().err
    assert sentence in error and len(error.strip().splitlines()) == 1
    assert not (tmp_path / "home" / "runs").exists()


def test_several_files_are_several_models(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    words = ["import", "picks/a.jsonl", "picks/b.{lang}.jsonl.gz", "--dataset", "babel_math"]
    assert main([*words, "--model", "a"]) == 64
    assert "--model names one file's answers" in capsys.readouterr().err
    assert [_stem(word) for word in words[1:3]] == ["a", "b"]
