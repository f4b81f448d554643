"""The ledger: which part brought which rows. A shard is in it if and only if all its rows are in the warehouse."""

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from warehouse.home import Home
from warehouse.parts import PartInfo, Slice, parse_part
from warehouse.schemas import KINDS

if TYPE_CHECKING:
    import duckdb

Key = tuple[str, str, str]
"""Kind, shard and batch."""
MERGED = "merged-"
"""How the name of a compacted part begins; it stands for the parts that its slices name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one shard and batch: the digest of its part as written, and the file it lies in."""

    path: str
    sha256: str
    file_bytes: int
    file_mtime_ns: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A part that was read whole: its place below `parts`, what it says of itself, its rows and its file."""

    path: str
    info: PartInfo
    table: pa.Table
    sha256: str
    file_bytes: int
    file_mtime_ns: int

    @property
    def merged(self) -> bool:
        return is_merged(Path(self.path))

    def digest(self, piece: Slice) -> str:
        return piece.sha256 or self.sha256

    def key(self, piece: Slice) -> Key:
        return self.info.kind, piece.shard_id, piece.batch

    def entry(self, piece: Slice) -> Entry:
        return Entry(self.path, self.digest(piece), self.file_bytes, self.file_mtime_ns)


def is_merged(path: Path) -> bool:
    return path.name.startswith(MERGED)


@contextlib.contextmanager
def writer_lock(home: Home) -> Iterator[None]:
    """One writer at a time: the second waits in line instead of failing on DuckDB's own lock."""
    home.root.mkdir(parents=True, exist_ok=True)
    with (home.root / ".writer.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_ledger(con: "duckdb.DuckDBPyConnection", run_id: str | None) -> dict[Key, Entry]:
    rows = con.execute(
        "SELECT kind, shard_id::VARCHAR, batch, path, sha256, file_bytes, file_mtime_ns FROM shards "
        "WHERE $run IS NULL OR run_id = $run",
        {"run": run_id},
    ).fetchall()
    return {(kind, shard, batch): Entry(*rest) for kind, shard, batch, *rest in rows}


def scan(home: Home, run_id: str | None) -> dict[str, list[Path]]:
    """The parts that lie there, by kind; compacted ones before the others of their run.

    The kinds are listed in reverse: whatever a score needs was written before it, so it is there when we look later.
    """
    folder = f"run_id={run_id}" if run_id else "run_id=*"
    return {
        kind: sorted(
            (home.parts / kind).glob(f"{folder}/*.parquet"), key=lambda p: (p.parent.name, not is_merged(p), p.name)
        )
        for kind in reversed(KINDS)
    }


def arrive(home: Home, path: Path) -> Arrival:
    """Reads a part once, for its digest and its rows; WarehouseError where it is not whole."""
    stat, content = path.stat(), path.read_bytes()
    info, table = parse_part(path, content)
    place = str(path.relative_to(home.parts))
    return Arrival(place, info, table, hashlib.sha256(content).hexdigest(), len(content), stat.st_mtime_ns)


def to_do(
    known: Entry | None, arrival: Arrival, piece: Slice, *, known_exists: bool
) -> Literal["load", "note", "skip"]:
    """What an arriving slice needs: its rows loaded, only its new place noted, or nothing.

    A compacted part never replaces a newer part of the same shard that still lies there, and one that a compacted
    part holds already (left over from an interrupted compaction) is not loaded again.
    """
    if known is None:
        return "load"
    same, beside = known.sha256 == arrival.digest(piece), known_exists and known.path != arrival.path
    if same:
        return "skip" if beside and not arrival.merged else "note"
    return "skip" if beside and arrival.merged else "load"


def write_ledger(con: "duckdb.DuckDBPyConnection", arrivals: list[tuple[Arrival, Slice]]) -> None:
    """Notes the slices; inside the transaction that brings their rows."""
    noted = pa.table(
        {
            "kind": [a.info.kind for a, _ in arrivals],
            "shard_id": [s.shard_id for _, s in arrivals],
            "batch": [s.batch for _, s in arrivals],
            "run_id": [a.info.run_id for a, _ in arrivals],
            "model_id": pa.array([s.model_id for _, s in arrivals], pa.string()),
            "lang": pa.array([s.lang for _, s in arrivals], pa.string()),
            "dataset_id": pa.array([s.dataset_id for _, s in arrivals], pa.string()),
            "path": [a.path for a, _ in arrivals],
            "sha256": [a.digest(s) for a, s in arrivals],
            "rows": [s.rows for _, s in arrivals],
            "file_sha256": [a.sha256 for a, _ in arrivals],
            "file_bytes": [a.file_bytes for a, _ in arrivals],
            "file_mtime_ns": [a.file_mtime_ns for a, _ in arrivals],
        }
    )
    con.register("noted", noted)
    con.execute(
        "INSERT OR REPLACE INTO shards BY NAME "
        "SELECT * REPLACE (shard_id::UUID AS shard_id), now() AT TIME ZONE 'UTC' AS loaded_at FROM noted"
    )
    con.unregister("noted")
