"""Questions in the locked child process: every format, one statement, nothing it may not touch, no running away."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

import warehouse
from tests.small_run import empty_home, write_both
from warehouse.home import Home, WarehouseError
from warehouse.load import load_parts
from warehouse.named import named_query, query_names
from warehouse.publish import publish
from warehouse.sql import FORMATS, Limits, run_named, run_sql
from warehouse.sqlchild import Refused, locked, question

PATIENT = Limits(seconds=240, mb=300)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = empty_home(tmp_path_factory.mktemp("home"))
    write_both(home)
    load_parts(home)
    publish(home)
    yield home


@pytest.fixture(scope="module")
def con(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The child's own connection, here: to a copy, since one process opens a file in one way only."""
    folder = tmp_path_factory.mktemp("locked")
    copy = shutil.copyfile(home.current.resolve(), folder / "copy.duckdb")
    with locked(str(copy), str(folder), megabytes=300, seconds=30) as con:
        yield con


QUERY = "SELECT lang, n, mean FROM v_accuracy WHERE run_id = 'r1' ORDER BY lang"
SHOWN = {
    "table": "lang  n    mean\n────  ─  ──────\nen    4  0.7500\nsw    4  0.2500\n",
    "markdown": "| lang | n | mean |\n| --- | ---: | ---: |\n| en | 4 | 0.7500 |\n| sw | 4 | 0.2500 |\n",
    "csv": "lang,n,mean\nen,4,0.75\nsw,4,0.25\n",
    "json": '[{"lang": "en", "n": 4, "mean": 0.75},\n {"lang": "sw", "n": 4, "mean": 0.25}]\n',
    "jsonl": '{"lang": "en", "n": 4, "mean": 0.75}\n{"lang": "sw", "n": 4, "mean": 0.25}\n',
}


@pytest.mark.parametrize("format", FORMATS)
def test_formats(home: Home, format: str) -> None:
    answer = run_sql(home.current, QUERY, format=format)
    assert (answer.rows, answer.truncated) == (2, False)
    if format == "parquet":
        assert pq.read_table(io.BytesIO(answer.content)).to_pylist() == json.loads(SHOWN["json"])
    else:
        assert answer.text == SHOWN[format]


def test_awkward_values_in_every_format(home: Home) -> None:
    query = """SELECT NULL AS nothing, 'nan'::DOUBLE AS nan, ['a', 'b'] AS list, {'k': 1} AS struct,
               'x|y' || chr(10) || 'z' AS lines, '日本' AS wide, '\u202eabc' AS turned,
               TIMESTAMPTZ '2026-11-01 00:00:00+00' AS moment,
               DATE '2026-11-01' AS day, 'ab'::BLOB AS blob, 12345678901234567890::HUGEINT AS huge"""
    answers = {format: run_sql(home.current, query, format=format) for format in ("table", "markdown", "csv", "json")}
    table = answers["table"].text.splitlines()
    assert len(table) == 3
    assert "\u202e" not in table[2]
    assert "x|y z" in table[2]
    assert "x\\|y z" in answers["markdown"].text
    (row,) = json.loads(answers["json"].content)
    assert (row["nothing"], row["nan"], row["list"], row["struct"]) == (None, None, ["a", "b"], {"k": 1})
    assert (row["lines"], row["wide"], row["moment"][:10], row["day"]) == ("x|y\nz", "日本", "2026-11-01", "2026-11-01")
    header, cells = csv.reader(io.StringIO(answers["csv"].text))
    assert dict(zip(header, cells, strict=True))["list"] == '["a", "b"]'


