"""chrF and BLEU against sacreBLEU's public functions, their intervals against theory, and what may be compared."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from tasks.metrics import Case
from tasks.metrics.ngram_counts import SharedBLEU, SharedCHRF
from tasks.metrics.translation import (
    bleu,
    bleu_item,
    bleu_tokenizer,
    bootstrap_interval,
    chrf,
    chrf_item,
    comparable,
    paired_comparison,
)
from tasks.schema import CorpusScore, UserError

ANSWERS = ["The cat sat on a mat.", "Ein Hund rennt schnell davon.", "xyz"]
REFERENCES = [("The cat sat on the mat.",), ("Ein Hund läuft schnell weg.",), ("C'est la vie, mon ami.",)]
CHRF_SIGNATURE = "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"


def cases(answers: list[str], references: list[tuple[str, ...]], lang: str = "en") -> list[Case]:
    return [Case("translation", lang, answer, gold) for answer, gold in zip(answers, references, strict=True)]


def corpus_chrf(answers: list[str], references: list[tuple[str, ...]], lang: str = "en") -> CorpusScore:
    rows = cases(answers, references, lang)
    return chrf([chrf_item(case) for case in rows], rows)


# lang, answer, reference, sentence chrF2 by sacreBLEU 2.6.0.
SENTENCES = [
    ("en", "The cat sat on the mat.", "The cat sat on the mat.", 100.0),
    ("en", "", "", 0.0),
    ("en", "", "something", 0.0),
    ("zh", "北京市", "北京", 87.5),
    ("fr", "cafe\u0301", "café", 100.0),
    ("en", "a", "a", 100.0),
]


@pytest.mark.parametrize(("lang", "answer", "reference", "expected"), SENTENCES)
def test_sentence_chrf(lang: str, answer: str, reference: str, expected: float) -> None:
    measured = chrf_item(Case("translation", lang, answer, (reference,)))
    assert measured.value == pytest.approx(expected)
    assert measured.signature == CHRF_SIGNATURE


def test_d1_every_answer_is_scored() -> None:
    """D1: with references as [item][reference], zip scores the first answer only; a bad last one must cost."""
    answers, references = ["good morning", "good night", "xx"], [("good morning",), ("good night",), ("thank you",)]
    ours = corpus_chrf(answers, references)
    assert ours.value == pytest.approx(CHRF().corpus_score(answers, [[gold for (gold,) in references]]).score)
    assert ours.value is not None
    assert ours.value < 80
    wrong_way = CHRF().corpus_score(answers, [list(gold) for gold in references]).score
    assert wrong_way == 100.0
    rows = paired_comparison([("a", answers), ("b", answers)], references, "en", draws=10)
    assert {round(row.score, 6) for row in rows if row.metric == "chrf"} == {round(ours.value, 6)}


def test_the_corpus_score_is_not_the_mean_of_the_sentences() -> None:
    rows = cases(ANSWERS, REFERENCES)
    measured = [chrf_item(case) for case in rows]
    mean = sum(each.value or 0.0 for each in measured) / len(measured)
    score = chrf(measured, rows)
    assert score.value == pytest.approx(CHRF().corpus_score(ANSWERS, [[gold for (gold,) in REFERENCES]]).score)
    assert score.value is not None
    assert abs(score.value - mean) > 1
    assert (score.signature, score.n) == (CHRF_SIGNATURE, 3)


@pytest.mark.parametrize(
    ("lang", "tokenizer"),
    [("en", "13a"), ("de", "13a"), ("ar", "13a"), ("hi", "13a"), ("zh", "zh"), ("zh-Hant", "zh"), ("th", "char")]
    + [("lo", "char"), ("km", "char"), ("my", "char")],
)
def test_bleu_tokenizer(lang: str, tokenizer: str) -> None:
    assert bleu_tokenizer(lang) == tokenizer


@pytest.mark.parametrize(("lang", "wanted"), [("ja", "ja-mecab"), ("ko", "ko-mecab")])
def test_bleu_of_japanese_and_korean_says_which_tokenizer_it_had(lang: str, wanted: str) -> None:
    rows = cases(["東京"], [("東京",)], lang)
    signature = bleu([bleu_item(case) for case in rows], rows).signature
    assert bleu_tokenizer(lang) in (wanted, "char")
    assert f"|tok:{bleu_tokenizer(lang)}" in signature


@pytest.mark.parametrize(
    ("lang", "answers", "references"),
    [
        ("en", ANSWERS, REFERENCES),
        ("zh", ["北京是中国的首都。", "我喜欢喝茶。"], [("北京是中国首都。",), ("我爱喝茶。",)]),
        ("th", ["กรุงเทพเป็นเมืองหลวง", "ฉันชอบชา"], [("กรุงเทพฯ เป็นเมืองหลวง",), ("ฉันรักชา",)]),
    ],
)
def test_corpus_bleu_is_sacrebleus(lang: str, answers: list[str], references: list[tuple[str, ...]]) -> None:
    rows = cases(answers, references, lang)
    score = bleu([bleu_item(case) for case in rows], rows)
    theirs = BLEU(tokenize=bleu_tokenizer(lang))
    assert score.value == pytest.approx(theirs.corpus_score(answers, [[gold for (gold,) in references]]).score)
    assert score.signature == str(theirs.get_signature())


def test_several_references_and_varying_numbers_of_them() -> None:
    references = [("the cat", "a cat"), ("dog",)]
    score = corpus_chrf(["a cat", "dog"], references)
    assert score.value == pytest.approx(100.0)
    assert score.signature.startswith("nrefs:var|")
    assert score.value == pytest.approx(
        CHRF().corpus_score(["a cat", "dog"], [["the cat", "dog"], ["a cat", None]]).score
    )  # type: ignore[list-item]


TEXT = st.text(alphabet="abc é\u0301 北京ก่\n.", max_size=30)


@settings(max_examples=200, deadline=None)
@given(answer=TEXT, references=st.lists(TEXT, min_size=1, max_size=3))
def test_shared_counts_are_sacrebleus(answer: str, references: list[str]) -> None:
    streams = [[reference] for reference in references]
    theirs = CHRF()._extract_corpus_statistics([answer], streams)
    assert SharedCHRF()._extract_corpus_statistics([answer], streams) == theirs
    spaced = [[" ".join(each) for each in stream] for stream in streams]
    theirs = BLEU(tokenize="none")._extract_corpus_statistics([" ".join(answer)], spaced)
    assert SharedBLEU(tokenize="none")._extract_corpus_statistics([" ".join(answer)], spaced) == theirs


@pytest.mark.parametrize("tail", ["", "the", " mat", "xyz"])
def test_an_answer_that_repeats_itself_for_ever_has_sacrebleus_counts(tail: str) -> None:
    answer, streams = "The cat sat on a mat. " * 300 + tail, [["The cat sat on the mat."], ["A cat, the mat: mat. The"]]
    assert SharedCHRF(word_order=0)._extract_corpus_statistics([answer], streams) == CHRF()._extract_corpus_statistics(
        [answer], streams
    )
    endless = answer * 8  # BLEU counts tokens
    assert SharedBLEU()._extract_corpus_statistics([endless], streams) == BLEU()._extract_corpus_statistics(
        [endless], streams
    )


def test_nothing_scored_is_no_score() -> None:
    score = chrf([], [])
    assert (score.value, score.lo, score.hi, score.n) == (None, None, None, 0)
    assert score.reason == "no scored completion"


def test_one_item_has_no_interval() -> None:
    score = corpus_chrf(["a"], [("a",)])
    assert (score.value, score.lo, score.hi) == (100.0, None, None)


def test_the_interval_is_the_same_for_the_same_seed_and_holds_the_score() -> None:
    first, second = corpus_chrf(ANSWERS * 20, REFERENCES * 20), corpus_chrf(ANSWERS * 20, REFERENCES * 20)
    assert first == second
    assert first.lo is not None and first.value is not None and first.hi is not None
    assert first.lo < first.value < first.hi


def share(total: list[float] | tuple[float, ...]) -> float:
    return total[0] / total[1]


def test_d2_the_standard_error_is_not_divided_by_the_draws() -> None:
    """D2: std/sqrt(draws) is about 32 times too small; a proportion's interval must be about ±1.96 sqrt(p(1-p)/n)."""
    rows = [(1.0, 1.0)] * 700 + [(0.0, 1.0)] * 300
    lo, hi = bootstrap_interval(rows, share)
    assert lo is not None and hi is not None
    assert (hi - lo) / 2 / 1.96 == pytest.approx(math.sqrt(0.7 * 0.3 / 1000), rel=0.1)


