"""Merges the many small parts of finished runs into few files, without a moment in which a row is nowhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from warehouse.connect import connect, transaction
from warehouse.home import Home, WarehouseError
from warehouse.ledger import (
    MERGED,
    Arrival,
    Entry,
    Key,
    arrive,
    is_merged,
    read_ledger,
    scan,
    write_ledger,
    writer_lock,
)
from warehouse.load import load_into
from warehouse.parts import PartInfo, Slice, store
from warehouse.schemas import KINDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MERGED_BYTES = 64 << 20
"""How much of the parts' files one compacted part takes in: it is read whole when it is loaded."""


def compact(home: Home, run_id: str | None = None) -> list[Path]:
    """Merges the shard parts of finished runs and returns the files that came to be; what they hold stays the same.

    A part is deleted only when a compacted one that holds it was written, read back and noted in the ledger.
    """
    with writer_lock(home):
        load_into(home, home.build, run_id)
        with connect(home.build) as con:
            finished = {run for (run,) in con.execute("SELECT run_id FROM runs WHERE status <> 'running'").fetchall()}
            written: list[Path] = []
            for kind, paths in scan(home, run_id).items():
                for run in sorted(finished) if KINDS[kind].sharded else ():
                    written += _compact(home, con, run, [p for p in paths if p.parent.name == f"run_id={run}"])
    return written


def _compact(home: Home, con: "DuckDBPyConnection", run: str, paths: list[Path]) -> list[Path]:
    small = [path for path in paths if not is_merged(path)]
    if len(small) < 2:
        return []
    merged = [path for path in paths if is_merged(path)]
    held = {arrived.key(piece) for arrived in (arrive(home, p) for p in merged) for piece in arrived.info.slices}
    number = max((int(path.stem.removeprefix(MERGED)) for path in merged), default=0)
    ledger, written = read_ledger(con, run), []
    for group in _groups(small):
        arrivals = [a for a in (arrive(home, path) for path in group) if _is_loaded(a, ledger, held)]
        if len(arrivals) > 1:
            number += 1
            written.append(_merge(home, con, arrivals, small[0].with_name(f"{MERGED}{number:04}.parquet")))
    _drop_held(home, read_ledger(con, run), small)
    return written


def _groups(paths: list[Path]) -> Iterator[list[Path]]:
    group: list[Path] = []
    for path in paths:
        if group and sum(p.stat().st_size for p in group) + path.stat().st_size > MERGED_BYTES:
            yield group
            group = []
        group.append(path)
    if group:
        yield group


def _is_loaded(arrival: Arrival, ledger: dict[Key, Entry], held: set[Key]) -> bool:
    """Whether the rows are in the warehouse as they lie here, and in no compacted part (an older one of the shard)."""
    key = arrival.key(arrival.info.slices[0])
    return key in ledger and ledger[key].sha256 == arrival.sha256 and key not in held


def _merge(home: Home, con: "DuckDBPyConnection", arrivals: list[Arrival], path: Path) -> Path:
    arrivals = sorted(arrivals, key=lambda a: (_place(a.info.slices[0]), a.path))
    slices = tuple(_sourced(arrival) for arrival in arrivals)
    store(
        path,
        pa.concat_tables([a.table for a in arrivals]),
        PartInfo(arrivals[0].info.kind, arrivals[0].info.run_id, slices),
    )
    whole = arrive(home, path)
    if whole.info.slices != slices:
        raise WarehouseError(f"{path} does not hold what was written to it")
    with transaction(con):
        write_ledger(con, [(whole, piece) for piece in slices])
    return path


def _place(piece: Slice) -> tuple[str, str, str]:
    return piece.model_id or "", piece.dataset_id or "", piece.lang or ""


def _sourced(arrival: Arrival) -> Slice:
    (piece,) = arrival.info.slices
    return Slice(piece.shard_id, piece.batch, piece.rows, piece.model_id, piece.lang, piece.dataset_id, arrival.sha256)


def _drop_held(home: Home, ledger: dict[Key, Entry], small: list[Path]) -> None:
    """Deletes the small parts that a compacted one holds byte for byte, those of an interrupted run among them."""
    for path in small:
        arrival = arrive(home, path)
        entry = ledger.get(arrival.key(arrival.info.slices[0]))
        if (
            entry
            and entry.sha256 == arrival.sha256
            and is_merged(Path(entry.path))
            and (home.parts / entry.path).exists()
        ):
            path.unlink()
