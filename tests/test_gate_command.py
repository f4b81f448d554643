"""`babelgate gate` and `babelgate tag` as they are called: exit codes, formats, the rows that are kept."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from flows.cli import main
from tests.gate_run import Run, pattern, write
from warehouse.connect import open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.publish import publish

N = 300
FINE = {"en": pattern(N, 30), "sw": pattern(N, 60), "th": pattern(N, 45)}
RUNS = [Run("base", FINE, day=1), Run("same", FINE, day=2), Run("worse-sw", {**FINE, "sw": pattern(N, 150)}, day=3)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    for run in RUNS:
        write(home, run)
    load_parts(home)
    publish(home)
    return home


POLICY = """name: mine
min_items: 100
rules:
  - {name: holds, quantity: accuracy, scope: each_language, margin: 0.10, why: lost what it had}
  - {name: speaks, quantity: wrong_language, scope: worst_language, at_most: 0.05, tier: supporting}
"""


@pytest.fixture
def cli(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BABELGATE_HOME", str(home.root))
    path = tmp_path / "mine.yaml"
    path.write_text(POLICY)
    return path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["same", "--baseline", "base"], 0),
        (["worse-sw", "--baseline", "base"], 1),
        (["same"], 2),
        (["--from-run", "same", "--baseline", "base"], 0),
        (["sane", "--baseline", "base"], 64),
        (["same", "--baseline", "bass"], 64),
        (["same", "--model", "smal"], 64),
        (["same", "--top-up", "100", "200"], 64),
        (["same", "--suite", "quickstart"], 64),
        ([], 64),
    ],
)
def test_exit_codes(cli: Path, words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", *words, "--policy", str(cli)]) == code
    told = capsys.readouterr()
    assert code != 64 or (told.err.startswith("babelgate: error: ") and told.err.count("\n") == 1)


def test_formats_and_stored_rows(cli: Path, home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["gate", "worse-sw", "--policy", str(cli), "--baseline", "base"]
    assert main([*words, "--format", "junit", "--output", str(tmp_path / "gate.xml")]) == 1
    suite = ElementTree.parse(tmp_path / "gate.xml").getroot()[0]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "2", "errors": "0", "skipped": "0"}
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["holds [sw]", "outcome"]
    capsys.readouterr()
    assert main([*words, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], document["baseline"]["run_id"]) == ("NO-GO", "base")
    assert document["rules"][1]["p_adjusted"] < 0.001 and len(document["rules"][1]["examples"]) == 10
    with open_published(home) as con:
        rows = con.execute(
            "SELECT verdict, lang, value, base_value, bound, round(lo, 2), n FROM v_rules WHERE run_id = 'worse-sw' "
            "AND rule = 'holds' AND lang = 'sw'"
        ).fetchall()
        assert rows[-1] == ("FAIL", "sw", 0.5, 0.8, pytest.approx(0.7), 0.45, 300)
        stored = con.execute("SELECT verdict, failed FROM v_gates WHERE run_id = 'worse-sw'").fetchall()
    # Other tests of this module decide on the same run; every decision is kept.
    assert len(stored) >= 2 and set(stored) == {("NO-GO", 1)}


def test_a_tag_names_a_baseline(cli: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", "base", "production", "--by", "ana"]) == 0
    assert "production is now small of run base" in capsys.readouterr().out
    assert main(["gate", "same", "--policy", str(cli), "--baseline", "production"]) == 0
    assert main(["gate", "base", "--policy", str(cli), "--baseline", "production", "--format", "markdown"]) == 2
    assert "this very run" in capsys.readouterr().out
    assert main(["tag", "base", "same"]) == 64
    assert main(["tag", "base", "a/b"]) == 64
