"""Writes what the warehouse shows to files: a view, every view of a run, or a run as a Hugging Face data set."""

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from tasks.schema import UserError
from warehouse.connect import open_published
from warehouse.home import unknown

if TYPE_CHECKING:
    import duckdb

HERE = Path(__file__).parent
VIEWS = (
    "SELECT view_name FROM duckdb_views() WHERE NOT internal AND view_name LIKE 'v\\_%' ESCAPE '\\' ORDER BY view_name"
)
OF_RUNS = "SELECT DISTINCT table_name FROM duckdb_columns() WHERE column_name = 'run_id'"


@dataclass(frozen=True, slots=True)
class Written:
    """A file and the rows in it."""

    path: Path
    rows: int


def export_view(home: Path, view: str, run_id: str | None, form: str, output: Path) -> Written:
    """One view into one file, 'parquet' or 'csv', of one run or of all; `accuracy` and `v_accuracy` are the same.

    WarehouseError names the nearest view where there is none; UserError where the file cannot be written, or where
    the view does not tell runs apart.
    """
    with open_published(home) as con:
        views = [row[0] for row in con.execute(VIEWS).fetchall()]
        name = view if view in views else f"v_{view}"
        if name not in views:
            raise unknown("view", view, [each.removeprefix("v_") for each in views])
        if run_id is not None and name not in _of_runs(con):
            raise UserError(f"view '{view}' does not tell runs apart: leave --run out")
        return _write(con, name, run_id, form, output)


def export_all(home: Path, run_id: str, form: str, folder: Path) -> list[Written]:
    """Every view that tells runs apart, one file each, the run's rows only."""
    with open_published(home) as con:
        views = [row[0] for row in con.execute(VIEWS).fetchall()]
        return [_write(con, v, run_id, form, folder / f"{v.removeprefix('v_')}.{form}") for v in sorted(views)
                if v in _of_runs(con)]  # fmt: skip


def export_dataset(home: Path, run_id: str, folder: Path) -> list[Written]:
    """A folder that `datasets.load_dataset` opens without the network: answers, results and metrics of a run."""
    with open_published(home) as con:
        answers = (HERE / "answers.sql").read_text(encoding="utf-8")
        written = [
            _copy(con, con.sql(answers, params={"run": run_id}), "parquet", folder / "answers.parquet"),
            _write(con, "v_results", run_id, "parquet", folder / "results.parquet"),
            _write(con, "v_metrics", run_id, "parquet", folder / "metrics.parquet"),
        ]
        about = con.execute("SELECT suite, started_at, code_version FROM v_runs WHERE run_id = $run", {"run": run_id})
        suite, started_at, version = about.fetchall()[0]
    card = Template((HERE / "card.md").read_text(encoding="utf-8"))
    text = card.substitute(run=run_id, suite=suite, started_at=f"{started_at:%Y-%m-%d %H:%M}", version=version,
                           answers=written[0].rows)  # fmt: skip
    (folder / "README.md").write_text(text, encoding="utf-8")
    return written


def _of_runs(con: "duckdb.DuckDBPyConnection") -> set[str]:
    return {row[0] for row in con.execute(OF_RUNS).fetchall()}


def _write(con: "duckdb.DuckDBPyConnection", view: str, run_id: str | None, form: str, path: Path) -> Written:
    query, params = f"SELECT * FROM {view}", {}
    if run_id is not None:
        query, params = f"{query} WHERE run_id = $run", {"run": run_id}
    return _copy(con, con.sql(query, params=params), form, path)


def _copy(con: "duckdb.DuckDBPyConnection", rows: "duckdb.DuckDBPyRelation", form: str, path: Path) -> Written:
    """Into a file that appears whole or not at all. CSV has lists and structs as DuckDB writes them."""
    import duckdb

    waiting = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == "csv":
            rows.write_csv(str(waiting), header=True)
        else:
            rows.write_parquet(str(waiting), compression="zstd")
        count = _count(con, waiting, form)
        waiting.replace(path)
    except (OSError, duckdb.IOException) as error:
        raise UserError(f"{path} cannot be written: {str(error).splitlines()[0]}") from error
    finally:
        waiting.unlink(missing_ok=True)
    return Written(path, count)


def _count(con: "duckdb.DuckDBPyConnection", path: Path, form: str) -> int:
    """Rows that lie in the file, read back from it."""
    reader = "read_parquet($file)" if form == "parquet" else "read_csv($file, header = true, all_varchar = true)"
    return con.execute(f"SELECT count(*) FROM {reader}", {"file": str(path)}).fetchall()[0][0]
