"""Calibration and corrected rates: thresholds, a judge at chance refused, PPI++ only where labels are of the run."""

import asyncio
from pathlib import Path

import pytest

from judges.rubric import load_rubric
from tasks.calibrate import Calibration, Label, calibrate, read_labels, shortfall
from tasks.gate_judge import Verdict, judge_against_bound, unusable
from tasks.gate_read import Item
from tasks.judge.asking import bench
from tasks.judge_rates import Rated, correct
from tasks.land_judge import land_calibrations
from tasks.schema import Endpoint, UserError
from tasks.stats.agreement import agreement
from tasks.stats.records import Estimate
from tasks.suite import Thresholds
from tests import judge_server as server
from tests.small_run import NIGHT, empty_home, put, sample, write_both
from tests.test_judge import make_judge
from warehouse.connect import connect, open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.publish import publish
from warehouse.schemas import arrow_table

RUBRIC = load_rubric("code_switching")


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


# The judge flags 22 of 100 where 20 are bad: Se 18/20, Sp 76/80.
FLAGS = [1.0] * 18 + [0.0] * 2 + [1.0] * 4 + [0.0] * 76
TABLE = (45.0, 2.0, 5.0, 38.0)


def test_labels_of_the_run_correct_and_others_only_carry_error_rates() -> None:
    without = correct([Rated(flag) for flag in FLAGS], [TABLE])
    assert without.ppi.reason == "no answer of this run has a label"
    assert without.rate is without.rogan_gladen
    assert without.rate.value == pytest.approx((0.22 + 0.95 - 1) / (0.9 + 0.95 - 1))
    given = correct([Rated(f, 1.0, float(n < 20) if n % 2 == 0 else None) for n, f in enumerate(FLAGS)], [TABLE])
    assert given.rate is given.ppi and given.ppi.value == pytest.approx(0.2, abs=0.03)
    assert given.rogan_gladen == without.rogan_gladen and given.contradiction == ""


@pytest.mark.parametrize(
    ("tables", "reason"),
    [([(25, 15, 25, 35)], "sensitivity + specificity - 1 is below 0.6"), ([], "no calibration")],
)
def test_a_rate_that_cannot_be_corrected(tables: list, reason: str) -> None:
    assert correct([Rated(0.0), Rated(1.0)], tables).rate.reason == reason


def test_corrections_that_contradict_each_other_are_told() -> None:
    """The calibration knows a judge that never errs; on this run's own answers people flag everything."""
    found = correct([Rated(0.0, 1.0, float(n != 3) if n < 40 else None) for n in range(200)], [(50, 0, 0, 50)])
    assert found.contradiction.startswith("the judge's rate is 92.6% to 100.0% by labels on these answers (PPI++), but")


def drawn(seed: int, *, uneven: bool) -> tuple[list[Rated], float]:
    """400 answers, 19 % bad, a judge of Se .90 and Sp .95; 100 of them labelled, at random or half from the flagged."""
    import random

    dice = random.Random(seed)
    truth = [float(dice.random() < 0.19) for _ in range(400)]
    said = [float(dice.random() < (0.9 if bad else 0.05)) for bad in truth]
    weights = [0.0] * 400
    groups = [[n for n in range(400) if said[n] == 1], [n for n in range(400) if said[n] == 0]]
    sizes = (50, 50) if uneven else (100, 0)
    for group, size in zip(groups if uneven else [list(range(400)), []], sizes, strict=True):
        for n in dice.sample(group, min(size, len(group))):
            weights[n] = len(group) / min(size, len(group))
    return [
        Rated(f, 1.0, y if w else None, w or 1.0) for f, y, w in zip(said, truth, weights, strict=True)
    ], 0.19  # fmt: skip


@pytest.mark.parametrize("uneven", [False, True])
def test_the_corrected_interval_covers_however_labels_were_drawn(uneven: bool) -> None:
    covered, values = 0, []
    for seed in range(400):
        rated, true = drawn(seed, uneven=uneven)
        found = correct(rated, []).ppi
        covered += found.lo is not None and found.hi is not None and found.lo <= true <= found.hi
        values.append(found.value or 0.0)
    assert sum(values) / 400 == pytest.approx(0.19, abs=0.006)
    assert 0.92 <= covered / 400 <= 0.98


