"""Draws the charts: Vega-Lite specifications with their rows, rendered to SVG when the page is made."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.report.records import Gap, Language, Length, ModelLine, Night

CHARTS = Path(__file__).parent / "charts"
Values = Sequence[Mapping[str, str | float | bool | None]]


@dataclass(frozen=True, slots=True)
class Chart:
    """`svg` holds no script and no link: Vega escapes every text that it draws."""

    title: str
    svg: str


def english_charts(gaps: Sequence[Gap], languages: Sequence[Language]) -> list[Chart]:
    """The distance to English in percentage points, one chart per data set, a panel per model."""
    names, charts = _names(languages), []
    for dataset in dict.fromkeys(gap.dataset_id for gap in gaps):
        own = [gap for gap in gaps if gap.dataset_id == dataset]
        values = [
            {"model": g.model_id, "language": names.get(g.lang, g.lang), "gap": 100 * g.gap,
             "lo": None if g.gap_lo is None else 100 * g.gap_lo, "hi": None if g.gap_hi is None else 100 * g.gap_hi}
            for g in sorted(own, key=lambda g: (-_mean_gap(own, g.lang), g.lang, g.model_id))
        ]  # fmt: skip
        charts.append(Chart(f"{dataset}: {own[0].metric}", _draw("english", values)))
    return charts


def _mean_gap(gaps: Sequence[Gap], lang: str) -> float:
    own = [gap.gap for gap in gaps if gap.lang == lang]
    return sum(own) / len(own)


def quality_charts(models: Sequence[ModelLine]) -> list[Chart]:
    """Accuracy beside cost and beside speed, for the models whose cost or speed is known.

    The axis begins at zero where the points still lie apart then; a name that has no room is left to the table.
    """
    sides = {
        "USD per 1,000 requests": [(m, m.cost_per_1000) for m in models],
        "tokens per second": [(m, m.tokens_per_second) for m in models],
    }
    charts = []
    for title, points in sides.items():
        known = [
            (m.model_id, x, 100 * m.accuracy, 100 * (m.lowest_accuracy or 0.0))
            for m, x in points
            if x is not None and m.accuracy is not None
        ]
        if known:
            charts.append(Chart(f"Accuracy and {title}", _scattered(title, known)))
    return charts


def _scattered(title: str, points: Sequence[tuple[str, float, float, float]]) -> str:
    """Model, place on the axis, accuracy and lowest accuracy in per cent."""
    spec, places = _spec("quality"), [x for _, x, _, _ in points]
    start = 0.0 if len(places) == 1 or min(places) < max(places) / 2 else min(places)
    spec["encoding"]["x"] |= {"title": title, "scale": {"zero": start == 0.0, "nice": True}}
    across, up = spec["width"] / ((max(places) - start) or 1.0), spec["height"] / 100
    named = with_room([(model, across * (x - start), up * accuracy) for model, x, accuracy, _ in points])
    values = [
        {"name": model if model in named else "", "x": x, "accuracy": accuracy, "lowest": lowest}
        for model, x, accuracy, lowest in points
    ]
    return _render(spec, values)


def with_room(points: Sequence[tuple[str, float, float]]) -> set[str]:
    """The names (with their place in pixels, up is more) that can stand beside their point and cover no higher one."""
    boxes: list[tuple[float, float, float]] = []
    shown = set()
    for name, x, y in sorted(points, key=lambda point: -point[2]):
        end = x + 12 + 6 * len(name)
        if all(abs(y - other) >= 12 or end < left or x > right for left, right, other in boxes):
            boxes.append((x, end, y))
            shown.add(name)
    return shown


def length_charts(lengths: Sequence[Length], languages: Sequence[Language]) -> list[Chart]:
    """Mean tokens of thinking and of the rest, per language, a panel per model that thinks."""
    names, thinks = _names(languages), {row.model_id for row in lengths if row.thinking}
    values = [
        {"model": row.model_id, "language": names.get(row.lang, row.lang), "part": part, "tokens": tokens, "rank": rank}
        for row in lengths
        if row.model_id in thinks and row.tokens is not None
        for rank, (part, tokens) in enumerate(
            (("thinking", row.thinking or 0.0), ("answer", max(0.0, row.tokens - (row.thinking or 0.0))))
        )
    ]
    return [Chart("Mean tokens per answer", _draw("thinking", values))] if values else []


def trend_charts(nights: Sequence[Night]) -> list[Chart]:
    """The mean over languages night by night, a band from lowest to highest, a line where it was made differently.

    Models without an earlier night have no panel.
    """
    charts = []
    for dataset in dict.fromkeys(night.dataset_id for night in nights):
        own = [night for night in nights if night.dataset_id == dataset]
        before = {night.model_id for night in own if night.night < max(n.night for n in own)}
        own = [night for night in own if night.model_id in before]
        if not own:
            continue
        scale = 100.0 if max(night.highest for night in own) <= 1 else 1.0
        values = [
            {"model": n.model_id, "night": n.night.isoformat(), "mean": scale * n.mean, "lowest": scale * n.lowest,
             "highest": scale * n.highest, "changed": n.made_differently}
            for n in own
        ]  # fmt: skip
        charts.append(Chart(f"{dataset}: {own[0].metric}", _draw("trend", values)))
    return charts


def _names(languages: Sequence[Language]) -> dict[str, str]:
    return {language.lang: f"{language.name} ({language.lang})" for language in languages}


def _draw(name: str, values: Values) -> str:
    return _render(_spec(name), values)


def _spec(name: str) -> dict:
    spec = json.loads((CHARTS / f"{name}.vl.json").read_text(encoding="utf-8"))
    spec["config"] = json.loads((CHARTS / "theme.json").read_text(encoding="utf-8"))
    return spec


def _render(spec: dict, values: Values) -> str:
    import vl_convert

    return vl_convert.vegalite_to_svg({**spec, "data": {"values": list(values)}}, vl_version="5.21")
