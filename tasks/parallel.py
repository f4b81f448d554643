"""Checks that the languages of a data set hold the same questions with the same answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from datasets_cfg.config import DatasetConfig
from tasks.schema import Item


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check saw in one language of a data set; `item_ids` are those it was seen in."""

    severity: Literal["error", "warning", "info"]
    code: str
    lang: str
    item_ids: tuple[str, ...]
    message: str


def check_parallel(config: DatasetConfig, items_by_lang: Mapping[str, Sequence[Item]]) -> list[Finding]:
    """Where the languages do not hold the same questions: parallel ids apart (and so counts), golds that differ.

    Everything is held against English, or the first language where there is none. A language whose configured count
    is smaller than the reference's may hold a part of its questions: that is a warning. A data set that says
    `parallel: none` is not compared.
    """
    if config.parallel == "none" or len(items_by_lang) < 2:
        return []
    reference = "en" if "en" in items_by_lang else next(iter(items_by_lang))
    known = {item.parallel_id: item for item in items_by_lang[reference]}
    findings: list[Finding] = []
    for lang, items in items_by_lang.items():
        if lang != reference:
            findings += _ids_apart(config, reference, lang, known, items)
            findings += _golds_apart(config, reference, lang, known, items)
    return findings


def _ids_apart(
    config: DatasetConfig, reference: str, lang: str, known: Mapping[str, Item], items: Sequence[Item]
) -> list[Finding]:
    own = {item.parallel_id for item in items}
    extra = tuple(item.item_id for item in items if item.parallel_id not in known)
    missing = [parallel_id for parallel_id in known if parallel_id not in own]
    if not extra and not missing:
        return []
    partial = _smaller(config, lang, reference)
    message = (
        f"data set '{config.name}' is not parallel: '{lang}' lacks {len(missing)} of the {len(known)} questions of "
        f"'{reference}' and has {len(extra)} others"
        + (f" (first missing: '{missing[0]}')" if missing else f" (first other: '{extra[0]}')")
    )
    return [Finding("warning" if partial else "error", "parallel_ids", lang, extra, message)]


def _smaller(config: DatasetConfig, lang: str, reference: str) -> bool:
    """Whether the configuration itself says that a language holds fewer questions than the reference."""
    sources = [source for source in (config.source.local, config.source.hub) if source is not None]
    tables = [table for table in (config.counts, *(s.counts for s in sources)) if isinstance(table, dict)]
    return any(table.get(lang, 0) < table[reference] for table in tables if reference in table and lang in table)


def _golds_apart(
    config: DatasetConfig, reference: str, lang: str, known: Mapping[str, Item], items: Sequence[Item]
) -> list[Finding]:
    def gold(item: Item) -> object:
        # Labels may be each language's own letters or words; what must agree is the option that they stand for.
        return [item.labels.index(one) if one in item.labels else one for one in item.gold]

    if config.kind not in ("math", "choice", "nli"):
        return []
    apart = [i for i in items if i.parallel_id in known and gold(i) != gold(known[i.parallel_id])]
    if not apart:
        return []
    first = apart[0]
    message = (
        f"data set '{config.name}': {len(apart)} golds of '{lang}' are not those of '{reference}' "
        f"(first: '{first.item_id}' has {'/'.join(first.gold)}, not {'/'.join(known[first.parallel_id].gold)})"
    )
    return [Finding("error", "gold", lang, tuple(item.item_id for item in apart), message)]
