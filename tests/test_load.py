"""Rows become items, golds their canonical form; what is wrong with a file is one sentence."""

import gzip
import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from datasets_cfg.config import DatasetConfig, load_config
from tasks.load import gold_label, load_items, plain_number, read_items
from tasks.parallel import check_parallel
from tasks.rows import pick
from tasks.schema import UserError

DATA = os.environ.get("BABELGATE_DATA_DIR")
ENTRY = {"system": "s", "instruction": "$question", "marker": "m"}


def config(local: dict[str, object] | None = None, **changes: object) -> DatasetConfig:
    fields = {
        "name": "toy",
        "version": "1",
        "title": "Toy",
        "licence": "MIT",
        "citation": "nobody",
        "kind": "math",
        "source": {"local": {"files": "{file}.jsonl", "format": "jsonl"} | (local or {})},
        "parallel": "line",
        "languages": {"en": ENTRY, "sw": ENTRY},
    }
    return DatasetConfig.model_validate(fields | changes)


def choice(**changes: object) -> DatasetConfig:
    entry = ENTRY | {"labels": ["ক", "খ", "গ"], "file": "bn"}
    return config(kind="choice", columns={"options": ["a", "b", "c"]}, languages={"bn": entry}, **changes)


def jsonl(*rows: dict[str, object]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


MATH = jsonl({"question": "1+1?", "gold": "2"}, {"question": "2+2?", "gold": "4"})


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder


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
    (config(), "en", None, None, "data set 'toy' has no file 'en.jsonl' for 'en': it is not under "),
    (config(), "swa", "en.jsonl", MATH, "dataset 'toy' has no language 'swa'; did you mean 'sw'?"),
    (config(), "en", "en.jsonl", b'{"question": 1}\n{oops', "en.jsonl: cannot be read as jsonl (line 2: "),
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


def test_without_a_data_folder_the_sentence_names_the_variable() -> None:
    with pytest.raises(UserError, match="has no file 'en.jsonl' for 'en': BABELGATE_DATA_DIR is not set"):
        load_items(config(), "en", None, None)


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


LOCAL = {
    "mgsm": 11 * 250,
    "msvamp": 10 * 1000,
    "xquad": 12 * 1190,
    "belebele": 11 * 895,
    "belebele_jv_su": 2 * 280,
    "global_mmlu_lite": 7 * 400 - 1,
    "flores_from_en": 4 * 1012,
    "flores_to_en": 4 * 1012,
    "tydiqa_goldp": 100,
}


def local_languages(name: str) -> list[str]:
    from tasks.rows import local_path

    toy = load_config(name)
    assert toy.source.local is not None and DATA is not None
    return [lang for lang in toy.languages if local_path(toy.source.local, toy, lang, Path(DATA))]


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="needs BABELGATE_DATA_DIR")
@pytest.mark.parametrize(("name", "total"), LOCAL.items())
def test_local_copies_load_and_are_parallel(name: str, total: int) -> None:
    assert DATA is not None
    public = load_config(name)
    items = {lang: load_items(public, lang, Path(DATA), None) for lang in local_languages(name)}
    assert sum(map(len, items.values())) == total
    assert [f for f in check_parallel(public, items) if f.severity == "error"] == []


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="needs BABELGATE_DATA_DIR")
def test_mgsm_golds_and_speed() -> None:
    assert DATA is not None
    load_items(load_config("mgsm"), "en", Path(DATA), None)
    started = time.perf_counter()
    items = load_items(load_config("mgsm"), "sw", Path(DATA), None)
    assert time.perf_counter() - started < 0.5
    golds = {item.gold[0] for item in items}
    assert {"2125", "114200", "276000", "5600"} <= golds
    assert all(gold.lstrip("-").isdigit() for gold in golds)


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="needs BABELGATE_DATA_DIR")
def test_known_shapes_of_local_copies() -> None:
    assert DATA is not None
    xquad = load_items(load_config("xquad"), "th", Path(DATA), None)
    assert len({item.cluster_id for item in xquad}) == 240
    assert {item.parallel_id: item.cluster_id for item in xquad} == {
        item.parallel_id: item.cluster_id for item in load_items(load_config("xquad"), "en", Path(DATA), None)
    }
    assert len({item.cluster_id for item in load_items(load_config("belebele"), "my", Path(DATA), None)}) == 488
    burmese = load_items(load_config("global_mmlu_lite"), "my", Path(DATA), None)
    assert {gold for item in burmese for gold in item.gold} == {"က", "ခ", "ဂ", "ဃ"}
    assert load_items(load_config("msvamp"), "de", Path(DATA), None)[0].gold == ("8",)
    assert [i.item_id for i in read_items(load_config("mgsm"), "bn", Path(DATA))][:2] == ["0", "1"]


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
