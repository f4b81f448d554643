"""From the build file to a published, read-only snapshot: readers never open the one, the loader never the other."""

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connect import connect
from warehouse.home import Home, WarehouseError
from warehouse.ledger import writer_lock
from warehouse.migrate import migrate
from warehouse.parts import sync_folder
from warehouse.retain import literals, refresh_rollups, touched_runs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def publish(home: Home, keep: int = 3) -> Path:
    """Copies the build file beside the published ones, checks it, points `current.duckdb` at it; returns its path.

    The audits of every run that came since the last time must be empty, else WarehouseError says which is not.
    A reader that has an older file open goes on with it; the newest `keep` files stay.
    """
    if not home.build.is_file():
        raise WarehouseError(f"there is nothing to publish at {home.root}: no part was loaded yet")
    home.published.mkdir(parents=True, exist_ok=True)
    with writer_lock(home):
        with connect(home.build) as con:
            if migrate(con):
                refresh_rollups(con)  # an older file may lack a roll-up that was not thought of then
            problems = audits(con)
            if problems:
                raise WarehouseError(f"nothing was published: {problems[0]}")
            con.execute("DELETE FROM touched WHERE reason = 'audit'")
            con.execute("FORCE CHECKPOINT")
        if home.build.with_name(home.build.name + ".wal").exists():
            raise WarehouseError("the build file was not written out whole: a log is left beside it")
        new = _copied(home)
        _flip(home, new)
        _remove_old(home, keep)
    return new


def audits(con: "DuckDBPyConnection", *, everything: bool = False) -> list[str]:
    """What the audit views find in the runs that came since the last publication (or in all), a sentence each."""
    where = "" if everything else f" WHERE run_id IN ({literals(touched_runs(con, 'audit'))})"
    views = con.execute("SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'audit_%' ORDER BY 1").fetchall()
    problems: list[str] = []
    for (view,) in views:
        found = con.execute(f"SELECT * FROM {view}{where} LIMIT 3").fetchall()
        if found:
            rows = "; ".join(", ".join(str(value) for value in row) for row in found)
            problems.append(f"{view} is not empty: {rows}")
    return problems


def _copied(home: Home) -> Path:
    """A whole, durable, read-only copy under a name of its own: DuckDB keeps one instance a name."""
    # The names are the order in which the files came, also when the clock is set back.
    newest = max((int(path.stem.partition("-")[2]) for path in home.published.glob("warehouse-*.duckdb")), default=0)
    new = home.published / f"warehouse-{max(time.time_ns(), newest + 1)}.duckdb"
    temporary = new.with_name(f".{new.name}.tmp")
    shutil.copyfile(home.build, temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o444)
    with connect(temporary, read_only=True) as con:
        con.execute("SELECT count(*) FROM shards").fetchall()
    temporary.replace(new)
    return new


def _flip(home: Home, new: Path) -> None:
    link = home.published / ".current.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(new.name)
    link.replace(home.current)
    sync_folder(home.published)


def _remove_old(home: Home, keep: int) -> None:
    """Files beyond the newest `keep`, and what a killed publish left; we hold the lock, so nobody is writing one."""
    old = sorted(home.published.glob("warehouse-*.duckdb"))[: -max(keep, 1)]
    for path in [*old, *home.published.glob(".warehouse-*.tmp")]:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
