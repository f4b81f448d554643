"""Scoring a shard: every completion accounted for, failures wrong, machine failures unscored, corpora over items."""

import uuid

import pytest

from datasets_cfg.config import DatasetConfig
from tasks.metrics import METRICS
from tasks.schema import Completion, CompletionStatus, Item, Kind, Score, UserError
from tasks.score import ShardScores, score_shard

LABELS = ("A", "B", "C", "D")


def config(kind: Kind, metrics: tuple[str, ...], lang: str = "en", **extra: object) -> DatasetConfig:
    labels = LABELS if kind in ("choice", "nli") else ()
    language = {"system": "s", "instruction": "$question", "labels": labels, "marker": "Answer"}
    values = {
        "name": "d", "version": "1", "title": "t", "licence": "l", "citation": "c", "kind": kind, "metrics": metrics,
        "source": {"local": {"files": "x", "format": "jsonl"}}, "languages": {lang: language},
    }  # fmt: skip
    return DatasetConfig.model_validate(values | extra)


def item(kind: Kind, number: int, gold: tuple[str, ...], lang: str = "en", question: str = "?") -> Item:
    labels = LABELS if kind in ("choice", "nli") else ()
    options = ("a", "b", "c", "d") if labels else ()
    return Item("d", "1", lang, str(number), str(number), "", kind, question, gold, options=options, labels=labels)


def completion(one: Item, text: str, status: CompletionStatus = "ok", repeat: int = 0) -> Completion:
    return Completion(uuid.uuid4().hex, one.sample_id, one.item_id, repeat, status, text)


def rows(scores: ShardScores, metric: str) -> list[Score]:
    return [score for score in scores.scores if score.metric == metric]


def values(scores: ShardScores, metric: str) -> list[float | None]:
    return [score.value for score in rows(scores, metric)]


STATUSES: list[tuple[CompletionStatus, str, float | None, str]] = [
    ("ok", "Answer: 18", 1.0, ""),
    ("ok", "Answer: 17", 0.0, ""),
    ("ok", "I cannot say.", 0.0, "none"),
    ("ok", "  \n", 0.0, "empty"),
    ("empty", "", 0.0, "empty"),
    ("truncated", "Answer: 18", 0.0, "truncated"),
    ("filtered", "", 0.0, "filtered"),
    ("context_overflow", "", 0.0, "context_overflow"),
    ("infra_error", "", None, "infra_error"),
]


@pytest.mark.parametrize(("status", "text", "expected", "reason"), STATUSES)
def test_each_status(status: CompletionStatus, text: str, expected: float | None, reason: str) -> None:
    one = item("math", 1, ("18",))
    scores = score_shard(config("math", ("exact_match",)), [one], [completion(one, text, status)])
    for metric in ("exact_match", "exact_match_lenient"):
        (score,) = rows(scores, metric)
        assert score.value == expected
        assert reason in score.reason
        assert (score.sample_id, score.repeat, score.metric_version) == (one.sample_id, 0, METRICS[metric].version)
        assert score.signature
    assert len(scores.extractions) == (status != "infra_error")


def test_nothing_is_dropped_or_invented() -> None:
    items = [item("math", number, (str(number),)) for number in range(20)]
    done = [completion(one, f"Answer: {one.item_id}", "infra_error" if i % 5 == 0 else "ok", i % 2)
            for i, one in enumerate(items)]  # fmt: skip
    scores = score_shard(config("math", ("exact_match",)), items, done)
    assert [(s.sample_id, s.repeat) for s in rows(scores, "exact_match")] == [(c.sample_id, c.repeat) for c in done]
    assert values(scores, "exact_match").count(None) == 4
    assert values(scores, "exact_match").count(1.0) == 16
    assert len(scores.extractions) == 16


