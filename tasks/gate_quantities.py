"""Turns stored scores, answers and requests into the quantity that a rule is about, one number an item."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tasks.gate_read import Item, Observation, Reader, RunFacts
from tasks.metrics import METRICS

PIVOT = "en"
PIVOTED = ("consistency", "agree_valid", "transfer", "same_wrong", "english_gap")
"""Quantities that set a language beside English, and so have no value in English."""
STATUSES = ("truncated", "empty", "filtered")
QUANTILES = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95, "latency_p99_ms": 0.99}
COMPARABLE = ("math", "choice", "nli")
"""Kinds whose answers can be compared across languages; of the others only right ones are known to agree."""
NOT_STRICT = ("exact_match_lenient", "extraction_found", "gold_contained")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says whatever its language (None: nothing that compares), and whether it is right."""

    of: Item
    repeat: int
    said: str | None
    found: bool
    right: float | None
    comparable: bool


Compare = Callable[[Answer, Answer], float | None]


def observe(reader: Reader, facts: RunFacts, quantity: str) -> list[Observation]:
    """The quantity item by item; infrastructure errors have no value. Empty where it was not measured.

    For rates and means per item and for latencies; corpus metrics, judges, measured numbers and attributes are read
    elsewhere.
    """
    if quantity in PIVOTED:
        return _pivoted(reader, facts, COMPARISONS[quantity])
    if quantity in STATUSES:
        return _statuses(reader, facts, quantity)
    if quantity in QUANTILES:
        return [Observation(Item(*row[:6]), row[8]) for row in reader.of("requests", facts.subject)]
    if quantity == "accuracy":
        chosen = strict_metrics(reader, facts)
        found = [o for metric in sorted(set(chosen.values())) for o in _scores(reader, facts, metric)
                 if chosen.get(o.of.dataset) == metric]  # fmt: skip
        return found
    if quantity == "extraction_failure":
        found = _scores(reader, facts, "extraction_found")
        return [Observation(o.of, None if o.value is None else 1 - o.value) for o in found]
    return _scores(reader, facts, quantity)


def metrics_behind(reader: Reader, facts: RunFacts, quantity: str) -> tuple[str, ...]:
    """The stored metrics that a quantity is made of, whose versions must match a baseline's."""
    if quantity == "accuracy":
        return tuple(sorted(set(strict_metrics(reader, facts).values())))
    if quantity in PIVOTED:
        return (*sorted(set(strict_metrics(reader, facts).values())), "extraction")
    if quantity == "extraction_failure":
        return ("extraction_found",)
    return (quantity,)


def strict_metrics(reader: Reader, facts: RunFacts) -> dict[str, str]:
    """The metric of strict correctness of each data set that has one: its primary metric if that says yes or no."""
    measured: dict[str, set[str]] = defaultdict(set)
    for dataset, metric in reader.of("measured", facts.subject):
        measured[dataset].add(metric)
    chosen = {}
    for dataset, names in measured.items():
        primary = facts.datasets[dataset].primary_metric if dataset in facts.datasets else ""
        other = [name for name in METRICS if name in names and name not in NOT_STRICT]
        if primary in names:
            chosen[dataset] = primary
        elif other:
            chosen[dataset] = other[0]
    return chosen


def _scores(reader: Reader, facts: RunFacts, metric: str) -> list[Observation]:
    rows = reader.of("scores", facts.subject, {"metric": metric})
    return [Observation(Item(*row[:6]), row[6]) for row in rows]


def _statuses(reader: Reader, facts: RunFacts, status: str) -> list[Observation]:
    rows = reader.of("requests", facts.subject)
    return _averaged([(Item(*row[:6]), None if row[7] == "infra_error" else float(row[7] == status)) for row in rows])


def _pivoted(reader: Reader, facts: RunFacts, compare: Compare) -> list[Observation]:
    found: list[tuple[Item, float | None]] = []
    for dataset, metric in strict_metrics(reader, facts).items():
        answers = [_answer(row) for row in reader.of("answers", facts.subject, {"dataset": dataset, "metric": metric})]
        english = {(a.of.parallel, a.repeat): a for a in answers if a.of.lang == PIVOT}
        for answer in answers:
            beside = english.get((answer.of.parallel, answer.repeat))
            if answer.of.lang != PIVOT and beside is not None:
                lost = answer.right is None or beside.right is None
                found.append((answer.of, None if lost else compare(beside, answer)))
    return _averaged(found)


def _answer(row: Sequence) -> Answer:
    kind, right, state, value = row[7], row[9], row[10], row[11]
    comparable = kind in COMPARABLE
    said = value if comparable else "gold" if right else None
    return Answer(Item(*row[:6]), row[6], said if state == "found" else None, state == "found", right, comparable)


def _averaged(rows: Sequence[tuple[Item, float | None]]) -> list[Observation]:
    """The mean of each item's repeats that have a value."""
    values: dict[Item, list[float]] = {}
    for item, value in rows:
        kept = values.setdefault(item, [])
        if value is not None:
            kept.append(value)
    return [Observation(item, sum(kept) / len(kept) if kept else None) for item, kept in values.items()]


def _same(english: Answer, other: Answer) -> float:
    return float(english.said is not None and english.said == other.said)


def _same_where_both(english: Answer, other: Answer) -> float | None:
    return _same(english, other) if english.found and other.found else None


def _transfer(english: Answer, other: Answer) -> float | None:
    return other.right if english.right else None


def _same_wrong(english: Answer, other: Answer) -> float | None:
    """Two wrong free texts cannot be told to be the same one without a judge."""
    if not other.comparable:
        return None
    return float(bool(_same(english, other)) and not english.right and not other.right)


def _gap(english: Answer, other: Answer) -> float | None:
    return None if english.right is None or other.right is None else english.right - other.right


COMPARISONS: Mapping[str, Compare] = {
    "consistency": _same,
    "agree_valid": _same_where_both,
    "transfer": _transfer,
    "same_wrong": _same_wrong,
    "english_gap": _gap,
}
