"""The gate's decision as a pure function: evidence a rule in, a verdict a rule and GO, NO-GO or neither out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.policy import Tier
from tasks.stats import BoundTest, holm, more_items

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "MISSING"]
Outcome = Literal["GO", "NO-GO", "INCONCLUSIVE"]

TIERS: tuple[Tier, ...] = ("critical", "supporting", "advisory")
POWER = 0.8
"""The chance of a decision for which "need about n more items" is computed."""
FAR = 20
"""Times the items at hand beyond which nobody will gather more: the value lies too near its bound to be told apart."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one rule in one place.

    `test` holds both one-sided p-values, already paid for if the data were looked at before (`stats.sequential_p`), or
    is None for a fact that is read, not estimated (a licence, a revision), where `met` says how it stands. `missing`
    and `blocked` are reasons: there is no number, or there is one that may not be used (other fingerprints than the
    baseline's, an uncalibrated judge). `se` is the standard error behind the test, for "how many more".
    """

    rule: str
    tier: Tier
    where: str = ""
    test: BoundTest | None = None
    met: bool | None = None
    se: float | None = None
    min_items: int = 0
    missing: str = ""
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule's verdict. `p_fail` is Holm-adjusted within its tier, `p_pass` is not (see `decide`)."""

    rule: str
    tier: Tier
    where: str
    verdict: Verdict
    reason: str
    p_pass: float | None = None
    p_fail: float | None = None
    more_items: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, why, and every rule's result in the order given."""

    outcome: Outcome
    reason: str
    alpha: float
    results: tuple[RuleResult, ...]


def decide(
    evidence: Sequence[Evidence], *, alpha: float = 0.05, blocks: Sequence[str] = (), distrust: Sequence[str] = ()
) -> Decision:
    """Judge every rule and the whole.

    FAIL: the rule is shown to be broken, Holm-adjusted p_breaks <= alpha within its tier; so the chance that any met
    critical rule is called FAIL, and with it that of a false NO-GO, is at most alpha however many rules there are.
    PASS: p_meets <= alpha, unadjusted. GO asks every critical rule to PASS, so a false GO needs the broken one's own
    test to err: at most alpha whatever else happens (intersection-union). Single PASSes are not adjusted claims.
    NO-GO: a critical rule FAILs. GO: all critical rules PASS, no supporting rule FAILs, nothing critical or supporting
    is MISSING or blocked. INCONCLUSIVE: all else. Advisory rules never move the outcome.
    `blocks` (infrastructure errors above the limit) forbid GO; `distrust` (a failed self-test) forbids NO-GO as well.
    Source: Holm 1979; Berger 1982, Technometrics 24:295; docs/decisions/0005.
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha lies between 0 and 1/2, got {alpha}")
    ready = [_unusable(each) is None for each in evidence]
    adjusted: list[float | None] = [None] * len(evidence)
    share = dict.fromkeys(TIERS, alpha)
    for tier in TIERS:
        family = [i for i, each in enumerate(evidence) if each.tier == tier and each.met is None]
        tested = [evidence[i].test if ready[i] else None for i in family]
        share[tier] = alpha / max(1, len(family))
        for i, p in zip(family, holm([test.p_breaks if test else None for test in tested]), strict=True):
            adjusted[i] = p
    results = tuple(_judge(each, p, alpha, share[each.tier]) for each, p in zip(evidence, adjusted, strict=True))
    unusable = [f"{_named(each)}: {each.blocked}" for each in evidence if each.blocked and each.tier != "advisory"]
    outcome, reason = _outcome(results, (*blocks, *unusable), tuple(distrust))
    return Decision(outcome, reason, alpha, results)


def worst_of(cells: Sequence[Evidence], *, rule: str) -> Evidence:
    """One rule over its worst language: met only where every language meets it.

    p_meets is the largest of the cells (intersection-union), p_breaks the smallest times their number (Bonferroni); the
    cell nearest to being broken lends its value, place and error. A cell without a number leaves the worst unknown.
    The least supplied cell counts for min_items.
    """
    if not cells:
        raise ValueError("a worst language needs at least one language")
    for cell in cells:
        if cell.blocked:
            return Evidence(rule, cell.tier, cell.where, blocked=cell.blocked)
        if cell.missing or cell.test is None or cell.test.p_meets is None or cell.test.p_breaks is None:
            lacking = cell.missing or (cell.test.reason if cell.test else "") or "no value"
            return Evidence(rule, cell.tier, cell.where, missing=lacking)
    tests = [cell.test for cell in cells if cell.test is not None]
    meets = [test.p_meets for test in tests if test.p_meets is not None]
    breaks = [test.p_breaks for test in tests if test.p_breaks is not None]
    place = breaks.index(min(breaks))
    chosen, test = cells[place], tests[place]
    fewest = min(range(len(tests)), key=lambda i: tests[i].n)
    short = tests[fewest].n < cells[fewest].min_items
    combined = BoundTest(
        test.value, test.bound, test.side, max(meets), min(1.0, len(breaks) * min(breaks)),
        test.lo, test.hi, tests[fewest].n, test.method, test.reason,
    )  # fmt: skip
    where = cells[fewest].where if short else chosen.where
    return Evidence(rule, chosen.tier, where, combined, se=chosen.se, min_items=cells[fewest].min_items)


def _unusable(each: Evidence) -> str | None:
    """Why a rule's evidence cannot be weighed, None where it can."""
    if each.missing:
        return each.missing
    if each.met is not None:
        return None
    test = each.test
    if test is None:
        return "no value"
    if test.value is None or math.isnan(test.value):
        return test.reason or "no value"
    if each.blocked or test.n < each.min_items or test.p_meets is None or test.p_breaks is None:
        return each.blocked or test.reason or "too few items"
    if math.isnan(test.p_meets) or math.isnan(test.p_breaks):
        return "no p-value"
    return None


def _judge(each: Evidence, p_fail: float | None, alpha: float, share: float) -> RuleResult:
    """One rule's verdict, given its adjusted p and the alpha that a first Holm step leaves it."""

    def result(verdict: Verdict, reason: str, more: int | None = None) -> RuleResult:
        p_pass = each.test.p_meets if each.test else None
        return RuleResult(each.rule, each.tier, each.where, verdict, reason, p_pass, p_fail, more)

    place = f" in {each.where}" if each.where else ""
    unusable = _unusable(each)
    if each.missing or (unusable and not each.blocked and _has_no_number(each)):
        return result("MISSING", f"no number{place}: {unusable}")
    if each.blocked:
        return result("INCONCLUSIVE", f"the number{place} may not be used: {each.blocked}")
    if each.met is not None:
        return result("PASS", "as asked") if each.met else result("FAIL", f"not as asked{place}")
    test = each.test
    if test is None:
        raise AssertionError("evidence without a test is missing")
    if test.n < each.min_items:
        lacking = each.min_items - test.n
        return result("INCONCLUSIVE", f"only {test.n} of {each.min_items} items{place}", lacking)
    if unusable:
        return result("INCONCLUSIVE", f"cannot be tested{place}: {unusable}")
    return result(*_weigh(each, test, p_fail, alpha, share, place))


def _weigh(
    each: Evidence, test: BoundTest, p_fail: float | None, alpha: float, share: float, place: str
) -> tuple[Verdict, str, int | None]:
    if p_fail is not None and p_fail <= alpha:
        return "FAIL", f"shown to be broken{place} (adjusted p = {p_fail:.2g})", None
    if test.p_meets is not None and test.p_meets <= alpha:
        return "PASS", f"shown to be met{place} (p = {test.p_meets:.2g})", None
    undecided = f"neither shown to be met nor to be broken{place}"
    if test.value is None or each.se is None:
        return "INCONCLUSIVE", undecided, None
    good = (test.value >= test.bound) == (test.side == "at_least")
    more = more_items(test.value, each.se, test.n, test.bound, alpha=alpha if good else share, power=POWER)
    if more is None or more > FAR * test.n:
        return "INCONCLUSIVE", f"{undecided}; so near its bound that no reasonable number of items decides", None
    more = _rounded(more)
    return "INCONCLUSIVE", f"{undecided}; need about {more:,} more items{place}", more


def _rounded(items: int) -> int:
    """Up to two figures: more would pretend to know what is only guessed."""
    step = 10 ** max(0, len(str(items)) - 2)
    return math.ceil(items / step) * step


def _named(each: Evidence | RuleResult) -> str:
    return f"{each.rule} ({each.where})" if each.where else each.rule


def _has_no_number(each: Evidence) -> bool:
    if each.met is not None:
        return False
    return each.test is None or each.test.value is None or math.isnan(each.test.value)


def _outcome(
    results: tuple[RuleResult, ...], blocks: tuple[str, ...], distrust: tuple[str, ...]
) -> tuple[Outcome, str]:
    def named(verdict: Verdict, *tiers: Tier) -> list[str]:
        return [_named(r) for r in results if r.verdict == verdict and r.tier in tiers]

    if distrust:
        return "INCONCLUSIVE", f"the numbers cannot be trusted: {'; '.join(distrust)}"
    if broken := named("FAIL", "critical"):
        return "NO-GO", f"critical rules are broken: {', '.join(broken)}"
    if blocks:
        return "INCONCLUSIVE", f"a GO is not possible: {'; '.join(blocks)}"
    if missing := named("MISSING", "critical", "supporting"):
        return "INCONCLUSIVE", f"numbers are missing: {', '.join(missing)}"
    if not any(r.tier == "critical" for r in results):
        return "INCONCLUSIVE", "no critical rule was judged, so nothing was shown"
    if open_rules := named("INCONCLUSIVE", "critical"):
        return "INCONCLUSIVE", f"critical rules are undecided: {', '.join(open_rules)}"
    if shaken := named("FAIL", "supporting"):
        return "INCONCLUSIVE", f"supporting rules are broken, a person must decide: {', '.join(shaken)}"
    return "GO", "every critical rule is shown to be met"
