"""Roll-ups that stay for years, and the ageing of the rows that they were made of."""

from typing import TYPE_CHECKING

from warehouse.connect import transaction
from warehouse.schemas import KINDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TEXT_TABLES = ("completion_text",)
ROLLUPS = ("daily_scores", "daily_counts")
FACT_TABLES = (*TEXT_TABLES, "completions", "extractions", "scores", "corpus_scores", "verdicts", "expert_loads")


def refresh_rollups(con: "DuckDBPyConnection") -> None:
    """Makes the roll-ups anew for every run that parts came for; a run whose facts were aged out keeps what it has."""
    touched = touched_runs(con, "rollup")
    if not touched:
        return
    theirs = f"run_id IN ({literals(touched)})"
    held = [run for (run,) in con.execute(f"SELECT DISTINCT run_id FROM completions WHERE {theirs}").fetchall()]
    # A run may be planned and nothing of it come yet: it has counts and no scores.
    aged = f"SELECT run_id FROM retention WHERE level = 'facts' AND run_id NOT IN ({literals(held)})"
    planned = con.execute(f"SELECT DISTINCT run_id FROM plans WHERE {theirs} AND run_id NOT IN ({aged})").fetchall()
    with transaction(con):
        _make_anew(con, "daily_scores", "v_daily", held)
        _make_anew(con, "daily_counts", "v_daily_counts", sorted({*held, *(run for (run,) in planned)}))
        con.execute("DELETE FROM touched WHERE reason = 'rollup'")


def _make_anew(con: "DuckDBPyConnection", table: str, view: str, runs: list[str]) -> None:
    names = ", ".join(name for name in KINDS[table].schema.names if name not in ("shard_id", "batch"))
    con.execute(f"DELETE FROM {table} WHERE run_id IN ({literals(runs)})")
    con.execute(f"INSERT INTO {table} BY NAME SELECT {names} FROM {view} WHERE run_id IN ({literals(runs)})")


def apply_retention(con: "DuckDBPyConnection") -> None:
    """Drops from the build file what was aged out; the parts stay, so that it can be had again."""
    touched = literals(touched_runs(con, "audit"))
    for level, tables in (("text", TEXT_TABLES), ("facts", FACT_TABLES)):
        aged = con.execute(f"SELECT run_id FROM retention WHERE level = '{level}' AND run_id IN ({touched})").fetchall()
        if aged:
            runs = literals([run for (run,) in aged])
            with transaction(con):
                for table in tables:
                    con.execute(f"DELETE FROM {table} WHERE run_id IN ({runs})")


def touched_runs(con: "DuckDBPyConnection", reason: str) -> list[str]:
    """The runs that parts came for since their roll-up was made, or since they were audited."""
    rows = con.execute("SELECT run_id FROM touched WHERE reason = ? ORDER BY run_id", [reason]).fetchall()
    return [run for (run,) in rows]


def literals(names: list[str]) -> str:
    """Names as a list of SQL literals: unlike a parameter they let DuckDB skip the row groups of other runs."""
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names) or "NULL"
