"""How Prefect's database grows and is pruned: its size, its rows, and its own vacuum service over rows made old."""

import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.nightly.stack import Stack, started, wait
from tasks.engines.process import free_port

TABLES = ("flow_run", "task_run", "flow_run_state", "task_run_state", "log", "artifact", "events")
OLD_DAYS = 40
AGE = {
    "flow_run": ("end_time", "start_time", "expected_start_time", "created"),
    "events": ("occurred", "received"),
}


@dataclass(frozen=True)
class Pruned:
    """How long pruning took, what rows are left, and the size in bytes after VACUUM."""

    seconds: float
    rows: str
    size: int


def size_of(up: Stack) -> int:
    """Bytes of the database."""
    if url := up.env.get("PREFECT_API_DATABASE_CONNECTION_URL"):
        return int(_psql(url, "SELECT pg_database_size('prefect')"))
    return sum(path.stat().st_size for path in Path(up.env["PREFECT_HOME"]).glob("prefect.db*"))


def rows_of(up: Stack) -> dict[str, int]:
    """Rows by table."""
    return {table: int(_query(up, f"SELECT count(*) FROM {table}")) for table in TABLES}


def prune(up: Stack) -> Pruned:
    """Make everything old, and let a second server on the same database prune by the settings of the compose file."""
    url = up.env.get("PREFECT_API_DATABASE_CONNECTION_URL", "")
    for table, columns in AGE.items():
        for column in columns:
            older = f"datetime({column}, '-{OLD_DAYS} days')" if not url else f"{column} - interval '{OLD_DAYS} days'"
            _query(up, f"UPDATE {table} SET {column} = {older} WHERE {column} IS NOT NULL")
    env = {
        **up.env, "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "2592000",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "2",
    }  # fmt: skip
    began = time.monotonic()
    words = [sys.executable, "-m", "prefect", "server", "start", "--no-ui", "--port", str(free_port())]
    with started(words, up.folder / "vacuum.log", env), suppress(TimeoutError):
        wait(lambda: not any(rows_of(up)[table] for table in ("flow_run", "log", "artifact")), "the vacuum", 600)
    seconds = time.monotonic() - began
    left = rows_of(up)
    _query(up, "VACUUM")
    return Pruned(seconds, ", ".join(f"{n} {name}" for name, n in left.items()), size_of(up))


def _query(up: Stack, sql: str) -> str:
    if url := up.env.get("PREFECT_API_DATABASE_CONNECTION_URL"):
        return _psql(url, sql)
    with sqlite3.connect(Path(up.env["PREFECT_HOME"]) / "prefect.db", timeout=60, isolation_level=None) as con:
        row = con.execute(sql).fetchone()
    return str(row[0]) if row else ""


def _psql(url: str, sql: str) -> str:
    words = ["psql", "-XAtq", "-d", url.replace("+asyncpg", ""), "-c", sql]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