def test_into_a_file_whole_or_not_at_all(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    answer = run_sql(home.current, QUERY, format="csv", output=file)
    assert (answer.content, answer.rows, file.read_text()) == (b"", 2, SHOWN["csv"])
    with pytest.raises(WarehouseError):
        run_sql(home.current, "SELECT nonsense FROM v_accuracy", format="csv", output=file)
    assert file.read_text() == SHOWN["csv"]
    assert [p.name for p in tmp_path.iterdir()] == ["answer.csv"]


def test_parameters(home: Home) -> None:
    query = "SELECT lang FROM v_accuracy WHERE run_id = $run AND n >= $least ORDER BY lang"
    answer = run_sql(home.current, query, {"run": "r2", "least": 4, "unused": "x"}, format="csv")
    assert answer.text == "lang\nen\n"
    with pytest.raises(WarehouseError, match=r"wants a value for \$least"):
        run_sql(home.current, query, {"run": "r2"})
    injected = run_sql(home.current, "SELECT $x AS x", {"x": "'; DROP TABLE runs; --"}, format="csv")
    assert injected.text == "x\n'; DROP TABLE runs; --\n"


def test_a_long_answer_is_cut_where_it_is_for_eyes(home: Home) -> None:
    answer = run_sql(home.current, "SELECT range AS n FROM range(5000)")
    assert (answer.rows, answer.truncated, len(answer.text.splitlines())) == (1000, True, 1002)
    assert run_sql(home.current, "SELECT range AS n FROM range(5000)", format="csv").rows == 5000
    assert run_sql(home.current, "FROM range(5000)", format="jsonl", limits=Limits(rows=7)).rows == 7


NO_QUESTIONS = [
    ("COPY v_runs TO '/tmp/out.csv'", "not COPY"),
    ("EXPORT DATABASE '/tmp/out'", "not EXPORT"),
    ("ATTACH '/tmp/other.duckdb'", "not ATTACH"),
    ("SET threads = 64", "not SET"),
    ("RESET enable_external_access", "not SET"),
    ("PRAGMA database_list", "not PRAGMA"),
    ("CALL pragma_version()", "not CALL"),
    ("INSTALL httpfs", "not LOAD"),
    ("CHECKPOINT", "not CALL"),
    ("CREATE TEMP TABLE t AS SELECT 1", "not CREATE"),
    ("DELETE FROM runs", "not DELETE"),
    ("UPDATE runs SET status = 'complete'", "not UPDATE"),
    ("PREPARE q AS SELECT 1", "not PREPARE"),
    ("UPDATE EXTENSIONS (httpfs)", "not UPDATE EXTENSIONS"),
    ("EXPLAIN ANALYZE COPY v_runs TO '/tmp/out.csv'", "not EXPLAIN"),
    ("SET VARIABLE x = 1", "not SET"),
    ("BEGIN", "not TRANSACTION"),
    ("VACUUM", "not VACUUM"),
    ("COMMENT ON TABLE runs IS 'x'", "not ALTER"),
    ("CREATE SECRET s (TYPE s3)", "not CREATE"),
    ("COPY FROM DATABASE warehouse TO memory", "not "),
    ("MERGE INTO runs USING runs AS r ON true WHEN MATCHED THEN DELETE", "not MERGE"),
    ("SELECT 1; SELECT 2", "one statement at a time"),
    ("SELECT 1; COPY v_runs TO '/tmp/out.csv'", "one statement at a time"),
    ("", "one statement at a time"),
    ("-- nothing", "one statement at a time"),
]


@pytest.mark.parametrize(("text", "reason"), NO_QUESTIONS, ids=[text[:40] for text, _ in NO_QUESTIONS])
def test_only_one_statement_and_only_one_that_reads(text: str, reason: str) -> None:
    with duckdb.connect() as con, pytest.raises(Refused, match=reason):
        question(con, text)


# Questions by their form, which reach for files, settings or rows. All of them are asked on the locked connection.
REACHING = [
    "SELECT * FROM read_blob('/etc/shadow')",
    "SELECT * FROM read_json('/proc/self/environ')",
    "SELECT * FROM read_ndjson('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
    "SELECT * FROM read_duckdb('/tmp/other.duckdb')",
    "SELECT * FROM '/etc/passwd'",
    "FROM 'https://example.org/x.parquet'",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM query_table('/etc/passwd')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''/etc/passwd'')'))",
    "SELECT * FROM (DESCRIBE SELECT * FROM read_text('/etc/passwd'))",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_extensions()",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '/tmp/log')",
    "SELECT getenv('HOME')",
    "SELECT nextval('s')",
    "SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)",
    "SELECT * FROM force_checkpoint()",
    "WITH gone AS (DELETE FROM runs RETURNING *) SELECT * FROM gone",
    "WITH more AS (INSERT INTO runs FROM runs RETURNING *) SELECT * FROM more",
]


@pytest.mark.parametrize("query", REACHING, ids=[query[:50] for query in REACHING])
def test_no_question_reaches_beyond_the_rows(con: duckdb.DuckDBPyConnection, query: str) -> None:
    with pytest.raises(duckdb.Error):
        con.sql(question(con, query).query).fetchall()


