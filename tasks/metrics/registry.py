"""What a metric is, and the dict in which every metric has its one row."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tasks.schema import CorpusScore, Extraction, Kind, UserError

if TYPE_CHECKING:
    from tasks.codeswitch import LanguageReport
    from tasks.match import Match

Direction = Literal["higher_better", "lower_better"]


@dataclass(frozen=True, slots=True)
class Case:
    """One completion as a metric sees it: `text` is the answer without its thinking, `gold` every accepted answer.

    `extraction`, `match` and `language` are worked out once and shared by all metrics; None where they do not apply.
    """

    kind: Kind
    lang: str
    text: str
    gold: tuple[str, ...] = ()
    extraction: "Extraction | None" = None
    match: "Match | None" = None
    language: "LanguageReport | None" = None
    context: str = ""
    question: str = ""
    absent: str = ""
    """How the data set asks a model to say that the passage does not hold the answer."""

    @property
    def answer(self) -> str:
        """What was read out of the text, or the text itself where nothing is read out (translation, open)."""
        if self.extraction is None:
            return self.text
        return self.extraction.value or ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value, or None with the reason; `statistics` are counts that add up over a corpus, `detail` JSON or empty."""

    value: float | None
    reason: str = ""
    signature: str = ""
    detail: str = ""
    statistics: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it is called, how its values are to be read, and the function that gives them.

    `measure` scores one completion. Where the whole is not the mean of its parts, `aggregate` makes the corpus score
    from the statistics that the item metric `part` measured, and `measure` is None. `on_failure` is the value of a
    completion in which the model itself failed (empty, truncated, filtered): 0 for correctness, None where the metric
    looks at whatever text there is. `upper` is None where there is no bound. With `always`, every data set of its kinds
    is measured by it, whether its configuration names it or not.
    """

    name: str
    version: str
    direction: Direction
    binary: bool
    lower: float
    upper: float | None
    kinds: tuple[Kind, ...]
    on_failure: float | None
    measure: Callable[[Case], Measured] | None
    aggregate: "Callable[[Sequence[Measured], Sequence[Case]], CorpusScore] | None" = None
    part: str = ""
    always: bool = False


METRICS: dict[str, Metric] = {}


def register(metric: Metric) -> Metric:
    """Give the metric its row; two of one name stop the program."""
    if metric.name in METRICS:
        raise RuntimeError(f"two metrics are named '{metric.name}'")
    METRICS[metric.name] = metric
    return metric


def item_metric(
    version: str,
    kinds: Sequence[Kind],
    *,
    binary: bool = False,
    direction: Direction = "higher_better",
    upper: float | None = 1.0,
    on_failure: float | None = 0.0,
    always: bool = False,
) -> Callable[[Callable[[Case], Measured]], Callable[[Case], Measured]]:
    """Register a function of one completion under its own name."""

    def decorate(measure: Callable[[Case], Measured]) -> Callable[[Case], Measured]:
        name = measure.__name__
        kept = tuple(kinds)
        register(Metric(name, version, direction, binary, 0.0, upper, kept, on_failure, measure, always=always))
        return measure

    return decorate


def metrics_for(names: Sequence[str], kind: Kind) -> tuple[Metric, ...]:
    """The metrics of these names, the item metrics they are made of, and those that are always measured.

    UserError on an unknown metric or one that does not measure this kind.
    """
    chosen: dict[str, Metric] = {}
    for name in names:
        metric = METRICS.get(name)
        if metric is None:
            near = difflib.get_close_matches(name, METRICS, n=1, cutoff=0.4)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise UserError(f"unknown metric '{name}'{hint} (known: {', '.join(METRICS)})")
        if kind not in metric.kinds:
            raise UserError(f"metric '{name}' measures {', '.join(metric.kinds)}; this data set is of kind '{kind}'")
        if metric.part:
            chosen[metric.part] = METRICS[metric.part]
        chosen[name] = metric
    chosen |= {name: metric for name, metric in METRICS.items() if metric.always and kind in metric.kinds}
    return tuple(chosen.values())
