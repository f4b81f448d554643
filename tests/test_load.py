"""Rows become items, golds their canonical form; what is wrong with a file is one sentence."""

from pathlib import Path

import pytest

from datasets_cfg.config import DatasetConfig
from tasks.load import gold_label, load_items, plain_number
from tasks.schema import UserError
from tests.toy_data import ENTRY, MATH, config, jsonl, put


def choice(**changes: object) -> DatasetConfig:
    entry = ENTRY | {"labels": ["ক", "খ", "গ"], "file": "bn"}
    return config(kind="choice", columns={"options": ["a", "b", "c"]}, languages={"bn": entry}, **changes)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2,125", "2125"), ("114,200", "114200"), ("276,000", "276000"), ("8.0", "8"), ("8", "8"), ("-3.50", "-3.5"),
        ("0.20", "0.2"), ("1,234,567.8", "1234567.8"), ("−4", "-4"), ("+7", "7"), ("100", "100"), ("-0", "0"),
        ("0.0", "0"), ("12345678901234567890.5", "12345678901234567890.5"),
        # Not numbers written the English way: left as they are, which `load_items` refuses.
        ("2.125,5", "2.125,5"), ("1,23", "1,23"), ("eight", "eight"), ("", ""), ("8 dollars", "8 dollars"),
    ],
)  # fmt: skip
def test_gold_numbers(text: str, plain: str) -> None:
    assert plain_number(text) == plain


@pytest.mark.parametrize(
    ("text", "labels", "values", "label"),
    [
        ("B", ("A", "B", "C"), None, "B"),
        ("B", ("ক", "খ", "গ"), None, "খ"),
        ("খ", ("ক", "খ", "গ"), None, "খ"),
        ("0", ("A", "B"), None, "A"),
        ("1", ("A", "B"), None, "B"),
        ("1", ("A", "B"), ("1", "2"), "A"),
        ("neutral", ("ndiyo", "labda"), ("entailment", "neutral"), "labda"),
        ("2", ("1", "2"), None, "2"),
        # None of them: left as they are, which `load_items` refuses.
        ("0", ("A", "B"), ("1", "2"), "0"),
        ("D", ("A", "B", "C"), None, "D"),
        ("AB", ("A", "B"), None, "AB"),
        ("-1", ("A", "B"), None, "-1"),
    ],
)
def test_gold_labels(text: str, labels: tuple[str, ...], values: tuple[str, ...] | None, label: str) -> None:
    assert gold_label(text, labels, values) == label


def test_labels_are_cut_to_the_options(tmp_path: Path) -> None:
    row = {"question": "q", "a": "x", "b": "y", "c": "z", "gold": 1}
    item = load_items(choice(), "bn", put(tmp_path, "bn.jsonl", jsonl(row)), None)[0]
    assert (item.labels, item.options, item.gold) == (("ক", "খ", "গ"), ("x", "y", "z"), ("খ",))
    two = config(kind="choice", columns={"options": "list"}, languages={"en": ENTRY | {"labels": ["A", "B", "C"]}})
    item = load_items(
        two, "en", put(tmp_path, "en.jsonl", jsonl({"question": "q", "list": ["x", "y"], "gold": "B"})), None
    )[0]
    assert item.labels == ("A", "B")


def test_a_limit_takes_the_same_items_in_every_language(tmp_path: Path) -> None:
    rows = [{"id": f"k{i}", "question": f"q{i}", "gold": i} for i in range(50)]
    put(tmp_path, "en.jsonl", jsonl(*rows))
    put(tmp_path, "sw.jsonl", jsonl(*reversed(rows)))
    columns = {"id": "id"}
    keyed = config(columns=columns, parallel="column")
    few, more = ({i.parallel_id for i in load_items(keyed, "en", tmp_path, n, seed=3)} for n in (5, 9))
    assert few == {i.parallel_id for i in load_items(keyed, "sw", tmp_path, 5, seed=3)}
    assert len(few) == 5 and few < more
    assert few != {i.parallel_id for i in load_items(keyed, "en", tmp_path, 5, seed=4)}
    assert len(load_items(keyed, "en", tmp_path, 500)) == 50
    order = [i.item_id for i in load_items(keyed, "en", tmp_path, 9)]
    assert order == sorted(order, key=lambda name: int(name[1:]))