def test_the_warehouse_corrects_as_the_code_does(tmp_path: Path) -> None:
    """One run, three cells: labels at random, labels half from the flagged, none; the view against the functions."""
    home = empty_home(tmp_path / "home")
    cells = {"de": drawn(1, uneven=False)[0], "sw": drawn(2, uneven=True)[0], "th": [Rated(f) for f in FLAGS]}
    for lang, rated in cells.items():
        write_judged(home, lang, rated)
    put(home, "calibrations", "calibration-9", "judge", *(
        {"judge_model": "judge", "judge_fingerprint": "print", "rubric": "grammar", "rubric_version": "1",
         "lang": lang, "n": 90, "state": "calibrated", "made_at": NIGHT["r2"], "true_positives": 45.0,
         "false_positives": 2.0, "false_negatives": 5.0, "true_negatives": 38.0} for lang in cells
    ))  # fmt: skip
    load_parts(home)
    with connect(home.build) as connection:
        rows = connection.execute(
            """SELECT lang, ppi, ppi_lo, ppi_hi, rogan_gladen, rogan_gladen_lo, rogan_gladen_hi, corrected, correction,
               labelled FROM v_judge_rates ORDER BY lang"""
        ).fetchall()
    assert [(row[0], row[8], row[9]) for row in rows] == [
        ("de", "PPI++", 100), ("sw", "PPI++", 100), ("th", "Rogan-Gladen", 0)
    ]  # fmt: skip
    for lang, *numbers, corrected, _, _ in rows:
        found = correct(cells[lang], [TABLE])
        wanted = [x for each in (found.ppi, found.rogan_gladen) for x in (each.value, each.lo, each.hi)]
        assert numbers == [None if x is None else pytest.approx(x, abs=1e-9) for x in wanted]
        assert corrected == pytest.approx(found.rate.value)


def write_judged(home: Home, lang: str, rated: list[Rated]) -> None:
    """Verdicts and labels of one shard of run r9."""
    same = {"model_id": "m", "lang": lang, "dataset_id": "d"}
    shard = shard_uuid("r9", "m", lang, "d")
    verdicts, labels = [], []
    for n, each in enumerate(rated):
        of = sample("d", lang, n)
        verdicts.append({
            "completion_id": completion_uuid("r9", "m", of, 0), "sample_id": of, "repeat_ix": 0,
            "verdict_key": of, "judge_model": "judge", "judge_fingerprint": "print", "rubric": "grammar",
            "rubric_version": "1", "status": "valid", "value": each.value, "weight": each.weight,
            "judged_at": NIGHT["r2"],
        })  # fmt: skip
        if each.label is not None:
            labels.append(same | {
                "sample_id": of, "repeat_ix": 0, "rubric": "grammar", "label": "x", "value": each.label,
                "weight": each.label_weight, "source": "human", "labelled_at": NIGHT["r2"],
            })  # fmt: skip
    write_part(home, "verdicts", "r9", shard, arrow_table("verdicts", verdicts, same))
    if labels:
        put(home, "labels", "r9", f"labels_{lang}", *labels)


def test_the_warehouse_says_where_a_judge_may_be_believed(tmp_path: Path) -> None:
    home = empty_home(tmp_path / "home")
    write_both(home)  # Swahili answers of r2 were judged under grammar; only English is calibrated
    load_parts(home)
    publish(home)
    with open_published(home) as connection:
        found = connection.execute("SELECT lang, rate, corrected, usable, correction FROM v_judge_rates").fetchall()
    assert found == [("sw", pytest.approx(0.25), None, False, "uncalibrated")]


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


def test_the_gate_goes_by_labels_of_the_run_and_refuses_a_contradiction() -> None:
    def where(n: int) -> Item:
        return Item("d", "de", f"i{n}", f"p{n}", f"c{n}", "")

    def read(labels: int, table: tuple[float, float, float, float], bad: int) -> list[Verdict]:
        return [
            Verdict(
                where(n), "judge", 1.0, flag, "valid", "calibrated", "", table, float(n < bad) if n < labels else None
            )
            for n, flag in enumerate(FLAGS)
        ]

    assert judge_against_bound(read(0, TABLE, 20), 0.3, "at_most").value == pytest.approx(0.2)
    labelled = read(100, TABLE, 30)
    assert judge_against_bound(labelled, 0.3, "at_most").value == pytest.approx(0.30)
    assert unusable(labelled) == "" and unusable(read(0, TABLE, 20)) == ""
    assert unusable(read(100, (50.0, 0.0, 0.0, 50.0), 60)).endswith("by its calibration (Rogan-Gladen)")
