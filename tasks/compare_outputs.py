"""A comparison as tables of text, as Markdown and as a document with every number."""

from collections.abc import Sequence
from dataclasses import asdict

from tasks.compare import Advice, Comparison
from tasks.compare_duel import Duel
from tasks.compare_facts import Profile
from tasks.gate_outputs.markdown import markdown_table
from tasks.gate_outputs.table import p_value
from tasks.gate_outputs.words import shown
from tasks.quantities import QUANTITIES

Cell = str | int | None
MODELS = ("model", "accuracy", "worst language", "consistency", "wrong language", "code switch", "USD per 1,000",
          "tokens/s", "p95 latency", "GPU memory", "licence", "data residency")  # fmt: skip
DUELS = ("language", "first", "second", "items", "first has", "second has", "difference", "95 % paired",
         "95 % unpaired", "wins", "losses", "ties", "p", "p Holm", "can be seen")  # fmt: skip
ADVICE = ("language", "recommended", "why")


def model_rows(found: Comparison) -> list[tuple[Cell, ...]]:
    """A row a model under MODELS."""
    return [_model(each) for each in found.profiles]


def duel_rows(found: Comparison) -> list[tuple[Cell, ...]]:
    """A row a pair and language under DUELS; differences in the quantity's unit, of shares in points."""
    return [_duel(found.quantity, each) for each in found.duels]


def advice_rows(found: Comparison) -> list[tuple[Cell, ...]]:
    """A row a language under ADVICE."""
    return [_advice(each) for each in found.advice]


def compare_markdown(found: Comparison) -> str:
    """The three tables with what a reader must know about them."""
    lines = [f"## {' and '.join(each.name for each in found.profiles)}: {found.quantity}", ""]
    lines += [*markdown_table(MODELS, model_rows(found)), "", "### Language by language", ""]
    lines += [*markdown_table(DUELS, duel_rows(found)), "", "### Recommendation", ""]
    lines += [*markdown_table(ADVICE, advice_rows(found)), ""]
    lines += [f"- left out: {why}" for why in found.excluded.values()]
    lines += ["", notes(found), ""]
    return "\n".join(lines)


def notes(found: Comparison) -> str:
    """How the numbers are to be read."""
    return (
        "Differences are first minus second on the same items; a winner is named where Holm-adjusted p <= "
        f"{found.alpha:g} over all languages and pairs, else it is a tie. 'Can be seen' is the smallest difference "
        "that these items show with 80 % power. The unpaired interval ignores that the items are the same and is shown "
        "for comparison only. GPU memory is estimated from the stated size."
    )


def compare_document(found: Comparison) -> dict[str, object]:
    """Plain dicts, lists and numbers."""
    return {**asdict(found), "excluded": dict(found.excluded)}


def _model(of: Profile) -> tuple[Cell, ...]:
    worst = f"{of.worst} {_share(of.worst_accuracy)}" if of.worst else None
    return (
        of.name, _share(of.accuracy), worst, _share(of.consistency), _share(of.wrong_language), _share(of.code_switch),
        None if of.cost_per_1000 is None else f"{of.cost_per_1000:.3g}",
        None if of.tokens_per_second is None else f"{of.tokens_per_second:.0f}",
        None if of.latency_p95_ms is None else f"{of.latency_p95_ms:.0f} ms",
        None if of.gpu_gb is None else f"{of.gpu_gb:.1f} GB", of.licence or None, of.data_residency or None,
    )  # fmt: skip


def _duel(quantity: str, of: Duel) -> tuple[Cell, ...]:
    gap = of.difference
    return (
        of.lang or "all", of.first, of.second, of.n, shown(quantity, of.mean_first), shown(quantity, of.mean_second),
        _gap(quantity, gap.value), _between(quantity, (gap.lo, gap.hi)), _between(quantity, of.unpaired), of.wins,
        of.losses, of.ties, p_value(of.p), "not comparable" if of.incomparable else p_value(of.p_adjusted),
        _gap(quantity, of.smallest, sign=False),
    )  # fmt: skip


def _advice(of: Advice) -> tuple[Cell, ...]:
    chosen = of.winner or (f"tie: {', '.join(of.among)}" if of.among else None)
    return of.lang or "all", chosen, of.reason


def _share(value: float | None) -> str | None:
    return None if value is None else shown("accuracy", value)


def _gap(quantity: str, value: float | None, *, sign: bool = True) -> str | None:
    if value is None:
        return None
    scale = 100 if QUANTITIES[quantity].unit == "share" else 1
    return f"{scale * value:+.1f}" if sign else f"{scale * value:.1f}"


def _between(quantity: str, ends: Sequence[float | None] | None) -> str | None:
    if ends is None or ends[0] is None or ends[1] is None:
        return None
    return f"{_gap(quantity, ends[0])} to {_gap(quantity, ends[1])}"
