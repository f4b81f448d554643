"""Turns a data set's rows into items: the local copy first, then the pinned hub revision."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from datasets_cfg.config import Columns, ConfigError, DatasetConfig, Hub, Local
from tasks.contexts import pad_contexts, swap_passages
from tasks.rows import Row, hub_rows, local_path, local_rows, missing, pick
from tasks.schema import Item, UserError

_NUMBER = re.compile(r"[-−+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_PLAIN = re.compile(r"-?\d+(\.\d+)?")
_HALF = re.compile(r"[\ud800-\udfff]")
_WITHOUT_GOLD = ("open", "refusal", "rag")
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
    """The items of one language in the file's order, verified.

    `limit` keeps the items whose parallel_id comes first in an order that depends on the seed and the id alone: every
    language gets the same items, and a larger limit contains a smaller one. UserError with one sentence for a language
    the data set lacks, a file that cannot be read, a wrong checksum or count, an id twice, an empty question, a gold
    that is none.
    """
    items = read_items(config, lang, data_dir, cache_dir)
    where = f"data set '{config.name}', '{lang}'"
    twice = [item_id for item_id, times in Counter(item.item_id for item in items).items() if times > 1]
    if twice:
        raise UserError(f"{where}: the id '{twice[0]}' stands twice ({len(twice)} ids do)")
    for item in items:
        if found := problem(item):
            raise UserError(f"{where}: item '{item.item_id}' {found}")
    count = expected_count(config, lang, data_dir)
    if count is not None and len(items) != count:
        raise UserError(f"{where}: there are {len(items)} items, the configuration says {count}")
    asked = swap_passages(items, config.unanswerable) if config.unanswerable else items
    chosen = asked if limit is None else _first(asked, limit, seed)
    return pad_contexts(chosen, items, config.lengths) if config.lengths else chosen


def read_items(config: DatasetConfig, lang: str, data_dir: Path | None, cache_dir: Path | None = None) -> list[Item]:
    """The items of one language as they stand there, for checking: only what cannot be read is a UserError."""
    try:
        entry = config.language(lang)
    except ConfigError as error:
        raise UserError(str(error)) from error
    source, path = _source(config, lang, data_dir)
    if isinstance(source, Local) and path is not None:
        return items_from(config, lang, source, local_rows(source, path, lang, entry), str(path))
    if isinstance(source, Hub):
        rows = hub_rows(source, lang, entry, cache_dir)
        return items_from(config, lang, source, rows, f"{source.path}@{source.revision[:12]}")
    raise UserError(f"data set '{config.name}' has no file for '{lang}': {missing(source, config, lang, data_dir)}")


def expected_count(config: DatasetConfig, lang: str, data_dir: Path | None) -> int | None:
    """How many items the configuration says that the source of a language has; None where it does not say."""
    source, _ = _source(config, lang, data_dir)
    counts = config.counts if source.counts is None else source.counts
    return counts if isinstance(counts, int) else counts.get(lang)


def problem(item: Item) -> str | None:
    """What makes an item impossible to ask or to score, as the end of a sentence; None where nothing does."""
    texts = (item.question, item.context, *item.options, *item.gold)
    if _HALF.search("".join(texts)):
        return "has half of a surrogate pair in a text, which no file of results can hold"
    if not item.question.strip():
        return "has no question"
    if item.options and not all(option.strip() for option in item.options):
        return "has an empty option"
    if not item.gold or not all(gold.strip() for gold in item.gold):
        return None if item.kind in _WITHOUT_GOLD else "has no gold"
    if item.kind == "math" and not all(_PLAIN.fullmatch(gold) for gold in item.gold):
        return f"has the gold '{item.gold[0]}', which is not a plain number such as 1234.5"
    if item.kind in ("choice", "nli") and not set(item.gold) <= set(item.labels):
        return f"has the gold '{item.gold[0]}', which names none of {', '.join(item.labels)}"
    if item.kind == "choice" and len(item.options) != len(item.labels):
        return f"has {len(item.options)} options but {len(item.labels)} labels"
    return None


def items_from(config: DatasetConfig, lang: str, source: Local | Hub, rows: Sequence[Row], where: str) -> list[Item]:
    """The items of one language from rows as `source` describes them; `where` names the place in errors."""
    builder, dropped = _Builder(config, lang, source, where), config.drop.get(lang, ())
    items = [builder.item(line, row) for line, row in enumerate(rows) if builder.wanted(row)]
    items = [item for item in items if item.item_id not in dropped]
    if not items:
        raise UserError(f"{where}: holds no items for '{lang}'")
    return items if builder.columns.cluster_id is not None else _cluster_by_context(items)


def _source(config: DatasetConfig, lang: str, data_dir: Path | None) -> tuple[Local | Hub, Path | None]:
    """The local copy and its file where it lies there, else the hub, else the local copy without a file."""
    local, hub = config.source.local, config.source.hub
    path = local_path(local, config, lang, data_dir) if local else None
    source = local if path or not hub else hub
    assert source is not None, "a configuration has a source"
    return source, path


def _cluster_by_context(items: Sequence[Item]) -> list[Item]:
    """Questions on one passage are a cluster, named after its smallest parallel_id: the same in every language."""
    clusters: dict[str, str] = {}
    for item in items:
        clusters[item.context] = min(item.parallel_id, clusters.get(item.context, item.parallel_id))
    return [replace(item, cluster_id=clusters[item.context]) if item.context else item for item in items]


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
        parallel_id = self._parallel_id(line, row, item_id)
        return Item(
            dataset=self.config.name,
            dataset_version=self.config.version,
            lang=self.lang,
            item_id=item_id,
            parallel_id=parallel_id,
            cluster_id=self._cluster_id(line, row, parallel_id),
            kind=self.config.kind,
            question=self._text(line, row, columns.question, between=" "),
            gold=self._gold(line, row, labels),
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

    def _text(self, line: int, row: Row, path: str | tuple[str, ...] | None, *, between: str = "/") -> str:
        if path is None:
            return ""
        paths = (path,) if isinstance(path, str) else path
        values = [self._value(line, row, one) for one in paths]
        return between.join("" if value is None else str(value) for value in values)

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
        values = self._value(line, row, path) if isinstance(path, str) else [self._value(line, row, p) for p in path]
        if not isinstance(values, list | tuple):
            raise UserError(f"{self.where}: row {line + 1} has no list of options at '{path}'")
        return tuple("" if value is None else str(value) for value in values)

    def _labels(self, line: int, row: Row, options: tuple[str, ...]) -> tuple[str, ...]:
        labels = self._texts(line, row, self.columns.labels) if self.columns.labels else self.entry.labels
        return labels[: len(options)] if options else labels

    def _gold(self, line: int, row: Row, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Golds in canonical form; one that has none is kept as it is, for `problem` to name."""
        path, kind = self.columns.gold, self.config.kind
        values = self._texts(line, row, path) if path else ()
        if kind == "math":
            values = tuple(plain_number(value.strip()) for value in values)
        elif kind in ("choice", "nli"):
            values = tuple(gold_label(value.strip(), labels, self.source.gold_values) for value in values)
        return tuple(dict.fromkeys(value for value in values if value.strip()))


def plain_number(text: str) -> str:
    """A gold number as a plain decimal: "2,125" → "2125", "8.0" → "8"; any other text as it is.

    Golds are written the English way in every known set, whatever the language of the question.
    """
    if not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text.replace(",", "").replace("−", "-").removeprefix("+"))
    return "0" if number == 0 else format(number.normalize(), "f")


def gold_label(text: str, labels: tuple[str, ...], values: tuple[str, ...] | None) -> str:
    """The label of a gold given as one of `values`, else as label, letter or index from 0; any other text as it is."""
    known = (values,) if values else (labels, _LETTERS, _INDICES)
    index = next((names.index(text) for names in known if text in names), len(labels))
    return labels[index] if index < len(labels) else text
