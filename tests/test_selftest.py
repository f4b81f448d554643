"""The self-test passes, can fail, and skips what it lacks the data for."""

import json
import os
from pathlib import Path

import pytest

from tasks.land_selftest import failure, land_selftest
from tasks.selftest import run_selftest
from tasks.selftest.defects import DEFECTS
from tasks.selftest.kept import kept_selftest, state_of_scorers
from tasks.selftest.recorded import DEEP, RECORDED
from tasks.selftest.records import Outcome, SelfTest, run_check
from tasks.selftest.vectors import SIGNATURES, differences, scorer_version, vector_checks
from warehouse.home import Home
from warehouse.parts import read_part

DATA = os.environ.get("BABELGATE_DATA_DIR")


@pytest.mark.parametrize("name", vector_checks())
def test_vector(name: str) -> None:
    assert vector_checks()[name]() == ""


@pytest.mark.parametrize("name", DEFECTS)
def test_defect(name: str) -> None:
    assert DEFECTS[name]() == ""


def test_all_14_defects_are_there() -> None:
    assert [name.split()[0] for name in DEFECTS] == [f"D{number}" for number in range(1, 15)]


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str) -> None:
    assert SIGNATURES[name]() == ""


@pytest.mark.skipif(not DATA, reason="needs BABELGATE_DATA_DIR")
@pytest.mark.parametrize("name", RECORDED)
def test_recorded(name: str) -> None:
    assert RECORDED[name].check(Path(DATA or "")) == ""


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="needs BABELGATE_DATA_DIR")
@pytest.mark.parametrize("name", DEEP)
def test_deep(name: str) -> None:
    # The benchmark's own tokenizers; without them one word-level cell is off by more than the tolerance.
    pytest.importorskip("jieba")
    pytest.importorskip("fugashi")
    assert DEEP[name].check(Path(DATA or "")) == ""


def test_a_run_without_data_passes_and_says_what_it_skipped() -> None:
    found = run_selftest(None)
    assert [outcome for outcome in found.outcomes if outcome.state == "fail"] == []
    assert found.passed
    skipped = {outcome.name for outcome in found.outcomes if outcome.state == "skipped"}
    assert skipped == RECORDED.keys() | DEEP.keys()
    assert found.version == scorer_version()


def test_wrong_data_fails(tmp_path: Path) -> None:
    (tmp_path / "mgsm").mkdir()
    (tmp_path / "mgsm" / "exemplars.json").write_text(
        '{"MGSM_EXEMPLARS": {"en": {"1": {"a": "The answer is 12."}}}, "EXEMPLAR_NUMBER_ANSWERS": [11]}'
    )
    states = {outcome.name: outcome for outcome in run_selftest(tmp_path).outcomes}
    failed = states["recorded: 88 MGSM exemplars"]
    assert failed.state == "fail"
    assert "en 1 gives '12', not 11; there are 1 exemplars, not 88" in failed.detail


def test_a_check_that_raises_has_failed() -> None:
    def broken() -> str:
        raise ValueError("no such file")

    assert run_check("x", broken) == Outcome("x", "fail", "ValueError: no such file")
    assert run_check("x", lambda: "") == Outcome("x", "pass")
    assert run_check("x", lambda: "5 is not 6") == Outcome("x", "fail", "5 is not 6")


@pytest.mark.parametrize(
    ("states", "passed"),
    [((), False), (("skipped",), False), (("pass", "skipped"), True), (("pass", "fail"), False)],
)
def test_what_passes(states: tuple[str, ...], passed: bool) -> None:
    assert SelfTest(tuple(Outcome("x", state) for state in states), "v").passed is passed  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expected", "found", "sentence"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, ""),
        ({"a": 1.0}, {"a": 1.0 + 1e-12}, ""),
        ({"a": 1}, {}, "a is None, not 1"),
        ({"a": {"b": True}}, {"a": {"b": False}}, "a: b is False, not True"),
        ({"a": None}, {"a": 0.0}, "a is 0.0, not None"),
    ],
)
def test_differences(expected: dict[str, object], found: dict[str, object], sentence: str) -> None:
    assert differences(expected, found) == sentence


def test_a_passed_self_test_is_kept_and_read_back(tmp_path: Path) -> None:
    first = kept_selftest(tmp_path)
    assert first.passed
    (kept,) = (tmp_path / "selftests").iterdir()
    assert kept.stem == state_of_scorers()
    text = json.loads(kept.read_text())
    text["outcomes"][0]["detail"] = "read from the file"
    kept.write_text(json.dumps(text))
    assert kept_selftest(tmp_path).outcomes[0].detail == "read from the file"


def test_a_failed_self_test_is_landed_and_told(tmp_path: Path) -> None:
    result = SelfTest(
        (Outcome("a", "pass"), Outcome("b", "fail", "1 is not 2"), Outcome("c", "skipped", "no data")), "v"
    )
    assert failure(result).startswith("the self-test of the scorers failed in 1 check, the first is 'b': 1 is not 2")
    assert failure(SelfTest(result.outcomes[:1], "v")) == ""
    land_selftest(tmp_path, "r1", result)
    _, table = read_part(Home(tmp_path).part("selftests", "r1", "selftest"))
    rows = [(row["check_name"], row["state"], row["detail"]) for row in table.to_pylist()]
    assert rows == [("a", "pass", None), ("b", "fail", "1 is not 2"), ("c", "skipped", "no data")]
