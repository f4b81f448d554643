"""Two models in one language: the difference on the items that both answered, its interval, wins and losses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats as laws

from tasks.gate_corpus import Counted, compared
from tasks.gate_read import Observation
from tasks.stats import (
    Estimate,
    align,
    clustered_mean,
    detectable,
    mcnemar,
    paired_difference,
    tango,
    two_sided_p,
    wilson,
)
from tasks.stats.records import no_estimate

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Duel:
    """Two models in one language (or over all): first minus second on the items that both answered.

    `p_adjusted` is Holm's over the languages and pairs of the comparison; the rows over all languages are a family of
    their own. `unpaired` is the interval that ignores the pairing, for comparison: independent samples, Newcombe.
    `smallest` is the difference that so many items show with 80 % power. `incomparable` says why the two must not be
    compared.
    """

    first: str
    second: str
    lang: str
    n: int
    mean_first: float | None
    mean_second: float | None
    difference: Estimate
    unpaired: tuple[float, float] | None
    correlation: float | None
    wins: int
    losses: int
    ties: int
    p: float | None
    p_adjusted: float | None
    smallest: float | None
    incomparable: str = ""


def itemwise_duel(
    pair: tuple[str, str], lang: str, ours: Sequence[Observation], theirs: Sequence[Observation], why: str
) -> Duel:
    sources = {o.of.key: o.of.source for o in ours}
    pairs = align(
        [o.of.key for o in ours], [o.value for o in ours], [o.of.key for o in theirs], [o.value for o in theirs]
    )
    clusters = [sources[key] for key in pairs.keys]  # type: ignore[index]
    result = paired_difference(pairs.a, pairs.b, clusters=clusters)
    exact = len(set(clusters)) == len(clusters) and set(pairs.a) | set(pairs.b) <= {0.0, 1.0}
    if exact:
        p: float | None = mcnemar(result.wins, result.losses) if clusters else None
        estimate = tango(result.wins, result.losses, len(clusters))
    else:
        estimate = result.difference
        p = _two_sided(estimate)
    return Duel(
        pair[0], pair[1], lang, len(clusters), result.mean_a, result.mean_b, estimate,
        _unpaired([o.value for o in ours], [o.value for o in theirs], clusters_independent=exact),
        result.correlation, result.wins, result.losses, result.ties, p, None,
        detectable(estimate.se) if estimate.se else None, why,
    )  # fmt: skip


def _two_sided(estimate: Estimate) -> float | None:
    if estimate.value is None or not estimate.se:
        return None
    t = abs(estimate.value) / estimate.se
    return float(2 * (laws.norm.sf(t) if estimate.df is None else laws.t.sf(t, estimate.df)))


def _unpaired(
    ours: Sequence[float | None], theirs: Sequence[float | None], *, clusters_independent: bool
) -> tuple[float, float] | None:
    """The interval of two independent samples: Newcombe's for yes/no, else of two means."""
    a, b = ([value for value in side if value is not None] for side in (ours, theirs))
    if not a or not b:
        return None
    if clusters_independent:
        one, two = wilson(sum(a), len(a)), wilson(sum(b), len(b))
        if None in (one.value, one.lo, one.hi, two.value, two.lo, two.hi):
            return None
        gap = one.value - two.value  # type: ignore[operator]
        low = math.hypot(one.value - one.lo, two.hi - two.value)  # type: ignore[operator]
        high = math.hypot(one.hi - one.value, two.value - two.lo)  # type: ignore[operator]
        return gap - low, gap + high
    one, two = clustered_mean(a), clustered_mean(b)
    if one.value is None or two.value is None or one.se is None or two.se is None:
        return None
    half = Z95 * math.hypot(one.se, two.se)
    return one.value - two.value - half, one.value - two.value + half


def corpus_duel(
    pair: tuple[str, str], lang: str, metric: str, ours: Sequence[Counted], theirs: Sequence[Counted],
    sentences: tuple[Sequence[Observation], Sequence[Observation]], why: str,
) -> Duel:  # fmt: skip
    """The same for a corpus metric: paired bootstrap of its counts over sources; wins and losses are of sentences.

    `mean_first` and `mean_second` are corpus scores. Source: Koehn 2004, as sacreBLEU's paired bootstrap.
    """
    found = compared(metric, ours, theirs)
    result = paired_difference(*_sentences(*sentences))
    if found is None:
        nothing = no_estimate("no item was answered by both", "paired bootstrap")
        return Duel(pair[0], pair[1], lang, 0, None, None, nothing, None, None, 0, 0, 0, None, None, None, why)
    estimate, spread = found.paired.estimate, math.hypot(found.alone or 0.0, found.base_alone or 0.0)
    gap = found.value - found.base
    return Duel(
        pair[0], pair[1], lang, estimate.n, found.value, found.base, estimate,
        (gap - Z95 * spread, gap + Z95 * spread) if found.alone and found.base_alone else None, result.correlation,
        result.wins, result.losses, result.ties, two_sided_p(found.paired), None,
        detectable(estimate.se) if estimate.se else None, why,
    )  # fmt: skip


def _sentences(ours: Sequence[Observation], theirs: Sequence[Observation]):
    pairs = align(
        [o.of.key for o in ours], [o.value for o in ours], [o.of.key for o in theirs], [o.value for o in theirs]
    )
    return pairs.a, pairs.b
