"""Comparisons and trends over runs whose answers are known, corpus metrics against sacreBLEU, and real picks."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest, Result

from flows.cli import main
from tasks.compare import compare, find_subjects
from tasks.compare_duel import corpus_duel
from tasks.compare_facts import read_constraints
from tasks.gate_corpus import Counted, _chrf, corpus_against_baseline, corpus_against_bound
from tasks.gate_read import Item, Observation, Reader
from tasks.metrics import METRICS, Case
from tasks.schema import UserError
from tasks.stats import mcnemar, tango
from tests.gate_run import Run, pattern, write
from warehouse.connect import open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.publish import publish

DATA = os.environ.get("BABELGATE_DATA_DIR")
N = 200
NIGHTS = [40] * 12 + [80] * 6
"""Wrong answers of 200 a night: twelve quiet nights, then a fall of twenty points."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    write(home, Run("a", {"en": pattern(N, 40), "sw": pattern(N, 60)}, model="qwen", kind="adhoc"))
    write(home, Run("b", {"en": pattern(N, 42), "sw": pattern(N, 100)}, model="deepseek", kind="adhoc", licence="MIT"))
    write(
        home, Run("c", {"en": pattern(N, 40), "sw": pattern(N, 60)}, model="other", prompt="q", kind="adhoc", usd=None)
    )
    for night, wrong in enumerate(NIGHTS, 1):
        write(home, Run(f"night-{night:02}", {"en": pattern(N, wrong)}, day=night))
    assert load_parts(home).rejected == []
    publish(home)
    return home


def _compare(home: Home, *names: str, **more):
    with open_published(home) as connection:
        reader = Reader(connection)
        return compare(reader, [s for name in names for s in find_subjects(reader, name)], **more)


def test_a_winner_only_where_it_is_established(home: Home) -> None:
    found = _compare(home, "qwen", "deepseek")
    duels = {duel.lang: duel for duel in found.duels}
    assert [(d.wins, d.losses, d.ties) for d in (duels["en"], duels["sw"], duels[""])] == [
        (2, 0, 198), (40, 0, 160), (42, 0, 358)
    ]  # fmt: skip
    assert (duels["sw"].p, duels["en"].p) == (mcnemar(40, 0), mcnemar(2, 0))
    assert duels["sw"].p_adjusted == pytest.approx(2 * mcnemar(40, 0))
    assert duels["sw"].difference == tango(40, 0, N)
    assert {each.lang: each.winner for each in found.advice} == {"en": None, "sw": "qwen", "": "qwen"}
    unpaired = duels["sw"].unpaired
    assert unpaired is not None and duels["sw"].difference.lo is not None and unpaired[0] < duels["sw"].difference.lo


def test_lower_is_better_where_it_is(home: Home) -> None:
    found = _compare(home, "qwen", "deepseek", quantity="english_gap")
    assert {each.lang: each.winner for each in found.advice} == {"sw": "qwen", "": "qwen"}


def test_other_prompts_are_not_compared(home: Home) -> None:
    found = _compare(home, "qwen", "other")
    assert all("asked with another prompt" in each.reason and each.winner is None for each in found.advice)


@pytest.mark.parametrize(
    ("words", "left_out", "winner"),
    [
        (["licence=MIT"], ["qwen"], "deepseek"),
        (["licence=MIT|Apache-2.0"], [], "qwen"),
        (["max-usd-per-1000=0.5"], ["qwen", "deepseek"], None),
        (["max-gpu-gb=20,", "max-latency-ms=1000"], [], "qwen"),
        (["max-gpu-gb=10"], ["qwen", "deepseek"], None),
        (["data_residency=EU"], ["qwen", "deepseek"], None),
    ],
)
def test_constraints(home: Home, words: list[str], left_out: list[str], winner: str) -> None:
    found = _compare(home, "qwen", "deepseek", constraints=read_constraints(words))
    assert list(found.excluded) == left_out
    assert next(each for each in found.advice if each.lang == "sw").winner == winner


