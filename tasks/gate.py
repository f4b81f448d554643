"""The gate: a policy against one model's run, rule by rule, with reasons that a release manager can act on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.gate_blocks import baseline_doubt, run_level
from tasks.gate_evidence import gather
from tasks.gate_examples import Example, query_for, telling
from tasks.gate_measured import FACTS
from tasks.gate_quantities import PIVOT, PIVOTED
from tasks.gate_read import Reader, RunFacts, Subject, find_baseline, run_facts
from tasks.gate_rules import Evidence, Outcome, RuleResult, Verdict, decide
from tasks.gate_sides import Sides, Weighing, sides
from tasks.policy import Policy, Rule, Tier, check_against
from tasks.schema import UserError, digest
from tasks.stats import BoundTest, sequential_p

Number = float | str | bool | None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in one place, with every number behind its verdict.

    `value` is the model's, `base` the baseline's, `bound` what the value is held against. `lo` and `hi` bound what was
    tested: the value itself, or with a margin the difference `difference` from the baseline. `p_meets` and `p_breaks`
    are as they were tested, `p_adjusted` is Holm's in the rule's tier. `more_items` is what would probably decide it.
    """

    rule: str
    tier: Tier
    quantity: str
    scope: str
    form: str
    where: str
    lang: str | None
    dataset: str | None
    category: str | None
    verdict: Verdict
    reason: str
    why: str
    value: Number
    base: Number
    asked: Number
    bound: float | None
    difference: float | None
    lo: float | None
    hi: float | None
    n: int | None
    method: str
    p_meets: float | None
    p_breaks: float | None
    p_adjusted: float | None
    more_items: int | None
    query: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """An earlier look at the same cells with fewer items: its share of the planned items, and its p-values a place."""

    fraction: float
    p_values: Mapping[tuple[str, str], tuple[float, float]]
    """(rule, place) → (p_meets, p_breaks), of what was looked at anew."""
    paid: Mapping[tuple[str, str], Weighing] = field(default_factory=dict)
    """(rule, place) → what was decided on then."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """The outcome for one model of one run."""

    subject: Subject
    baseline: Subject | None
    policy: str
    policy_hash: str
    alpha: float
    outcome: Outcome
    reason: str
    notes: tuple[str, ...]
    """What forbids a GO whatever the rules say."""
    remarks: tuple[str, ...]
    """What a reader should know though it decides nothing."""
    rows: tuple[RuleRow, ...]
    look: Look
    looks: int
    wanting: frozenset[tuple[str, str]]
    """(data set, language) where more items would probably settle a rule that counts."""

    @property
    def open(self) -> bool:
        """Whether it is undecided and more items would probably settle a rule that counts."""
        return self.outcome == "INCONCLUSIVE" and bool(self.wanting)

    @property
    def needed(self) -> dict[str, int]:
        """Language → how many more items its undecided rules probably need; the most of them."""
        found: dict[str, int] = {}
        for row in self.rows:
            if row.lang and row.more_items and row.verdict == "INCONCLUSIVE":
                found[row.lang] = max(found.get(row.lang, 0), row.more_items)
        return found


def gate(
    reader: Reader,
    subject: Subject,
    policy: Policy,
    *,
    baseline: str | None = None,
    baseline_model: str | None = None,
    looks: Sequence[Look] = (),
    fraction: float = 1.0,
    topped: Collection[tuple[str, str]] | None = None,
) -> GateReport:
    """Decide whether a model's run meets a policy.

    `baseline` is a run or a tag and replaces the policy's own. `looks` are earlier decisions over part of these items
    and `fraction` the share of the planned items that are in now: p-values then pay for the looks (`sequential_p`).
    `topped` are the (data set, language) that have more items than at the last look (None: all); a place that these do
    not fill keeps what was decided on then: it was not looked at again, and what it pools would have shifted.
    UserError: the policy names what the run does not have, or a named baseline that does not exist.
    """
    ours = run_facts(reader, subject)
    categories = [row[0] for row in reader.of("categories", subject)]
    check_against(policy, languages=ours.languages, datasets=tuple(ours.datasets), categories=categories)
    base, lacking = _baseline(reader, policy, subject, baseline, baseline_model)
    theirs = run_facts(reader, base) if base else None
    both = sides(reader, ours, theirs, lacking, baseline_doubt(theirs, policy) if theirs else "")
    weighed = gather(policy, both)
    look = Look(fraction, {_place(each): p for each in weighed if (p := _p_values(each.evidence))})
    if looks and topped is not None:
        look = replace(look, p_values=_anew(policy, weighed, ours, look, frozenset(topped)))
    paid = [_paid(each, looks, look) for each in weighed]
    look = replace(look, paid={_place(each): each for each in paid})
    blocks, distrust = run_level(reader, ours, policy)
    decision = decide([each.evidence for each in paid], alpha=policy.alpha, blocks=blocks, distrust=distrust)
    rows = tuple(_row(each, result, both) for each, result in zip(paid, decision.results, strict=True))
    wanting = [
        _behind(policy, each, ours) for each, result in zip(paid, decision.results, strict=True)
        if result.verdict == "INCONCLUSIVE" and result.more_items and result.tier != "advisory"
    ]  # fmt: skip
    return GateReport(
        subject, base, policy.name, digest(policy.model_dump(mode="json")), policy.alpha, decision.outcome,
        decision.reason, (*distrust, *blocks), tuple(_silent(policy, weighed, ours)), rows, look,
        len(looks) + 1, frozenset().union(*wanting),
    )  # fmt: skip


def _silent(policy: Policy, weighed: Sequence[Weighing], ours: RunFacts) -> list[str]:
    """What a rule that names none says nothing of, languages or data sets, because nothing there has its quantity."""
    found = []
    for rule in policy.rules:
        cells = [each.cell for each in weighed if each.rule is rule]
        heard = {name for cell in cells for name in (cell.datasets if rule.scope == "each_dataset" else cell.langs)}
        unheard = [name for name in _open_to(policy, rule, ours) if name not in heard]
        if heard and unheard:
            where = ", ".join(unheard)
            found.append(f"'{rule.name}' says nothing of {where}: nothing there has a value for {rule.quantity}")
    return found


def _open_to(policy: Policy, rule: Rule, ours: RunFacts) -> Sequence[str]:
    """The data sets or languages that a rule is about though it names none."""
    if rule.scope == "each_dataset":
        return () if rule.datasets else sorted(ours.datasets)
    if policy.languages_of(rule) is not None or rule.scope == "worst_language":
        return ()
    return [code for code in ours.languages if not (rule.quantity in PIVOTED and code == PIVOT)]


def _baseline(
    reader: Reader, policy: Policy, subject: Subject, name: str | None, model: str | None
) -> tuple[Subject | None, str]:
    """The baseline, or the reason why there is none; one that was asked for and is not there is a UserError."""
    chosen = name or policy.baseline
    if chosen is None:
        return None, "no baseline was named: give --baseline RUN or TAG, or one in the policy"
    found = find_baseline(reader, chosen, subject, model)
    if found is None and name is not None:
        raise UserError(f"there is neither a run nor a tag '{name}'; 'babelgate tag RUN {name}' sets a tag")
    if found is None:
        return None, f"no run carries the tag '{chosen}' to compare with; 'babelgate tag RUN {chosen}' sets it"
    if found == subject:
        return None, f"'{chosen}' is this very run, so there is nothing to compare with"
    return found, ""


def _place(each: Weighing) -> tuple[str, str]:
    """What a rule is about; a worst language may be another one at each look."""
    return each.rule.name, "" if each.rule.scope == "worst_language" else each.cell.where


def _behind(policy: Policy, each: Weighing, ours: RunFacts) -> frozenset[tuple[str, str]]:
    """The (data set, language) that a place's number comes from."""
    rule, planned = each.rule, {(shard.dataset, shard.lang) for shard in ours.shards}
    found = {at for at in planned if each.cell.has(*at)}
    if rule.scope == "worst_language":
        langs = policy.languages_of(rule)
        found = {(d, code) for d, code in planned if d in each.cell.datasets and (langs is None or code in langs)}
    english = {(dataset, PIVOT) for dataset, _ in found} & planned if rule.quantity in PIVOTED else set()
    return frozenset(found | english)


