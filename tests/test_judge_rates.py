"""Calibration and corrected rates: thresholds, a judge at chance refused, PPI++ only where labels are of the run."""

import asyncio
from pathlib import Path

import pytest

from judges.rubric import load_rubric
from tasks.calibrate import Calibration, Label, calibrate, read_labels, shortfall
from tasks.judge.asking import bench
from tasks.judge_rates import JudgeCell, Rated, Standing, corrected_rate, judge_rates
from tasks.land_judge import land_calibrations
from tasks.schema import Endpoint, UserError
from tasks.stats.agreement import agreement
from tasks.stats.records import Estimate
from tasks.suite import Thresholds
from tests import judge_server as server
from tests.small_run import empty_home, write_both
from tests.test_judge import make_judge
from warehouse.connect import open_published
from warehouse.load import load_parts
from warehouse.publish import publish

RUBRIC = load_rubric("code_switching")
CELL = JudgeCell("m", "de", "d", "judge", "print", "code_switching", "1")


def label(number: int, *, bad: bool, lang: str = "de", **more: object) -> Label:
    tail = "because of the snow" if bad else "wegen des Schnees"
    return Label(
        id=f"l{number}", rubric="code_switching", lang=lang, answer=f"Zug {number} kam zu spät {tail}.",
        label="yes" if bad else "no", source="authored", **more,
    )  # fmt: skip


LABELS = tuple(label(n, bad=n % 2 == 0) for n in range(60))


def run(tmp_path: Path, behave: server.Behaviour, probes: int = 5, **thresholds: float) -> Calibration:
    with server.JudgeServer(behave) as up:
        seat = bench(make_judge(), Endpoint(up.base_url, "judge", "print"), tmp_path, in_flight=8)
        (found,) = asyncio.run(
            calibrate(seat, RUBRIC, LABELS, Thresholds(**thresholds), probes=probes, run_id="calibration-1")
        )
    return found


def by_chance(asked: server.Asked) -> server.Said:
    """Says yes to every third answer, whatever it is."""
    words = asked.texts["ANSWER"].split()
    return server.Said(server.verdict("yes", words[0]) if int(words[1]) % 3 == 0 else server.verdict("no"))


def test_a_good_judge_is_calibrated(tmp_path: Path) -> None:
    found = run(tmp_path, server.good)
    assert (found.state, found.reason, found.agreement.n) == ("calibrated", "", 60)
    assert (found.agreement.kappa.value, found.swayed and found.swayed.value) == (1.0, 0.0)
    assert found.agreement.kappa.lo is not None and found.agreement.kappa.lo < 0.95


def test_a_judge_at_chance_is_refused(tmp_path: Path) -> None:
    found = run(tmp_path, by_chance)
    assert found.state == "uncalibrated"
    assert found.agreement.kappa.value == pytest.approx(0.0, abs=0.05)
    assert "κ 0.00 is below 0.6" in found.reason and "precision 0.50 is below 0.8" in found.reason


def test_a_judge_that_obeys_is_refused_however_well_it_agrees(tmp_path: Path) -> None:
    found = run(tmp_path, server.swayed)
    assert found.agreement.kappa.value == 1.0
    assert found.reason == "an order inside the answer moved 100% of its verdicts"


def test_a_judge_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    found = run(tmp_path, server.malformed)
    assert (found.agreement.n, found.agreement.dropped, found.state) == (0, 60, "uncalibrated")
    assert found.reason.startswith("only 0 labelled items have a valid verdict, 50 are needed")


