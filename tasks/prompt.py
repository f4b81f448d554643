"""Renders items as chat messages: system prompt in the item's language, exemplars as turns, then the question."""

import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import regex

from datasets_cfg.config import DatasetConfig, Exemplars
from tasks.load import items_from
from tasks.rows import local_path, local_rows, missing, pick
from tasks.schema import Item, Message, UserError, digest
from tasks.suite import Sampling

_LATIN_TERM = regex.compile(r"\p{Latin}[\p{Latin}\p{M}\p{N}]*(?:[-'’.&+][\p{Latin}\p{N}][\p{Latin}\p{M}\p{N}]*)*")


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A worked example: the question, and the answer that the assistant is shown to have given."""

    item: Item
    answer: str


def render(config: DatasetConfig, item: Item, exemplars: Sequence[Exemplar] = ()) -> tuple[Message, ...]:
    """System prompt, an instruction and an answer for each exemplar, then the instruction with the item's texts.

    The server applies the chat template. UserError where the instruction needs what the item does not have.
    """
    turns = [Message("system", config.languages[item.lang].system)]
    for exemplar in exemplars:
        turns += [Message("user", _instruction(config, exemplar.item)), Message("assistant", exemplar.answer)]
    return (*turns, Message("user", _instruction(config, item)))


def exemplars(config: DatasetConfig, lang: str, data_dir: Path | None, shots: int) -> tuple[Exemplar, ...]:
    """The first `shots` worked examples of a language. UserError where there are none or fewer."""
    if shots == 0:
        return ()
    source, entry = config.exemplars, config.languages[lang]
    if source is None:
        raise UserError(f"data set '{config.name}' has no exemplars, so it cannot be asked with {shots} shots")
    path = local_path(source, config, lang, data_dir)
    if path is None:
        raise UserError(f"no exemplars of '{config.name}' for '{lang}': {missing(source, config, lang, data_dir)}")
    rows = local_rows(source, path, lang, entry)[:shots]
    if len(rows) < shots:
        raise UserError(f"{path}: has {len(rows)} exemplars for '{lang}', {shots} shots are asked for")
    items = items_from(config, lang, source, rows, str(path))
    try:
        worked = [str(pick(row, source.answer)) if source.answer else "" for row in rows]
    except (KeyError, IndexError, TypeError) as error:
        raise UserError(f"{path}: an exemplar has no column '{source.answer}'") from error
    return tuple(
        Exemplar(_without_prefix(item, source), _after(answer, source) or _answer(config, item))
        for item, answer in zip(items, worked, strict=True)
    )


def completion_key(
    fingerprint: str, messages: Sequence[Message], sampling: Sampling, seed: int | None, repeat: int
) -> str:
    """sha256 hex of all that decides an answer: model fingerprint, rendered messages, sampling, seed, repeat."""
    turns = [(message.role, message.content) for message in messages]
    return digest(fingerprint, turns, sampling.model_dump(mode="json"), seed, repeat)


def prompt_terms(item: Item, messages: Sequence[Message]) -> frozenset[str]:
    """The Latin-script terms of prompt and gold, as written: an answer that quotes them has not switched languages.

    Of a translation only the gold's: a word of the source left as it was is what the check is there to see.
    """
    texts = list(item.gold)
    if item.kind != "translation":
        texts += [item.question, item.context, *item.options, *(message.content for message in messages)]
    return frozenset(term for text in texts for term in _LATIN_TERM.findall(text))


def _instruction(config: DatasetConfig, item: Item) -> str:
    entry = config.languages[item.lang]
    values = {
        "question": item.question,
        "context": item.context,
        "options": "\n".join(f"{label}. {text}" for label, text in zip(item.labels, item.options, strict=False)),
        "labels": ", ".join(item.labels),
        "source_language": entry.source_language,
        "target_language": entry.target_language,
        "absent": entry.absent,
    }
    template = string.Template(entry.instruction)
    for slot in template.get_identifiers():
        if not values[slot]:
            raise UserError(
                f"data set '{config.name}', '{item.lang}': the prompt needs ${slot}, '{item.item_id}' has none"
            )
    return template.substitute(values)


def _answer(config: DatasetConfig, item: Item) -> str:
    """The gold as an answer: after the native marker where one is extracted, plain where the text is the answer."""
    if not item.gold:
        raise UserError(
            f"data set '{config.name}', '{item.lang}': the exemplar '{item.item_id}' has neither answer nor gold"
        )
    marker = config.languages[item.lang].marker
    if config.kind in ("math", "choice", "nli") and marker:
        return f"{marker}: {item.gold[0]}"
    return item.gold[0]


def _without_prefix(item: Item, source: Exemplars) -> Item:
    return replace(item, question=_after(item.question, source))


def _after(text: str, source: Exemplars) -> str:
    """The text after the first of the marks (the 'Question:' of an exemplar); all of it where there is none."""
    found = [text.find(mark) + len(mark) for mark in source.after if mark in text]
    return text[min(found) :].strip() if found else text
