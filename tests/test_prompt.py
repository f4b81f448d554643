"""Prompts are chat turns in the item's language; the key of a completion covers all that decides it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from datasets_cfg.config import DatasetConfig
from tasks.prompt import Exemplar, completion_key, exemplars, prompt_terms, render
from tasks.schema import Item, Message, UserError
from tasks.suite import Sampling
from tests.toy_data import config as toy


def config(**changes: object) -> DatasetConfig:
    entry = {
        "system": "Wewe ni msaidizi.",
        "instruction": "Chagua: $labels\n\n$context\n$question\n$options",
        "marker": "Jibu",
        "labels": ["A", "B"],
    }
    fields = {
        "kind": "choice",
        "parallel": "column",
        "columns": {"id": "id", "options": ["a", "b"], "context": "text"},
        "exemplars": {"files": "ex_{file}.jsonl", "format": "jsonl"},
        "languages": {"sw": entry},
    }
    return toy(**fields | changes)


ITEM = Item(
    "toy", "1", "sw", "7", "7", "7", "choice", "Mji gani?", ("B",), "Dola $5 & {x}", ("Nairobi", "Mombasa"), ("A", "B")
)
USER = "Chagua: A, B\n\nDola $5 & {x}\nMji gani?\nA. Nairobi\nB. Mombasa"


def test_zero_shot() -> None:
    assert render(config(), ITEM) == (Message("system", "Wewe ni msaidizi."), Message("user", USER))


def test_exemplars_are_turns_before_the_question() -> None:
    worked = Exemplar(replace(ITEM, question="Nchi gani?"), "Jibu: A")
    roles = [(message.role, message.content) for message in render(config(), ITEM, [worked])]
    assert roles == [
        ("system", "Wewe ni msaidizi."),
        ("user", USER.replace("Mji", "Nchi")),
        ("assistant", "Jibu: A"),
        ("user", USER),
    ]


def test_a_slot_without_a_value_is_an_error() -> None:
    with pytest.raises(UserError, match=r"'toy', 'sw': the prompt needs \$context, '7' has none"):
        render(config(), replace(ITEM, context=""))


def write(tmp_path: Path, name: str, rows: list[dict[str, object]]) -> Path:
    (tmp_path / name).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return tmp_path


def test_exemplars_from_a_file_answer_with_the_marker(tmp_path: Path) -> None:
    rows = [
        {"id": i, "question": f"q{i}", "text": "t", "a": "x", "b": "y", "gold": gold} for i, gold in enumerate("ABB")
    ]
    found = exemplars(config(), "sw", write(tmp_path, "ex_sw.jsonl", rows), 2)
    assert [(e.item.question, e.answer) for e in found] == [("q0", "Jibu: A"), ("q1", "Jibu: B")]


def test_worked_exemplars_lose_their_headings(tmp_path: Path) -> None:
    source = {
        "files": "ex.json",
        "format": "json",
        "records": "all.{file}",
        "columns": {"question": "q", "gold": None},
        "answer": "a",
        "after": [":", "："],
    }
    entry = {"system": "s", "instruction": "$question", "marker": "答えは"}
    math = config(kind="math", columns={}, exemplars=source, languages={"ja": entry})
    data = {"all": {"ja": {"1": {"q": "問題：二たす三は: 何？", "a": "答え：5です。"}, "2": {"q": "一", "a": "二"}}}}
    (tmp_path / "ex.json").write_text(json.dumps(data), encoding="utf-8")
    found = exemplars(math, "ja", tmp_path, 2)
    assert [(e.item.question, e.answer) for e in found] == [("二たす三は: 何？", "5です。"), ("一", "二")]


def test_missing_exemplars_are_one_sentence(tmp_path: Path) -> None:
    assert exemplars(config(), "sw", None, 0) == ()
    with pytest.raises(UserError, match="no exemplars of 'toy' for 'sw': .*/ex_sw.jsonl is not there"):
        exemplars(config(), "sw", tmp_path, 1)
    with pytest.raises(UserError, match="has no exemplars, so it cannot be asked with 1 shots"):
        exemplars(config(exemplars=None), "sw", tmp_path, 1)
    row = {"id": 1, "question": "q", "text": "t", "a": "x", "b": "y", "gold": "A"}
    with pytest.raises(UserError, match="has 1 exemplars for 'sw', 3 shots are asked for"):
        exemplars(config(), "sw", write(tmp_path, "ex_sw.jsonl", [row]), 3)


def test_everything_that_decides_an_answer_is_in_its_key() -> None:
    messages, sampling = render(config(), ITEM), Sampling(temperature=0.0, max_tokens=10)
    keys = [
        completion_key("f", messages, sampling, 0, 0),
        completion_key("g", messages, sampling, 0, 0),
        completion_key("f", messages[1:], sampling, 0, 0),
        completion_key("f", messages, Sampling(temperature=0.1, max_tokens=10), 0, 0),
        completion_key("f", messages, sampling, 1, 0),
        completion_key("f", messages, sampling, 0, 1),
        completion_key("f", (Message("user", messages[0].content), messages[1]), sampling, 0, 0),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == completion_key("f", list(messages), Sampling(max_tokens=10), 0, 0)


def test_prompt_terms() -> None:
    thai = replace(
        ITEM, lang="th", question="iPhone 15 ของ AT&T ราคา x-ray", options=("Café", "ไม่"), context="", gold=("A",)
    )
    assert prompt_terms(thai, ()) == {"iPhone", "AT&T", "x-ray", "ของ", "Café", "A"} - {"ของ"}
    assert prompt_terms(thai, (Message("system", "GPT"),)) >= {"GPT"}
    translation = replace(thai, kind="translation", gold=("ใช้ Linux",))
    assert prompt_terms(translation, (Message("user", "Use Linux now"),)) == {"Linux"}
