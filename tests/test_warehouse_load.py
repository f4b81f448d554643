"""The loader: each shard once, changed ones replaced, bad ones put aside, and nothing half done after a kill."""

import importlib.util
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.small_run import MODEL, NIGHT, empty_home, make_template, put, sample, write_both, write_shard
from warehouse.connect import connect, open_published
from warehouse.home import Home, WarehouseError
from warehouse.ledger import Arrival, Entry, to_do
from warehouse.load import load_parts
from warehouse.parts import PartInfo, Slice, completion_uuid, read_part, shard_uuid, store, write_part
from warehouse.publish import publish
from warehouse.schemas import arrow_table

KILL = Path(__file__).parent.parent / "benchmarks" / "warehouse" / "kill.py"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("template") / "build.duckdb")


@pytest.fixture
def home(tmp_path: Path, template: Path) -> Home:
    home = empty_home(tmp_path, template)
    write_both(home)
    return home


def ask(home: Home, query: str) -> list[tuple]:
    with connect(home.build) as con:
        return con.execute(query).fetchall()


def everything(home: Home) -> list[list[tuple]]:
    tables = ("runs", "models", "samples", "completions", "completion_text", "extractions", "scores", "corpus_scores",
              "verdicts", "tags", "decisions", "daily_scores", "languages", "metrics")  # fmt: skip
    with connect(home.build) as con:
        return [con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables]


def test_a_second_load_changes_nothing(home: Home) -> None:
    first = load_parts(home)
    assert (first.rows["completions"], first.rows["scores"], first.replaced, first.rejected) == (18, 34, 0, [])
    before = everything(home)
    again = load_parts(home)
    assert (again.parts, again.skipped, again.rows) == (0, first.parts, {})
    assert everything(home) == before


def test_a_part_written_again_alike_is_not_loaded_again(home: Home) -> None:
    load_parts(home)
    write_shard(home, "r1", "en")
    assert (load_parts(home).parts, load_parts(home).parts) == (0, 0)


def test_parts_that_came_by_an_object_store(home: Home, tmp_path: Path, template: Path) -> None:
    load_parts(home)
    away = empty_home(tmp_path / "away", template)
    for name in reversed(sorted(path.relative_to(home.parts) for path in home.parts.rglob("*.parquet"))):
        for _ in range(2):  # a sync that was cut off begins again
            (away.parts / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home.parts / name, away.parts / name)
            load_parts(away)
    assert everything(away) == everything(home)


def test_one_run_alone(home: Home) -> None:
    assert load_parts(home, "r1").rows["completions"] == 8
    assert ask(home, "SELECT DISTINCT run_id FROM completions") == [("r1",)]
    assert load_parts(home).rows["completions"] == 10


def test_a_changed_part_replaces_its_rows(home: Home) -> None:
    load_parts(home)
    path = home.part("completions", "r1", str(shard_uuid("r1", MODEL, "en", "sums")))
    _, table = read_part(path)
    write_part(home, "completions", "r1", shard_uuid("r1", MODEL, "en", "sums"), table.slice(0, 3))
    report = load_parts(home)
    assert (report.parts, report.replaced, report.rows) == (1, 1, {"completions": 3})
    assert ask(home, "SELECT count(*) FROM completions WHERE run_id = 'r1' AND lang = 'en'") == [(3,)]
    assert ask(home, "SELECT count(*) FROM completion_text WHERE run_id = 'r1'") == [(7,)]


def test_a_run_changes_its_status(home: Home) -> None:
    load_parts(home)
    row = {"kind": "nightly", "suite": "tiny", "status": "failed", "code_version": "0", "config_hash": "0"}
    put(home, "runs", "r1", "run", row | {"started_at": NIGHT["r1"], "message": "no network"})
    load_parts(home)
    found = ask(home, "SELECT run_id, status, message FROM runs ORDER BY run_id")
    assert found == [("r1", "failed", "no network"), ("r2", "complete", None)]


def test_of_a_dimension_the_latest_row_stays_whatever_comes_last(home: Home) -> None:
    load_parts(home)
    for run, day, name in (("r3", 9, "Swahili, new"), ("r4", 3, "Swahili, old")):
        at = datetime(2026, 11, day, tzinfo=UTC)
        put(home, "languages", run, "languages", {"lang": "sw", "name": name, "written_at": at})
        load_parts(home)
    assert ask(home, "SELECT name FROM languages WHERE lang = 'sw'") == [("Swahili, new",)]


