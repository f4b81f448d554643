"""Registers the parts of a home in a lake: each once, however many writers bring it at once."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.ducklake.lake import Lake, open_lake, transaction
from warehouse.ducklake.ledger import Entry, Ledger, open_ledger
from warehouse.ducklake.place import add_part, note_parts, take_out
from warehouse.home import Home, WarehouseError
from warehouse.ledger import Arrival, Key, arrive, is_merged, scan, to_do
from warehouse.ledger import Entry as Known
from warehouse.parts import Slice
from warehouse.schemas import KINDS

BATCH_PARTS, TRIES = 64, 5
NOT_TAKEN = ("retention",)
"""What is no part of a lake: the ageing of the home, whose rows stay here."""


@dataclass(slots=True)
class Registered:
    """What came of it: parts registered, of these replaced, known ones skipped, rows by kind, parts refused and why."""

    parts: int = 0
    replaced: int = 0
    skipped: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[Path, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Work:
    home: Home
    lake: Lake
    con: duckdb.DuckDBPyConnection
    ledger: Ledger
    report: Registered


def register(home: Home, lake: Lake, run_id: str | None = None) -> Registered:
    """Registers every part of the home (of one run, or of all) that the lake does not have.

    Rows, files and the lake's own list of shards go in with one transaction for each batch of parts. Safe to repeat, to
    kill and to run many times at once: a part that another writer is bringing is waited for, then skipped. A part that
    cannot be read, or that a newer version wrote, is refused and left where it lies.
    """
    with open_ledger(lake.catalog) as ledger:
        return register_under(ledger, home, lake, run_id)


def register_under(ledger: Ledger, home: Home, lake: Lake, run_id: str | None) -> Registered:
    """`register` with a ledger that is open."""
    with closing(open_lake(lake, ledger)) as con:
        work = _Work(home, lake, con, ledger, Registered())
        found = scan(home, run_id)
        unchanged = {tuple(row) for row in con.execute("SELECT path, file_bytes, file_mtime_ns FROM shards").fetchall()}
        for kind in KINDS:
            if kind in NOT_TAKEN:
                continue
            new = [path for path in found[kind] if _marks(home, path) not in unchanged]
            work.report.skipped += len(found[kind]) - len(new)
            for paths in _batches(new):
                _register_batch(work, _arrived(work, paths))
        return work.report


def _marks(home: Home, path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path.relative_to(home.parts)), stat.st_size, stat.st_mtime_ns


def _batches(paths: list[Path]) -> Iterator[list[Path]]:
    """Some parts at a time, compacted ones alone and first; each writer begins elsewhere, so that none trails."""
    yield from ([path] for path in paths if is_merged(path))
    small = [path for path in paths if not is_merged(path)]
    starts = list(range(0, len(small), BATCH_PARTS))
    begin = random.randrange(len(starts)) if starts else 0
    yield from (small[at : at + BATCH_PARTS] for at in starts[begin:] + starts[:begin])


def _arrived(work: _Work, paths: list[Path]) -> list[Arrival]:
    arrivals: list[Arrival] = []
    for path in paths:
        try:
            arrivals.append(arrive(work.home, path))
        except FileNotFoundError:
            continue  # replaced or compacted since we looked
        except WarehouseError as error:
            work.report.refused.append((path, str(error)))
    return arrivals


def _register_batch(work: _Work, arrivals: list[Arrival]) -> None:
    """Tries again where another writer's commit came between: both touched the same file of the list of shards."""
    if not arrivals:
        return
    for attempt in range(1, TRIES + 1):
        try:
            _commit(work, arrivals)
            return
        except duckdb.Error as error:
            if attempt == TRIES:
                raise WarehouseError(f"{arrivals[0].path} … could not be registered: {str(error)[:500]}") from error


def _commit(work: _Work, arrivals: list[Arrival]) -> None:
    """Holds the keys, then looks what the lake has, then registers: nobody else can do so meanwhile."""
    with work.ledger.holding([arrival.key(piece) for arrival in arrivals for piece in arrival.info.slices]) as held:
        known = _known(work.con, arrivals)
        wanted = {a.path: (a, _wanted(work.home, a, known)) for a in arrivals}
        todo = {path: (arrival, pieces) for path, (arrival, pieces) in wanted.items() if pieces}
        counts = {path: _generation(a, pieces, held, known) for path, (a, pieces) in todo.items()}
        old = [a.key(piece) for a, pieces in todo.values() for piece in pieces if a.key(piece) in known]
        if todo:
            form = KINDS[arrivals[0].info.kind]
            with transaction(work.con):
                take_out(work.con, form, old)
                for path, (arrival, pieces) in todo.items():
                    add_part(work.con, work.lake, work.home, form, arrival, pieces, counts[path])
                note_parts(work.con, form, list(todo.values()), counts)
        is_now = {key: Entry(entry.sha256, generation) for key, (entry, generation) in known.items()}
        for path, (arrival, pieces) in todo.items():
            is_now |= {arrival.key(piece): Entry(arrival.digest(piece), counts[path]) for piece in pieces}
        work.ledger.note(is_now)
    _count(work.report, arrivals, todo, set(old))


def _count(
    report: Registered, arrivals: list[Arrival], todo: dict[str, tuple[Arrival, list[Slice]]], old: set[Key]
) -> None:
    report.parts += len(todo)
    report.skipped += len(arrivals) - len(todo)
    report.replaced += sum(any(a.key(piece) in old for piece in pieces) for a, pieces in todo.values())
    for arrival, pieces in todo.values():
        kind = arrival.info.kind
        report.rows[kind] = report.rows.get(kind, 0) + sum(piece.rows for piece in pieces)


def _known(con: duckdb.DuckDBPyConnection, arrivals: list[Arrival]) -> dict[Key, tuple[Known, int]]:
    """What the lake has of these parts, and in which generation."""
    shards = sorted({piece.shard_id for arrival in arrivals for piece in arrival.info.slices})
    rows = con.execute(
        "SELECT kind, shard_id::VARCHAR, batch, path, sha256, file_bytes, file_mtime_ns, generation FROM shards "
        "WHERE kind = $kind AND shard_id IN (SELECT unnest($shards::UUID[]))",
        {"kind": arrivals[0].info.kind, "shards": shards},
    ).fetchall()
    return {(kind, shard, batch): (Known(*rest), generation) for kind, shard, batch, *rest, generation in rows}


def _wanted(home: Home, arrival: Arrival, known: dict[Key, tuple[Known, int]]) -> list[Slice]:
    """The slices of a part whose rows the lake needs; none of a second part that a compacted one of the batch holds."""
    wanted = []
    for piece in arrival.info.slices:
        entry = known[arrival.key(piece)][0] if arrival.key(piece) in known else None
        exists = entry is not None and (home.parts / entry.path).exists()
        if to_do(entry, arrival, piece, known_exists=exists) == "load":
            wanted.append(piece)
    return wanted


def _generation(
    arrival: Arrival, pieces: list[Slice], held: dict[Key, Entry], known: dict[Key, tuple[Known, int]]
) -> int:
    """One more than the part ever had. The ledger and the lake can differ by one where a writer died between them."""
    keys = [arrival.key(piece) for piece in pieces]
    return 1 + max(max(held[key].generation, known[key][1] if key in known else 0) for key in keys)
