"""Weighs corpus metrics (chrF, BLEU), which are no means of items: bootstrap of the counts behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.gate_read import Item, Reader, RunFacts
from tasks.gate_weigh import Weighed
from tasks.metrics import METRICS, Case, Measured, Metric
from tasks.stats import Resampled, Side, bootstrap, bootstrap_bound, paired_bootstrap
from tasks.stats.records import no_test

Floats = NDArray[np.float64]
DRAWS = 10_000
Block = tuple[str, str]
"""(data set, language): what a corpus score is of."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer with the counts that the corpus metric adds up, repeats added."""

    of: Item
    counts: tuple[int, ...]


def counted(reader: Reader, facts: RunFacts, metric: str) -> list[Counted]:
    """Every answer of the data sets that were scored by a corpus metric, counted anew from its text."""
    measure = METRICS[METRICS[metric].part].measure
    assert measure is not None, "the part of a corpus metric measures items"
    found: dict[Item, tuple[int, ...]] = {}
    for row in reader.of("texts", facts.subject, {"metric": metric}):
        item = Item(*row[:6])
        counts = measure(Case(row[7], item.lang, row[9] or "", tuple(row[8]))).statistics
        before = found.get(item)
        found[item] = tuple(a + b for a, b in zip(before, counts, strict=True)) if before else counts
    return [Counted(item, counts) for item, counts in found.items()]


def corpus_against_bound(metric: str, found: Sequence[Counted], bound: float, side: Side) -> Weighed:
    """The mean over languages of the corpus score against a bound; sources are drawn, all languages of one together."""
    if not found:
        return Weighed(no_test("no answer was scored", bound, side, "bootstrap"), None)
    blocks = _blocks(found)
    resampled = bootstrap(_matrix(found, blocks), _scorer(metric, blocks, found), clusters=_sources(found), draws=DRAWS)
    return _weighed(resampled, bound, side, resampled.estimate.value, None)


def corpus_against_baseline(metric: str, found: Sequence[Counted], base: Sequence[Counted], margin: float) -> Weighed:
    """The corpus score not more than a margin below the baseline's, on the same drawn sources."""
    both = compared(metric, found, base, alone=False)
    if both is None:
        return Weighed(no_test("no item was answered in both runs", -margin, "at_least", "paired bootstrap"), None)
    return _weighed(both.paired, -margin, "at_least", both.value, both.base)


@dataclass(frozen=True, slots=True)
class Both:
    """Two corpus scores on the items that both answered, their paired draws, and the error of each score alone."""

    value: float
    base: float
    paired: Resampled
    alone: float | None = None
    base_alone: float | None = None


def compared(metric: str, found: Sequence[Counted], base: Sequence[Counted], *, alone: bool = True) -> Both | None:
    """Both scores on the same items with the paired bootstrap of their difference; None where no item is shared."""
    theirs = {c.of.key: c for c in base}
    pairs = [(c, theirs[c.of.key]) for c in found if c.of.key in theirs]
    if not pairs:
        return None
    ours, others = [a for a, _ in pairs], [b for _, b in pairs]
    blocks, sources = _blocks(ours), _sources(ours)
    scorer = _scorer(metric, blocks, ours)
    a, b = _matrix(ours, blocks), _matrix(others, blocks)
    resampled = paired_bootstrap(a, b, scorer, clusters=sources, draws=DRAWS)
    value, was = (float(scorer(x.sum(axis=0, keepdims=True))[0]) for x in (a, b))
    errors = [bootstrap(x, scorer, clusters=sources).estimate.se if alone else None for x in (a, b)]
    return Both(value, was, resampled, *errors)


def _weighed(resampled: Resampled, bound: float, side: Side, value: float | None, was: float | None) -> Weighed:
    return Weighed(bootstrap_bound(resampled, bound, side, spread=200.0), value, was, resampled.estimate.se)


def _blocks(found: Sequence[Counted]) -> list[Block]:
    return sorted({(c.of.dataset, c.of.lang) for c in found})


def _sources(found: Sequence[Counted]) -> list[str]:
    return [c.of.source for c in found]


def _matrix(found: Sequence[Counted], blocks: Sequence[Block]) -> Floats:
    """(items, blocks x counts): an item's counts stand in its own block, so that languages are never added up."""
    width = len(found[0].counts)
    rows = np.zeros((len(found), width * len(blocks)))
    for i, each in enumerate(found):
        at = blocks.index((each.of.dataset, each.of.lang)) * width
        rows[i, at : at + width] = each.counts
    return rows


def _scorer(metric: str, blocks: Sequence[Block], found: Sequence[Counted]):
    width = len(found[0].counts)

    def score(sums: Floats) -> Floats:
        parts = [
            _chrf(sums[:, i * width : (i + 1) * width])
            if metric == "chrf"
            else _one_by_one(METRICS[metric], lang, sums[:, i * width : (i + 1) * width])
            for i, (_, lang) in enumerate(blocks)
        ]
        return np.mean(parts, axis=0)

    return score


def _chrf(sums: Floats, beta: float = 2.0) -> Floats:
    """sacreBLEU's corpus chrF from (draws, orders x [hypothesis, reference, shared]) counts, all draws at once."""
    hypothesis, reference, shared = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    used = (hypothesis > 0) & (reference > 0)
    orders = np.maximum(used.sum(axis=1), 1)
    precision = np.where(used, shared / np.where(used, hypothesis, 1), 0).sum(axis=1) / orders
    recall = np.where(used, shared / np.where(used, reference, 1), 0).sum(axis=1) / orders
    below = beta**2 * precision + recall
    return np.where(below > 0, 100 * (1 + beta**2) * precision * recall / np.where(below > 0, below, 1), 0.0)


def _one_by_one(metric: Metric, lang: str, sums: Floats) -> Floats:
    """Any other corpus metric by its own function, draw by draw."""
    assert metric.aggregate is not None, "a corpus metric has an aggregate"
    case = Case("translation", lang, "", ("",))
    values = [metric.aggregate([Measured(None, statistics=tuple(map(int, row)))], [case]).value for row in sums]
    return np.array([np.nan if value is None else value for value in values])
