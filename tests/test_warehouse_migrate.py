"""The schema: fresh, upgraded in place from every older version, never from an edited or newer history."""

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.connect import connect
from warehouse.home import WarehouseError
from warehouse.migrate import HERE, migrate
from warehouse.schemas import KINDS

FILES = sorted(path.name for path in (HERE / "migrations").glob("*.sql"))
TYPES = {
    pa.string(): {"VARCHAR", "JSON"}, pa.bool_(): {"BOOLEAN"}, pa.float64(): {"DOUBLE"}, pa.int32(): {"INTEGER"},
    pa.int64(): {"BIGINT"}, pa.uint16(): {"USMALLINT"}, pa.timestamp("us"): {"TIMESTAMP"}, pa.uuid(): {"UUID"},
    pa.list_(pa.string()): {"VARCHAR[]"}, pa.date32(): {"DATE"},
}  # fmt: skip
LOOSE = ("daily_scores", "daily_counts", "completion_text")

KILLED_WRITER = """
import os, sys
from pathlib import Path
from warehouse.connect import connect
from warehouse.migrate import migrate

con = connect(Path(sys.argv[1]))
migrate(con)
con.execute('''INSERT INTO corpus_scores BY NAME
    SELECT 'r' AS run_id, uuid() AS shard_id, '' AS batch, 'm' AS model_id, 'en' AS lang, 'd' AS dataset_id,
           'x' AS metric, '1' AS metric_version, 1 AS n, TIMESTAMP '2026-11-01' AS scored_at, 1.0 AS value''')
os._exit(9)
"""


def copy_of(folder: Path, upto: int) -> Path:
    """The package's SQL with the first migrations only; with all of them the views as well."""
    here = folder / f"sql{upto}"
    for name in ("migrations", "macros", "views"):
        (here / name).mkdir(parents=True)
    for name in FILES[:upto]:
        shutil.copy(HERE / "migrations" / name, here / "migrations" / name)
    if upto == len(FILES):
        shutil.copytree(HERE / "macros", here / "macros", dirs_exist_ok=True)
        shutil.copytree(HERE / "views", here / "views", dirs_exist_ok=True)
    shutil.copy(HERE / "glossary.tsv", here / "glossary.tsv")
    return here


def test_a_fresh_file_and_a_second_time(tmp_path: Path) -> None:
    with connect(tmp_path / "w.duckdb") as con:
        assert migrate(con) == [*FILES, "views"]
        assert migrate(con) == []


@pytest.mark.parametrize("version", range(1, len(FILES)))
def test_an_older_file_is_upgraded_in_place(tmp_path: Path, version: int) -> None:
    old = copy_of(tmp_path, version)
    row = "INSERT INTO languages (lang, name, written_at) VALUES ('sw', 'Swahili', '2026-11-01')"
    with connect(tmp_path / "w.duckdb") as con:
        assert migrate(con, old) == [*FILES[:version], "views"]
        con.execute(row)
    with connect(tmp_path / "w.duckdb") as con:
        assert migrate(con) == [*FILES[version:], "views"]
        assert con.execute("SELECT name FROM languages").fetchall() == [("Swahili",)]
        assert con.execute("FROM v_results").fetchall() == []


def test_edited_history_is_refused(tmp_path: Path) -> None:
    here = copy_of(tmp_path, len(FILES))
    with connect(tmp_path / "w.duckdb") as con:
        migrate(con, here)
        (here / "migrations" / FILES[1]).write_text("CREATE TABLE other (a INTEGER)")
        with pytest.raises(WarehouseError, match=f"{FILES[1]} was edited"):
            migrate(con, here)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    with connect(tmp_path / "w.duckdb") as con:
        migrate(con)
        with pytest.raises(WarehouseError, match="upgrade Babelgate"):
            migrate(con, copy_of(tmp_path, len(FILES) - 1))


def test_a_gap_is_refused(tmp_path: Path) -> None:
    here = copy_of(tmp_path, len(FILES))
    (here / "migrations" / FILES[1]).unlink()
    with connect(tmp_path / "w.duckdb") as con, pytest.raises(WarehouseError, match="a gap"):
        migrate(con, here)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    here = copy_of(tmp_path, 2)
    (here / "migrations" / "0003_bad.sql").write_text("CREATE TABLE half (a INTEGER); SELECT no_such_column;")
    with connect(tmp_path / "w.duckdb") as con:
        with pytest.raises(Exception, match="no_such_column"):
            migrate(con, here)
        assert con.execute("SELECT max(version) FROM schema_version").fetchall() == [(2,)]
        assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'").fetchall() == [(0,)]


def test_a_changed_view_is_made_anew_and_an_old_one_goes(tmp_path: Path) -> None:
    here = copy_of(tmp_path, len(FILES))
    (here / "views" / "99_extra.sql").write_text("CREATE OR REPLACE VIEW v_extra AS SELECT 1 AS one")
    with connect(tmp_path / "w.duckdb") as con:
        migrate(con, here)
        (here / "views" / "99_extra.sql").write_text("CREATE OR REPLACE VIEW v_extra AS SELECT 2 AS one")
        assert migrate(con, here) == ["views"]
        assert con.execute("FROM v_extra").fetchall() == [(2,)]
        assert migrate(con) == ["views"]
        assert con.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = 'v_extra'").fetchall() == [(0,)]


def test_the_tables_are_those_of_the_parts(tmp_path: Path) -> None:
    """Every column of every kind of part has its column, of its type, and required where it is required."""
    with connect(tmp_path / "w.duckdb") as con:
        migrate(con)
        rows = con.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    columns = {(table, column): (kind, nullable) for table, column, kind, nullable in rows}
    for form in KINDS.values():
        for table, names in form.tables.items():
            chosen = names or form.schema.names
            assert {column for of, column in columns if of == table} == set(chosen), table
            for name in chosen:
                kind, nullable = columns[table, name]
                field = form.schema.field(name)
                assert kind in TYPES[field.type], f"{table}.{name}"
                optional = table in LOOSE and name in ("shard_id", "batch", "text")
                assert nullable is field.nullable or optional, f"{table}.{name}"


def test_a_log_left_by_a_killed_writer_is_replayed(tmp_path: Path) -> None:
    """What is in the log calls functions; a connection that may load nothing could not open the file again."""
    file = tmp_path / "w.duckdb"
    done = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(file)], cwd=HERE.parent, check=False)
    assert done.returncode == 9
    assert file.with_name("w.duckdb.wal").stat().st_size > 0
    with connect(file) as con:
        assert con.execute("SELECT count(*) FROM corpus_scores").fetchall() == [(1,)]
        assert con.execute("FROM v_accuracy").fetchall() == []
