"""Gathers the evidence on every rule of a policy about one model's run, in each place where the rule must hold."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tasks.gate_cells import Cell, cells
from tasks.gate_corpus import Counted, corpus_against_baseline, corpus_against_bound, counted
from tasks.gate_fingerprints import Difference, blocking, differences
from tasks.gate_judge import Verdict, judge_against_baseline, judge_against_bound, uncalibrated, verdicts
from tasks.gate_measured import FACTS, Fact, Spent, Taken, spent
from tasks.gate_quantities import metrics_behind, observe
from tasks.gate_read import Item, Observation, Reader, RunFacts
from tasks.gate_rules import Evidence, worst_of
from tasks.gate_weigh import Weighed, against_baseline, against_bound
from tasks.metrics import METRICS
from tasks.policy import Policy, Rule
from tasks.stats import Side

Found = Observation | Counted | Verdict
F = TypeVar("F", Observation, Counted, Verdict)


@dataclass(frozen=True, slots=True)
class Weighing:
    """A rule in one cell: the evidence for the decision, and the numbers that a reader wants beside it."""

    rule: Rule
    cell: Cell
    evidence: Evidence
    value: float | str | bool | None = None
    base: float | str | bool | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """The run under test and its baseline; `no_baseline` says why there is none."""

    reader: Reader
    ours: RunFacts
    theirs: RunFacts | None
    no_baseline: str = ""
    apart: tuple[Difference, ...] = ()
    read: dict[tuple[str, str], Sequence[Found]] = field(default_factory=dict)
    """What was read already, by (run and model, quantity): several rules look at one quantity."""
    took: dict[str, Sequence[Spent]] = field(default_factory=dict)

    def found(self, facts: RunFacts, quantity: str, read: Callable[[], Sequence[F]]) -> Sequence[F]:
        key = (f"{facts.subject.run_id}/{facts.subject.model}", quantity)
        if key not in self.read:
            self.read[key] = read()
        return self.read[key]  # type: ignore[return-value]

    def spent(self, facts: RunFacts) -> Sequence[Spent]:
        key = f"{facts.subject.run_id}/{facts.subject.model}"
        if key not in self.took:
            self.took[key] = spent(self.reader, facts)
        return self.took[key]


def sides(reader: Reader, ours: RunFacts, theirs: RunFacts | None, no_baseline: str = "") -> Sides:
    """Both runs with what sets them apart."""
    apart = tuple(differences(reader, ours, theirs)) if theirs else ()
    return Sides(reader, ours, theirs, no_baseline, apart)


def gather(policy: Policy, both: Sides) -> list[Weighing]:
    """Evidence on every rule in the policy's order, cell by cell; a worst-language rule is one piece of evidence."""
    return [weighing for rule in policy.rules for weighing in _rule(policy, rule, both)]


def _rule(policy: Policy, rule: Rule, both: Sides) -> list[Weighing]:
    if rule.quantity in FACTS:
        return [_fact(policy, rule, both)] if rule.scope == "overall" else _facts(policy, rule, both)
    if rule.of.weighed == "judge":
        return _gathered(policy, rule, both, _judged)
    if rule.of.weighed == "corpus":
        return _gathered(policy, rule, both, _corpus)
    return _gathered(policy, rule, both, _itemwise)


Weigh = Callable[[Rule, Cell, Sides], tuple[Weighed | None, str]]
"""(what the numbers say, why they may not be used) of a rule in a cell."""


def _gathered(policy: Policy, rule: Rule, both: Sides, weigh: Weigh) -> list[Weighing]:
    missing = both.no_baseline if rule.form == "margin" and both.theirs is None else ""
    items = [each.of for each in _read(rule, both, both.ours)]
    places = cells(policy, rule, both.ours, items)
    if not places:
        nowhere = Cell("", (), (), None)
        why = missing or f"nothing in the run has a {rule.quantity} there"
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
    found, blocked = weigh(rule, cell, both)
    blocked = blocked or _apart(rule, cell, both)
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
    counts = Counter({lang: 0 for lang in cell.langs})
    theirs = {e.of.key for e in _read(rule, both, both.theirs) if _counts(e)} if _paired(rule, both) else None
    for each in _read(rule, both, both.ours):
        if cell.holds(each.of) and _counts(each) and (theirs is None or each.of.key in theirs):
            counts[each.of.lang] += 1
    lang, fewest = min(counts.items(), key=lambda pair: (pair[1], pair[0]))
    return fewest, lang


def _paired(rule: Rule, both: Sides) -> bool:
    return rule.form == "margin" and rule.of.weighed in ("rate", "mean", "corpus") and both.theirs is not None