def test_language_is_looked_at_in_every_kind() -> None:
    thai = "เมืองหลวงของประเทศไทยคือกรุงเทพมหานคร ซึ่งเป็นเมืองที่ใหญ่ที่สุดของประเทศ\nคำตอบคือ 18"
    english = "The capital of the country is the largest city, as everyone in the room knows.\nAnswer: 18"
    one = item("math", 1, ("18",), "th")
    done = [completion(one, thai), completion(one, english, repeat=1), completion(one, "", "empty", repeat=2)]
    done.append(completion(one, english, "truncated", repeat=3))
    scores = score_shard(config("math", ("exact_match",), "th"), [one], done)
    assert values(scores, "wrong_language") == [0.0, 1.0, None, 1.0]
    assert values(scores, "exact_match") == [1.0, 1.0, 0.0, 0.0]


def test_a_letter_alone_is_too_short_for_a_language() -> None:
    one = item("choice", 1, ("B",))
    scores = score_shard(config("choice", ("exact_match",)), [one], [completion(one, "B")])
    assert values(scores, "exact_match") == [1.0]
    assert values(scores, "wrong_language") == [None]
    assert rows(scores, "wrong_language")[0].reason


def test_an_untranslated_answer_is_in_the_wrong_language() -> None:
    source = "The small children are playing football in the large garden behind the old school."
    one = item(
        "translation",
        1,
        ("Watoto wadogo wanacheza mpira katika bustani kubwa nyuma ya shule ya zamani.",),
        "sw",
        source,
    )
    scores = score_shard(config("translation", ("chrf", "bleu"), "sw"), [one], [completion(one, source)])
    assert values(scores, "wrong_language") == [1.0]


def test_translation_has_items_and_a_corpus() -> None:
    items = [item("translation", 1, ("good morning",)), item("translation", 2, ("thank you very much",))]
    done = [completion(items[0], "good morning"), completion(items[1], "", "truncated")]
    scores = score_shard(config("translation", ("chrf", "bleu")), items, done)
    assert values(scores, "chrf_item") == [100.0, 0.0]
    assert [(c.metric, c.n) for c in scores.corpus] == [("chrf", 2), ("bleu", 2)]
    assert scores.corpus[0].value is not None
    assert 0 < scores.corpus[0].value < 100
    failed = [completion(items[0], "good morning"), completion(items[1], "", "infra_error")]
    again = score_shard(config("translation", ("chrf",)), items, failed)
    assert [(c.metric, c.n, c.value) for c in again.corpus] == [("chrf", 1, 100.0)]
    assert values(again, "chrf_item") == [100.0, None]


def test_repeats_are_one_item_of_the_corpus() -> None:
    one = item("translation", 1, ("good morning",))
    done = [completion(one, "good morning", repeat=repeat) for repeat in range(3)]
    (chrf,) = score_shard(config("translation", ("chrf",)), [one], done).corpus
    assert (chrf.n, chrf.value, chrf.lo) == (1, 100.0, None)


def test_qa_by_its_configured_metrics() -> None:
    one = item("qa", 1, ("Denver Broncos",))
    scores = score_shard(config("qa", ("em_official", "f1_official")), [one], [completion(one, "the Denver Broncos")])
    assert (values(scores, "em_official"), values(scores, "f1_official")) == ([1.0], [1.0])
    assert values(scores, "em_mlqa") == []


def test_two_empty_texts_are_no_match_when_the_model_failed() -> None:
    one = item("qa", 1, ("the",))
    scores = score_shard(config("qa", ("em_official",)), [one], [completion(one, "", "empty")])
    assert values(scores, "em_official") == [0.0]


@pytest.mark.parametrize(
    ("kind", "metric", "sentence"),
    [
        ("math", "exact_mach", "unknown metric 'exact_mach'; did you mean 'exact_match'"),
        ("math", "chrf", "metric 'chrf' measures translation; this data set is of kind 'math'"),
    ],
)
def test_bad_metrics(kind: Kind, metric: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        score_shard(config(kind, (metric,)), [], [])


def test_the_language_of_the_answer_may_be_another_than_the_prompts() -> None:
    one = item(
        "translation", 1, ("The children play in the garden behind the school.",), "de", "Die Kinder spielen im Garten."
    )
    asked = config("translation", ("chrf",), "de", answer_language="en")
    scores = score_shard(asked, [one], [completion(one, "The children play in the garden behind the school.")])
    assert values(scores, "wrong_language") == [0.0]
