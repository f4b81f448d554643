"""Gathers the evidence on every rule of a policy about one model's run, in each place where the rule must hold."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from tasks.gate_cells import Cell, cells
from tasks.gate_corpus import Counted, corpus_against_baseline, corpus_against_bound
from tasks.gate_facts import weigh_fact
from tasks.gate_judge import Verdict, differing, judge_against_baseline, judge_against_bound, unusable
from tasks.gate_measured import FACTS
from tasks.gate_read import Observation
from tasks.gate_rules import Evidence, worst_of
from tasks.gate_sides import F, Found, Sides, Weighing, apart, bound_of, read
from tasks.gate_weigh import Weighed, against_baseline, against_bound
from tasks.policy import Policy, Rule


def gather(policy: Policy, both: Sides) -> list[Weighing]:
    """Evidence on every rule in the policy's order, cell by cell; a worst-language rule is one piece of evidence."""
    return [weighing for rule in policy.rules for weighing in _rule(policy, rule, both)]


def _rule(policy: Policy, rule: Rule, both: Sides) -> list[Weighing]:
    if rule.quantity in FACTS:
        return weigh_fact(policy, rule, both)
    if rule.of.weighed == "judge":
        return _gathered(policy, rule, both, _judged)
    if rule.of.weighed == "corpus":
        return _gathered(policy, rule, both, _corpus)
    return _gathered(policy, rule, both, _itemwise)


Weigh = Callable[[Rule, Cell, Sides], tuple[Weighed | None, str]]
"""(what the numbers say, why they may not be used) of a rule in a cell."""


def _gathered(policy: Policy, rule: Rule, both: Sides, weigh: Weigh) -> list[Weighing]:
    missing = both.no_baseline if rule.form == "margin" and both.theirs is None else ""
    items, before = ([each.of for each in read(rule, both, side)] for side in (both.ours, both.theirs))
    places = cells(policy, rule, both.ours, items, base=both.theirs, base_items=before)
    if not places:
        nowhere = Cell("", (), (), None)
        why = missing or f"nothing in the run has a value for {rule.quantity} there"
        return [Weighing(rule, nowhere, Evidence(rule.name, rule.tier, missing=why))]
    least = rule.min_items or policy.min_items
    weighed = [_weighing(rule, cell, both, weigh, missing, least) for cell in places]
    if rule.scope != "worst_language":
        return weighed
    evidence = worst_of([each.evidence for each in weighed], rule=rule.name)
    chosen = next(each for each in weighed if each.evidence.where == evidence.where)
    return [replace(chosen, evidence=evidence)]


def _weighing(rule: Rule, cell: Cell, both: Sides, weigh: Weigh, missing: str, least: int) -> Weighing:
    if missing:
        return Weighing(rule, cell, Evidence(rule.name, rule.tier, cell.where, missing=missing))
    if gone := _left_out(rule, cell, both):
        return Weighing(rule, cell, Evidence(rule.name, rule.tier, cell.where, missing=gone))
    found, blocked = weigh(rule, cell, both)
    blocked = blocked or apart(rule, cell, both)
    if found is None:
        return Weighing(rule, cell, Evidence(rule.name, rule.tier, cell.where, blocked=blocked))
    test, where = found.test, cell.where
    fewest, lang = _fewest(rule, cell, both)
    if test.n >= least > fewest:
        # A pool is as well supplied as its least supplied language, as in `worst_of`.
        test, where = replace(test, n=fewest), lang if not where else f"{where}, {lang}"
    evidence = Evidence(rule.name, rule.tier, where, test, se=found.se, min_items=least, blocked=blocked)
    return Weighing(rule, cell, evidence, found.value, found.base)


def _fewest(rule: Rule, cell: Cell, both: Sides) -> tuple[int, str]:
    """The language of a cell with the fewest items that have a number, and how many it has."""
    counted = {each.of.key for each in read(rule, both, both.ours) if cell.holds(each.of) and _counts(each)}
    theirs = {e.of.key for e in read(rule, both, both.theirs) if _counts(e)} if _paired(rule, both) else None
    counts = Counter({lang: 0 for lang in cell.langs})
    counts.update(lang for _, lang, _ in (counted if theirs is None else counted & theirs))
    lang, fewest = min(counts.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return fewest, lang


def _left_out(rule: Rule, cell: Cell, both: Sides) -> str:
    """Why a cell can have no number: nothing in this run can fill it; empty where something can."""
    ours = both.ours.shards
    if any(cell.has(shard.dataset, shard.lang) for shard in ours):
        return ""
    if cell.dataset in {s.dataset for s in ours} or cell.lang in {s.lang for s in ours}:
        return f"nothing in {cell.where} has a value for {rule.quantity}"
    in_base = both.theirs is not None and any(cell.has(s.dataset, s.lang) for s in both.theirs.shards)
    return f"this run left out {cell.where or 'all of it'}, which {'the baseline has' if in_base else 'the rule names'}"


def _paired(rule: Rule, both: Sides) -> bool:
    return rule.form == "margin" and rule.of.weighed in ("rate", "mean", "corpus") and both.theirs is not None


def _counts(each: Found) -> bool:
    return isinstance(each, Counted) or each.value is not None


def _within(cell: Cell, found: Iterable[Found], kind: type[F]) -> list[F]:
    return [each for each in found if isinstance(each, kind) and cell.holds(each.of)]


def _itemwise(rule: Rule, cell: Cell, both: Sides) -> tuple[Weighed, str]:
    ours = _within(cell, read(rule, both, both.ours), Observation)
    if rule.margin is None:
        return against_bound(rule.of, ours, *bound_of(rule)), ""
    theirs = _within(cell, read(rule, both, both.theirs), Observation)
    return against_baseline(rule.of, ours, theirs, rule.margin), ""


def _corpus(rule: Rule, cell: Cell, both: Sides) -> tuple[Weighed, str]:
    ours = _within(cell, read(rule, both, both.ours), Counted)
    if rule.margin is None:
        return corpus_against_bound(rule.quantity, ours, *bound_of(rule)), ""
    theirs = _within(cell, read(rule, both, both.theirs), Counted)
    return corpus_against_baseline(rule.quantity, ours, theirs, rule.margin), ""


def _judged(rule: Rule, cell: Cell, both: Sides) -> tuple[Weighed | None, str]:
    """Each judge by itself; the one that speaks most against the rule stands for all, so that every one must agree."""
    ours = _within(cell, read(rule, both, both.ours), Verdict)
    theirs = _within(cell, read(rule, both, both.theirs), Verdict) if rule.margin is not None else []
    blocked = ""
    weighed = []
    for judge in sorted({each.judge for each in ours}):
        own, base = ([each for each in side if each.judge == judge] for side in (ours, theirs))
        blocked = blocked or unusable(own) or unusable(base) or differing(own, base)
        if rule.margin is None:
            weighed.append(judge_against_bound(own, *bound_of(rule)))
        else:
            weighed.append(judge_against_baseline(own, base, rule.margin, better_higher=rule.of.better == "higher"))
    if not weighed:
        return None, blocked
    return max(weighed, key=lambda each: 2.0 if each.test.p_meets is None else each.test.p_meets), blocked
