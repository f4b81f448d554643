"""Whether a model gives one answer to one question in every language: agreement on items, never on averages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Literal

from tasks.schema import Extraction, Item, UserError

State = Literal["ok", "abstain", "extract_fail", "infra_error"]
Z = 1.959963984540054
TIE = 1e-9
DRAWS, SEED = 1000, 12345


@dataclass(frozen=True, slots=True)
class ParallelAnswer:
    """One answer to one item in one language; `value` is canonical (see `canonical_answer`) and None unless ok."""

    parallel_id: str
    lang: str
    value: str | None
    state: State
    correct: bool
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of 0 to 1 over n, with its 95 % interval where it has one; None with the reason where undefined."""

    value: float | None
    n: int
    lo: float | None = None
    hi: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LanguageConsistency:
    """A language beside the pivot, over the items answered or left open in both, infrastructure errors apart.

    agree_strict  same canonical answer; a missing one is a disagreement (the headline)
    agree_valid   the same over the items where both answered; `coverage` is their share
    transfer      P(right here | right in the pivot)
    same_wrong    both give one wrong answer
    accuracy_parity  1 - |difference of the accuracies|: says nothing about items, kept for comparison with others
    chance_floor  agreement of two independent models with these accuracies
    """

    lang: str
    infra_errors: int
    agree_strict: Rate
    agree_valid: Rate
    coverage: Rate
    transfer: Rate
    same_wrong: Rate
    accuracy: Rate
    pivot_accuracy: Rate
    accuracy_parity: Rate
    chance_floor: Rate


@dataclass(frozen=True, slots=True)
class Consistency:
    """All languages: means over the languages, pairwise agreement, Krippendorff's α, and the worst, ties named."""

    pivot: str
    languages: tuple[LanguageConsistency, ...]
    agree_strict: Rate
    agree_valid: Rate
    transfer: Rate
    same_wrong: Rate
    chance_floor: Rate
    pairwise: Rate
    alpha: Rate
    worst: tuple[str, ...]
    worst_agree_strict: Rate
    items: int
    infra_errors: int


def canonical_answer(item: Item, extraction: Extraction, *, correct: bool) -> str | None:
    """What an answer says whatever its language: the number, the option's position, or 'gold'; None without one.

    A wrong free text is its own: two of them in different languages count as different until a judge has read them.
    """
    if extraction.state != "found" or extraction.value is None:
        return None
    if item.kind in ("choice", "nli") and extraction.value in item.labels:
        return str(item.labels.index(extraction.value))
    if item.kind == "math":
        return extraction.value
    return "gold" if correct else f"{item.lang}: {extraction.value}"


Key = tuple[str, int]
Answers = dict[Key, ParallelAnswer]


def consistency(
    answers: Iterable[ParallelAnswer], *, pivot: str = "en", options: int | None = None, free_text: bool = False
) -> Consistency:
    """Consistency of one model on one data set.

    `options` is the number of choices, None where answers are open; with `free_text`, two wrong answers cannot be
    compared across languages and `same_wrong` is None. UserError where an answer stands twice under one
    (parallel_id, language, repeat) or the pivot has none.
    """
    by_language = _by_language(answers)
    if pivot not in by_language:
        raise UserError(f"no answers in '{pivot}' to compare with (there are {', '.join(sorted(by_language))})")
    others = sorted(set(by_language) - {pivot})
    languages = tuple(_beside(by_language[pivot], by_language[lang], lang, options, free_text) for lang in others)
    worst, lowest = _worst(languages)
    keys = {key for found in by_language.values() for key in found}
    return Consistency(
        pivot,
        languages,
        _overall(by_language, pivot, others),
        _mean([each.agree_valid for each in languages]),
        _mean([each.transfer for each in languages]),
        _mean([each.same_wrong for each in languages]),
        _mean([each.chance_floor for each in languages]),
        _pairwise(by_language),
        _alpha(by_language, sorted(keys)),
        worst,
        lowest,
        len({parallel_id for parallel_id, _ in keys}),
        sum(answer.state == "infra_error" for found in by_language.values() for answer in found.values()),
    )


def _by_language(answers: Iterable[ParallelAnswer]) -> dict[str, Answers]:
    found: dict[str, Answers] = defaultdict(dict)
    for answer in answers:
        key = (answer.parallel_id, answer.repeat)
        if key in found[answer.lang]:
            raise UserError(f"item '{answer.parallel_id}' has two answers in '{answer.lang}', repeat {answer.repeat}")
        found[answer.lang][key] = answer
    return dict(found)


def _paired(a: Answers, b: Answers) -> list[tuple[ParallelAnswer, ParallelAnswer]]:
    """Both answers of each item that both languages have, without infrastructure errors."""
    both = [(a[key], b[key]) for key in sorted(a.keys() & b.keys())]
    return [(x, y) for x, y in both if x.state != "infra_error" and y.state != "infra_error"]


def _same(a: ParallelAnswer, b: ParallelAnswer) -> bool:
    return a.state == b.state == "ok" and a.value is not None and a.value == b.value


