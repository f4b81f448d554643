"""The loader: brings new and changed parts into the build file, each shard wholly or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.connect import connect, transaction
from warehouse.home import Home, WarehouseError
from warehouse.ledger import (
    Arrival,
    Entry,
    Key,
    arrive,
    read_ledger,
    scan,
    to_do,
    write_ledger,
    writer_lock,
)
from warehouse.migrate import migrate
from warehouse.parts import NewerPart, Slice
from warehouse.retain import apply_retention, refresh_rollups
from warehouse.rows import delete_rows, insert_rows
from warehouse.schemas import KINDS, PartKind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH_PARTS, BATCH_BYTES = 256, 64 << 20
BAD_ROWS = (duckdb.ConstraintException, duckdb.ConversionException, duckdb.InvalidInputException)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part that was not loaded, and why. It was moved below `rejected`, unless a newer version wrote it."""

    path: Path
    reason: str


@dataclass(slots=True)
class LoadReport:
    """What a load did: parts loaded, of these replaced, unchanged ones skipped, rows by kind, and what was refused."""

    parts: int = 0
    replaced: int = 0
    skipped: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)


@dataclass(slots=True)
class _Load:
    """One load under way."""

    home: Home
    con: "DuckDBPyConnection"
    known: dict[Key, Entry]
    report: LoadReport


def load_parts(home: Home, run_id: str | None = None) -> LoadReport:
    """Loads every part that is new or changed (of one run, or of all) and refreshes the roll-ups.

    Safe to repeat and to kill: rows and ledger go in together, a part that is unchanged is not read again, one that
    changed replaces its rows, and a corrupt one is moved aside with its reason. Creates and migrates the build file.
    """
    with writer_lock(home):
        return load_into(home, home.build, run_id)


def load_into(home: Home, file: Path, run_id: str | None) -> LoadReport:
    """`load_parts` into a given file, by who holds the writer's lock."""
    with connect(file) as con:
        migrate(con)
        load = _Load(home, con, read_ledger(con, run_id), LoadReport())
        found = scan(home, run_id)
        unchanged = {(e.path, e.file_bytes, e.file_mtime_ns) for e in load.known.values()}
        for kind, form in KINDS.items():
            new = [path for path in found[kind] if not _seen(home, path, unchanged)]
            load.report.skipped += len(found[kind]) - len(new)
            for batch in _batches(load, new):
                _load_batch(load, form, batch)
        refresh_rollups(con)
        apply_retention(con)
        return load.report


def _seen(home: Home, path: Path, unchanged: set[tuple[str, int, int]]) -> bool:
    stat = path.stat()
    return (str(path.relative_to(home.parts)), stat.st_size, stat.st_mtime_ns) in unchanged


def _batches(load: _Load, paths: list[Path]) -> Iterator[list[Arrival]]:
    """Whole parts, some hundred at a time; a compacted one alone, since it may hold what others hold too."""
    batch: list[Arrival] = []
    for path in paths:
        arrival = _arrived(load, path)
        if arrival is None:
            continue
        full = len(batch) >= BATCH_PARTS or sum(a.file_bytes for a in batch) + arrival.file_bytes > BATCH_BYTES
        if batch and (full or arrival.merged):
            yield batch
            batch = []
        batch.append(arrival)
        if arrival.merged:
            yield batch
            batch = []
    if batch:
        yield batch


def _arrived(load: _Load, path: Path) -> Arrival | None:
    try:
        return arrive(load.home, path)
    except NewerPart as error:
        load.report.rejected.append(Rejection(path, str(error)))
    except FileNotFoundError:
        return None  # replaced or compacted since we looked: the next load finds it
    except WarehouseError as error:
        _put_aside(load, path, str(error))
    return None


def _put_aside(load: _Load, path: Path, reason: str) -> None:
    """Moves a part that cannot be loaded out of the way, beside a file that says why; never deletes it."""
    aside = load.home.rejected / path.relative_to(load.home.parts)
    aside = aside.with_name(f"{aside.stem}-{path.stat().st_mtime_ns}.parquet")
    aside.parent.mkdir(parents=True, exist_ok=True)
    path.replace(aside)
    aside.with_suffix(".reason").write_text(f"{reason}\n", encoding="utf-8")
    load.report.rejected.append(Rejection(aside, reason))


def _load_batch(load: _Load, form: PartKind, arrivals: list[Arrival]) -> None:
    """One transaction; where its rows are refused, one a part, so that only the bad part is put aside."""
    todo: list[tuple[Arrival, Slice]] = []
    noted: list[tuple[Arrival, Slice]] = []
    for arrival in arrivals:
        for piece in arrival.info.slices:
            known = load.known.get(arrival.key(piece))
            exists = known is not None and (load.home.parts / known.path).exists()
            action = to_do(known, arrival, piece, known_exists=exists)
            {"load": todo, "note": noted, "skip": []}[action].append((arrival, piece))
    try:
        _commit(load, form, todo, noted)
    except BAD_ROWS as error:
        if len(arrivals) == 1:
            _put_aside(load, load.home.parts / arrivals[0].path, str(error).splitlines()[0])
            return
        for arrival in arrivals:
            _load_batch(load, form, [arrival])
        return
    load.report.skipped += len(arrivals) - len({a.path for a, _ in todo})
    load.report.parts += len({a.path for a, _ in todo})
    load.report.replaced += len({a.path for a, s in todo if a.key(s) in load.known})
    load.known |= {a.key(s): a.entry(s) for a, s in [*todo, *noted]}
    if todo:
        load.report.rows[form.name] = load.report.rows.get(form.name, 0) + sum(s.rows for _, s in todo)


def _commit(load: _Load, form: PartKind, todo: list[tuple[Arrival, Slice]], noted: list[tuple[Arrival, Slice]]) -> None:
    con = load.con
    with transaction(con):
        if todo:
            delete_rows(con, form, [(a, s) for a, s in todo if a.key(s) in load.known])
            insert_rows(con, form, todo)
            _touch(con, sorted({a.info.run_id for a, _ in todo}))
        if todo or noted:
            write_ledger(con, [*todo, *noted])


def _touch(con: "DuckDBPyConnection", runs: list[str]) -> None:
    con.executemany(
        "INSERT INTO touched VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(run, reason) for run in runs for reason in ("rollup", "audit")],
    )