def test_d3_the_interval_covers_the_truth_95_times_in_100() -> None:
    """D3: 1.96 std/sqrt(10) over 10 resamples covers 45 %; n=250, p=.7 as there."""
    rng = random.Random(7)
    covered = 0
    for trial in range(200):
        rows = [(float(rng.random() < 0.7), 1.0) for _ in range(250)]
        lo, hi = bootstrap_interval(rows, share, draws=200, seed=trial)
        assert lo is not None and hi is not None
        covered += lo <= 0.7 <= hi
    assert 0.90 <= covered / 200 <= 0.99


def score_of(signature: str = "s", references: str = "r", metric: str = "chrf") -> CorpusScore:
    return CorpusScore(metric, "1", signature, 50.0, None, None, 10, references)


def test_scores_of_one_making_may_be_compared() -> None:
    assert comparable(score_of(), score_of()) is None


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (score_of(signature="nrefs:2"), "different signatures, 's' and 'nrefs:2'"),
        (score_of(references="q"), "different sets of references, 'r' and 'q'"),
        (score_of(metric="bleu"), "different metrics, 'chrf 1' and 'bleu 1'"),
    ],
)
def test_others_may_not(other: CorpusScore, what: str) -> None:
    with pytest.raises(UserError, match=what):
        comparable(score_of(), other)


def test_another_reference_is_another_set_and_its_order_is_not() -> None:
    one, two = corpus_chrf(["a", "b"], [("a",), ("b",)]), corpus_chrf(["b", "a"], [("b",), ("a",)])
    assert one.reference_hash == two.reference_hash
    assert one.reference_hash != corpus_chrf(["a", "b"], [("a",), ("c",)]).reference_hash


def test_paired_comparison_names_the_baseline_and_finds_the_worse_system() -> None:
    good = ["The cat sat on the mat.", "Ein Hund läuft schnell weg.", "C'est la vie."] * 10
    rows = paired_comparison([("good", good), ("bad", ["The cat"] * 30)], REFERENCES * 10, "en", draws=200)
    assert [(row.system, row.metric) for row in rows] == [
        ("good", "chrf"), ("bad", "chrf"), ("good", "bleu"), ("bad", "bleu"),
    ]  # fmt: skip
    assert [row.p_value is None for row in rows] == [True, False, True, False]
    assert rows[1].score < rows[0].score
    assert rows[1].p_value is not None
    assert rows[1].p_value < 0.05


@pytest.mark.parametrize(
    ("systems", "sentence"),
    [
        ([("a", ["x"])], "a paired comparison needs two systems, got 1"),
        ([("a", ["x"]), ("b", ["x", "y"])], "'b' has 2 answers for 1 items"),
    ],
)
def test_paired_comparison_refuses(systems: list[tuple[str, list[str]]], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        paired_comparison(systems, [("x",)], "en")
