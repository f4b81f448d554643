"""Holds facts that are read, not tested, against a rule: counts, cost and speed of a run, attributes of its model."""

from tasks.gate_cells import Cell, cells
from tasks.gate_measured import FACTS, Fact, Taken
from tasks.gate_read import Item, RunFacts
from tasks.gate_rules import Evidence
from tasks.gate_sides import Sides, Weighing, apart, bound_of
from tasks.policy import Policy, Rule


def weigh_fact(policy: Policy, rule: Rule, both: Sides) -> list[Weighing]:
    """The fact that a rule is about: of the whole run or model, or in each cell of its scope."""
    return [_fact(policy, rule, both)] if rule.scope == "overall" else _facts(policy, rule, both)


def _facts(policy: Policy, rule: Rule, both: Sides) -> list[Weighing]:
    """A fact in each cell: every shard has its counts."""
    everything = [Item(each.dataset, each.lang, "", "", "", each.category) for each in both.spent(both.ours)]
    planned = [Item(s.dataset, s.lang, "", "", "", "") for s in both.ours.shards]
    places = cells(policy, rule, both.ours, [*planned, *dict.fromkeys(everything)])
    found = [_fact(policy, rule, both, cell) for cell in places]
    if rule.scope != "worst_language" or not found:
        return found
    order = {False: 0, None: 1, True: 2}
    return [min(found, key=lambda each: order[each.evidence.met])]


def _fact(policy: Policy, rule: Rule, both: Sides, cell: Cell | None = None) -> Weighing:
    """A fact of the run or the model against what the rule asks."""
    if cell is None:
        langs = policy.languages_of(rule) or both.ours.languages
        cell = Cell("", rule.datasets or tuple(both.ours.datasets), langs, rule.categories)
    ours = _read_fact(rule, cell, both, both.ours)
    if rule.form == "margin" and both.theirs is None:
        return Weighing(rule, cell, Evidence(rule.name, rule.tier, cell.where, missing=both.no_baseline), ours.value)
    theirs = _read_fact(rule, cell, both, both.theirs) if rule.form == "margin" and both.theirs else None
    missing = ours.missing or (f"in the baseline, {theirs.missing}" if theirs and theirs.missing else "")
    if missing:
        return Weighing(rule, cell, Evidence(rule.name, rule.tier, cell.where, missing=missing), ours.value)
    met = _met(rule, ours, theirs)
    blocked = apart(rule, cell, both) or _other_work(rule, cell, both)
    evidence = Evidence(rule.name, rule.tier, cell.where, met=met, blocked=blocked)
    return Weighing(rule, cell, evidence, ours.value, theirs.value if theirs else None)


def _read_fact(rule: Rule, cell: Cell, both: Sides, facts: RunFacts) -> Fact:
    shards = [shard for shard in facts.shards if cell.has(shard.dataset, shard.lang)]
    took = [each for each in both.spent(facts) if cell.has(each.dataset, each.lang)
            and (cell.categories is None or each.category in cell.categories)]  # fmt: skip
    return FACTS[rule.quantity](Taken(shards, took, facts.model))


def _met(rule: Rule, ours: Fact, theirs: Fact | None) -> bool:
    if rule.one_of is not None:
        return ours.value in rule.one_of
    if rule.is_true is not None:
        return ours.value is rule.is_true
    value = float(ours.value or 0)
    if rule.margin is not None and theirs is not None:
        worse = value - float(theirs.value or 0)
        return (worse if rule.of.better == "lower" else -worse) <= rule.margin
    bound, side = bound_of(rule)
    return value >= bound if side == "at_least" else value <= bound


def _other_work(rule: Rule, cell: Cell, both: Sides) -> str:
    """Costs and speeds of other data sets or languages are not comparable, however alike the model."""
    if rule.form != "margin" or both.theirs is None or rule.quantity in ("parameters", "completeness", "infra_error"):
        return ""
    ours = {(s.dataset, s.lang) for s in both.ours.shards if cell.has(s.dataset, s.lang)}
    theirs = {(s.dataset, s.lang) for s in both.theirs.shards if cell.has(s.dataset, s.lang)}
    apart = sorted(ours ^ theirs)
    return f"the baseline ran other work, e.g. {' '.join(apart[0])}" if apart else ""
