"""What the statistics hand back: an estimate with its interval, and a test of it against a bound."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

Side = Literal["at_least", "at_most"]
Values = ArrayLike | Sequence[float | None]
"""A column of numbers; None and NaN are missing."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its standard error and its two-sided interval at `level`; all None, with a reason, where there is none.

    `n` counts the observations used, `clusters` the independent units (the smaller of two for two-way clustering),
    `df` the degrees of freedom of Student's t, None for the normal. Unit: that of the data.
    """

    value: float | None
    se: float | None
    lo: float | None
    hi: float | None
    n: int
    method: str
    level: float = 0.95
    clusters: int | None = None
    df: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BoundTest:
    """Both one-sided tests of "the quantity is at least (at most) the bound".

    `p_meets` is the p-value against the null "the bound is broken": small means that it is shown to be met.
    `p_breaks` is the p-value against the null "the bound is met": small means that it is shown to be broken.
    Neither small is the third verdict, inconclusive. Both are None, with a reason, where nothing can be said.
    """

    value: float | None
    bound: float
    side: Side
    p_meets: float | None
    p_breaks: float | None
    lo: float | None
    hi: float | None
    n: int
    method: str
    reason: str = ""


def no_estimate(reason: str, method: str, *, n: int = 0, level: float = 0.95) -> Estimate:
    """An estimate that is missing, and why."""
    return Estimate(None, None, None, None, n, method, level, reason=reason)


def no_test(reason: str, bound: float, side: Side, method: str, *, value: float | None = None, n: int = 0) -> BoundTest:
    """A test that could not be made, and why."""
    return BoundTest(value, bound, side, None, None, None, None, n, method, reason)


def check_level(level: float) -> None:
    """Raise ValueError unless the level is a confidence level such as 0.95."""
    if not 0 < level < 1 or math.isnan(level):
        raise ValueError(f"a confidence level lies between 0 and 1, got {level}")