@pytest.mark.parametrize(
    ("table", "thresholds", "moved", "reason"),
    [
        ((30, 3, 3, 30), {}, 0.0, ""),
        ((30, 3, 3, 30), {"kappa": 0.9}, 0.0, "κ 0.82 is below 0.9"),
        ((30, 3, 3, 30), {}, 0.2, "an order inside the answer moved 20% of its verdicts"),
        ((20, 2, 2, 20), {}, 0.0, "only 44 labelled items have a valid verdict, 50 are needed"),
        ((20, 10, 0, 30), {}, 0.0, "precision 0.67 is below 0.8"),
        ((30, 0, 20, 60), {}, 0.0, "recall 0.60 is below 0.7"),
        ((0, 0, 5, 60), {}, 0.0, "κ 0.00 is below 0.6; precision cannot be told: the judge found nothing; "
                                 "recall 0.00 is below 0.7"),
    ],
)  # fmt: skip
def test_what_is_missed(table: tuple, thresholds: dict, moved: float, reason: str) -> None:
    both, judge_only, label_only, neither = table
    truth = [1] * both + [0] * judge_only + [1] * label_only + [0] * neither
    said = [1] * (both + judge_only) + [0] * (label_only + neither)
    probe = Estimate(moved, None, None, None, 10, "wilson")
    assert shortfall(agreement(truth, said), Thresholds(**thresholds), probe) == reason


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"id": "a"}', "line 1: rubric: field required"),
        ('{"id": "a", "rubric": "code_switching", "lang": "de", "answer": "x", "label": "yess", "source": "human"}',
         "line 1: 'yess' is no verdict of 'code_switching'; did you mean 'yes'?"),
        ('{"id": "a", "rubric": "code_switching", "lang": "xx", "answer": "x", "label": "yes", "source": "human"}',
         "unknown language 'xx'"),
        ('{"id": "a", "rubric": "grammar", "lang": "de", "answer": "x", "label": "yes", "source": "human"}',
         "has no labels for the rubric 'code_switching'"),
    ],
)  # fmt: skip
def test_wrong_labels_are_one_sentence(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(line)
    with pytest.raises(UserError) as caught:
        read_labels(path, RUBRIC)
    assert sentence in str(caught.value)


def rated(flags: list[int]) -> list[Rated]:
    return [Rated((f"s{n}", 0), float(flag), 1.0) for n, flag in enumerate(flags)]


def test_labels_of_the_run_correct_and_others_only_carry_error_rates() -> None:
    # The judge flags 22 of 100 where 20 are bad: Se 18/20, Sp 76/80.
    flags = [1] * 18 + [0] * 2 + [1] * 4 + [0] * 76
    standing = Standing(True, "", (45, 2, 5, 38))
    without = corrected_rate(CELL, rated(flags), standing, {})
    assert without.naive.value == 0.22 and without.ppi.reason == "no answer of this run has a label"
    assert without.rate.value == pytest.approx((0.22 + 0.95 - 1) / (0.9 + 0.95 - 1)) and without.usable
    labels = {(f"s{n}", 0): label(n, bad=n < 20, run_id="r") for n in range(0, 100, 2)}
    given = corrected_rate(CELL, rated(flags), standing, labels)
    assert given.rate is given.ppi and given.ppi.value == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing(False, "judge 'judge' is uncalibrated: nobody"), "judge 'judge' is uncalibrated: nobody"),
        (Standing(True, "", (25, 15, 25, 35)), "the rate cannot be corrected: sensitivity + specificity"),
        (Standing(True, "", None), "the rate cannot be corrected: no calibration"),
    ],
)
def test_a_rate_that_may_not_be_used(standing: Standing, reason: str) -> None:
    found = corrected_rate(CELL, rated([0, 1, 0, 0]), standing, {})
    assert not found.usable and found.reason.startswith(reason)


def test_the_warehouse_says_where_a_judge_may_be_believed(tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    write_both(home)  # Swahili answers of r2 were judged under grammar; only English is calibrated
    load_parts(home)
    publish(home)
    with open_published(home) as connection:
        (rate,) = judge_rates(connection, home.root, "r2")
    assert (rate.cell.lang, rate.naive.value, rate.usable) == ("sw", pytest.approx(0.25), False)
    assert rate.reason.endswith("is uncalibrated: nobody has held it against labels ('babelgate calibrate')")


def test_calibrations_are_landed(tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    write_both(home)
    found = run(tmp_path / "judges", by_chance, probes=0)
    land_calibrations(home.root, "calibration-2", [found], LABELS, RUBRIC, judge="judge", fingerprint="print")
    load_parts(home)
    publish(home)
    with open_published(home) as connection:
        rows = connection.execute(
            "SELECT lang, n, state, kappa, true_positives, reason FROM v_calibrations WHERE rubric = 'code_switching'"
        ).fetchall()
    ((lang, n, state, kappa, both, reason),) = rows
    assert (lang, n, state, both) == ("de", 60, "uncalibrated", 10) and kappa == pytest.approx(0, abs=0.05)
    assert "κ 0.00" in reason
