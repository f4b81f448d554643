"""Writes the rows of an answer as a table, Markdown, CSV, JSON, JSON lines or Parquet, a batch at a time."""

import csv
import io
import json
import math
import unicodedata
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

CELL = 60
"""Characters of a cell in a table; longer text is cut, since a table is for looking at."""

STEERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks that turn the direction of what follows: in an answer they would turn the rest of the row."""


class TooLarge(Exception):
    """The answer is larger than what may be held in memory."""


class Sink(io.RawIOBase):
    """Counts rows and bytes on their way out, and stops at the limits that it was given."""

    def __init__(self, file: BinaryIO, max_rows: int | None, max_bytes: int | None) -> None:
        self.file, self.max_rows, self.max_bytes = file, max_rows, max_bytes
        self.rows = self.bytes = 0
        self.truncated = False

    def batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """The batches, cut after `max_rows`."""
        for batch in reader:
            left = len(batch) if self.max_rows is None else self.max_rows - self.rows
            if len(batch) > left:
                batch, self.truncated = batch.slice(0, left), True
            self.rows += len(batch)
            yield batch
            if self.truncated:
                return

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.bytes += len(data)
        if self.max_bytes is not None and self.bytes > self.max_bytes:
            raise TooLarge
        return self.file.write(data)


def _rows(sink: Sink, reader: pa.RecordBatchReader) -> Iterator[list[object]]:
    for batch in sink.batches(reader):
        columns = [_without_zone(column).to_pylist() for column in batch.columns]
        yield from (list(row) for row in zip(*columns, strict=True))


def _without_zone(column: pa.Array) -> pa.Array:
    """Times in UTC without a zone: Python would load pandas to make zoned ones."""
    zoned = pa.types.is_timestamp(column.type) and column.type.tz
    return column.cast(pa.timestamp(column.type.unit)) if zoned else column


def _plain(value: object) -> object:
    """A value as JSON and CSV have it: numbers, text and true stay; NaN and infinity are no numbers there."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)


def write_json_lines(reader: pa.RecordBatchReader, sink: Sink) -> None:
    for row in _rows(sink, reader):
        record = dict(zip(reader.schema.names, map(_plain, row), strict=True))
        sink.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def write_json(reader: pa.RecordBatchReader, sink: Sink) -> None:
    sink.write(b"[")
    for number, row in enumerate(_rows(sink, reader)):
        record = dict(zip(reader.schema.names, map(_plain, row), strict=True))
        sink.write((",\n " if number else "").encode() + json.dumps(record, ensure_ascii=False).encode())
    sink.write(b"]\n")


def write_csv(reader: pa.RecordBatchReader, sink: Sink) -> None:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(reader.schema.names)
    for row in _rows(sink, reader):
        plain = map(_plain, row)
        writer.writerow([json.dumps(v, ensure_ascii=False) if isinstance(v, (list, dict)) else v for v in plain])
        sink.write(line.getvalue().encode())
        line.seek(0)
        line.truncate()
    sink.write(line.getvalue().encode())


def write_parquet(reader: pa.RecordBatchReader, sink: Sink) -> None:
    import pyarrow.parquet as pq

    with (
        pa.PythonFile(sink, mode="w") as file,
        pq.ParquetWriter(file, reader.schema, compression="zstd") as writer,
    ):
        for batch in sink.batches(reader):
            writer.write_batch(batch)


def write_table(reader: pa.RecordBatchReader, sink: Sink) -> None:
    """Columns aligned by what they take on a screen: wide characters count two, combining marks nothing."""
    right = [_is_number(field.type) for field in reader.schema]
    lines = [reader.schema.names, *([_shown(value) for value in row] for row in _rows(sink, reader))]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["─" * width for width in widths])
    for line in lines:
        cells = (_padded(*cell) for cell in zip(line, widths, right, strict=True))
        sink.write("  ".join(cells).rstrip().encode() + b"\n")


def write_markdown(reader: pa.RecordBatchReader, sink: Sink) -> None:
    names = [name.replace("|", "\\|") for name in reader.schema.names]
    rule = ["---:" if _is_number(field.type) else "---" for field in reader.schema]
    for line in (names, rule):
        sink.write(f"| {' | '.join(line)} |\n".encode())
    for row in _rows(sink, reader):
        cells = (_shown(value, cut=False).replace("|", "\\|").replace("<", "&lt;") for value in row)
        sink.write(f"| {' | '.join(cells)} |\n".encode())


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _shown(value: object, *, cut: bool = True) -> str:
    """A cell for eyes: four decimals, one line, nothing that steers a terminal; a missing value is a dash."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1e6 else f"{value:.4g}"
    if isinstance(value, (list, dict)):
        value = json.dumps(_plain(value), ensure_ascii=False)
    text = str(value[: CELL + 1] if cut and isinstance(value, (str, bytes)) else value)
    line = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text if c not in STEERING)
    return line if not cut or len(line) <= CELL else line[: CELL - 1] + "…"


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )  # fmt: skip


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


FORMATS: dict[str, Callable[[pa.RecordBatchReader, Sink], None]] = {
    "table": write_table,
    "markdown": write_markdown,
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}
