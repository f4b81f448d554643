"""Both sides of a gate, the run under test and its baseline, read once however many rules look at them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tasks.gate_cells import Cell
from tasks.gate_corpus import Counted, counted
from tasks.gate_fingerprints import Difference, blocking, differences
from tasks.gate_judge import Verdict, verdicts
from tasks.gate_measured import FACTS, Spent, spent
from tasks.gate_quantities import metrics_behind, observe
from tasks.gate_read import Observation, Reader, RunFacts
from tasks.gate_rules import Evidence
from tasks.metrics import METRICS
from tasks.policy import Rule
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
    """The run under test and its baseline; `no_baseline` says why there is none, `doubt` why not to use it."""

    reader: Reader
    ours: RunFacts
    theirs: RunFacts | None
    no_baseline: str = ""
    doubt: str = ""
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


def sides(reader: Reader, ours: RunFacts, theirs: RunFacts | None, no_baseline: str = "", doubt: str = "") -> Sides:
    """Both runs with what sets them apart."""
    apart = tuple(differences(reader, ours, theirs)) if theirs else ()
    return Sides(reader, ours, theirs, no_baseline, doubt, apart)


def read(rule: Rule, both: Sides, facts: RunFacts | None) -> Sequence[Found]:
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
    found = read(rule, both, facts)
    return [each if isinstance(each, Observation) else Observation(each.of, each.value)
            for each in found if not isinstance(each, Counted)]  # fmt: skip


def bound_of(rule: Rule) -> tuple[float, Side]:
    if rule.at_least is not None:
        return rule.at_least, "at_least"
    assert rule.at_most is not None, "a rule with numbers has a bound or a margin"
    return rule.at_most, "at_most"


def apart(rule: Rule, cell: Cell, both: Sides) -> str:
    """In which respects the baseline was made differently, empty for a rule that needs none."""
    if rule.form != "margin" or both.theirs is None:
        return ""
    if both.doubt:
        return both.doubt
    made = metrics_behind(both.reader, both.ours, rule.quantity)
    return blocking(both.apart, datasets=cell.datasets, langs=(*cell.langs, "en"), metrics=made)
