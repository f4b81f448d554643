"""Watches nightly series for a lasting decline, with a stated rate of false alarms over all series together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from datasets_cfg.strict_yaml import nearest
from tasks.gate_read import Reader
from tasks.metrics import METRICS
from tasks.schema import UserError
from tasks.stats import Alarm, trend_alarm


@dataclass(frozen=True, slots=True)
class Night:
    """One run's value in a series; `model_changed` says that the model's fingerprint is not the night's before."""

    night: str
    run_id: str
    value: float | None
    items: int
    model_changed: bool


@dataclass(frozen=True, slots=True)
class Series:
    """One model, language, data set and metric, from the last change of the metric's version on."""

    model: str
    lang: str
    dataset: str
    metric: str
    nights: tuple[Night, ...]
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class Watch:
    """How a watch is set: false alarms, what counts as a decline, and which nights are learnt from."""

    nights: int = 1000
    tolerance: float = 0.02
    baseline: int = 10
    design_effect: float = 1.0


def watch(
    reader: Reader, metric: str, *, kind: str = "nightly", model: str | None = None, lang: str | None = None,
    how: Watch = Watch(),
) -> list[Series]:  # fmt: skip
    """Every series of a metric with what its watch found; the false-alarm rate holds over all of them together.

    UserError: a metric that is unknown or no share of items, or no series of it.
    """
    if metric not in METRICS:
        raise UserError(f"unknown metric '{metric}'{nearest(metric, METRICS)}")
    if METRICS[metric].upper != 1 or METRICS[metric].aggregate is not None:
        raise UserError(f"'{metric}' is no mean of values from 0 to 1, which the watch needs")
    rows = [
        row for row in reader.rows("series", {"metric": metric, "kind": kind})
        if model in (None, row[0]) and lang in (None, row[1])
    ]  # fmt: skip
    if not rows:
        raise UserError(f"there is no {kind} series of {metric}; 'babelgate sql trend' shows what there is")
    cells = [(key, _since_version(list(found))) for key, found in groupby(rows, key=lambda row: row[:3])]
    return [_series(key, metric, found, len(cells), how) for key, found in cells]


def _since_version(rows: Sequence[tuple]) -> list[tuple]:
    """The rows that the newest version of the metric made: another version is another series."""
    return [row for row in rows if row[7] == rows[-1][7]]


def _series(key: tuple, metric: str, rows: Sequence[tuple], series: int, how: Watch) -> Series:
    nights = tuple(
        Night(row[3], row[4], row[5], int(row[6]), i > 0 and row[8] != rows[i - 1][8]) for i, row in enumerate(rows)
    )
    alarm = trend_alarm(
        [night.value for night in nights], [night.items for night in nights],
        baseline=how.baseline, tolerance=how.tolerance, nights=how.nights, series=series,
        worse="lower" if METRICS[metric].direction == "higher_better" else "higher", design_effect=how.design_effect,
    )  # fmt: skip
    return Series(key[0], key[1], key[2], metric, nights, alarm)
