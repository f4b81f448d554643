"""Puts the file of a part into a lake, notes what it holds, and takes out what it replaces."""

import os
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.ducklake.lake import Lake, literal, rows_of
from warehouse.home import Home, WarehouseError
from warehouse.ledger import Arrival, Key
from warehouse.parts import Slice
from warehouse.schemas import PartKind

Todo = list[tuple[Arrival, list[Slice]]]


def add_part(
    con: duckdb.DuckDBPyConnection, lake: Lake, home: Home, form: PartKind, arrival: Arrival, pieces: list[Slice],
    generation: int,
) -> None:  # fmt: skip
    """Registers a part's file for each table of its kind, inside a transaction.

    DuckLake owns what is registered and deletes it when it compacts. So the lake gets a file of its own: in a folder a
    hard link of the part, which costs nothing and which no later writing of the part touches; under s3://, and where
    only some slices of a compacted part are wanted, a copy of the columns and rows that the table needs.
    """
    if not sum(piece.rows for piece in pieces):
        return
    for table, columns in form.tables.items():
        name = rows_of(form, table)
        stem = arrival.path.removesuffix(".parquet").removeprefix(f"{form.name}/run_id=")
        place = f"{lake.data}parts/{name}/{stem}.g{generation}-{arrival.sha256[:16]}.parquet"
        source = home.parts / arrival.path
        if lake.local and len(pieces) == len(arrival.info.slices):
            _link(source, Path(place), arrival)
        else:
            _copy(con, lake, source, place, columns or tuple(form.schema.names), pieces, arrival)
        con.execute(
            f"CALL ducklake_add_data_files('lake', '{name}', {literal(place)}, "
            "allow_missing => true, ignore_extra_columns => true, hive_partitioning => false)"
        )


def _link(source: Path, place: Path, arrival: Arrival) -> None:
    """A hard link, or a copy on another file system; whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    waiting = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        try:
            waiting.hardlink_to(source)
        except OSError:
            shutil.copy2(source, waiting)
        stat = waiting.stat()
        if (stat.st_size, stat.st_mtime_ns) != (arrival.file_bytes, arrival.file_mtime_ns):
            raise WarehouseError(f"{arrival.path} was written again while it was registered: register once more")
        waiting.replace(place)
    finally:
        waiting.unlink(missing_ok=True)


def _copy(
    con: duckdb.DuckDBPyConnection, lake: Lake, source: Path, place: str, columns: tuple[str, ...],
    pieces: list[Slice], arrival: Arrival,
) -> None:  # fmt: skip
    has = set(arrival.table.column_names)
    chosen = ", ".join(f'"{name}"' for name in columns if name in has)
    some = "TRUE"
    if len(pieces) < len(arrival.info.slices):
        some = "(shard_id, batch) IN (" + ", ".join(f"('{p.shard_id}'::UUID, {literal(p.batch)})" for p in pieces) + ")"
    if lake.local:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
    con.register("part", arrival.table)
    con.execute(f"COPY (SELECT {chosen} FROM part WHERE {some}) TO {literal(place)} (FORMAT parquet, COMPRESSION zstd)")
    con.unregister("part")


def take_out(con: duckdb.DuckDBPyConnection, form: PartKind, old: list[Key]) -> None:
    """Deletes the rows that these keys brought before; of dimensions every row stays, and the latest is shown."""
    if not old:
        return
    keys = ", ".join(f"('{shard}'::UUID, {literal(batch)})" for _, shard, batch in old)
    tables = [] if form.key else [rows_of(form, table) for table in form.tables]
    for table in tables:
        con.execute(f"DELETE FROM {table} WHERE (shard_id, batch) IN ({keys})")
    for table in ("shards", "readings"):
        con.execute(f"DELETE FROM {table} WHERE kind = '{form.name}' AND (shard_id, batch) IN ({keys})")


def note_parts(con: duckdb.DuckDBPyConnection, form: PartKind, todo: Todo, generations: dict[str, int]) -> None:
    """The lake's own list of shards and readings; inside the transaction that brings their rows."""
    rows = [
        {"kind": form.name, "shard_id": p.shard_id, "batch": p.batch, "run_id": a.info.run_id, "model_id": p.model_id,
         "lang": p.lang, "dataset_id": p.dataset_id, "path": a.path, "sha256": a.digest(p), "rows": p.rows,
         "generation": generations[a.path], "file_sha256": a.sha256, "file_bytes": a.file_bytes,
         "file_mtime_ns": a.file_mtime_ns}
        for a, pieces in todo for p in pieces
    ]  # fmt: skip
    texts = {name: pa.string() for name in ("model_id", "lang", "dataset_id")}
    noted = pa.Table.from_pylist(rows, pa.schema([(n, texts.get(n) or pa.scalar(v).type) for n, v in rows[0].items()]))
    con.register("noted", noted)
    con.execute(
        "INSERT INTO shards BY NAME "
        "SELECT * REPLACE (shard_id::UUID AS shard_id), now() AT TIME ZONE 'UTC' AS loaded_at FROM noted"
    )
    if form.version:
        con.register("part", pa.concat_tables([a.table for a, _ in todo]))
        _note_readings(con, form)
        con.unregister("part")
    con.unregister("noted")


def _note_readings(con: duckdb.DuckDBPyConnection, form: PartKind) -> None:
    series = f"concat_ws('/', {', '.join(form.series)})" if form.series else "''"
    signature = "max(signature)" if "signature" in form.schema.names else "NULL"
    con.execute(
        f"""INSERT INTO readings BY NAME
        SELECT '{form.name}' AS kind, run_id, shard_id, {series} AS series, batch, max({form.version}) AS version,
               {signature} AS signature, max({form.made_at}) AS made_at, count(*) AS rows
        FROM part WHERE (shard_id, batch) IN (SELECT (shard_id::UUID, batch) FROM noted) GROUP BY ALL"""
    )
