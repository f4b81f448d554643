"""Brings a warehouse file to today's schema: numbered SQL files once each, then macros, views and comments."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connect import transaction
from warehouse.home import WarehouseError

if TYPE_CHECKING:
    import duckdb

HERE = Path(__file__).parent
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_version (
  version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, duckdb VARCHAR NOT NULL,
  applied_at TIMESTAMP NOT NULL);
CREATE TABLE IF NOT EXISTS view_version (sha256 VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)
"""


def migrate(con: "duckdb.DuckDBPyConnection", here: Path = HERE) -> list[str]:
    """Applies what is missing and returns its names; a second call does nothing.

    Each file is one transaction. A file that was edited after it was applied, a gap in the numbers and a database
    that is newer than the code raise WarehouseError.
    """
    con.execute(_LEDGER)
    files = sorted((here / "migrations").glob("[0-9]*.sql"))
    numbers = [int(file.name[:4]) for file in files]
    if numbers != list(range(1, len(files) + 1)):
        raise WarehouseError(f"migrations are numbered {numbers}: a gap or a number twice")
    done = {version: sha for version, sha in con.execute("SELECT version, sha256 FROM schema_version").fetchall()}
    if done and max(done) > len(files):
        raise WarehouseError(
            f"the warehouse is at schema version {max(done)}, this code knows {len(files)}: upgrade Babelgate"
        )
    new = [file.name for number, file in zip(numbers, files, strict=True) if _applied(con, number, file, done)]
    return new + (["views"] if _create_views(con, here, force=bool(new)) else [])


def _applied(con: "duckdb.DuckDBPyConnection", number: int, file: Path, done: dict[int, str]) -> bool:
    text = file.read_text(encoding="utf-8")
    sha = hashlib.sha256(text.encode()).hexdigest()
    if number in done:
        if done[number] != sha:
            raise WarehouseError(f"migration {file.name} was edited after it was applied: write a new one instead")
        return False
    row = f"INSERT INTO schema_version VALUES ({number}, '{file.name}', '{sha}', version(), now() AT TIME ZONE 'UTC')"
    with transaction(con):
        con.execute(text)
        con.execute(row)
    return True


def _create_views(con: "duckdb.DuckDBPyConnection", here: Path, *, force: bool) -> bool:
    """Macros, then views, then comments, all anew when one of their files changed or a migration ran."""
    texts = [f.read_text(encoding="utf-8") for name in ("macros", "views") for f in sorted((here / name).glob("*.sql"))]
    glossary = (here / "glossary.tsv").read_text(encoding="utf-8")
    sha = hashlib.sha256("\0".join([*texts, glossary]).encode()).hexdigest()
    if not force and con.execute("SELECT sha256 FROM view_version").fetchall() == [(sha,)]:
        return False
    old = con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary").fetchall()
    with transaction(con):
        for statement in [*(f'DROP VIEW "{name}"' for (name,) in old), *texts]:
            con.execute(statement)
        for comment in comment_statements(con, glossary):
            con.execute(comment)
        con.execute("DELETE FROM view_version")
        con.execute(f"INSERT INTO view_version VALUES ('{sha}', now() AT TIME ZONE 'UTC')")
    return True


def comment_statements(con: "duckdb.DuckDBPyConnection", glossary: str) -> list[str]:
    """COMMENT ON for every table, view and column that the glossary explains.

    A line is `what<TAB>meaning`, where `what` is an object, an `object.column`, or a column that means the same
    wherever it stands (`.column`).
    """
    meaning = dict(line.split("\t") for line in glossary.splitlines() if line and not line.startswith("#"))
    objects = con.execute(
        "SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE NOT internal AND NOT temporary "
        "UNION ALL SELECT view_name, 'VIEW' FROM duckdb_views() WHERE NOT internal AND NOT temporary"
    ).fetchall()
    columns = con.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    said = [(f'{kind} "{name}"', meaning.get(name)) for name, kind in objects]
    known = {name for name, _ in objects}
    said += [
        (f'COLUMN "{table}"."{column}"', meaning.get(f"{table}.{column}", meaning.get(f".{column}")))
        for table, column in columns
        if table in known
    ]
    return [f"COMMENT ON {what} IS '{text.replace(chr(39), chr(39) * 2)}'" for what, text in said if text]
