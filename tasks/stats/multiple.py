"""Many tests at once: Holm's adjustment over a family."""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjusted p-values: max over j <= i of (m - j + 1) p_(j), at most 1, in the order given.

    Rejecting where the adjusted value is at most α keeps the chance of any false rejection at α whatever the
    dependence between the tests. A missing p-value stays None but counts in m: what could not be tested must not make
    the other tests easier. Source: Holm 1979, Scand. J. Statist. 6:65-70.
    """
    tested = [(p, place) for place, p in enumerate(p_values) if p is not None and p == p]
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(sorted(tested)):
        if not 0 <= p <= 1:
            raise ValueError(f"a p-value lies between 0 and 1, got {p}")
        highest = max(highest, min(1.0, (len(p_values) - rank) * p))
        adjusted[place] = highest
    return adjusted
