"""Local copies of public data sets load, are parallel, and have the shapes that their papers tell."""

import os
from pathlib import Path

import pytest

from datasets_cfg.config import load_config
from tasks.load import load_items, read_items
from tasks.parallel import check_parallel
from tasks.rows import local_path

DATA = os.environ.get("BABELGATE_DATA_DIR")
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
def test_mgsm_golds() -> None:
    assert DATA is not None
    items = load_items(load_config("mgsm"), "sw", Path(DATA), None)
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
