"""Recorded answers from a file, asked like a model: what the file lacks is counted, never invented."""

import csv
import difflib
import glob
import gzip
import json
import re
import sys
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, cast

from tasks.engines.calls import CallFailed
from tasks.engines.context import EngineContext, file_digest, given_path
from tasks.engines.reply import Reply, Usage, storable
from tasks.schema import Request, UserError, digest
from tasks.suite import Columns, Replay, Sampling

Row = Mapping[str, object]
Key = tuple[str | None, str | None, str]
_COLUMN = re.compile(r"\{([^{}]+)\}")
_SLOT = re.compile(r"\{(lang|dataset)\}")
_UNREADABLE = (OSError, EOFError, ValueError, RecursionError, csv.Error, zlib.error)


class ReplayAnswers:
    """Recorded answers that are looked up by item id, and by language and data set where the file tells these."""

    thinks = False

    def __init__(self, model: Replay, context: EngineContext) -> None:
        self.model = model.name
        self.engine_version = model.revision
        self._settings, self._context = model, context
        self._loaded: dict[Path, dict[Key, Reply]] = {}
        content = [(file.name, file_digest(file, context.home)) for file in recorded(model, context)]
        self.fingerprint = digest(
            "replay", model.name, model.revision, content, model.columns.model_dump(), model.where
        )

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """The recorded answer; CallFailed 'not recorded' when the file has none for this item or repeat.

        UserError: the file cannot be read, lacks a column, or has two answers for one item.
        """
        item, columns = request.item, self._settings.columns
        path = _resolve(_fill(self._settings.files, {"lang": item.lang, "dataset": item.dataset}), self._context)
        if path not in self._loaded:
            self._loaded[path] = _load(path, columns, self._settings.where) if path.is_file() else {}
        lang = item.lang if columns.lang else None
        dataset = item.dataset if columns.dataset else None
        reply = self._loaded[path].get((dataset, lang, item.item_id))
        if reply is None or request.repeat > 0:
            raise CallFailed(f"not recorded in {path.name}", retry=False)
        return reply


def check(model: Replay, context: EngineContext) -> None:
    """UserError when there is no file of recorded answers, or one that cannot be read as such."""
    for path in recorded(model, context):
        try:
            first = next(_rows(path), None)
        except _UNREADABLE as error:
            raise _unreadable(path, error) from error
        if first is not None:
            _check_columns(path, first, _needed(model.columns, model.where))


def recorded(model: Replay, context: EngineContext) -> list[Path]:
    """Every file that the setting can mean, its slots filled in any way."""
    named = _resolve(model.files, context)
    if named.is_file():
        return [named]
    anchor = Path(named.anchor)
    pattern = "*".join(map(glob.escape, _SLOT.split(str(named.relative_to(anchor)))[::2])).replace("**", "*")
    found = sorted(path for path in anchor.glob(pattern) if path.is_file())
    if not found:
        raise UserError(f"model '{model.name}' has no recorded answers: no file {named}")
    return found


@asynccontextmanager
async def open_answers(model: Replay, context: EngineContext) -> AsyncIterator[ReplayAnswers]:
    """The recorded answers; nothing is started."""
    yield ReplayAnswers(model, context)


def _fill(files: str, values: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: values[slot[1]], files)


def _resolve(files: str, context: EngineContext) -> Path:
    """A path as it stands, or under BABELGATE_DATA_DIR where only that has it."""
    path = given_path(files)
    if path.is_absolute() or context.data_dir is None or path.exists():
        return path.absolute()
    return context.data_dir / path


def _load(path: Path, columns: Columns, where: Mapping[str, str]) -> dict[Key, Reply]:
    answers: dict[Key, Reply] = {}
    try:
        for number, row in enumerate(_rows(path), 1):
            if number == 1:
                _check_columns(path, row, _needed(columns, where))
            if any(_value(row, column) != wanted for column, wanted in where.items()):
                continue
            item_id = _joined(row, columns.id) if "{" in columns.id else _value(row, columns.id) or ""
            key = (_value(row, columns.dataset), _value(row, columns.lang), item_id)
            if key in answers:
                named = " ".join(part for part in key if part)
                raise UserError(f"{path} has two answers for {named}: the second is record {number}")
            answers[key] = _reply(row, columns)
    except UserError:
        raise
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    return answers


def _unreadable(path: Path, error: BaseException) -> UserError:
    return UserError(f"{path} cannot be read as recorded answers: {error}")


def _needed(columns: Columns, where: Mapping[str, str]) -> list[str]:
    """The columns that a file must have."""
    id_columns = _COLUMN.findall(columns.id) or [columns.id]
    return [*id_columns, *where, *(value for name, value in columns if name != "id" and value)]


def _reply(row: Row, columns: Columns) -> Reply:
    return Reply(
        content=_value(row, columns.text),
        reasoning=_value(row, columns.thinking),
        finish_reason=_value(row, columns.finish_reason) or "",
        usage=Usage(_count(row, columns.prompt_tokens), _count(row, columns.completion_tokens)),
        latency_ms=_count(row, columns.latency_ms),
    )


def _value(row: Row, column: str | None) -> str | None:
    """A cell as text; None without a column, for null, and where a record leaves the field out."""
    value = row.get(column) if column else None
    return None if value is None else storable(str(value))


def _joined(row: Row, template: str) -> str:
    """`{source}/{id}` with the record's cells in place of the names."""
    return _COLUMN.sub(lambda slot: _value(row, slot[1]) or "", template)


def _check_columns(path: Path, row: Row, names: Iterable[str]) -> None:
    for name in names:
        if name not in row:
            near = difflib.get_close_matches(name, row, n=1, cutoff=0.3)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UserError(f"{path} has no column '{name}'{hint} (it has: {', '.join(row)})")


def _count(row: Row, column: str | None) -> int | None:
    value = _value(row, column)
    return None if value in (None, "") else round(float(str(value)))


def _rows(path: Path) -> Iterator[Row]:
    """The records of a JSONL, CSV, TSV or Parquet file; .gz is unpacked. ValueError: another kind of file."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        import pyarrow.parquet

        with _opened(path) as file:
            yield from pyarrow.parquet.read_table(file).to_pylist()
        return
    delimiter = {".csv": ",", ".tsv": "\t"}.get(Path(name).suffix)
    if delimiter is None and not name.endswith((".jsonl", ".ndjson")):
        raise ValueError("it is none of .jsonl, .csv, .tsv, .parquet")
    with _opened(path) as binary:
        lines = (line.decode("utf-8-sig" if number == 0 else "utf-8") for number, line in enumerate(binary))
        if delimiter:
            csv.field_size_limit(sys.maxsize)
            yield from csv.DictReader(lines, delimiter=delimiter, strict=True)
        else:
            yield from map(_record, filter(str.strip, lines))


def _record(line: str) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"a line is no JSON object: {line[:80]}")
    return row


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")
