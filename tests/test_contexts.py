"""Passages that do not hold the answer, and distractors up to a length: the same items in every language."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from datasets_cfg.config import ConfigError, load_config
from tasks.contexts import ANSWERABLE, UNANSWERABLE, length_name, pad_contexts, swap_passages
from tasks.engines import EngineContext
from tasks.load import load_items
from tasks.preflight import check_items, prepare
from tasks.prompt import render
from tasks.schema import Completion, Item
from tasks.score import score_shard
from tasks.suite import load_suite

DATA = os.environ.get("BABELGATE_DATA_DIR")


PADDED = """
name: padded
version: "1"
title: Padded
licence: CC0-1.0
citation: ours
kind: rag
source: {local: {root: beside, files: "{file}.jsonl", format: jsonl}}
columns: {id: id, question: question, context: context, gold: gold}
lengths: [128, 256]
metrics: [rag_correct]
languages:
  en: {system: s, instruction: "$context $question $absent", absent: "No."}
"""


def items(lang: str, count: int = 40) -> list[Item]:
    return [
        Item("d", "1", lang, f"q{n}", f"q{n}", f"p{n // 2:02d}", "rag", f"{lang} question {n}?", (str(n),),
             context=f"{lang} passage {n // 2:02d} " + "word " * 40)
        for n in range(count)
    ]  # fmt: skip


def test_swapped_passages_are_the_same_in_every_language() -> None:
    english, german = (swap_passages(items(lang), 0.5) for lang in ("en", "de"))
    assert [i.category for i in english] == [i.category for i in german]
    assert 10 <= Counter(i.category for i in english)[UNANSWERABLE] <= 30
    for one, other, before in zip(english, german, items("en"), strict=True):
        assert one.context.replace("en ", "de ") == other.context
        if one.category == ANSWERABLE:
            assert (one.context, one.gold) == (before.context, before.gold)
        else:
            assert one.gold == () and one.context != before.context
            assert one.cluster_id == before.cluster_id and one.sample_id != before.sample_id


@pytest.mark.parametrize("length", [300, 1000, 6000])
def test_padding_reaches_the_length_and_keeps_the_passage(length: int) -> None:
    pool = items("en")
    padded = pad_contexts(pool, pool, [length])
    for item, before in zip(padded, pool, strict=True):
        assert before.context in item.context
        assert length - 60 < len(item.context.encode()) / 4 <= 1.02 * length + 20
        assert item.parallel_id == f"{before.parallel_id}@{length_name(length)}"
        assert item.cluster_id == before.cluster_id and item.gold == before.gold
    assert len({item.context.index(before.context) for item, before in zip(padded, pool, strict=True)}) > 3


def test_padding_is_the_same_in_every_language() -> None:
    english, german = (pad_contexts(items(lang), items(lang), [1000]) for lang in ("en", "de"))
    assert [i.context.replace("en ", "de ") for i in english] == [i.context for i in german]


def test_each_item_once_for_each_length_in_a_category_that_sorts() -> None:
    padded = pad_contexts(items("en", 4), items("en"), [2000, 128_000])
    assert [i.category for i in padded] == ["002k", "128k"] * 4
    assert len({i.item_id for i in padded}) == 8
    swapped = swap_passages(items("en"), 0.5)
    assert {i.category for i in pad_contexts(swapped, items("en"), [2000])} == {"002k answerable", "002k unanswerable"}


def test_our_own_set_is_parallel_and_half_unanswerable() -> None:
    config = load_config("babel_rag")
    loaded = {lang: load_items(config, lang, None, None) for lang in config.languages}
    assert not [f for f in check_items(config, loaded) if f.severity == "error"]
    for lang, found in loaded.items():
        sizes = Counter(item.category for item in found)
        assert 9 <= sizes[UNANSWERABLE] <= 21 and sum(sizes.values()) == 30
        for item in found:
            assert all(gold in item.context for gold in item.gold)
        assert config.languages[lang].absent in render(config, found[0])[-1].content


def test_honest_and_dishonest_answers_are_scored_in_each_language() -> None:
    config = load_config("babel_rag")
    for lang in config.languages:
        found = load_items(config, lang, None, None)
        honest = [completion(i, i.gold[0] if i.gold else config.languages[lang].absent) for i in found]
        always = [completion(i, config.languages[lang].absent) for i in found]
        assert means(config, found, honest) == {"rag_correct": 1.0, "honest_absence": 1.0, "false_absence": 0.0}
        silent = sum(not item.gold for item in found) / len(found)
        assert means(config, found, always) == {
            "rag_correct": pytest.approx(silent), "honest_absence": 1.0, "false_absence": 1.0,
        }  # fmt: skip


def completion(item: Item, text: str) -> Completion:
    return Completion("k", item.sample_id, item.item_id, 0, "ok", text)


def means(config, found: list[Item], done: list[Completion]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for score in score_shard(config, found, done).scores:
        if score.metric in ("rag_correct", "honest_absence", "false_absence") and score.value is not None:
            values.setdefault(score.metric, []).append(score.value)
    return {name: sum(each) / len(each) for name, each in values.items()}


def test_lengths_have_names_of_their_own_that_sort() -> None:
    names = [length_name(tokens) for tokens in (512, 1000, 1536, 2000, 2048, 32_000, 128_000)]
    assert names == ["000k512", "001k", "001k536", "002k", "002k048", "032k", "128k"] == sorted(names)


def test_a_length_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "padded.yaml").write_text(PADDED.replace("[128, 256]", "[128, 128]"), encoding="utf-8")
    with pytest.raises(ConfigError, match="lengths: .*a length stands twice"):
        load_config("padded", (tmp_path,))


def test_each_item_is_planned_once_for_each_length(tmp_path: Path) -> None:
    """A limit counts items as the data set has them; what is asked, and awaited, is each of them at every length."""
    rows = [{"id": str(n), "question": f"{n}?", "gold": f"{n}", "context": f"passage {n} " * 20} for n in range(5)]
    (tmp_path / "en.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "padded.yaml").write_text(PADDED, encoding="utf-8")
    model = {"name": "m", "engine": "replay", "files": "none.jsonl"}
    for limit, expected in ((None, 10), (3, 6), (50, 10)):
        suite = {"name": "s", "models": [model], "datasets": ["padded"], "limit": limit, "repeats": 2}
        (tmp_path / "s.yaml").write_text(json.dumps(suite), encoding="utf-8")
        context = EngineContext(home=tmp_path / "home", data_dir=None, env={})
        prepared = prepare(load_suite(str(tmp_path / "s.yaml")), context, unchecked=["replay"])
        assert len(prepared.items["padded", "en"]) == expected
        assert prepared.requests == 2 * expected


@pytest.mark.skipif(DATA is None, reason="no BABELGATE_DATA_DIR")
def test_real_passages_swapped_and_padded() -> None:
    folder = Path(DATA or "")
    rag, long = load_config("xquad_rag"), load_config("xquad_long")
    english, thai = (load_items(rag, lang, folder, 100) for lang in ("en", "th"))
    assert [i.category for i in english] == [i.category for i in thai] and len(english) == 100
    unanswerable = [i for i in english if i.category == UNANSWERABLE]
    held = sum(any(g in i.context for g in gold_of(long, folder)[i.parallel_id]) for i in unanswerable)
    assert held / len(unanswerable) < 0.1  # a year or a small number may stand in any passage
    padded = load_items(long, "en", folder, 2)
    assert [round(len(i.context.encode()) / 4000) for i in padded] == [2, 8, 32, 128] * 2


def gold_of(config, folder: Path) -> dict[str, tuple[str, ...]]:
    whole = load_items(config.model_copy(update={"lengths": ()}), "en", folder, None)
    return {item.parallel_id: item.gold for item in whole}
