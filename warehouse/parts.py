"""Parts: immutable Parquet files that appear whole or not at all, and say in their metadata what they hold."""

import hashlib
import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.home import NAME, Home, WarehouseError
from warehouse.schemas import SHARD, PartKind, part_kind

META = b"babelgate"


class NewerPart(WarehouseError):
    """A part with columns that this version does not know: it is sound, and is left where it lies."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one shard and batch in a part; `sha256` is that of the file that its task wrote, where merged."""

    shard_id: str
    batch: str
    rows: int
    model_id: str | None = None
    lang: str | None = None
    dataset_id: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class PartInfo:
    """What a part says of itself. Parts as tasks write them hold one slice, compacted ones many."""

    kind: str
    run_id: str
    slices: tuple[Slice, ...]


def hash_uuid(*words: object) -> uuid.UUID:
    """128 bits of sha256 over the words as JSON."""
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), default=str)
    return uuid.UUID(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])


def shard_uuid(run_id: str, model_id: str, lang: str, dataset_id: str, chunk: int = 0) -> uuid.UUID:
    """The identity of a shard: the same for its completions, extractions, scores and verdicts."""
    return hash_uuid("shard", run_id, model_id, lang, dataset_id, chunk)


def completion_uuid(run_id: str, model_id: str, sample_id: uuid.UUID, repeat: int) -> uuid.UUID:
    """The identity of a completion; what was asked under which parameters is in its `completion_key`."""
    return hash_uuid("completion", run_id, model_id, str(sample_id), repeat)


def write_part(home: Home, kind: str, run_id: str, shard: uuid.UUID | str, table: pa.Table, batch: str = "") -> Path:
    """Writes one part (temporary file, fsync, rename, fsync of the folder) and returns its path.

    `shard` is the shard's identity (`shard_uuid`), or a plain name for what is no shard ("run", "models"). Written
    again it replaces the rows of before. `batch` names a later reading of the same shard (a re-score, a second
    judge): it lies beside the first, and the views show the latest. NaN, infinity, doubled rows and columns that do
    not fit the schema raise WarehouseError, and nothing is written.
    """
    form = part_kind(kind)
    path = home.part(kind, run_id, str(shard), batch)
    identity = shard if isinstance(shard, uuid.UUID) else hash_uuid("part", kind, run_id, shard)
    whole = fit(form, _stamped(form, table, run_id, identity, batch))
    check_rows(form, whole)
    store(path, whole, PartInfo(kind, run_id, (_slice(form, whole, str(identity), batch),)))
    return path


def read_part(path: Path) -> tuple[PartInfo, pa.Table]:
    """A part's table, fitted to today's schema, and what it says of itself.

    Page checksums, the row count and the place of the file are verified; WarehouseError says what is wrong.
    """
    return parse_part(path, path.read_bytes())


def parse_part(path: Path, content: bytes) -> tuple[PartInfo, pa.Table]:
    """`read_part` of bytes that were read already."""
    try:
        with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
            info, table = _described(file.schema_arrow.metadata or {}), file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise WarehouseError(f"{path.name} is not a whole Parquet file: {str(error).splitlines()[0]}") from error
    form = part_kind(info.kind)
    table = fit(form, table)
    if table.num_rows != sum(piece.rows for piece in info.slices):
        raise WarehouseError(f"{path.name} holds {table.num_rows} rows, its metadata says otherwise")
    if path.parent.name != f"run_id={info.run_id}" or path.parent.parent.name != info.kind:
        raise WarehouseError(f"{path.name} holds {info.kind} of run '{info.run_id}' but lies in {path.parent}")
    check_rows(form, table)
    return info, table


def store(path: Path, table: pa.Table, info: PartInfo) -> None:
    """The atomic write: a crash leaves the old file, the new one, or a temporary one that nobody reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    described = table.replace_schema_metadata({META: json.dumps(asdict(info), ensure_ascii=False)})
    try:
        with temporary.open("wb") as file:
            pq.write_table(described, file, compression="zstd", compression_level=3, write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename in the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fit(form: PartKind, table: pa.Table) -> pa.Table:
    """The table with exactly the columns of its kind: optional ones that are missing become null."""
    strange = sorted(set(table.column_names) - set(form.schema.names))
    if strange:
        raise NewerPart(f"column '{strange[0]}' is not one of {form.name}: a newer version wrote it")
    columns = []
    for column in form.schema:
        if column.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, column.type))
            continue
        values = table.column(column.name)
        if values.type != column.type:
            raise WarehouseError(f"column '{column.name}' of {form.name} is {values.type}, not {column.type}")
        columns.append(values)
    for column, values in zip(form.schema, columns, strict=True):
        if values.null_count and not column.nullable:
            raise WarehouseError(f"column '{column.name}' of {form.name} is missing in {values.null_count} rows")
    return pa.Table.from_arrays(columns, schema=form.schema)


def check_rows(form: PartKind, table: pa.Table) -> None:
    """Refuses NaN and infinity (in SQL `nan >= 0.8` is true) and rows that are there twice."""
    for column in form.schema:
        real = pa.types.is_floating(column.type)
        if real and not np.isfinite(table.column(column.name).drop_null().to_numpy()).all():
            raise WarehouseError(f"column '{column.name}' of {form.name} holds NaN or infinity: missing is null")
    keys = ["shard_id", "batch", *form.unique] if form.unique else [form.key] if form.key else []
    if keys:
        # A group-by knows no extension types: the identities are compared as their bytes.
        bare = pa.table({name: _bare(table.column(name)) for name in keys})
        twice = table.num_rows - bare.group_by(keys, use_threads=False).aggregate([]).num_rows
        if twice:
            raise WarehouseError(f"{twice} rows of {form.name} are there twice (same {', '.join(keys)})")


def _bare(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.binary(16)) if values.type == pa.uuid() else values


def _stamped(form: PartKind, table: pa.Table, run_id: str, identity: uuid.UUID, batch: str) -> pa.Table:
    """The table with the run, shard and batch that it is written under; dimensions carry none of these."""
    if form.key:
        return table
    rows = table.num_rows
    for name, value in (("run_id", run_id), ("shard_id", identity), ("batch", batch)):
        column = pa.array([value] * rows, type=form.schema.field(name).type)
        at = table.column_names.index(name) if name in table.column_names else -1
        table = table.set_column(at, name, column) if at >= 0 else table.append_column(name, column)
    return table


def _slice(form: PartKind, table: pa.Table, identity: str, batch: str) -> Slice:
    if not form.sharded or not table.num_rows:
        return Slice(identity, batch, table.num_rows)
    found: dict[str, str] = {}
    for name in SHARD:
        values = table.column(name).unique().to_pylist()
        if len(values) != 1:
            raise WarehouseError(f"a part of {form.name} is one shard, but '{name}' has {len(values)} values in it")
        found[name] = values[0]
    return Slice(identity, batch, table.num_rows, found["model_id"], found["lang"], found["dataset_id"])


def _described(metadata: dict[bytes, bytes]) -> PartInfo:
    if META not in metadata:
        raise WarehouseError("the file carries no description of what it holds: it was not written as a part")
    said = json.loads(metadata[META])
    slices = tuple(Slice(**piece) for piece in said["slices"])
    if not NAME.fullmatch(said["run_id"]):
        raise WarehouseError(f"run name {said['run_id']!r} could not be a folder")
    return PartInfo(said["kind"], said["run_id"], slices)
