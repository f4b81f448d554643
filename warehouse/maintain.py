"""Keeps a warehouse in order: made anew from its parts, shrunk, aged, checked."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pyarrow as pa

from warehouse.connect import connect
from warehouse.home import Home, WarehouseError
from warehouse.ledger import Entry, Key, arrive, read_ledger, scan, writer_lock
from warehouse.load import LoadReport, load_into, load_parts
from warehouse.migrate import migrate
from warehouse.parts import write_part
from warehouse.publish import audits
from warehouse.retain import ROLLUPS
from warehouse.schemas import KINDS, arrow_table

Level = Literal["text", "facts"]


def rebuild(home: Home) -> LoadReport:
    """Makes the build file anew from the parts alone; the old one stays until the new one is whole."""
    fresh = home.build.with_name("rebuild.duckdb")
    with writer_lock(home):
        _clear(fresh)
        report = load_into(home, fresh, None)
        _take_over(home, fresh)
    return report


def shrink(home: Home) -> None:
    """Copies the build file table by table: the only way in which deleted rows give their space back."""
    fresh = home.build.with_name("shrink.duckdb")
    with writer_lock(home):
        _clear(fresh)
        with connect(fresh) as con:
            old = str(home.build.resolve()).replace("'", "''")
            con.execute(f"ATTACH '{old}' AS old (READ_ONLY)")
            con.execute("COPY FROM DATABASE old TO shrink")
            con.execute("DETACH old")
            con.execute("DELETE FROM view_version")  # the copy leaves comments behind
            migrate(con)
        _take_over(home, fresh)


def _clear(fresh: Path) -> None:
    for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        leftover.unlink(missing_ok=True)


def _take_over(home: Home, fresh: Path) -> None:
    with connect(fresh) as con:
        con.execute("FORCE CHECKPOINT")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    _clear(home.build.with_name(f"{home.build.name}.wal"))
    fresh.replace(home.build)


def age_out(
    home: Home, *, now: datetime, text_nights: int | None = None, fact_nights: int | None = None
) -> list[tuple[str, Level]]:
    """Drops from the warehouse the texts (or all rows) of runs that began longer ago than so many nights.

    The parts stay, and so do the roll-ups: of a run whose facts go, they are written down as parts of their own, so
    that even the other parts may be moved elsewhere. Runs with a tag keep everything. Returns what was dropped.
    """
    load_parts(home)
    limits: tuple[tuple[Level, int | None], ...] = (("text", text_nights), ("facts", fact_nights))
    aged: list[tuple[str, Level]] = [
        (run, level)
        for level, nights in limits
        if nights is not None
        for run in _older(home, level, now - timedelta(days=nights))
    ]
    for run, level in aged:
        if level == "facts":
            for kind in ROLLUPS:
                write_part(home, kind, run, "rollup", _rollup(home, kind, run))
        row = {"level": level, "aged_at": now.replace(tzinfo=None)}
        write_part(home, "retention", run, level, arrow_table("retention", [row]))
    if aged:
        load_parts(home)
        shrink(home)
    return aged


def _older(home: Home, level: Level, before: datetime) -> list[str]:
    with writer_lock(home), connect(home.build) as con:
        rows = con.execute(
            "SELECT run_id FROM runs WHERE started_at < $before AND status <> 'running' "
            "AND run_id NOT IN (SELECT run_id FROM baselines) "
            "AND run_id NOT IN (SELECT run_id FROM retention WHERE level IN ($level, 'facts')) ORDER BY run_id",
            {"before": before.replace(tzinfo=None), "level": level},
        ).fetchall()
    return [run for (run,) in rows]


def _rollup(home: Home, kind: str, run: str) -> pa.Table:
    form = KINDS[kind]
    names = [name for name in form.schema.names if name not in ("run_id", "shard_id", "batch")]
    with writer_lock(home), connect(home.build) as con:
        rows = con.sql(f"SELECT {', '.join(names)} FROM {kind} WHERE run_id = $run", params={"run": run})
        found = rows.to_arrow_table()
    return found.cast(pa.schema([form.schema.field(name) for name in names]))


def check(home: Home) -> list[str]:
    """Everything that is wrong, a sentence each: every part is read whole, every row counted. Empty means sound."""
    with writer_lock(home), connect(home.build) as con:
        migrate(con)
        ledger = read_ledger(con, None)
        places = sorted({entry.path for entry in ledger.values()})
        problems = [f"{place}: loaded, but the part is gone" for place in places if not (home.parts / place).exists()]
        for path in (path for paths in scan(home, None).values() for path in paths):
            problem = _problem(home, path, ledger)
            problems += [problem] if problem else []
        problems += audits(con, everything=True)
    for path in sorted(home.rejected.rglob("*.reason")):
        problems.append(f"{path.relative_to(home.root)}: {path.read_text(encoding='utf-8').strip()}")
    return problems


def _problem(home: Home, path: Path, ledger: dict[Key, Entry]) -> str:
    """What is wrong with a part; a compacted one may hold what a newer part of the shard has replaced."""
    try:
        arrival = arrive(home, path)
    except WarehouseError as error:
        return str(error)
    entries = [(ledger.get(arrival.key(piece)), arrival.digest(piece)) for piece in arrival.info.slices]
    if any(entry is None for entry, _ in entries):
        return f"{arrival.path}: not loaded"
    if any(e and e.sha256 != sha and (e.path == arrival.path or not arrival.merged) for e, sha in entries):
        return f"{arrival.path}: changed since it was loaded"
    return ""
