"""Languages hold the same questions with the same answers, or it is said where they do not."""

from pathlib import Path

import pytest

from tasks.load import load_items
from tasks.parallel import check_parallel
from tests.toy_data import ENTRY, MATH, config, jsonl, put

NOT_PARALLEL = [
    (MATH, []),
    (
        MATH.split(b"\n")[0],
        ["data set 'toy' is not parallel: 'sw' lacks 1 of the 2 questions of 'en' and has 0 others"],
    ),
    (MATH + b"\n" + MATH, ["lacks 0 of the 2 questions of 'en' and has 2 others (first other: '2')"]),
    (MATH.replace(b'"4"', b'"5"'), ["data set 'toy': 1 golds of 'sw' are not those of 'en' (first: '1' has 5, not 4)"]),
]


@pytest.mark.parametrize(("content", "sentences"), NOT_PARALLEL)
def test_languages_must_be_parallel(tmp_path: Path, content: bytes, sentences: list[str]) -> None:
    put(tmp_path, "en.jsonl", MATH)
    put(tmp_path, "sw.jsonl", content)
    toy = config()
    findings = check_parallel(toy, {lang: load_items(toy, lang, tmp_path, None) for lang in toy.languages})
    assert [f.severity for f in findings] == ["error"] * len(sentences)
    for finding, sentence in zip(findings, sentences, strict=True):
        assert sentence in finding.message and finding.lang == "sw"


def test_a_language_known_to_be_smaller_is_a_warning(tmp_path: Path) -> None:
    put(tmp_path, "en.jsonl", MATH)
    put(tmp_path, "sw.jsonl", MATH.split(b"\n")[0])
    toy = config(counts={"en": 2, "sw": 1})
    findings = check_parallel(toy, {lang: load_items(toy, lang, tmp_path, None) for lang in toy.languages})
    assert [(f.severity, f.code) for f in findings] == [("warning", "parallel_ids")]


def test_native_labels_are_compared_by_the_option_they_stand_for(tmp_path: Path) -> None:
    entries = {"en": ENTRY | {"labels": ["A", "B"]}, "bn": ENTRY | {"labels": ["ক", "খ"]}}
    toy = config(kind="choice", columns={"options": "list"}, languages=entries)
    row = {"question": "q", "list": ["x", "y"]}
    put(tmp_path, "en.jsonl", jsonl(row | {"gold": "B"}))
    put(tmp_path, "bn.jsonl", jsonl(row | {"gold": "খ"}))
    items = {lang: load_items(toy, lang, tmp_path, None) for lang in entries}
    assert check_parallel(toy, items) == []