@pytest.mark.parametrize(
    ("word", "sentence"),
    [("licens=MIT", "did you mean 'licence'"), ("licence", "NAME=VALUE"), ("max-gpu-gb=much", "wants a number")],
)
def test_wrong_constraints(word: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_constraints([word])


@pytest.mark.parametrize(
    ("names", "more", "sentence"),
    [
        (["qwen"], {}, "needs two models"),
        (["qwen", "depseek"], {}, "no run, model or tag 'depseek'; did you mean 'deepseek'"),
        (["qwen", "deepseek"], {"quantity": "latency_p95_ms"}, "is no number of answers"),
        (["qwen", "deepseek"], {"quantity": "chrf"}, "share no item"),
        (["qwen", "deepseek"], {"quantity": "acuracy"}, "did you mean 'accuracy'"),
        (["qwen", "deepseek"], {"quantity": "extraction_failure"}, "share no item"),
    ],
)
def test_refusals(home: Home, names: list[str], more: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        _compare(home, *names, **more)


def test_the_commands(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(home.root))
    assert main(["compare", "qwen", "deepseek"]) == 0
    assert "better than every other, established" in capsys.readouterr().out
    assert main(["compare", "qwen", "deepseek", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["duels"]) == 3
    assert main(["compare", "a", "b", "--format", "markdown"]) == 0
    assert "| sw | qwen | deepseek | 200 |" in capsys.readouterr().out


def test_a_comparison_is_a_page_that_stands_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(home.root))
    path, words = tmp_path / "compare.html", ["compare", "qwen", "deepseek", "--constraints", "licence=MIT|<b>"]
    assert main([*words, "--format", "html", "--output", str(path)]) == 0 and str(path) in capsys.readouterr().out
    page = path.read_text()
    assert "<h1>qwen and deepseek</h1>" in page and '<th scope="row">sw</th><td>deepseek</td>' in page
    assert "its licence is Apache-2.0, not MIT or &lt;b&gt;" in page and "<b>, " not in page
    assert "default-src &#39;none&#39;" in page and "http" not in page.replace("http-equiv", "")
    assert main(["compare", "qwen", "deepseek", "--format", "html"]) == 0
    assert (
        '<th scope="row">sw</th><td>qwen</td><td>better than every other, established</td>' in capsys.readouterr().out
    )


def test_the_trend_rings_after_the_fall_and_says_how_often_it_rings_falsely(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(home.root))
    assert main(["trend", "--json"]) == 1
    (series,) = json.loads(capsys.readouterr().out)
    assert series["alarm"]["alarmed"] and 12 <= series["alarm"]["night"] <= 14 and series["alarm"]["since"] == 12
    assert main(["trend", "--nights", "200"]) == 1
    assert "at most one false alarm in 200 nights on average" in capsys.readouterr().out
    assert main(["trend", "--metric", "wrong_language"]) == 0
    assert main(["trend", "--metric", "chrf"]) == 64
    assert main(["trend", "--kind", "gate"]) == 64


def _texts(noise: int, lang: str) -> list[tuple[str, str]]:
    """Forty translations with their references, of which every `noise`-th word is garbled."""
    rng = np.random.default_rng(ord(lang[0]))
    sentences = [["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(8)] for _ in range(40)]
    said = [[word[::-1] if i % noise == 0 else word for i, word in enumerate(words)] for words in sentences]
    return [(" ".join(ours), " ".join(words)) for ours, words in zip(said, sentences, strict=True)]


def _translations(noise: int) -> list[Counted]:
    measure = METRICS["chrf_item"].measure
    assert measure is not None
    return [
        Counted(
            Item("flores", lang, str(n), str(n), str(n), ""),
            measure(Case("translation", lang, said, (reference,))).statistics,
        )
        for lang in ("de", "fr")
        for n, (said, reference) in enumerate(_texts(noise, lang))
    ]


def test_chrf_of_many_draws_is_sacrebleus() -> None:
    rows = np.array([each.counts for each in _translations(3)], dtype=float)
    sums = np.cumsum(rows, axis=0)
    expected = [CHRF(word_order=0)._compute_score_from_stats([int(x) for x in row]).score for row in sums]
    assert _chrf(sums) == pytest.approx(expected, abs=1e-9)


def test_corpus_metrics_are_held_against_bounds_and_baselines() -> None:
    good, bad = _translations(4), _translations(2)
    held = corpus_against_bound("chrf", good, 50.0, "at_least")
    assert held.test.p_meets is not None and held.test.p_meets < 0.001 and held.test.n == 80
    lost = corpus_against_baseline("chrf", bad, good, 5.0)
    assert lost.test.p_breaks is not None and lost.test.p_breaks < 0.001
    assert lost.value is not None and lost.base is not None
    assert lost.value - lost.base == pytest.approx(lost.test.value)
    same = corpus_against_baseline("chrf", good, good, 5.0)
    # All draws alike: only the chance that forty sources hide a loss counts, an item can lose 200 points at most.
    assert same.test.p_meets == pytest.approx((1 - 5 / 200) ** 40)


def test_corpus_metrics_are_compared_by_sacrebleus_paired_bootstrap() -> None:
    good, bad = _translations(4), _translations(2)
    here = [[c for c in side if c.of.lang == "de"] for side in (good, bad)]
    sentences = [[Observation(c.of, float(_chrf(np.array([c.counts], dtype=float))[0])) for c in side] for side in here]
    duel = corpus_duel(("a", "b"), "de", "chrf", here[0], here[1], (sentences[0], sentences[1]), "")
    words = [_texts(noise, "de") for noise in (4, 2)]
    references = [text for _, text in words[0]]
    named: list[tuple[str, Sequence[str]]] = [
        (name, [said for said, _ in side]) for name, side in zip("ba", reversed(words), strict=True)
    ]
    _, found = PairedTest(named, {"chrF": CHRF(word_order=0)}, [references], "bs", 1000)()
    (key,) = (key for key in found if key != "System")
    base, ours = (cast("Result", each) for each in found[key])
    assert (duel.mean_first, duel.mean_second) == pytest.approx((ours.score, base.score))
    assert duel.difference.value == pytest.approx(ours.score - base.score)
    assert (duel.n, duel.wins, duel.losses, duel.ties) == (40, 40, 0, 0)
    assert duel.p is not None and duel.p < 0.001 and ours.p_value is not None and ours.p_value < 0.01
    assert duel.unpaired is not None and duel.difference.lo is not None and duel.unpaired[0] < duel.difference.lo


@pytest.mark.data
@pytest.mark.skipif(not DATA, reason="needs BABELGATE_DATA_DIR")
def test_recorded_picks_paired_beside_unpaired(tmp_path: Path) -> None:
    """The figures of docs/results/xstorycloze_gate.md for Spanish, from the picks themselves."""
    import csv
    import gzip

    def picks(model: str) -> list[bool]:
        path = Path(str(DATA)) / "xstorycloze" / "results" / f"xstory_cloze_{model}.tsv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [row["es"] == row["label"] for row in csv.DictReader(file, delimiter="\t")]

    bloom, bloomz = picks("bloom-7b1"), picks("bloomz-7b1")
    home = Home(tmp_path / "home")
    for model, right in (("bloom-7b1", bloom), ("bloomz-7b1", bloomz)):
        write(home, Run(model, {"es": [float(x) for x in right]}, model=model))
    load_parts(home)
    publish(home)
    duel = _compare(home, "bloom-7b1", "bloomz-7b1").duels[0]
    text = (Path(__file__).parent.parent / "docs" / "results" / "xstorycloze_gate.md").read_text()
    ends = f"{100 * (duel.difference.lo or 0):+.1f} to {100 * (duel.difference.hi or 0):+.1f}"
    assert (duel.n, duel.wins, duel.losses) == (1511, 133, 101)
    assert f"| es | bloom-7b1 | bloomz-7b1 | 1511 | 70.1 % | 68.0 % | +2.1 | {ends} |" in text
