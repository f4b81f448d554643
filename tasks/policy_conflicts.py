"""Finds two rules of a policy that cannot both be met, or that ask the same thing twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule as far as it can contradict another; None in the last three means all."""

    name: str
    quantity: str
    tier: str
    scope: str
    group: str | None
    form: str
    value: float | tuple[str, ...]
    languages: tuple[str, ...] | None
    datasets: tuple[str, ...] | None
    categories: tuple[str, ...] | None


def conflict(rules: Sequence[Asked]) -> str | None:
    """The first contradiction or repetition as a sentence, None where there is none."""
    for one, other in combinations(rules, 2):
        if one.quantity != other.quantity or not _same_cells(one, other):
            continue
        if why := _impossible(one, other):
            return f"rules '{one.name}' and '{other.name}' contradict each other: {why}"
        if _same_question(one, other):
            return f"rules '{one.name}' and '{other.name}' ask the same twice; keep the stricter one"
    return None


def _same_cells(one: Asked, other: Asked) -> bool:
    """Whether some number falls under both rules."""
    narrowed = ((one.languages, other.languages), (one.datasets, other.datasets), (one.categories, other.categories))
    return _level(one) == _level(other) and all(a is None or b is None or set(a) & set(b) for a, b in narrowed)


def _level(rule: Asked) -> tuple[str, str | None]:
    """The worst language is one of the languages: both rules judge the same numbers."""
    return ("language", None) if rule.scope in ("each_language", "worst_language") else (rule.scope, rule.group)


def _impossible(one: Asked, other: Asked) -> str | None:
    bounds = {one.form: one.value, other.form: other.value}
    low, high = bounds.get("at_least"), bounds.get("at_most")
    if isinstance(low, float) and isinstance(high, float) and low > high:
        return f"{one.quantity} cannot be at least {low:g} and at most {high:g}"
    if isinstance(one.value, tuple) and isinstance(other.value, tuple) and not set(one.value) & set(other.value):
        return f"no {one.quantity} is in both lists"
    if one.form == other.form == "is_true" and one.value != other.value:
        return f"{one.quantity} cannot be both true and false"
    return None


def _same_question(one: Asked, other: Asked) -> bool:
    """The same form over exactly the same cells in one tier: of two bounds one is idle."""
    same = (one.tier, one.form, one.scope) == (other.tier, other.form, other.scope)
    return same and all(
        (a is None and b is None) or (a is not None and b is not None and set(a) == set(b))
        for a, b in (
            (one.languages, other.languages),
            (one.datasets, other.datasets),
            (one.categories, other.categories),
        )
    )