def _beside(pivot: Answers, other: Answers, lang: str, options: int | None, free_text: bool) -> LanguageConsistency:
    pairs = _paired(pivot, other)
    valid = [(a, b) for a, b in pairs if a.state == b.state == "ok"]
    right = [(a, b) for a, b in pairs if a.correct]
    accuracy, pivot_accuracy = [_rate([pair[i].correct for pair in pairs], "no parallel items") for i in (1, 0)]
    same_wrong = _rate([_same(a, b) and not (a.correct or b.correct) for a, b in pairs], "no parallel items")
    parity = None
    if accuracy.value is not None and pivot_accuracy.value is not None:
        parity = 1 - abs(accuracy.value - pivot_accuracy.value)
    return LanguageConsistency(
        lang,
        sum(answer.state == "infra_error" for answer in other.values()),
        _rate([_same(a, b) for a, b in pairs], "no parallel items"),
        _rate([_same(a, b) for a, b in valid], "no item is answered in both languages"),
        _rate([a.state == b.state == "ok" for a, b in pairs], "no parallel items"),
        _rate([b.correct for _, b in right], "no item is right in the pivot language"),
        Rate(None, 0, reason="two wrong free answers need a judge") if free_text else same_wrong,
        accuracy,
        pivot_accuracy,
        Rate(parity, len(pairs), reason="" if pairs else "no parallel items"),
        _chance(pairs, options),
    )


def _chance(pairs: Sequence[tuple[ParallelAnswer, ParallelAnswer]], options: int | None) -> Rate:
    """a·b + (wrong answers of both spread evenly over the k-1 wrong options); free answers: a·b, a lower bound."""
    n = len(pairs)
    if not n:
        return Rate(None, 0, reason="no parallel items")
    right = [sum(pair[i].correct for pair in pairs) / n for i in (0, 1)]
    wrong = [sum(pair[i].state == "ok" and not pair[i].correct for pair in pairs) / n for i in (0, 1)]
    same_wrong = wrong[0] * wrong[1] / (options - 1) if options is not None and options > 1 else 0.0
    return Rate(right[0] * right[1] + same_wrong, n)


def _rate(outcomes: Sequence[bool], reason: str) -> Rate:
    """The share of True with its Wilson interval."""
    n = len(outcomes)
    if not n:
        return Rate(None, 0, reason=reason)
    p = sum(outcomes) / n
    centre, half = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return Rate(p, n, max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def _mean(rates: Sequence[Rate]) -> Rate:
    """The unweighted mean over the languages (or pairs) that have a value; n is how many."""
    values = [rate.value for rate in rates if rate.value is not None]
    if not values:
        return Rate(None, 0, reason=rates[0].reason if rates else "no second language")
    return Rate(sum(values) / len(values), len(values))


def _overall(by_language: dict[str, Answers], pivot: str, others: Sequence[str]) -> Rate:
    """Mean strict agreement over the languages; the interval resamples items, which all languages share."""
    pairs = {lang: _paired(by_language[pivot], by_language[lang]) for lang in others}
    items = sorted({a.parallel_id for found in pairs.values() for a, _ in found})
    mean = _mean([_rate([_same(a, b) for a, b in found], "no parallel items") for found in pairs.values()])
    if mean.value is None or len(items) < 2:
        return Rate(mean.value, len(items), reason=mean.reason)
    import numpy as np

    place = {parallel_id: at for at, parallel_id in enumerate(items)}
    same, total = np.zeros((len(items), len(others))), np.zeros((len(items), len(others)))
    for column, lang in enumerate(others):
        for a, b in pairs[lang]:
            same[place[a.parallel_id], column] += _same(a, b)
            total[place[a.parallel_id], column] += 1
    rng = np.random.default_rng(SEED)
    draws = []
    for _ in range(DRAWS):
        weights = np.bincount(rng.integers(len(items), size=len(items)), minlength=len(items))
        drawn = weights @ total
        draws.append(float(np.mean((weights @ same)[drawn > 0] / drawn[drawn > 0])) if drawn.any() else mean.value)
    lo, hi = np.percentile(draws, [2.5, 97.5])
    return Rate(mean.value, len(items), float(lo), float(hi))


def _pairwise(by_language: dict[str, Answers]) -> Rate:
    """Mean strict agreement over all pairs of languages; n is the number of pairs."""
    pairs = [_paired(by_language[a], by_language[b]) for a, b in combinations(sorted(by_language), 2)]
    return _mean([_rate([_same(a, b) for a, b in found], "no parallel items") for found in pairs])


def _alpha(by_language: dict[str, Answers], keys: Sequence[Key]) -> Rate:
    """Krippendorff's nominal α with languages as observers; missing answers are missing data (Krippendorff 2011)."""
    columns = []
    for key in keys:
        column = [
            found[key].value if key in found and found[key].state == "ok" else None for found in by_language.values()
        ]
        if sum(value is not None for value in column) > 1:
            columns.append(column)
    if not columns:
        return Rate(None, 0, reason="no item is answered in two languages")
    codes = {
        value: code for code, value in enumerate(sorted({v for column in columns for v in column if v is not None}))
    }
    if len(codes) < 2:
        return Rate(None, len(columns), reason="every answer is the same: there is no variation to explain")
    import krippendorff

    table = [[float("nan") if value is None else codes[value] for value in row] for row in zip(*columns, strict=True)]
    return Rate(float(krippendorff.alpha(table, level_of_measurement="nominal")), len(columns))


def _worst(languages: Sequence[LanguageConsistency]) -> tuple[tuple[str, ...], Rate]:
    """The languages with the lowest strict agreement, all of them where they tie."""
    rated = [(each.agree_strict.value, each) for each in languages if each.agree_strict.value is not None]
    if not rated:
        return (), Rate(None, 0, reason="no second language with parallel items")
    lowest = min(value for value, _ in rated)
    worst = [each for value, each in rated if value - lowest <= TIE]
    return tuple(each.lang for each in worst), worst[0].agree_strict
