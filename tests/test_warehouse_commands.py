"""`babelgate warehouse VERB` does what it says; without harlequin `babelgate sql` says how to get it."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import main
from tests.small_run import empty_home, write_both
from warehouse.connect import open_published
from warehouse.home import Home


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of two runs, published by the command."""
    home = empty_home(tmp_path_factory.mktemp("commands") / "home")
    write_both(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BABELGATE_HOME", str(home.root))
        assert main(["warehouse", "publish"]) == 0
    return home.root


@pytest.fixture
def home(landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    shutil.copytree(landed, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def parts(home: Home, kind: str = "completions") -> list[Path]:
    return sorted((home.parts / kind).glob("*/*.parquet"))


def test_rebuild_needs_only_the_parts(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.build.unlink()
    assert main(["warehouse", "rebuild", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"].startswith("rebuilt from ")
    assert main(["warehouse", "check"]) == 0
    assert capsys.readouterr().out == "sound\n"


def test_compact_leaves_one_part_a_run_and_check_is_content(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(parts(home)) == 5
    assert main(["warehouse", "compact", "--run", "r1"]) == 0
    assert [path.name.startswith("merged-") for path in parts(home)] == [True, False, False, False]
    assert main(["warehouse", "check"]) == 0
    assert capsys.readouterr().out.endswith("sound\n")


def test_texts_go_out_of_what_is_published(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["warehouse", "age-out"]) == 64
    assert "needs --text-nights or --fact-nights" in capsys.readouterr().err
    assert main(["warehouse", "age-out", "--text-nights", "0"]) == 0
    with open_published(home) as con:
        left = con.execute("SELECT DISTINCT run_id FROM completion_text").fetchall()
        tagged = con.execute("SELECT DISTINCT run_id FROM baselines").fetchall()
    assert sorted(left) == sorted(tagged)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is not a whole Parquet file"),
        (lambda path: path.unlink(), "the part is gone"),
    ],
)
def test_check_names_what_is_wrong(
    home: Home, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object], says: str
) -> None:
    damage(parts(home)[0])
    assert main(["warehouse", "check", "--json"]) == 3
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert any(says in problem for problem in problems)


def test_without_harlequin_there_is_a_sentence(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home.root))
    monkeypatch.setattr(sys, "executable", str(home.root / "python"))
    assert main(["sql"]) == 64
    assert "harlequin, which is not installed: pip install" in capsys.readouterr().err
