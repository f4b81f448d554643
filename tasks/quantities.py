"""Every quantity that a gate rule can be about: its range, which way is better, and how it is weighed."""

from dataclasses import dataclass
from typing import Literal

from tasks.metrics import METRICS

Weighed = Literal["rate", "mean", "corpus", "quantile", "judge", "measured", "word", "flag"]
"""How a rule about it is decided.

rate: yes/no an item; mean: a number an item; corpus: of a whole shard; quantile: of requests; judge: a rate that a
judge gives and labels correct. All these are estimates and are tested. measured: a number of this run that is read;
word and flag: an attribute of the model. These are facts.
"""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity and its range; `upper` is None where there is none. `better` is the side that a margin guards."""

    name: str
    weighed: Weighed
    better: Literal["higher", "lower"]
    lower: float
    upper: float | None
    unit: str
    meaning: str

    @property
    def estimated(self) -> bool:
        """Whether a rule about it is a test (True) or a fact that is read."""
        return self.weighed not in ("measured", "word", "flag")


def _share(name: str, better: Literal["higher", "lower"], meaning: str, weighed: Weighed = "rate") -> Quantity:
    return Quantity(name, weighed, better, 0.0, 1.0, "share", meaning)


def _amount(name: str, better: Literal["higher", "lower"], unit: str, meaning: str, weighed: Weighed) -> Quantity:
    return Quantity(name, weighed, better, 0.0, None, unit, meaning)


def _of_metrics() -> dict[str, Quantity]:
    """A quantity for every metric, so that a new metric can be gated on without a line here."""
    found = {}
    for metric in METRICS.values():
        weighed: Weighed = "corpus" if metric.aggregate else "rate" if metric.binary else "mean"
        better = "higher" if metric.direction == "higher_better" else "lower"
        unit = "share" if metric.upper == 1 else "points"
        meaning = f"the metric {metric.name}"
        found[metric.name] = Quantity(metric.name, weighed, better, metric.lower, metric.upper, unit, meaning)
    return found


_OWN = (
    _share("accuracy", "higher", "strict correctness: the data set's first yes/no metric"),
    _share("consistency", "higher", "same canonical answer as in English, a missing one being a disagreement"),
    _share("agree_valid", "higher", "same canonical answer as in English where both answered"),
    _share("transfer", "higher", "right here where English is right"),
    _share("same_wrong", "lower", "the same wrong answer as in English"),
    _share("extraction_failure", "lower", "answers in which no single answer was found"),
    Quantity("english_gap", "mean", "lower", -1.0, 1.0, "share", "English accuracy minus the language's, by item"),
    _share("truncated", "lower", "answers cut by the length limit or never out of thinking"),
    _share("empty", "lower", "answers without text"),
    _share("filtered", "lower", "answers that the provider's content filter removed"),
    _share("completeness", "higher", "completions that came, of those asked for", "measured"),
    _share("infra_error", "lower", "requests lost to infrastructure after retries", "measured"),
    _amount("cost_per_1000", "lower", "USD", "cost of 1,000 items at the suite's prices", "measured"),
    _amount("tokens_per_second", "higher", "tokens/s", "completion tokens over wall time", "measured"),
    _amount("latency_p50_ms", "lower", "ms", "median latency of a request", "quantile"),
    _amount("latency_p95_ms", "lower", "ms", "95th percentile of latency", "quantile"),
    _amount("latency_p99_ms", "lower", "ms", "99th percentile of latency", "quantile"),
    _amount("parameters", "lower", "billions", "size of the model", "measured"),
    Quantity("licence", "word", "higher", 0.0, None, "", "licence of the model, as the suite states it"),
    Quantity("data_residency", "word", "higher", 0.0, None, "", "where data are processed, as the suite states it"),
    Quantity("revision_pinned", "flag", "higher", 0.0, None, "", "whether the model's revision is fixed"),
    _share("judge.code_switching", "lower", "answers that a judge finds to switch language", "judge"),
    _share("judge.grammar", "lower", "answers in which a judge finds broken grammar", "judge"),
    _share("judge.locale_facts", "lower", "answers in which a judge finds facts of another region", "judge"),
    _share("judge.equivalence", "higher", "pairs that a judge finds to say the same in two languages", "judge"),
    _share("judge.answer_correctness", "higher", "free answers that a judge finds right", "judge"),
    _share("judge.groundedness", "higher", "answers that a judge finds supported by their context", "judge"),
    _share("judge.refusal", "lower", "answers that a judge finds evasive or refusing", "judge"),
    _share("judge.pairwise_preference", "higher", "pairs in which a judge prefers this model", "judge"),
)
QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _OWN}
for _name, _quantity in _of_metrics().items():
    if _name in QUANTITIES:
        raise RuntimeError(f"'{_name}' is both a metric and a quantity of its own")
    QUANTITIES[_name] = _quantity
