"""Finds what speaks most against a rule: the ten most telling items, and the query that shows the rest."""

from collections import Counter
from dataclasses import dataclass

from tasks.gate_quantities import PIVOTED, QUANTILES, STATUSES, metrics_behind
from tasks.gate_read import Observation
from tasks.gate_sides import Sides, Weighing, read_items
from tasks.quantities import Quantity

MOST = 10
LONGEST = 300
"""Characters of a question or an answer that are shown."""


@dataclass(frozen=True, slots=True)
class Example:
    """An item that speaks against a rule: what was asked, answered and expected; `value` and `base` are its numbers."""

    dataset: str
    lang: str
    item: str
    value: float | None
    base: float | None
    question: str
    answer: str
    read: str
    expected: str
    status: str


def telling(weighing: Weighing, both: Sides) -> tuple[Example, ...]:
    """The items that weigh most against the rule, worst first; none for a fact, which has no items."""
    worst = _worst(weighing, both)
    shown: dict[tuple[str, str], dict[str, tuple]] = {}
    for each, _ in worst:
        place = (each.of.dataset, each.of.lang)
        if place not in shown:
            wanted = [o.of.item for o, _ in worst if (o.of.dataset, o.of.lang) == place]
            rows = both.reader.of("items", both.ours.subject, {"dataset": place[0], "lang": place[1], "items": wanted})
            shown[place] = {row[0]: row[1:] for row in rows}
    found = []
    for each, base in worst:
        of = each.of
        question, answer, read, expected, status = shown[of.dataset, of.lang].get(of.item, ("", "", "", "", ""))
        found.append(Example(of.dataset, of.lang, of.item, each.value, base, question[:LONGEST], answer[:LONGEST], read,
                             expected[:LONGEST], status))  # fmt: skip
    return tuple(found)


def _worst(weighing: Weighing, both: Sides) -> list[tuple[Observation, float | None]]:
    rule, cell = weighing.rule, weighing.cell
    ours = [o for o in read_items(rule, both, both.ours) if cell.holds(o.of) and o.value is not None]
    theirs = {o.of.key: o.value for o in read_items(rule, both, both.theirs)} if rule.margin is not None else {}
    sign = 1.0 if rule.of.better == "higher" else -1.0

    def badness(each: Observation) -> tuple[float, float]:
        value, base = sign * (each.value or 0.0), theirs.get(each.of.key)
        return (value - sign * base if base is not None else 0.0, value)

    bad = [o for o in ours if _speaks_against(rule.of, o, theirs.get(o.of.key), margin=rule.margin is not None)]
    # Among equals first the source that speaks against the rule in most languages.
    places = Counter(o.of.source for o in bad)
    order = sorted(bad, key=lambda o: (badness(o), -places[o.of.source], o.of.key))
    return [(o, theirs.get(o.of.key)) for o in order[:MOST]]


def _speaks_against(of: Quantity, each: Observation, base: float | None, *, margin: bool) -> bool:
    """A lost item against a baseline; without one a wrong item, or of slow ones any."""
    value = each.value or 0.0
    if margin and of.weighed != "quantile":
        return base is not None and (value < base if of.better == "higher" else value > base)
    if of.weighed == "rate":
        return value < 1 if of.better == "higher" else value > 0
    return True


def query_for(weighing: Weighing, both: Sides) -> str:
    """The named query, with its parameters, that shows what a rule is about."""
    rule, cell, subject = weighing.rule, weighing.cell, both.ours.subject
    name, run = rule.quantity, f"-p run={subject.run_id}"
    if rule.of.weighed == "judge":
        return f"babelgate sql judges {run}"
    if name in QUANTILES or name in ("cost_per_1000", "tokens_per_second"):
        return f"babelgate sql cost {run}"
    if name in STATUSES or name in ("completeness", "infra_error"):
        return f"babelgate sql completeness {run}"
    if name in PIVOTED:
        return f"babelgate sql {'languages' if name == 'english_gap' else 'language-pairs'} {run}"
    if name in ("licence", "data_residency", "revision_pinned", "parameters"):
        return f"babelgate models show {subject.model}"
    if rule.of.weighed == "corpus":
        return f"babelgate sql results {run}"
    lang = f" -p lang={cell.lang}" if cell.lang else ""
    metric = (metrics_behind(both.reader, both.ours, name) or (name,))[0]
    return f"babelgate sql failures {run} -p model={subject.model} -p metric={metric}{lang}"
