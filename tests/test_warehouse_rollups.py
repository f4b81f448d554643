"""The roll-ups say what the facts say, and no question about one run, or about all of them, reads the other nights."""

import json
from collections.abc import Iterator
from datetime import timedelta

import duckdb
import pytest

from tests.small_run import NIGHT, empty_home, put, write_both
from warehouse.connect import connect, open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.named import named_query, query_names
from warehouse.publish import publish
from warehouse.retain import FACT_TABLES

COUNTED = """SELECT run_id, count(DISTINCT model_id) AS models, count(DISTINCT lang) AS langs,
                    count(DISTINCT dataset_id) AS datasets, sum(requested) AS requested, sum(answered) AS answered,
                    sum(scored) AS scored, sum(errored) AS errored, sum(missing) AS missing
             FROM v_completeness GROUP BY ALL ORDER BY ALL"""
LISTED = (
    "SELECT run_id, models, langs, datasets, requested, answered, scored, errored, missing FROM v_runs ORDER BY ALL"
)
GIVEN = {"run": "r2", "base": "r1"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The two small runs, and a third that was planned and of which nothing has come."""
    home = empty_home(tmp_path_factory.mktemp("home"))
    write_both(home)
    put(home, "runs", "r3", "run", {
        "kind": "nightly", "suite": "tiny", "status": "running", "code_version": "0.1.0", "config_hash": "c0ffee",
        "started_at": NIGHT["r2"] + timedelta(days=1),
    })  # fmt: skip
    put(home, "plans", "r3", "plans", {"model_id": "small", "lang": "en", "dataset_id": "sums", "requested": 7})
    load_parts(home)
    publish(home)
    return home


@pytest.fixture(scope="module")
def con(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(home) as con:
        yield con


def test_runs_are_counted_as_their_completions_are(con: duckdb.DuckDBPyConnection) -> None:
    counted = con.execute(COUNTED).fetchall()
    assert con.execute(LISTED).fetchall() == counted
    assert [row[0] for row in counted] == ["r1", "r2", "r3"]
    assert counted[2][4:] == (7, 0, 0, 0, 7)


def test_a_file_from_before_the_roll_up_is_counted_when_it_is_published(home: Home) -> None:
    with connect(home.build) as build:
        before = build.execute(LISTED).fetchall()
        build.execute("DROP TABLE daily_counts")
        build.execute("DELETE FROM schema_version WHERE name = '0006_counts.sql'")
    publish(home)
    with open_published(home) as con:
        assert con.execute(LISTED).fetchall() == before


@pytest.mark.parametrize("name", query_names())
def test_a_question_reads_no_other_run(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Each scan of the facts gives the rows of one run at most; one over all runs reads roll-ups and no facts."""
    query = named_query(name)
    given = query.bind({name: GIVEN[name] for name in GIVEN if name in {p.name for p in query.parameters}})
    rows = {table: max(count for (count,) in con.execute(f"SELECT count(*) FROM {table} GROUP BY run_id").fetchall())
            for table in FACT_TABLES}  # fmt: skip
    plan = con.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query.sql}", given).fetchall()[0][1]
    facts = [(table, n) for table, n in _scans(json.loads(plan)["operator"]) if table in FACT_TABLES]
    assert all(n <= (rows[table] if "run" in given else 0) for table, n in facts), facts
    assert facts or name in ("runs", "trend", "gates", "rules", "judge-probes", "provenance"), "no scan was seen"


def _scans(operators: list[dict]) -> Iterator[tuple[str, int]]:
    for operator in operators:
        table = str(operator["extra_info"].get("Table", "")).strip('"').rpartition(".")[2]
        if table and "SCAN" in operator["type"]:
            yield table, int(operator["intermediate_rows"])
        yield from _scans(operator.get("children", []))