@pytest.mark.parametrize("content", [b"", b"PAR1 this is not Parquet"])
def test_a_corrupt_part_is_put_aside_and_the_rest_is_loaded(home: Home, content: bytes) -> None:
    bad = home.part("completions", "r1", str(shard_uuid("r1", MODEL, "en", "sums")))
    bad.write_bytes(content)
    report = load_parts(home)
    (rejection,) = report.rejected
    assert "not a whole Parquet file" in rejection.reason
    assert not bad.exists()
    assert rejection.path.read_bytes() == content
    assert rejection.path.with_suffix(".reason").read_text(encoding="utf-8").strip() == rejection.reason
    assert report.rows["completions"] == 14
    write_shard(home, "r1", "en")
    assert load_parts(home).rows == {"completions": 4}


def test_rows_that_the_tables_refuse_put_only_their_part_aside(home: Home) -> None:
    shard = shard_uuid("r1", MODEL, "th", "sums")
    same = {
        "model_id": MODEL,
        "lang": "th",
        "dataset_id": "sums",
        "attempts": 1,
        "created_at": NIGHT["r1"],
        "repeat_ix": 0,
    }
    rows = [{"completion_id": uuid.UUID(int=1), "sample_id": uuid.UUID(int=1), "status": "splendid"}]
    path = write_part(home, "completions", "r1", shard, arrow_table("completions", rows, same))
    report = load_parts(home)
    assert [("CHECK constraint" in r.reason, path.exists()) for r in report.rejected] == [(True, False)]
    assert report.rows["completions"] == 18


def test_a_part_of_a_newer_version_stays_where_it_is(home: Home) -> None:
    path = home.part("tags", "r1", "later")
    table = arrow_table("tags", [{"tag": "t", "model_id": MODEL, "set_at": NIGHT["r1"]}])
    newer = table.append_column("colour", [["red"]])
    store(path, newer, PartInfo("tags", "r1", (Slice(str(uuid.UUID(int=5)), "", 1),)))
    report = load_parts(home)
    assert [(r.path, "a newer version wrote it" in r.reason) for r in report.rejected] == [(path, True)]
    assert path.exists()


def test_hostile_text_comes_through(home: Home) -> None:
    text = "NUL \x00, RTL \u202e, ไทย, 👩‍👩‍👧, '; DROP TABLE runs; --"
    shard = shard_uuid("r1", MODEL, "en", "extra")
    row = {"completion_id": uuid.UUID(int=1), "sample_id": sample("sums", "en", 1), "repeat_ix": 0, "status": "ok",
           "attempts": 1, "created_at": NIGHT["r1"], "text": text}  # fmt: skip
    same = {"model_id": MODEL, "lang": "en", "dataset_id": "sums"}
    write_part(home, "completions", "r1", shard, arrow_table("completions", [row], same))
    load_parts(home)
    assert ask(home, f"SELECT text FROM completion_text WHERE shard_id = '{shard}'") == [(text,)]


KNOWN = Entry("scores/run_id=r/a.parquet", "old", 1, 1)
HELD = Entry("scores/run_id=r/merged-0001.parquet", "old", 1, 1)
TO_DO = [
    ("new", None, "a", "new", False, "load"),
    ("touched only", KNOWN, "a", "old", True, "note"),
    ("changed", KNOWN, "a", "new", True, "load"),
    ("compacted, alike", KNOWN, "merged-0001", "old", True, "note"),
    ("compacted, the small one is newer", KNOWN, "merged-0001", "new", True, "skip"),
    ("compacted, the small one is gone", KNOWN, "merged-0001", "new", False, "load"),
    ("left over beside the compacted one", HELD, "a", "old", True, "skip"),
    ("newer than the compacted one", HELD, "a", "new", True, "load"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "name", "sha", "exists", "action"), [case[1:] for case in TO_DO], ids=[c[0] for c in TO_DO]
)
def test_what_an_arriving_part_needs(known: Entry | None, name: str, sha: str, exists: bool, action: str) -> None:
    piece = Slice("s", "", 1)
    info = PartInfo("scores", "r", (piece,))
    arrival = Arrival(f"scores/run_id=r/{name}.parquet", info, arrow_table("scores", []), sha, 1, 1)
    assert to_do(known, arrival, piece, known_exists=exists) == action


