"""Scores the completions of one shard: reads the answers, matches them, and measures every metric of the data set."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from datasets_cfg.config import DatasetConfig
from tasks.codeswitch import LanguageReport, code_switch
from tasks.extract import extract_answer
from tasks.match import match_answer
from tasks.metrics import Case, Measured, Metric, metrics_for
from tasks.schema import Completion, CorpusScore, Extraction, Item, Score

Terms = frozenset[str]
NO_REPORT = LanguageReport(None, None, (), None, None, "no text")


@dataclass(frozen=True, slots=True)
class ShardScores:
    """What a shard's completions are worth; an `infra_error` has no extraction, and None in every metric."""

    extractions: tuple[tuple[uuid.UUID, int, Extraction], ...]
    scores: tuple[Score, ...]
    corpus: tuple[CorpusScore, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A completion made ready for the metrics; `failure` is why there is no answer of the model's, else empty."""

    sample_id: uuid.UUID
    repeat: int
    failure: str
    case: Case


def score_shard(
    config: DatasetConfig,
    items: Sequence[Item],
    completions: Sequence[Completion],
    *,
    terms: Mapping[uuid.UUID, Terms] | None = None,
) -> ShardScores:
    """Score every completion of one (model, data set, language); nothing is dropped.

    `terms` holds by sample the Latin-script terms of its prompt (see `prompt_terms`), which an answer may quote
    without having switched languages. A model's own failure (empty, truncated, filtered, context_overflow) counts 0
    in every metric of correctness; what it did write is still looked at for its language.
    """
    metrics = metrics_for(config.metrics, config.kind)
    by_id = {item.sample_id: item for item in items}
    readings = []
    for completion in completions:
        quoted = (terms or {}).get(completion.sample_id, frozenset())
        readings.append(read_completion(config, by_id[completion.sample_id], completion, quoted))
    scores: list[Score] = []
    parts: dict[str, list[Measured]] = defaultdict(list)
    for reading in readings:
        for metric in metrics:
            if metric.measure is not None:
                measured = measure(metric, reading.case, reading.failure)
                parts[metric.name].append(measured)
                scores.append(_score(metric, reading, measured))
    corpus = [_corpus(metric, readings, parts[metric.part]) for metric in metrics if metric.aggregate is not None]
    extractions = [
        (each.sample_id, each.repeat, each.case.extraction)
        for each in readings
        if each.case.extraction is not None and each.failure != "infra_error"
    ]
    return ShardScores(tuple(extractions), tuple(scores), tuple(corpus))


def read_completion(config: DatasetConfig, item: Item, completion: Completion, quoted: Terms) -> Reading:
    """A completion read as its data set asks for; `quoted` are the terms of its prompt (see `prompt_terms`)."""
    failure = "" if completion.status == "ok" else completion.status
    if not failure and not completion.text.strip():
        failure = "empty"
    entry = config.languages.get(item.lang)
    markers = (entry.marker,) if entry and entry.marker else ()
    lang = config.answer_language or item.lang
    crossing = config.kind == "translation" or lang != item.lang or config.question_language not in (None, lang)
    allow = allowed_texts(item, quoted, crossing=crossing)
    case = read_case(item, lang, completion.text, failure, markers=markers, allow=allow)
    if entry and entry.absent:
        case = replace(case, absent=entry.absent)
    return Reading(completion.sample_id, completion.repeat, failure, case)


def read_case(
    item: Item, lang: str, text: str, failure: str, *, markers: tuple[str, ...] = (), allow: tuple[str, ...] = ()
) -> Case:
    """The answer read, matched and looked at for its language, once for all metrics.

    With a `failure` nothing is read out of the text, for what stands there is not the model's answer.
    """
    if failure:
        extraction, match = Extraction("none", None, failure, False), None
    else:
        extraction = extract_answer(text, item.kind, lang, item.labels, item.options, markers)
        match = match_answer(extraction, item.kind, lang, item.gold) if item.gold else None
    report = code_switch(text, lang, allow) if text.strip() and failure != "infra_error" else NO_REPORT
    return Case(item.kind, lang, "" if failure else text, item.gold, extraction, match, report,
                context=item.context, question=item.question)  # fmt: skip


def allowed_texts(item: Item, quoted: Terms, *, crossing: bool) -> tuple[str, ...]:
    """The texts whose terms an answer may hold without having switched languages.

    Where the prompt is in another language than the answer (`crossing`: translation) only the gold's, else an answer
    left untranslated would be allowed whole. Of the prompt's single terms only names and abbreviations: a language
    written in Latin letters would hide its own words, or English ones, from the detector.
    """
    if crossing:
        return item.gold
    names = sorted(term for term in quoted if not term.islower())
    return (item.question, item.context, *item.options, *item.gold, *names)


def measure(metric: Metric, case: Case, failure: str) -> Measured:
    """One metric on one completion, with the value that a failure has in it."""
    if metric.measure is None:
        raise ValueError(f"'{metric.name}' measures a corpus, not a completion")
    measured = metric.measure(case)
    if failure == "infra_error":
        return Measured(None, "infra_error", measured.signature)
    if failure and metric.on_failure is not None and case.gold:
        return replace(measured, value=metric.on_failure, reason=failure)
    return measured


def _score(metric: Metric, reading: Reading, measured: Measured) -> Score:
    return Score(
        reading.sample_id, reading.repeat, metric.name, metric.version, measured.signature,
        measured.value, measured.reason, measured.detail,
    )  # fmt: skip


def _corpus(metric: Metric, readings: Sequence[Reading], measured: Sequence[Measured]) -> CorpusScore:
    """The corpus score over items: repeats of an item are added up first, since they are not independent."""
    by_item: dict[uuid.UUID, tuple[Measured, Case]] = {}
    for reading, each in zip(readings, measured, strict=True):
        if not each.statistics:
            continue
        before = by_item.get(reading.sample_id)
        if before is not None:
            each = replace(
                each, statistics=tuple(a + b for a, b in zip(before[0].statistics, each.statistics, strict=True))
            )
        by_item[reading.sample_id] = (each, reading.case)
    if metric.aggregate is None:
        raise ValueError(f"'{metric.name}' measures a completion, not a corpus")
    return metric.aggregate([each for each, _ in by_item.values()], [case for _, case in by_item.values()])
