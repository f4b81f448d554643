"""Roll-ups that stay for years, and the ageing of the rows that they were made of."""

from typing import TYPE_CHECKING

from warehouse.connect import transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TEXT_TABLES = ("completion_text",)
FACT_TABLES = (*TEXT_TABLES, "completions", "extractions", "scores", "corpus_scores", "verdicts")


def refresh_rollups(con: "DuckDBPyConnection") -> None:
    """Makes daily_scores anew for every run that parts came for; a run whose facts were aged out keeps what it has."""
    touched = touched_runs(con, "rollup")
    if not touched:
        return
    held = con.execute(f"SELECT DISTINCT run_id FROM completions WHERE run_id IN ({literals(touched)})").fetchall()
    fresh = literals([run for (run,) in held])
    with transaction(con):
        con.execute(f"DELETE FROM daily_scores WHERE run_id IN ({fresh})")
        con.execute(f"INSERT INTO daily_scores BY NAME SELECT * FROM v_daily WHERE run_id IN ({fresh})")
        con.execute("DELETE FROM touched WHERE reason = 'rollup'")


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
