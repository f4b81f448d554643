"""Puts the rows of parts into their tables, and takes those of replaced parts out."""

from typing import TYPE_CHECKING

import pyarrow as pa

from warehouse.home import WarehouseError
from warehouse.ledger import Arrival
from warehouse.parts import Slice
from warehouse.schemas import PartKind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Pieces = list[tuple[Arrival, Slice]]


def delete_rows(con: "DuckDBPyConnection", form: PartKind, old: Pieces) -> None:
    """Takes out the rows that these slices brought before; dimensions are merged instead."""
    if form.key or not old:
        return
    con.execute("CREATE OR REPLACE TEMP TABLE old (run_id VARCHAR, shard_id UUID, batch VARCHAR)")
    con.executemany("INSERT INTO old VALUES (?, ?, ?)", [(a.info.run_id, s.shard_id, s.batch) for a, s in old])
    for table in form.tables:
        con.execute(
            f"DELETE FROM {table} WHERE run_id IN (SELECT run_id FROM old) "
            "AND (shard_id, batch) IN (SELECT (shard_id, batch) FROM old)"
        )


def insert_rows(con: "DuckDBPyConnection", form: PartKind, todo: Pieces) -> None:
    """Puts the slices into the tables of their kind; a count that differs from the parts' raises WarehouseError."""
    arrivals = {arrival.path: arrival for arrival, _ in todo}.values()
    rows = pa.concat_tables([_rows_of(arrival, [s for a, s in todo if a is arrival]) for arrival in arrivals])
    con.register("part", rows)
    for table, columns in form.tables.items():
        if form.key:
            _merge(con, form, table)
            continue
        chosen = ", ".join(f'"{name}"' for name in columns or form.schema.names)
        ((count,),) = con.execute(f"INSERT INTO {table} BY NAME SELECT {chosen} FROM part").fetchall()
        if count != rows.num_rows:
            raise WarehouseError(f"{count} rows went into {table}, the parts hold {rows.num_rows}")
    con.unregister("part")
    if form.version:
        _note_batches(con, form, sorted({a.info.run_id for a, _ in todo}), sorted({s.shard_id for _, s in todo}))


def _rows_of(arrival: Arrival, wanted: list[Slice]) -> pa.Table:
    """The rows of the wanted slices: all of them but where a compacted part is loaded in part."""
    if len(wanted) == len(arrival.info.slices):
        return arrival.table
    names = {(s.shard_id, s.batch) for s in wanted}
    shards, batches = (arrival.table.column(name).to_pylist() for name in ("shard_id", "batch"))
    mask = [(str(shard), batch) in names for shard, batch in zip(shards, batches, strict=True)]
    return arrival.table.filter(pa.array(mask, pa.bool_()))


def _merge(con: "DuckDBPyConnection", form: PartKind, table: str) -> None:
    """A dimension row by row: the one with the later written_at stays; a sample is its content and never changes."""
    names = [name for name in form.schema.names if name != form.key]
    dated = "written_at" in names
    once = f"QUALIFY row_number() OVER (PARTITION BY {form.key}{' ORDER BY written_at DESC' if dated else ''}) = 1"
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    change = f"UPDATE SET {sets} WHERE excluded.written_at >= {table}.written_at" if dated else "NOTHING"
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM part {once} ON CONFLICT ({form.key}) DO {change}")


def _note_batches(con: "DuckDBPyConnection", form: PartKind, runs: list[str], shards: list[str]) -> None:
    """Says anew which batch of these shards counts: per series (a metric, a judge's rubric) the latest."""
    series = f"concat_ws('/', {', '.join(form.series)})" if form.series else "''"
    signature = "max(signature)" if "signature" in form.schema.names else "NULL"
    theirs = "run_id IN (SELECT unnest($runs)) AND shard_id IN (SELECT unnest($shards::UUID[]))"
    given = {"runs": runs, "shards": shards}
    con.execute(f"DELETE FROM batches WHERE kind = '{form.name}' AND {theirs}", given)
    con.execute(
        f"""INSERT INTO batches BY NAME
        SELECT *, row_number() OVER (PARTITION BY run_id, shard_id, series ORDER BY made_at DESC, batch DESC) = 1
               AS is_current
        FROM (SELECT '{form.name}' AS kind, run_id, shard_id, {series} AS series, batch,
                     max({form.version}) AS version, {signature} AS signature, max({form.made_at}) AS made_at,
                     count(*) AS rows
              FROM {form.name} WHERE {theirs} GROUP BY ALL)""",
        given,
    )
