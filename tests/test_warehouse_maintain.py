"""Rebuilding, compacting and ageing change where rows lie, and never what the views say."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.small_run import MODEL, empty_home, make_template, rescore, write_both, write_shard
from warehouse.compact import compact
from warehouse.connect import connect
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.maintain import age_out, check, rebuild, shrink
from warehouse.parts import read_part, shard_uuid, write_part
from warehouse.publish import publish

VIEWS = ("v_accuracy", "v_results", "v_runs", "v_regression", "v_failures", "v_judge_rates", "v_gates", "v_trend",
         "v_provenance", "daily_scores", "daily_counts", "completion_text", "samples", "languages",
         "batches")  # fmt: skip
LATER = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template") / "build.duckdb")


@pytest.fixture
def home(tmp_path: Path, template: Path) -> Home:
    home = empty_home(tmp_path, template)
    write_both(home)
    rescore(home, "r1", "sw", [1, 0, 0, 1], at=LATER, version="2")
    load_parts(home)
    return home


def snapshot(home: Home, *names: str) -> dict[str, list[tuple]]:
    with connect(home.build) as con:
        return {name: con.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in names or VIEWS}


def counted(home: Home) -> list[tuple]:
    """The runs with their counts; what was aged out of one is apart."""
    with connect(home.build) as con:
        return con.execute("SELECT * EXCLUDE (aged_out) FROM v_runs ORDER BY run_id").fetchall()


def files(home: Home, kind: str) -> list[str]:
    return sorted(f"{p.parent.name}/{p.name}" for p in (home.parts / kind).rglob("*.parquet"))


def test_rebuilt_from_the_parts_alone(home: Home) -> None:
    before = snapshot(home)
    home.build.unlink()
    rebuild(home)
    assert snapshot(home) == before
    assert check(home) == []


def test_shrunk(home: Home) -> None:
    before = snapshot(home)
    shrink(home)
    assert snapshot(home) == before
    assert check(home) == []
    assert load_parts(home).parts == 0
    with connect(home.build) as con:
        assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE comment IS NULL").fetchall() == [(0,)]


def test_compacted(home: Home) -> None:
    before = snapshot(home)
    written = compact(home)
    assert {p.name for p in written} == {"merged-0001.parquet"}
    assert files(home, "completions") == ["run_id=r1/merged-0001.parquet", "run_id=r2/merged-0001.parquet"]
    assert snapshot(home) == before
    assert compact(home) == []
    assert load_parts(home).parts == 0
    assert check(home) == []
    rebuild(home)
    assert snapshot(home) == before


def test_a_shard_that_changes_after_compaction(home: Home) -> None:
    compact(home)
    path = home.part("completions", "r1", "merged-0001")
    table = read_part(path)[1]
    shard = shard_uuid("r1", MODEL, "en", "sums")
    wanted = [str(value) == str(shard) for value in table.column("shard_id").to_pylist()]
    write_part(home, "completions", "r1", shard, table.filter(wanted).slice(0, 2))
    report = load_parts(home)
    assert (report.replaced, report.rows) == (1, {"completions": 2})
    after = snapshot(home)
    assert load_parts(home).parts == 0
    compact(home)
    rebuild(home)
    assert snapshot(home) == after
    assert len(files(home, "completions")) == 3


def test_compaction_that_was_interrupted_before_it_deleted(home: Home) -> None:
    kept = {p: p.read_bytes() for p in (home.parts / "completions").rglob("*.parquet")}
    before = snapshot(home)
    compact(home)
    for path, content in kept.items():
        path.write_bytes(content)
    assert load_parts(home).parts == 0
    rebuild(home)
    assert snapshot(home) == before
    compact(home)
    assert files(home, "completions") == ["run_id=r1/merged-0001.parquet", "run_id=r2/merged-0001.parquet"]


def test_a_running_run_is_not_compacted(home: Home) -> None:
    with connect(home.build) as con:
        con.execute("UPDATE runs SET status = 'running' WHERE run_id = 'r1'")
    compact(home)
    assert [name for name in files(home, "completions") if "merged" in name] == ["run_id=r2/merged-0001.parquet"]


def test_texts_age_out_and_nothing_else_changes(home: Home) -> None:
    scores = tuple(name for name in VIEWS if name not in ("v_failures", "completion_text", "v_runs"))
    before = snapshot(home, *scores)
    assert age_out(home, now=LATER, text_nights=30) == [("r2", "text")]  # r1 carries a tag
    assert snapshot(home, *scores) == before
    with connect(home.build) as con:
        assert con.execute("SELECT DISTINCT run_id FROM completion_text").fetchall() == [("r1",)]
        assert con.execute("SELECT run_id, aged_out FROM v_runs ORDER BY 1").fetchall() == [
            ("r1", None),
            ("r2", "text"),
        ]
    assert age_out(home, now=LATER, text_nights=30) == []
    assert check(home) == []
    publish(home)


def test_facts_age_out_and_the_roll_up_stays(home: Home) -> None:
    before, counts = snapshot(home, "v_trend", "daily_scores"), counted(home)
    assert age_out(home, now=LATER, text_nights=30, fact_nights=40) == [("r2", "text"), ("r2", "facts")]
    assert (snapshot(home, "v_trend", "daily_scores"), counted(home)) == (before, counts)
    with connect(home.build) as con:
        assert con.execute("SELECT DISTINCT run_id FROM v_completeness").fetchall() == [("r1",)]
        assert con.execute("SELECT DISTINCT run_id FROM v_accuracy").fetchall() == [("r1",)]
    assert check(home) == []
    rebuild(home)
    assert (snapshot(home, "v_trend", "daily_scores"), counted(home)) == (before, counts)
    publish(home)


def test_even_the_parts_may_go_when_the_facts_are_aged_out(home: Home) -> None:
    before, counts = snapshot(home, "v_trend"), counted(home)
    age_out(home, now=LATER, fact_nights=30)
    for kind in ("completions", "extractions", "scores", "corpus_scores", "verdicts"):
        for path in home.run_folder(kind, "r2").glob("*.parquet"):
            path.unlink()
    rebuild(home)
    assert (snapshot(home, "v_trend"), counted(home)) == (before, counts)
    assert check(home) == []


def test_nothing_young_is_aged(home: Home) -> None:
    assert age_out(home, now=datetime(2026, 11, 3, tzinfo=UTC), text_nights=30, fact_nights=90) == []


def test_check_says_what_is_wrong(home: Home) -> None:
    assert check(home) == []
    shard = str(shard_uuid("r1", MODEL, "en", "sums"))
    home.part("scores", "r1", shard).unlink()
    home.part("extractions", "r1", shard).write_bytes(b"broken")
    write_shard(home, "r2", "en")
    path = home.part("completions", "r2", str(shard_uuid("r2", MODEL, "en", "sums")))
    write_part(home, "completions", "r2", shard_uuid("r2", MODEL, "en", "sums"), read_part(path)[1].slice(1))
    rescore(home, "r2", "en", [1, 1, 1, 1], at=LATER, version="2")
    with connect(home.build) as con:
        con.execute("DELETE FROM verdicts")
    found = "\n".join(check(home))
    for expected in (
        f"scores/run_id=r1/{shard}.parquet: loaded, but the part is gone",
        "not a whole Parquet file",
        "changed since it was loaded",
        "rescore-2.parquet: not loaded",
        "audit_row_counts is not empty",
    ):
        assert expected in found