def test_publishing_keeps_three_and_leaves_open_readers_alone(home: Home) -> None:
    load_parts(home)
    first = publish(home)
    assert (first.stat().st_mode & 0o777, home.current.resolve()) == (0o444, first)
    with open_published(home) as reader:
        shutil.rmtree(home.parts / "verdicts")
        for _ in range(4):
            publish(home)
        assert reader.execute("SELECT count(*) FROM completions").fetchall() == [(18,)]
    files = sorted(p.name for p in home.published.iterdir() if not p.is_symlink())
    assert len(files) == 3
    assert home.current.resolve().name == files[-1]


def test_a_reader_of_the_published_file_and_a_load_go_together(home: Home) -> None:
    load_parts(home)
    publish(home)
    with open_published(home) as reader:
        write_both(home)
        put(home, "tags", "r2", "candidate", {"tag": "candidate", "model_id": MODEL, "set_at": NIGHT["r2"]})
        load_parts(home)
        publish(home)
        assert reader.execute("SELECT count(*) FROM baselines").fetchall() == [(1,)]
    with open_published(home) as reader:
        assert reader.execute("SELECT count(*) FROM baselines").fetchall() == [(2,)]


AUDITED = [
    ("audit_orphans", "DELETE FROM runs WHERE run_id = 'r1'"),
    ("audit_orphans", "DELETE FROM metrics WHERE metric = 'chrf'"),
    ("audit_orphans", "DELETE FROM completion_text WHERE run_id = 'r2'"),
    ("audit_row_counts", "DELETE FROM scores WHERE run_id = 'r2' AND lang = 'sw' AND metric = 'exact_match'"),
    ("audit_duplicates", "INSERT INTO completions FROM completions WHERE run_id = 'r1'"),
    ("audit_documents", "INSERT INTO models FROM models WHERE run_id = 'r1'"),
    ("audit_stale", "INSERT INTO touched VALUES ('r1', 'rollup')"),
]


@pytest.mark.parametrize(("view", "damage"), AUDITED, ids=[damage[:50] for _, damage in AUDITED])
def test_nothing_is_published_that_an_audit_finds_wrong(home: Home, view: str, damage: str) -> None:
    load_parts(home)
    ask(home, damage)
    with pytest.raises(WarehouseError, match=f"nothing was published: {view}"):
        publish(home)
    assert not home.current.exists()


def test_publishing_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="nothing to publish"):
        publish(Home(tmp_path))
    with pytest.raises(WarehouseError, match="run a suite first"):
        open_published(tmp_path)


def test_completions_are_told_apart_by_repeat(home: Home) -> None:
    """Repeats are averaged per item and do not narrow the interval: Wilson's for 3.5 of 4, not for 7 of 8."""
    shard = shard_uuid("r1", MODEL, "en", "sums", 1)
    same = {"model_id": MODEL, "lang": "en", "dataset_id": "sums", "status": "ok", "repeat_ix": 1}
    samples = [sample("sums", "en", n) for n in range(1, 5)]
    who = [{"completion_id": completion_uuid("r1", MODEL, s, 1), "sample_id": s} for s in samples]
    done = [row | {"attempts": 1, "created_at": NIGHT["r1"], "text": "x"} for row in who]
    write_part(home, "completions", "r1", shard, arrow_table("completions", done, same))
    score = {"metric": "exact_match", "metric_version": "1", "scored_at": NIGHT["r1"], "value": 1.0}
    write_part(home, "scores", "r1", shard, arrow_table("scores", [row | score for row in who], same))
    load_parts(home)
    query = "SELECT n, items, mean, round(lo, 6) FROM v_accuracy WHERE run_id = 'r1' AND lang = 'en'"
    assert ask(home, query) == [(8, 4, 0.875, 0.395773)]


def test_killed_in_load_and_in_publish(tmp_path: Path, template: Path) -> None:
    """The short form of benchmarks/warehouse/kill.py: every count is exact and no reader saw half a load."""
    spec = importlib.util.spec_from_file_location("kill", KILL)
    assert spec and spec.loader
    kill = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kill)
    found = kill.run(empty_home(tmp_path, template), 2)
    assert sum(found.kills.values()) == 2
    assert (found.found, found.distinct, found.scores) == (found.expected,) * 3
    assert (found.faults, found.problems) == ([], [])
    assert found.reads > 0