def test_dropped_items_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "en.jsonl", jsonl({"question": None, "gold": "1"}, {"question": "q", "gold": "2"}))
    assert [i.item_id for i in load_items(config(drop={"en": ["0"]}), "en", tmp_path, None)] == ["1"]


NUMBER_ROWS = {"question": "q", "gold": "two"}
OPTIONS = {"question": "q", "a": "x", "b": "y", "c": "z"}
BAD = [
    (config(), "en", None, None, "en.jsonl is not there"),
    (config(), "swa", "en.jsonl", MATH, "dataset 'toy' has no language 'swa'; did you mean 'sw'?"),
    (config(), "en", "en.jsonl", b'{"question": 1}\n{oops', "en.jsonl: cannot be read as jsonl (line 2: "),
    (config(), "en", "en.jsonl", b"[" * 100_000, "en.jsonl: cannot be read as jsonl"),
    (config(), "en", "en.jsonl", b'{"question": "\\ud800", "gold": "1"}', "item '0' has half of a surrogate pair"),
    (config(), "en", "en.jsonl", b"[1, 2]", "en.jsonl: cannot be read as jsonl (line 1 is not an object)"),
    (config(), "en", "en.jsonl", b'{"question": "caf\xe9"}', "en.jsonl: byte 17 is not UTF-8"),
    (config(), "en", "en.jsonl", b"", "en.jsonl: holds no items for 'en'"),
    (config(), "en", "en.jsonl", jsonl({"query": "q", "gold": "1"}), "row 1 has no column 'question' (it has"),
    (config(), "en", "en.jsonl", jsonl(NUMBER_ROWS), "item '0' has the gold 'two', which is not a plain number"),
    (config(), "en", "en.jsonl", jsonl({"question": "q", "gold": None}), "item '0' has no gold"),
    (config(), "en", "en.jsonl", jsonl({"question": " ", "gold": "1"}), "item '0' has no question"),
    (config(counts=3), "en", "en.jsonl", MATH, "there are 2 items, the configuration says 3"),
    (config({"counts": {"en": 9}}, counts=2), "en", "en.jsonl", MATH, "there are 2 items, the configuration says 9"),
    (config({"sha256": {"en": "0" * 64}}), "en", "en.jsonl", MATH, "configuration says 000000000000…: another file"),
    (config(columns={"id": "gold"}), "en", "en.jsonl", MATH.replace(b'"4"', b'"2"'), "the id '2' stands twice"),
    (config({"format": "squad"}), "en", "en.jsonl", b'{"rows": []}', "en.jsonl: is not laid out as 'squad'"),
    (config({"format": "json"}), "en", "en.jsonl", b'{"a": 1}', "en.jsonl: is not laid out as 'json'"),
    (config({"format": "csv"}), "en", "en.jsonl", b"question,gold\n1,2,3\n", "row 2 has 3 columns, not 2"),
    (config({"format": "tsv"}), "en", "en.jsonl", b"", "en.jsonl: cannot be read as tsv"),
    (config({"format": "parquet"}), "en", "en.jsonl", b"PAR1", "en.jsonl: cannot be read as parquet"),
    (choice(), "bn", "bn.jsonl", jsonl(OPTIONS | {"gold": "D"}), "names none of ক, খ, গ"),
    (choice(), "bn", "bn.jsonl", jsonl(OPTIONS | {"b": "", "gold": "A"}), "has an empty option"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "lang", "name", "content", "sentence"), BAD)
def test_bad_input_is_one_sentence(
    tmp_path: Path, bad: DatasetConfig, lang: str, name: str | None, content: bytes | None, sentence: str
) -> None:
    if name is not None and content is not None:
        put(tmp_path, name, content)
    with pytest.raises(UserError) as error:
        load_items(bad, lang, tmp_path, None)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_without_a_data_folder_the_sentence_names_the_variable() -> None:
    with pytest.raises(UserError, match="no file for 'en': BABELGATE_DATA_DIR, where 'en.jsonl' would lie, is not set"):
        load_items(config(), "en", None, None)
