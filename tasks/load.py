"""Turns a data set's rows into items: the local copy first, then the pinned hub revision."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from datasets_cfg.config import Columns, ConfigError, DatasetConfig, Exemplars, Hub, LanguageConfig, Local
from tasks.rows import Row, hub_rows, local_path, local_rows, pick
from tasks.schema import Item, UserError

_NUMBER = re.compile(r"[-−+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_INDICES = tuple(map(str, range(26)))


def load_items(
    config: DatasetConfig,
    lang: str,
    data_dir: Path | None,
    limit: int | None,
    *,
    seed: int = 0,
    cache_dir: Path | None = None,
) -> list[Item]:
    """The items of one language in the file's order; the local copy first, then the pinned hub revision.

    `limit` keeps the items whose parallel_id comes first in an order that depends on the seed and the id alone: every
    language gets the same items, and a larger limit contains a smaller one. UserError with one sentence for a language
    the data set lacks, a file that cannot be read, a wrong checksum or count, an id twice, an empty question.
    """
    try:
        entry = config.language(lang)
    except ConfigError as error:
        raise UserError(str(error)) from error
    source, where, rows = _rows(config, lang, entry, data_dir, cache_dir)
    items = items_from(config, lang, source, rows, where)
    expected = source.counts if source.counts is not None else config.counts
    count = expected if isinstance(expected, int) else expected.get(lang)
    if count is not None and len(items) != count:
        raise UserError(
            f"{where}: has {len(items)} items for '{lang}', the configuration of '{config.name}' says {count}"
        )
    return items if limit is None else _first(items, limit, seed)


def items_from(config: DatasetConfig, lang: str, source: Local | Hub, rows: Sequence[Row], where: str) -> list[Item]:
    """The items of one language from rows as `source` describes them; `where` names the place in errors."""
    builder = _Builder(config, lang, source, where)
    items = [builder.item(line, row) for line, row in enumerate(rows) if builder.wanted(row)]
    if not items:
        raise UserError(f"{where}: holds no items for '{lang}'")
    twice = [item_id for item_id, times in Counter(item.item_id for item in items).items() if times > 1]
    if twice:
        raise UserError(f"{where}: the id '{twice[0]}' stands twice ({len(twice)} ids do)")
    return items if builder.columns.cluster_id is not None else _cluster_by_context(items)


def _cluster_by_context(items: Sequence[Item]) -> list[Item]:
    """Questions on one passage are a cluster, named after its smallest parallel_id: the same in every language."""
    clusters: dict[str, str] = {}
    for item in items:
        clusters[item.context] = min(item.parallel_id, clusters.get(item.context, item.parallel_id))
    return [replace(item, cluster_id=clusters[item.context]) if item.context else item for item in items]


def _rows(
    config: DatasetConfig, lang: str, entry: LanguageConfig, data_dir: Path | None, cache_dir: Path | None
) -> tuple[Local | Hub, str, Sequence[Row]]:
    local, hub = config.source.local, config.source.hub
    path = local_path(local, config, lang, data_dir) if local else None
    if local and path:
        return local, str(path), local_rows(local, path, lang, entry)
    if hub:
        return hub, f"{hub.path}@{hub.revision[:12]}", hub_rows(hub, lang, entry, cache_dir)
    name = local.files.replace("{file}", entry.file or lang) if local else ""
    place = "BABELGATE_DATA_DIR is not set" if data_dir is None else f"it is not under {data_dir}"
    raise UserError(f"data set '{config.name}' has no file '{name}' for '{lang}': {place}")


def _first(items: Sequence[Item], limit: int, seed: int) -> list[Item]:
    def rank(parallel_id: str) -> bytes:
        return hashlib.sha256(f"{seed}/{parallel_id}".encode("utf-8", "surrogatepass")).digest()

    chosen = set(sorted({item.parallel_id for item in items}, key=rank)[:limit])
    return [item for item in items if item.parallel_id in chosen]


class _Builder:
    """Builds the items of one file."""

    def __init__(self, config: DatasetConfig, lang: str, source: Local | Hub, where: str) -> None:
        self.config, self.lang, self.source, self.where = config, lang, source, where
        self.entry = config.languages[lang]
        self.columns: Columns = source.columns or config.columns

    def wanted(self, row: Row) -> bool:
        by, prefix = self.source.rows_by, self.entry.rows
        return by is None or prefix is None or str(self._value(0, row, by)).startswith(prefix)

    def item(self, line: int, row: Row) -> Item:
        columns = self.columns
        item_id = self._text(line, row, columns.id)
        context = self._text(line, row, columns.context)
        options = self._options(line, row)
        labels = self._labels(line, row, options)
        question = self._text(line, row, columns.question)
        if not question.strip():
            raise UserError(f"{self.where}: the question of '{item_id}' is empty")
        parallel_id = self._parallel_id(line, row, item_id)
        return Item(
            dataset=self.config.name,
            dataset_version=self.config.version,
            lang=self.lang,
            item_id=item_id,
            parallel_id=parallel_id,
            cluster_id=self._cluster_id(line, row, parallel_id),
            kind=self.config.kind,
            question=question,
            gold=self._gold(line, row, item_id, labels),
            context=context,
            options=options,
            labels=labels,
            category=self._text(line, row, columns.category),
        )

    def _value(self, line: int, row: Row, path: str) -> object:
        if path == "@line":
            return line
        path = path.replace("{file}", self.entry.file or self.lang)
        try:
            return pick(row, path)
        except (KeyError, IndexError, TypeError) as error:
            known = ", ".join(str(name) for name in row if name != "@subset")
            raise UserError(f"{self.where}: row {line + 1} has no column '{path}' (it has {known})") from error

    def _text(self, line: int, row: Row, path: str | tuple[str, ...] | None) -> str:
        if path is None:
            return ""
        paths = (path,) if isinstance(path, str) else path
        values = [self._value(line, row, one) for one in paths]
        return "/".join("" if value is None else str(value) for value in values)

    def _texts(self, line: int, row: Row, path: str) -> tuple[str, ...]:
        value = self._value(line, row, path)
        values = value if isinstance(value, list | tuple) else [value]
        return tuple(dict.fromkeys(str(one) for one in values if one is not None))

    def _parallel_id(self, line: int, row: Row, item_id: str) -> str:
        match self.config.parallel:
            case "line":
                return str(line)
            case "none":
                return f"{self.lang}/{item_id}"
            case "column":
                path = self.columns.parallel_id
                return item_id if path is None else self._text(line, row, path)

    def _cluster_id(self, line: int, row: Row, parallel_id: str) -> str:
        if self.columns.cluster_id is not None:
            return self._text(line, row, self.columns.cluster_id)
        return parallel_id

    def _options(self, line: int, row: Row) -> tuple[str, ...]:
        path = self.columns.options
        if path is None:
            return ()
        if isinstance(path, str):
            value = self._value(line, row, path)
            return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)
        return tuple(str(self._value(line, row, one)) for one in path)

    def _labels(self, line: int, row: Row, options: tuple[str, ...]) -> tuple[str, ...]:
        labels = self._texts(line, row, self.columns.labels) if self.columns.labels else self.entry.labels
        if len(options) > len(labels) and self.config.kind == "choice":
            raise UserError(f"{self.where}: row {line + 1} has {len(options)} options but {len(labels)} labels")
        return labels[: len(options)] if options else labels

    def _gold(self, line: int, row: Row, item_id: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        path = self.columns.gold
        values = self._texts(line, row, path) if path else ()
        if not any(value.strip() for value in values):
            if self.config.kind in ("open", "refusal", "rag") or isinstance(self.source, Exemplars):
                return ()
            raise UserError(f"{self.where}: the gold of '{item_id}' is empty")
        if self.config.kind not in _NORMALISE:
            return tuple(value for value in values if value.strip())
        try:
            normal = _NORMALISE[self.config.kind]
            return tuple(dict.fromkeys(normal(value.strip(), labels, self.source.gold_values) for value in values))
        except ValueError as error:
            raise UserError(f"{self.where}: the gold of '{item_id}' {error}") from error


def plain_number(text: str) -> str:
    """A gold number as a plain decimal: "2,125" → "2125", "8.0" → "8". ValueError for anything else than a number.

    Golds are written the English way in every known set, whatever the language of the question.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"is '{text}', not a plain number such as 1234.5")
    number = Decimal(text.replace(",", "").replace("−", "-").removeprefix("+"))
    return "0" if number == 0 else format(number.normalize(), "f")


def gold_label(text: str, labels: tuple[str, ...], values: tuple[str, ...] | None) -> str:
    """The label of a gold given as one of `values`, as a label, as a letter, or as an index from 0."""
    known = (values,) if values else (labels, _LETTERS, _INDICES)
    index = next((names.index(text) for names in known if text in names), len(labels))
    if index >= len(labels):
        raise ValueError(f"is '{text}', which names none of {', '.join(values or labels)}")
    return labels[index]


def _number(text: str, labels: tuple[str, ...], values: tuple[str, ...] | None) -> str:
    return plain_number(text)


_NORMALISE: dict[str, Callable[[str, tuple[str, ...], tuple[str, ...] | None], str]] = {
    "math": _number,
    "choice": gold_label,
    "nli": gold_label,
}