def _anew(
    policy: Policy, weighed: Sequence[Weighing], ours: RunFacts, look: Look, topped: frozenset[tuple[str, str]]
) -> dict[tuple[str, str], tuple[float, float]]:
    """The p-values of the places that have more items in everything that they come from."""
    grown = {_place(each) for each in weighed if _behind(policy, each, ours) <= topped}
    return {place: p for place, p in look.p_values.items() if place in grown}


def _p_values(evidence: Evidence) -> tuple[float, float] | None:
    test = evidence.test
    if test is None or test.p_meets is None or test.p_breaks is None:
        return None
    return test.p_meets, test.p_breaks


def _paid(each: Weighing, looks: Sequence[Look], now: Look) -> Weighing:
    """The evidence with p-values that have paid for every look so far and for stopping short of the plan.

    What was not looked at anew stays as it was decided on.
    """
    evidence, test = each.evidence, each.evidence.test
    if looks and _p_values(evidence) and _place(each) not in now.p_values:
        return next((look.paid[_place(each)] for look in reversed(looks) if _place(each) in look.paid), each)
    if test is None or (not looks and now.fraction == 1.0) or _p_values(evidence) is None:
        return each
    seen = [look for look in (*looks, now) if _place(each) in look.p_values]
    fractions = [look.fraction for look in seen]
    meets, breaks = (sequential_p([look.p_values[_place(each)][i] for look in seen], fractions) for i in (0, 1))
    paid: BoundTest = replace(test, p_meets=meets, p_breaks=breaks)
    return replace(each, evidence=replace(evidence, test=paid))


def _row(each: Weighing, result: RuleResult, both: Sides) -> RuleRow:
    rule, cell, test = each.rule, each.cell, each.evidence.test
    margin = rule.margin is not None
    shown = result.verdict in ("FAIL", "INCONCLUSIVE") and rule.quantity not in FACTS
    return RuleRow(
        rule=rule.name, tier=rule.tier, quantity=rule.quantity, scope=rule.scope, form=rule.form, where=result.where,
        lang=cell.lang, dataset=cell.dataset, category=cell.category, verdict=result.verdict,
        reason=result.reason, why=rule.why, value=each.value, base=each.base, asked=_asked(rule),
        bound=_held_against(rule, each), difference=test.value if test and margin else None,
        lo=test.lo if test else None, hi=test.hi if test else None, n=test.n if test else None,
        method=test.method if test else "read", p_meets=result.p_pass, p_breaks=test.p_breaks if test else None,
        p_adjusted=result.p_fail, more_items=result.more_items,
        query=query_for(each, both), examples=telling(each, both) if shown else (),
    )  # fmt: skip


def _asked(rule: Rule) -> Number:
    value = getattr(rule, rule.form)
    return ", ".join(value) if isinstance(value, tuple) else value


def _held_against(rule: Rule, each: Weighing) -> float | None:
    if rule.margin is None:
        return rule.at_least if rule.at_least is not None else rule.at_most
    if not isinstance(each.base, float | int):
        return None
    return each.base - rule.margin if rule.of.better == "higher" else each.base + rule.margin
