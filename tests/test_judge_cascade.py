"""Who is sent and with what weight, what a jury says, and what each probe catches."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from judges.rubric import load_rubric
from tasks.codeswitch import LanguageReport, SwitchSpan
from tasks.judge import probes
from tasks.judge.asking import bench, judge_cases
from tasks.judge.cascade import Candidate, select
from tasks.judge.jury import Vote, both_orders, jury_verdicts, majority
from tasks.judge.records import JudgeCase, Other, Verdict
from tasks.match import Match
from tasks.metrics import Case
from tasks.schema import Endpoint, Item
from tests import judge_server as server
from tests.test_judge import make_judge

PAIRWISE, SWITCHING = load_rubric("pairwise_preference"), load_rubric("code_switching")


def item(number: int) -> Item:
    return Item("d", "1", "de", f"i{number}", f"p{number}", f"c{number}", "open", "Warum?", ("weil",))


def pair(number: int, answer: str, other: str, models: tuple[str, str] = ("a", "b")) -> JudgeCase:
    return JudgeCase(
        item(number), answer, "de", models[0], f"k{number}", other=Other(other, "de", models[1], f"o{number}")
    )


def verdict(case: JudgeCase, value: float | None) -> Verdict:
    return Verdict("key", case, "valid" if value is not None else "invalid", value=value)


def report(*, score: float | None = None, near: bool = False, told: bool = True) -> LanguageReport:
    spans = () if score is None else (SwitchSpan(0, 3, "the", "english", score),)
    closer = (SwitchSpan(0, 3, "the", "english", 2.0),) if near else ()
    return LanguageReport(False if told else None, bool(spans) if told else None, spans, 0.0, 0, "", closer)


SENT = [
    ("code_switching", Case("open", "de", "…", language=report()), ""),
    ("code_switching", Case("open", "de", "…", language=report(score=9.0)), ""),
    ("code_switching", Case("open", "de", "…", language=report(score=3.1)), "near_threshold"),
    ("code_switching", Case("open", "de", "…", language=report(near=True)), "near_threshold"),
    ("code_switching", Case("open", "de", "…", language=report(told=False)), "undetermined"),
    ("answer_correctness", Case("qa", "de", "weil", ("weil",)), ""),
    ("answer_correctness", Case("qa", "de", "darum", ("weil",)), "no_exact_match"),
    ("answer_correctness", Case("math", "de", "3", ("3",), match=Match(True, True, "equal")), ""),
    ("answer_correctness", Case("math", "de", "3", ("3",), match=Match(False, True, "alt")), "no_exact_match"),
    ("refusal", Case("refusal", "de", "Da kann ich nicht helfen."), ""),
    ("refusal", Case("refusal", "de", "Im Jahr 1989."), "no_refusal_phrase"),
    ("grammar", Case("open", "de", "Weil."), "no_scorer"),
]


@pytest.mark.parametrize(("rubric", "known", "because"), SENT)
def test_what_the_scorers_leave_open(rubric: str, known: Case, because: str) -> None:
    candidate = Candidate(JudgeCase(item(1), "x", "de"), known)
    selection = select(load_rubric(rubric), [candidate], share=1.0, audit=1e-9, seed=1)
    assert (selection.open, selection.settled) == (bool(because), not because)
    assert [case.because for case in selection.cases] == [because] * bool(because)


@pytest.mark.parametrize(
    ("own", "other", "because"),
    [("weil", "x", ""), ("x", "because", ""), ("x", "y", "both_miss_gold"), ("weil", "because", "")],
)
def test_consistency_pairs(own: str, other: str, because: str) -> None:
    both = Case("qa", "de", own, ("weil",)), Case("qa", "en", other, ("because",))
    candidate = Candidate(pair(1, own, other), *both)
    assert select(load_rubric("equivalence"), [candidate], share=1, audit=1e-9, seed=1).open == bool(because)


def test_weights_make_the_rate_unbiased() -> None:
    """1,000 answers, 200 open; 30 of the open and 20 of the settled are bad: over many draws the weighted sum is 50."""
    candidates, bad = [], set()
    for number in range(1000):
        is_open = number % 5 == 0
        known = Case("open", "de", "…", language=report(near=is_open))
        candidates.append(Candidate(JudgeCase(item(number), str(number), "de"), known))
        if is_open and number < 150 or not is_open and number < 25:
            bad.add(str(number))
    assert len(bad) == 50
    sums, sizes = [], []
    for seed in range(60):
        chosen = select(SWITCHING, candidates, share=0.5, audit=0.1, seed=seed)
        assert {(c.because, c.weight) for c in chosen.cases} == {("near_threshold", 2.0), ("audit", 10.0)}
        sums.append(sum(c.weight for c in chosen.cases if c.answer in bad))
        sizes.append(chosen.share_sent)
    # One draw has a standard error of sqrt(30·1 + 20·9) = 14.5, the mean of 60 of 1.9.
    assert sum(sums) / len(sums) == pytest.approx(50, abs=6)
    assert sum(sizes) / len(sizes) == pytest.approx(0.2 * 0.5 + 0.8 * 0.1, abs=0.005)
    again = select(SWITCHING, candidates, share=0.5, audit=0.1, seed=7)
    assert again == select(SWITCHING, candidates, share=0.5, audit=0.1, seed=7)


@pytest.mark.parametrize(
    ("votes", "value"),
    [
        ([("a", 1), ("b", 1), ("c", 0)], 1.0),
        ([("a", 1), ("b", 0)], 0.5),
        ([("a", 1), ("a", 1), ("a", 1), ("b", 0), ("c", 0)], 0.0),
        ([("a", 1), ("a", 0), ("b", 1)], 0.5),
        ([("a", 0.5), ("b", 0.5), ("c", 1)], 0.5),
        ([], None),
    ],
)
def test_one_family_one_vote(votes: list[tuple[str, float]], value: float | None) -> None:
    assert majority([Vote(family, cast) for family, cast in votes]) == value


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [(1.0, 1.0, 1.0), (1.0, 0.0, 0.5), (0.0, 0.0, 0.0), (1.0, 0.5, 0.5), (1.0, None, None)],
)
def test_disagreement_of_the_orders_is_a_tie(first: float, second: float | None, merged: float | None) -> None:
    one = pair(1, "x", "y")
    found = both_orders([verdict(one, first), verdict(replace(one, swapped=True), second)])
    assert [v.value for v in found] == [merged, None]


def test_a_divided_jury_cannot_judge_and_one_family_is_no_jury() -> None:
    one, two = JudgeCase(item(1), "x", "de", "m", "k1"), JudgeCase(item(2), "x", "de", "m", "k2")
    found = jury_verdicts(SWITCHING, [("a", [verdict(one, 1), verdict(two, 1)]), ("b", [verdict(one, 0)])])
    assert [(v.case.item.item_id, v.status, v.value) for v in found] == [("i1", "cannot_judge", None)]
    found = jury_verdicts(SWITCHING, [("a", [verdict(one, 1)]), ("b", [verdict(one, 0)]), ("c", [verdict(one, 1)])])
    assert [(v.status, v.value) for v in found] == [("valid", 1.0)]


def run(tmp_path: Path, behave: server.Behaviour, rubric, cases: list[JudgeCase]) -> tuple[Verdict, ...]:
    with server.JudgeServer(behave) as up:
        seat = bench(make_judge(), Endpoint(up.base_url, "judge", "print"), tmp_path, in_flight=4)
        return asyncio.run(judge_cases(seat, rubric, cases, run_id="probe")).verdicts


def test_a_judge_that_takes_the_first_is_caught(tmp_path: Path) -> None:
    cases = [pair(n, f"kurz {n}", f"lang {n}") for n in range(10)]
    found = run(tmp_path, server.first_wins, PAIRWISE, [*cases, *probes.swapped(cases)])
    flips = probes.position_flips(found)
    assert (flips.value, flips.n) == (1.0, 10) and flips.lo is not None and flips.lo > 0.5
    assert {v.value for v in both_orders(found) if not v.case.swapped} == {0.5}


def test_a_judge_that_takes_the_longer_is_caught(tmp_path: Path) -> None:
    cases = [pair(n, f"kurz {n}", "x") for n in range(10)]
    biased = probes.longer_wins(run(tmp_path / "a", server.longer_wins, PAIRWISE, probes.verbose_pairs(cases)))
    assert (biased.value, biased.n) == (1.0, 20)
    fair = probes.longer_wins(
        run(tmp_path / "b", lambda _: server.Said(server.verdict("tie")), PAIRWISE, probes.verbose_pairs(cases))
    )
    assert (fair.value, fair.n) == (0.0, 20)


@pytest.mark.parametrize(("behave", "moved"), [(server.swayed, 1.0), (server.good, 0.0)])
def test_a_judge_that_obeys_the_answer_is_caught(tmp_path: Path, behave, moved: float) -> None:
    clean = [
        JudgeCase(item(n), f"Der Zug Nummer {n} kam zu spät because of snow.", "de", "m", f"k{n}") for n in range(10)
    ]
    first = run(tmp_path, behave, SWITCHING, clean)
    assert {v.value for v in first} == {1.0}
    tempted = probes.injected(SWITCHING, first)
    assert {probe.wish for probe in tempted} == {0.0} and len({probe.name for probe in tempted}) == 5
    found = probes.swayed(tempted, run(tmp_path, behave, SWITCHING, [probe.case for probe in tempted]))
    assert (found.value, found.n) == (moved, 10)


def test_a_family_that_prefers_its_own_is_caught() -> None:
    families = {"a": "red", "b": "blue"}
    cases = [pair(n, f"x{n}", f"y{n}") for n in range(12)]
    red = [("red", verdict(case, 1.0)) for case in cases]
    blue = [("blue", verdict(case, float(n % 2))) for n, case in enumerate(cases)]
    found = probes.self_preference("red", red + blue, families)
    assert (found.value, found.n) == (0.5, 12) and found.lo is not None and found.lo > 0.2
    assert probes.self_preference("blue", red + blue, families).value == pytest.approx(0.5)
    assert probes.self_preference("green", red + blue, families).reason.startswith("fewer than two pairs")
