"""Heat maps of language × model per metric, and the matrix of how consistent the languages are with each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.report.figures import in_unit, unit
from tasks.report.records import Cell, Pair

STEPS = 9
SHOWN = ("wrong_language", "code_switch")
"""Metrics that are laid open beside the primary one; the others fold."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """`exact` is the value as SQL gives it, `text` as the page shows it, `css` its colour; empty where unmeasured."""

    exact: str = ""
    text: str = "–"
    css: str = ""
    title: str = "not measured"


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Rows are languages, columns models."""

    metric: str
    dataset: str
    unit: str
    lower_better: bool
    is_open: bool
    models: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Below the diagonal: both right or both wrong; above it: the same answer. Shares of the shared items."""

    model: str
    dataset: str
    langs: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


def heat_maps(cells: Sequence[Cell]) -> list[HeatMap]:
    """One map per metric and data set, in the order of the cells; primary metrics and language fidelity are open."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.metric, cell.dataset_id), []).append(cell)
    models = tuple(sorted({cell.model_id for cell in cells}))
    return [_heat_map(group, models) for group in groups.values()]


def _heat_map(cells: Sequence[Cell], models: tuple[str, ...]) -> HeatMap:
    first = cells[0]
    lower_better = first.direction == "lower_better"
    found = {(cell.lang, cell.model_id): cell for cell in cells}
    worst = {model: _worst([cell for cell in cells if cell.model_id == model], lower_better) for model in models}
    langs = tuple(dict.fromkeys(cell.lang for cell in cells))
    rows = tuple(
        (lang, tuple(_cell(found.get((lang, model)), lower_better, worst[model] == lang) for model in models))
        for lang in langs
    )
    is_open = first.is_primary or first.metric in SHOWN
    return HeatMap(first.metric, first.dataset_id, unit(first.upper), lower_better, is_open, models, rows)


def _worst(cells: Sequence[Cell], lower_better: bool) -> str | None:
    """The language that is alone at the bad end; None where several are or where there is nothing to choose from."""
    values = [(cell.value, cell.lang) for cell in cells if cell.value is not None]
    if len(values) < 2:
        return None
    end = max(values)[0] if lower_better else min(values)[0]
    at_end = [lang for value, lang in values if value == end]
    return at_end[0] if len(at_end) == 1 else None


def _cell(cell: Cell | None, lower_better: bool, is_worst: bool) -> HeatCell:
    if cell is None:
        return HeatCell()
    if cell.value is None:
        return HeatCell(title=f"no value: 0 of {cell.n} scored, {cell.errored} errors")
    text, unscored = in_unit(cell.value, cell.upper), cell.n - cell.scored
    title = text if cell.lo is None else f"{text} ({in_unit(cell.lo, cell.upper)} to {in_unit(cell.hi, cell.upper)})"
    title += f", n {cell.scored}" + (f", {unscored} unscored" if unscored else "")
    title += f", {cell.errored} errors" if cell.errored else ""
    css = _shade(cell.value, cell.lower or 0.0, cell.upper or 1.0, "b" if lower_better else "g")
    return HeatCell(repr(cell.value), text, css + (" worst" if is_worst else ""), title)


def _shade(value: float, lower: float, upper: float, hue: str) -> str:
    share = min(1.0, max(0.0, (value - lower) / (upper - lower)))
    return f"{hue}{min(STEPS, math.floor(share * (STEPS + 1)))}"


def matrices(pairs: Sequence[Pair]) -> list[Matrix]:
    """One matrix per model and data set that has two languages or more."""
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.model_id, pair.dataset_id), []).append(pair)
    return [_matrix(model, dataset, group) for (model, dataset), group in groups.items()]


def _matrix(model: str, dataset: str, pairs: Sequence[Pair]) -> Matrix:
    names = {lang for pair in pairs for lang in (pair.lang_a, pair.lang_b)}
    langs = tuple(sorted(names, key=lambda lang: (lang != "en", lang)))
    found = {frozenset((pair.lang_a, pair.lang_b)): pair for pair in pairs}
    rows = tuple(
        (row, tuple(_pair(found.get(frozenset((row, column))), above=i < j) for j, column in enumerate(langs)))
        for i, row in enumerate(langs)
    )
    return Matrix(model, dataset, langs, rows)


def _pair(pair: Pair | None, *, above: bool) -> HeatCell:
    if pair is None:
        return HeatCell(text="", title="")
    value = pair.same_answer if above else pair.agreement
    if value is None:
        return HeatCell(title=f"nothing to compare in {pair.items} items")
    title = f"same answer in {pair.comparable}" if above else f"both right or both wrong in {pair.items}"
    return HeatCell(repr(value), f"{100 * value:.0f}", _shade(value, 0, 1, "g"), f"{100 * value:.1f} % {title} items")
