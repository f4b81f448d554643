"""Reads the rows of a data set: a local file in any of the known formats, or a pinned Hugging Face revision."""

import csv
import fnmatch
import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from datasets_cfg.config import FOLDER, DatasetConfig, Hub, LanguageConfig, Local
from tasks.schema import UserError

Row = Mapping[str, object]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def pick(row: object, path: str) -> object:
    """The value at a path such as `a`, `a.b` or `a.b[0].c`. KeyError, IndexError or TypeError where there is none."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    value = row
    for key, index in _STEP.findall(path):
        value = value[int(index)] if index else value[key]  # type: ignore[index]
    return value


def local_path(local: Local, config: DatasetConfig, lang: str, data_dir: Path | None) -> Path | None:
    """Where the file of a language lies, with or without .gz; None where it does not. UserError: outside its root."""
    root = _root(local, config, data_dir)
    if root is None:
        return None
    path = root / local_name(local, config, lang)
    other = path.with_suffix("") if path.suffix == ".gz" else path.with_name(path.name + ".gz")
    found = next((found for found in (path, other) if found.is_file()), None)
    # Its texts are sent to models: a file of data sets may not send them another file of this machine.
    if found is not None and not found.resolve().is_relative_to(root.resolve()):
        raise UserError(f"data set '{config.name}': the file '{found}' lies outside its root {root}")
    return found


def missing(local: Local, config: DatasetConfig, lang: str, data_dir: Path | None) -> str:
    """Where the file of a language does not lie, as the end of a sentence."""
    name, root = local_name(local, config, lang), _root(local, config, data_dir)
    return (
        f"BABELGATE_DATA_DIR, where '{name}' would lie, is not set" if root is None else f"{root / name} is not there"
    )


def _root(local: Local, config: DatasetConfig, data_dir: Path | None) -> Path | None:
    return {"beside": config.folder, "package": FOLDER, "data_dir": data_dir}[local.root]


def local_name(local: Local, config: DatasetConfig, lang: str) -> str:
    """The file name of a language, relative to its root."""
    return local.files.replace("{file}", config.languages[lang].file or lang)


def local_rows(local: Local, path: Path, lang: str, entry: LanguageConfig) -> list[Row]:
    """All rows of a file, its checksum verified where the configuration has one. UserError where it cannot be read."""
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        _verify(local, lang, path, raw)
        if local.format == "parquet":
            return _parquet(raw)
        read, file = _READERS[local.format], entry.file or lang
        if local.members:
            return _zipped(raw, local.members.replace("{file}", file), lambda text: read(text, local, file))
        return read(raw.decode("utf-8-sig"), local, file)
    except UserError:
        raise
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8") from error
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: is not laid out as '{local.format}' with records '{local.records or ''}'") from error
    except (OSError, ValueError, EOFError, RecursionError, zlib.error, zipfile.BadZipFile, csv.Error) as error:
        raise UserError(f"{path}: cannot be read as {local.format} ({_brief(error)})") from error


def hub_rows(hub: Hub, lang: str, entry: LanguageConfig, cache_dir: Path | None) -> list[Row]:
    """All rows of a language from the pinned revision, each with its configuration as `@subset`.

    UserError with what to do where the hub cannot be reached and the revision is not in the cache.
    """
    import datasets

    subsets = (entry.subset,) if isinstance(entry.subset, str) or entry.subset is None else entry.subset
    rows: list[Row] = []
    for subset in subsets:
        try:
            table = datasets.load_dataset(
                hub.path,
                subset,
                split=hub.split,
                revision=hub.revision,
                cache_dir=str(cache_dir) if cache_dir else None,
            )
        # The library and what it calls raise dozens of kinds; a person needs the one sentence.
        except Exception as error:
            raise UserError(
                f"'{hub.path}' at {hub.revision[:12]} ({subset or 'default'}, {hub.split}) for '{lang}' does not come "
                f"from the hub ({_brief(error)}): go online once, or lay a local copy under BABELGATE_DATA_DIR"
            ) from error
        rows.extend({**row, "@subset": subset or ""} for row in table)  # type: ignore[dict-item]
    return rows


def _zipped(raw: bytes, pattern: str, read: Callable[[str], list[Row]]) -> list[Row]:
    """The rows of the members that fit the pattern, by name; `@row` is a row's number in its member, from 0."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = sorted(fnmatch.filter(archive.namelist(), pattern))
        found = [read(archive.read(name).decode("utf-8-sig")) for name in names]
    return [{**row, "@row": str(number)} for rows in found for number, row in enumerate(rows)]


def _verify(local: Local, lang: str, path: Path, raw: bytes) -> None:
    expected = local.sha256.get(lang)
    found = hashlib.sha256(raw).hexdigest()
    if expected and found != expected:
        raise UserError(f"{path}: sha256 is {found[:12]}…, the configuration says {expected[:12]}…: another file")


def _parquet(raw: bytes) -> list[Row]:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist()


def _jsonl(text: str, local: Local, file: str) -> list[Row]:
    # Only "\n" ends a line: splitlines() would cut at U+2028, which JSON strings may hold.
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not an object")
            rows.append(row)
    return rows


def _csv(text: str, local: Local, file: str) -> list[Row]:
    return _with_header(csv.reader(io.StringIO(text, newline=""), strict=True), local)


def _tsv(text: str, local: Local, file: str) -> list[Row]:
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return _with_header((line.split("\t") for line in lines if line), local)


def _with_header(lines: Iterator[list[str]], local: Local) -> list[Row]:
    header = list(local.header or next(lines, ()))
    if not header:
        raise ValueError("is empty")
    rows: list[Row] = []
    for number, cells in enumerate(lines, start=1 if local.header else 2):
        if len(cells) != len(header):
            raise ValueError(f"row {number} has {len(cells)} columns, not {len(header)}")
        rows.append(dict(zip(header, cells, strict=True)))
    return rows


def _json(text: str, local: Local, file: str) -> list[Row]:
    found = json.loads(text)
    if local.records:
        found = pick(found, local.records.replace("{file}", file))
    rows = list(found.values()) if isinstance(found, Mapping) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError("not a list of objects")
    return rows


def _squad(text: str, local: Local, file: str) -> list[Row]:
    """SQuAD JSON as the flat rows that the hub has, plus `paragraph`, the number of its passage."""
    rows: list[Row] = []
    paragraphs = [(a.get("title", ""), p) for a in json.loads(text)["data"] for p in a["paragraphs"]]
    for number, (title, paragraph) in enumerate(paragraphs):
        for qa in paragraph["qas"]:
            answers = [answer["text"] for answer in qa["answers"]]
            rows.append(
                {
                    "id": qa["id"],
                    "title": title,
                    "context": paragraph["context"],
                    "question": qa["question"],
                    "answers": {"text": answers},
                    "paragraph": number,
                }
            )
    return rows


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."


_READERS: dict[str, Callable[[str, Local, str], list[Row]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "squad": _squad,
}
