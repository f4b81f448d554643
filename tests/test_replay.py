"""Recorded answers asked like a model: what a file lacks is counted, never invented; what is wrong with it is said."""

import asyncio
import gzip
from pathlib import Path

import pytest

from tasks.engines import EngineContext, open_engine
from tasks.engines.replay import recorded
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal
from tasks.schema import Completion, Item, Message, Request, UserError
from tasks.suite import Columns, Replay, Sampling

JSONL = '{"id": 1, "completion": "one", "lang": "en"}\n\n{"id": "2", "completion": null, "lang": "en"}\n'
CSV = 'id,completion,lang\n1,"o\nne",en\n2,,en\n1,uno,es\n'


@pytest.fixture
def context(tmp_path: Path) -> EngineContext:
    return EngineContext(home=tmp_path, data_dir=None, env={})


def request(number: int, lang: str = "en", dataset: str = "d", repeat: int = 0) -> Request:
    item = Item(dataset, "1", lang, str(number), str(number), str(number), "open", f"Say {number}.", ("x",))
    return Request(item, (Message("user", item.question),), repeat, 0, f"{dataset}-{lang}-{number}")


def replayed(context: EngineContext, *requests: Request, **settings) -> list[Completion]:
    model = Replay(name="m", engine="replay", **settings)

    async def main() -> list[Completion]:
        async with open_engine(model, context) as engine:
            with Journal(context.home / "j.jsonl") as journal:
                return await generate(requests, engine, Sampling(), Limits(Gate(4)), journal, lambda _: None)

    return asyncio.run(main())


def outcomes(completions: list[Completion]) -> list[tuple[str, str, str]]:
    return [(completion.status, completion.text, completion.error) for completion in completions]


FILES = [
    ("a.jsonl", JSONL.encode(), "one"),
    ("a.jsonl.gz", gzip.compress(JSONL.encode()), "one"),
    ("a.csv", CSV.replace("1,uno,es\n", "").encode(), "o\nne"),
    ("a.csv", ("\ufeff" + CSV.replace("1,uno,es\n", "")).encode(), "o\nne"),
    ("a.csv.gz", gzip.compress(CSV.replace("1,uno,es\n", "").encode()), "o\nne"),
    ("a.tsv", b"id\tcompletion\n1\tone\n2\t\n", "one"),
]


@pytest.mark.parametrize(("name", "content", "text"), FILES, ids=[row[0] for row in FILES])
def test_recorded_answers(context: EngineContext, name: str, content: bytes, text: str) -> None:
    path = context.home / name
    path.write_bytes(content)
    missing = ("infra_error", "", f"not recorded in {name}")
    found = replayed(context, request(1), request(2), request(3), request(1, repeat=1), files=str(path))
    assert outcomes(found) == [("ok", text, ""), ("empty", "", ""), missing, missing]


def test_recorded_answers_in_parquet(context: EngineContext) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"n": [1, 2], "said": ["<think>hm</think>one", "tw"], "why": ["stop", "length"], "out": [5, None]})
    pq.write_table(table, context.home / "a.parquet")
    columns = Columns(id="n", text="said", finish_reason="why", completion_tokens="out")
    found = replayed(context, request(1), request(2), files=str(context.home / "a.parquet"), columns=columns)
    assert outcomes(found) == [("ok", "one", ""), ("truncated", "tw", "")]
    assert [(c.thinking, c.completion_tokens) for c in found] == [("hm", 5), ("", None)]


def test_languages_data_sets_and_joined_ids(context: EngineContext) -> None:
    (context.home / "en.csv").write_text("task,n,set,lang,completion\na,1,d,en,1\na,1,e,en,2\nb,1,d,en,3\nb,1,d,es,4\n")
    columns = Columns(id="{n}", lang="lang", dataset="set")
    settings = {"files": str(context.home / "{lang}.csv"), "columns": columns}
    asked = (request(1), request(1, dataset="e"), request(1, lang="es"))
    assert outcomes(replayed(context, *asked, where={"task": "a"}, **settings)) == [
        ("ok", "1", ""), ("ok", "2", ""), ("infra_error", "", "not recorded in es.csv"),
    ]  # fmt: skip


WRONG = [
    ("a.csv", "id,completion\n1,a\n1,b\n", {}, "has two answers for 1: the second is record 2"),
    ("a.csv", "id,complete\n1,a\n", {},
     "has no column 'completion'; did you mean 'complete'? (it has: id, complete)"),
    ("a.csv", "id,completion\n1,a\n", {"where": {"ix": "1"}}, "has no column 'ix'; did you mean 'id'?"),
    ("a.jsonl", "{\n", {}, "cannot be read as recorded answers"),
    ("a.jsonl", "[1]\n", {}, "cannot be read as recorded answers: a line is no JSON object: [1]"),
    ("a.csv", 'id,completion\n1,"a\n', {}, "cannot be read as recorded answers: unexpected end of data"),
    ("a.jsonl.gz", "no gzip", {}, "cannot be read as recorded answers: Not a gzipped file"),
    ("a.parquet", "no parquet", {}, "cannot be read as recorded answers"),
    ("a.xlsx", "x", {}, "it is none of .jsonl, .csv, .tsv, .parquet"),
]  # fmt: skip


def test_a_folder_may_have_any_name(context: EngineContext) -> None:
    folder = context.home / "v[1]" / "**"
    folder.mkdir(parents=True)
    (folder / "en.jsonl").write_text(JSONL)
    assert recorded(Replay(name="m", engine="replay", files=f"{folder}/{{lang}}.jsonl"), context) == [
        folder / "en.jsonl"
    ]


@pytest.mark.parametrize(("name", "content", "settings", "said"), WRONG)
def test_recorded_answers_that_are_wrong(context: EngineContext, name, content, settings, said: str) -> None:
    (context.home / name).write_text(content)
    with pytest.raises(UserError) as caught:
        replayed(context, request(1), files=str(context.home / name), **settings)
    assert said in str(caught.value) and name in str(caught.value)


def test_a_relative_path_is_looked_for_in_the_data_folder(context: EngineContext, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text(JSONL)
    found = replayed(EngineContext(tmp_path, tmp_path / "data", {}), request(1), files="a.jsonl")
    assert outcomes(found) == [("ok", "one", "")]
