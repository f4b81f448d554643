"""Weighs numbers of items against a bound, or against a baseline's by the same items: the test behind a rule."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.gate_quantities import QUANTILES
from tasks.gate_read import Observation
from tasks.quantities import Quantity
from tasks.stats import (
    BoundTest,
    Side,
    clustered_mean,
    clustered_pairs_bound,
    clustered_rate_bound,
    exact_bound,
    mean_bound,
    paired_binary_bound,
    paired_difference,
    quantile_bound,
    quantile_difference_bound,
)
from tasks.stats.records import no_test

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Weighed:
    """A test with what is shown beside it: the model's own number, the baseline's, and the test's standard error."""

    test: BoundTest
    value: float | None
    base: float | None = None
    se: float | None = None


def against_bound(of: Quantity, found: Sequence[Observation], bound: float, side: Side) -> Weighed:
    """A quantity against an absolute bound: exact for independent yes/no items, else by clusters of a shared source."""
    scored = [(o, o.value) for o in found if o.value is not None]
    values = [value for _, value in scored]
    if not values:
        return Weighed(no_test("no item was scored", bound, side, of.weighed), None)
    sources = [o.of.source for o, _ in scored]
    if of.weighed == "quantile":
        test = _quantile(values, QUANTILES[of.name], bound, side, sources)
        return Weighed(test, test.value)
    if of.weighed == "rate" and _yes_or_no(values) and _independent(sources):
        test = exact_bound(round(sum(values)), len(values), bound, side)
        return Weighed(test, test.value, se=_half_width(test))
    estimate = clustered_mean(values, sources)
    if of.weighed == "rate":
        test = clustered_rate_bound(estimate, bound, side)
        return Weighed(test, estimate.value, se=_half_width(test))
    spread = None if of.upper is None else of.upper - of.lower
    return Weighed(mean_bound(estimate, bound, side, spread=spread), estimate.value, se=estimate.se)


def against_baseline(of: Quantity, found: Sequence[Observation], base: Sequence[Observation], margin: float) -> Weighed:
    """Not worse than a baseline by more than a margin, on the items that both were scored on.

    The test is of the paired difference, model minus baseline. A percentile has no pairs: there both are estimated by
    themselves.
    """
    side: Side = "at_least" if of.better == "higher" else "at_most"
    bound = -margin if of.better == "higher" else margin
    if of.weighed == "quantile":
        return _quantile_margin(of, found, base, margin)
    theirs = {o.of.key: o.value for o in base if o.value is not None}
    pairs = [(o.of.source, o.value, theirs[o.of.key]) for o in found if o.value is not None and o.of.key in theirs]
    if not pairs:
        return Weighed(no_test("no item was scored in both runs", bound, side, "paired"), _mean(found), _mean(base))
    sources, ours, others = [p[0] for p in pairs], [p[1] for p in pairs], [p[2] for p in pairs]
    value, was = sum(ours) / len(ours), sum(others) / len(others)
    paired = paired_difference(ours, others, clusters=sources)
    estimate = paired.difference
    if of.weighed == "rate" and _yes_or_no([*ours, *others]):
        if _independent(sources):
            test = paired_binary_bound(paired.wins, paired.losses, len(pairs), bound, side)
        else:
            test = clustered_pairs_bound(estimate, paired.wins, paired.losses, bound, side)
        return Weighed(test, value, was, _half_width(test))
    spread = None if of.upper is None else 2 * (of.upper - of.lower)
    return Weighed(mean_bound(estimate, bound, side, spread=spread), value, was, estimate.se)


def _quantile(values: Sequence[float], quantile: float, bound: float, side: Side, sources: Sequence[str]) -> BoundTest:
    test = quantile_bound(values, quantile, bound, clusters=sources)
    if side == "at_most":
        return test
    return BoundTest(
        test.value, bound, side, test.p_breaks, test.p_meets, test.lo, test.hi, test.n, test.method, test.reason
    )


def _quantile_margin(of: Quantity, found: Sequence[Observation], base: Sequence[Observation], margin: float) -> Weighed:
    ours, theirs = ([(o.of.source, o.value) for o in side if o.value is not None] for side in (found, base))
    if not ours or not theirs:
        which = "the baseline has no such number" if ours else "no request has such a number"
        return Weighed(no_test(which, margin, "at_most", "two quantiles"), None)
    quantile = QUANTILES[of.name]
    (sources, values), (base_sources, before) = zip(*ours, strict=True), zip(*theirs, strict=True)
    test = quantile_difference_bound(values, before, quantile, margin, clusters=sources, base_clusters=base_sources)
    value, was = (quantile_bound(each, quantile, margin).value for each in (values, before))
    return Weighed(test, value, was)


def _mean(found: Sequence[Observation]) -> float | None:
    values = [o.value for o in found if o.value is not None]
    return sum(values) / len(values) if values else None


def _half_width(test: BoundTest) -> float | None:
    """A standard error that is not zero where all items came out alike: from the interval."""
    if test.lo is None or test.hi is None or math.isnan(test.lo) or math.isnan(test.hi):
        return None
    return (test.hi - test.lo) / (2 * Z95)


def _yes_or_no(values: Sequence[float]) -> bool:
    return all(value in (0.0, 1.0) for value in values)


def _independent(sources: Sequence[str]) -> bool:
    return len(set(sources)) == len(sources)
