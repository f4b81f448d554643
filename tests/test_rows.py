"""Rows of every format, of archives and of the hub: what they hold, and what is said of one that is broken."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from datasets_cfg.config import load_config
from tasks.load import load_items
from tasks.rows import pick
from tasks.schema import UserError
from tests.toy_data import ENTRY, MATH, config, jsonl, put


@pytest.mark.parametrize(
    ("row", "path", "value"),
    [
        ({"a": 1}, "a", 1),
        ({"a": {"b": [{"c": "x"}]}}, "a.b[0].c", "x"),
        ({"a": [["p", "q"]]}, "a[0][1]", "q"),
        ({"a.b": "dotted", "a": {"b": "nested"}}, "a.b", "dotted"),
    ],
)
def test_paths(row: dict[str, object], path: str, value: object) -> None:
    assert pick(row, path) == value


SQUAD = {
    "data": [
        {
            "title": "T",
            "paragraphs": [
                {"context": "one", "qas": [{"id": "b", "question": "q1", "answers": [{"text": "x"}, {"text": "x"}]}]},
                {
                    "context": "two",
                    "qas": [
                        {"id": "c", "question": "q2", "answers": [{"text": "y"}, {"text": "z"}]},
                        {"id": "a", "question": "q3", "answers": [{"text": "w"}]},
                    ],
                },
            ],
        }
    ]
}


def test_squad_is_flattened_and_a_passage_is_a_cluster(tmp_path: Path) -> None:
    columns = {"id": "id", "context": "context", "gold": "answers.text"}
    squad = config({"format": "squad"}, kind="qa", columns=columns, parallel="column")
    items = load_items(squad, "en", put(tmp_path, "en.jsonl.gz", json.dumps(SQUAD).encode()), None)
    found = [(i.item_id, i.parallel_id, i.cluster_id, i.context, i.gold) for i in items]
    assert found == [("b", "b", "b", "one", ("x",)), ("c", "c", "a", "two", ("y", "z")), ("a", "a", "a", "two", ("w",))]


FORMATS = [
    ("jsonl", {}, MATH),
    ("jsonl", {}, b"\xef\xbb\xbf" + MATH + b"\n\n"),
    ("csv", {}, b'question,gold\r\n"1+1, you ""say""\nwhat?",2\r\n2+2?,4\r\n'),
    ("tsv", {"header": ["question", "gold"]}, b'"1+1"\t2\n2" + 2"?\t4\n'),
    ("tsv", {}, b"gold\tquestion\r\n2\t1+1?\r\n4\t2+2?\r\n"),
    ("json", {"records": "a.{file}"}, b'{"a": {"en": [{"question": "1", "gold": 2}, {"question": "2", "gold": 4.0}]}}'),
    ("json", {}, b'{"1": {"question": "1", "gold": "2"}, "2": {"question": "2", "gold": "4.0"}}'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "extra", "content"), FORMATS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_formats(tmp_path: Path, kind: str, extra: dict[str, object], content: bytes, suffix: str) -> None:
    local = {"files": "{file}.x", "format": kind} | extra
    items = load_items(config(local), "en", put(tmp_path, f"en.x{suffix}", content), None)
    assert [item.gold for item in items] == [("2",), ("4",)]
    if kind == "csv":
        assert items[0].question == '1+1, you "say"\nwhat?'
    if "header" in extra:
        assert [item.question for item in items] == ['"1+1"', '2" + 2"?'], "a tsv is never quoted"


def test_parquet_and_rows_of_one_language(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {"id": "swahili-1", "question": "q1", "answers": {"text": ["a", "b"]}},
        {"id": "english-1", "question": "q2", "answers": {"text": ["c"]}},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "all.parquet")
    local = {"files": "all.parquet", "format": "parquet", "rows_by": "id"}
    languages = {
        "sw": ENTRY | {"rows": "swahili-"},
        "en": ENTRY | {"rows": "english-"},
        "fi": ENTRY | {"rows": "finnish-"},
    }
    parquet = config(
        local, kind="qa", columns={"id": "id", "gold": "answers.text"}, languages=languages, parallel="none"
    )
    found = [(i.item_id, i.parallel_id, i.gold) for i in load_items(parquet, "sw", tmp_path, None)]
    assert found == [("swahili-1", "sw/swahili-1", ("a", "b"))]
    with pytest.raises(UserError, match="all.parquet: holds no items for 'fi'"):
        load_items(parquet, "fi", tmp_path, None)


def test_columns_of_columns(tmp_path: Path) -> None:
    columns = {"id": ["set", "n"], "question": "en", "gold": "{file}", "category": "meta.topic", "cluster_id": "set"}
    wide = config(kind="translation", columns=columns, parallel="column", languages={"sw": ENTRY | {"file": "swh"}})
    row = {"set": "s", "n": 3, "en": "hello", "swh": "habari", "meta": {"topic": None}}
    item = load_items(wide, "sw", put(tmp_path, "swh.jsonl", jsonl(row)), None)[0]
    assert (item.item_id, item.cluster_id, item.question, item.gold) == ("s/3", "s", "hello", ("habari",))
    assert item.category == ""


def test_broken_gzip_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "en.jsonl.gz").write_bytes(gzip.compress(MATH)[:-9])
    with pytest.raises(UserError, match="en.jsonl.gz: cannot be read as jsonl"):
        load_items(config(), "en", tmp_path, None)
    (tmp_path / "en.jsonl.gz").write_bytes(MATH)
    with pytest.raises(UserError, match="en.jsonl.gz: cannot be read as jsonl"):
        load_items(config(), "en", tmp_path, None)


def test_the_checksum_is_of_the_content(tmp_path: Path) -> None:
    good = config({"sha256": {"en": hashlib.sha256(MATH).hexdigest()}})
    assert len(load_items(good, "en", put(tmp_path, "en.jsonl.gz", MATH), None)) == 2


@pytest.mark.slow
def test_the_hub_out_of_reach_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        UserError, match="'juletxara/mgsm' at b2f13d426afe .* go online once, or lay a local copy"
    ) as error:
        load_items(load_config("mgsm"), "sw", tmp_path, None, cache_dir=tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_hub_rows_of_several_subsets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library takes a folder of this name for the repository: the real reading, without the network."""
    rows = {
        "law": {"id": 0, "question": "q1", "A": "x", "B": "y", "answer": "B"},
        "art": {"id": 0, "question": "q2", "A": "v", "B": "w", "answer": "A"},
    }
    card = "---\nconfigs:\n"
    for subset, row in rows.items():
        put(tmp_path, f"some/set/{subset}/val.jsonl", jsonl(row))
        card += f"- config_name: {subset}\n  data_files: [{{split: val, path: {subset}/val.jsonl}}]\n"
    put(tmp_path, "some/set/README.md", f"{card}---\n".encode())
    monkeypatch.chdir(tmp_path)
    columns = {"id": ["@subset", "id"], "options": ["A", "B"], "gold": "answer", "category": "@subset"}
    hub = config(
        kind="choice",
        columns=columns,
        parallel="none",
        source={"hub": {"path": "some/set", "revision": "0" * 40, "split": "val"}},
        languages={"zh": ENTRY | {"subset": ["law", "art"], "labels": ["A", "B"]}},
    )
    items = load_items(hub, "zh", None, None, cache_dir=tmp_path / "cache")
    found = [(one.item_id, one.category, one.question, one.options, one.gold) for one in items]
    assert found == [("law/0", "law", "q1", ("x", "y"), ("B",)), ("art/0", "art", "q2", ("v", "w"), ("A",))]