REFUSED = [
    ("SELECT * FROM read_csv('/etc/passwd')", "file system operations are disabled"),
    ("SELECT content FROM read_text('/etc/passwd')", "file system operations are disabled"),
    ("SELECT * FROM glob('/etc/*')", "file system operations are disabled"),
    ("SELECT * FROM '/etc/hosts.csv'", "file system operations are disabled|does not exist"),
    ("SELECT * FROM read_parquet('s3://bucket/x.parquet')", "disabled|httpfs|[Ee]xtension"),
    ("COPY v_runs TO '/tmp/out.csv'", "only questions are answered here .* not COPY"),
    ("SELECT * FROM pydf", "does not exist"),
    ("SELEC 1", "syntax error"),
    ("FROM v_accurcy", 'Did you mean "v_accuracy"'),
    ("SELECT lnag FROM v_accuracy", 'Candidate bindings: .*"lang"'),
    ("SELECT length(repeat('x', 2000000000))", "needs more than 300 MB"),
    ("SELECT repeat('x', 1500000000)", "needs more than 300 MB"),
]
ENDLESS = [
    "SELECT list(range) FROM range(100000000)",
    "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b",
]


@pytest.mark.parametrize(("query", "reason"), REFUSED, ids=[query[:50] for query, _ in REFUSED])
def test_refused_in_one_sentence(home: Home, query: str, reason: str) -> None:
    pydf = [1]  # a Python variable is no table
    with pytest.raises(WarehouseError, match=reason) as caught:
        run_sql(home.current, query, limits=PATIENT)
    assert pydf
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("query", ENDLESS)
def test_what_runs_away_is_stopped(home: Home, query: str) -> None:
    """By DuckDB's own limits, or killed where the machine is too busy to come to that."""
    with pytest.raises(WarehouseError, match=r"stopped after 2 s|did not stop after 2 s|needs more than 300 MB"):
        run_sql(home.current, query, limits=Limits(seconds=2, mb=300))


def test_what_is_asked_for_does_not_exist(home: Home, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="did you mean 'markdown'"):
        run_sql(home.current, QUERY, format="markdwon")
    with pytest.raises(WarehouseError, match="there is no warehouse"):
        run_sql(tmp_path / "none.duckdb", QUERY)
    with pytest.raises(WarehouseError, match="did you mean 'accuracy'"):
        run_named(home.current, "acuracy")
    with pytest.raises(WarehouseError, match="did you mean 'metric'"):
        run_named(home.current, "accuracy", {"metrik": "x"})


def test_an_answer_too_large_for_memory_is_refused(home: Home) -> None:
    with pytest.raises(WarehouseError, match="larger than 1 MB"):
        run_sql(home.current, "SELECT range FROM range(1000000)", format="csv", limits=Limits(answer_mb=1))


@pytest.mark.parametrize("name", query_names())
def test_named_query(home: Home, name: str) -> None:
    query = named_query(name)
    assert query.title
    assert {f"${p.name}" for p in query.parameters} == {w for w in _dollars(query.sql)}
    given = {"base": "r1"} if name == "compare" else {}
    rows = run_named(home.current, name, given, format="jsonl").rows
    # The small run has no probes of refusal; of everything else it has something.
    assert (rows > 0) is (name != "refusals"), f"{name} finds {rows} rows"


def _dollars(sql: str) -> set[str]:
    body = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
    return {word.rstrip(",;)").split("::")[0] for word in body.replace("(", " ").split() if word.startswith("$")}


def test_the_newest_run_is_the_default(home: Home) -> None:
    newest = run_named(home.current, "accuracy", format="jsonl").text
    assert newest == run_named(home.current, "accuracy", {"run": "r2"}, format="jsonl").text
    assert newest != run_named(home.current, "accuracy", {"run": "r1"}, format="jsonl").text


def test_a_notebook_in_two_lines(home: Home) -> None:
    con = warehouse.open_published(home.root)
    frame = con.sql("SELECT lang, mean FROM v_accuracy WHERE run_id = 'r2' ORDER BY lang").df()
    assert frame.to_dict("list") == {"lang": ["en", "sw"], "mean": [1.0, pytest.approx(1 / 3)]}
    assert con.sql("FROM v_runs ORDER BY run_id").to_arrow_table().column("run_id").to_pylist() == ["r1", "r2"]
    with pytest.raises(Exception, match="read-only"):
        con.execute("DELETE FROM runs")
    con.close()