def _counts(each: Found) -> bool:
    return isinstance(each, Counted) or each.value is not None


def _read(rule: Rule, both: Sides, facts: RunFacts | None) -> Sequence[Found]:
    if facts is None:
        return ()
    name, reader = rule.quantity, both.reader
    if rule.of.weighed == "judge":
        return both.found(facts, name, lambda: verdicts(reader, facts, name.removeprefix("judge.")))
    if rule.of.weighed == "corpus":
        return both.found(facts, name, lambda: counted(reader, facts, name))
    return both.found(facts, name, lambda: observe(reader, facts, name))


def read_items(rule: Rule, both: Sides, facts: RunFacts | None) -> list[Observation]:
    """The rule's quantity item by item, as far as it has items: a verdict's value, a corpus metric's sentence score."""
    if rule.quantity in FACTS or facts is None:
        return []
    if rule.of.weighed == "corpus":
        part = METRICS[rule.quantity].part
        return [o for o in both.found(facts, part, lambda: observe(both.reader, facts, part))]
    found = _read(rule, both, facts)
    return [each if isinstance(each, Observation) else Observation(each.of, each.value)
            for each in found if not isinstance(each, Counted)]  # fmt: skip


def _within(cell: Cell, found: Iterable[Found], kind: type[F]) -> list[F]:
    return [each for each in found if isinstance(each, kind) and cell.holds(each.of)]


def _itemwise(rule: Rule, cell: Cell, both: Sides) -> tuple[Weighed, str]:
    ours = _within(cell, _read(rule, both, both.ours), Observation)
    if rule.margin is None:
        return against_bound(rule.of, ours, *_bound(rule)), ""
    theirs = _within(cell, _read(rule, both, both.theirs), Observation)
    return against_baseline(rule.of, ours, theirs, rule.margin), ""


def _corpus(rule: Rule, cell: Cell, both: Sides) -> tuple[Weighed, str]:
    ours = _within(cell, _read(rule, both, both.ours), Counted)
    if rule.margin is None:
        return corpus_against_bound(rule.quantity, ours, *_bound(rule)), ""
    theirs = _within(cell, _read(rule, both, both.theirs), Counted)
    return corpus_against_baseline(rule.quantity, ours, theirs, rule.margin), ""


def _judged(rule: Rule, cell: Cell, both: Sides) -> tuple[Weighed | None, str]:
    """Each judge by itself; the one that speaks most against the rule stands for all, so that every one must agree."""
    ours = _within(cell, _read(rule, both, both.ours), Verdict)
    theirs = _within(cell, _read(rule, both, both.theirs), Verdict) if rule.margin is not None else []
    blocked = uncalibrated([*ours, *theirs])
    weighed = []
    for judge in sorted({each.judge for each in ours}):
        own = [each for each in ours if each.judge == judge]
        if rule.margin is None:
            weighed.append(judge_against_bound(own, *_bound(rule)))
        else:
            base = [each for each in theirs if each.judge == judge]
            weighed.append(judge_against_baseline(own, base, rule.margin, better_higher=rule.of.better == "higher"))
    if not weighed:
        return None, blocked
    return max(weighed, key=lambda each: 2.0 if each.test.p_meets is None else each.test.p_meets), blocked


def _bound(rule: Rule) -> tuple[float, Side]:
    if rule.at_least is not None:
        return rule.at_least, "at_least"
    assert rule.at_most is not None, "a rule with numbers has a bound or a margin"
    return rule.at_most, "at_most"


def _apart(rule: Rule, cell: Cell, both: Sides) -> str:
    """In which respects the baseline was made differently, empty for a rule that needs none."""
    if rule.form != "margin" or both.theirs is None:
        return ""
    made = metrics_behind(both.reader, both.ours, rule.quantity)
    return blocking(both.apart, datasets=cell.datasets, langs=(*cell.langs, "en"), metrics=made)


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
    blocked = _apart(rule, cell, both) or _other_work(rule, cell, both)
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
    bound, side = _bound(rule)
    return value >= bound if side == "at_least" else value <= bound


def _other_work(rule: Rule, cell: Cell, both: Sides) -> str:
    """Costs and speeds of other data sets or languages are not comparable, however alike the model."""
    if rule.form != "margin" or both.theirs is None or rule.quantity in ("parameters", "completeness", "infra_error"):
        return ""
    ours = {(s.dataset, s.lang) for s in both.ours.shards if cell.has(s.dataset, s.lang)}
    theirs = {(s.dataset, s.lang) for s in both.theirs.shards if cell.has(s.dataset, s.lang)}
    apart = sorted(ours ^ theirs)
    return f"the baseline ran other work, e.g. {' '.join(apart[0])}" if apart else ""
