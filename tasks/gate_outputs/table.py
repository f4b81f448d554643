"""A gate's report as rows of a terminal table."""

from tasks.gate import GateReport, RuleRow
from tasks.gate_outputs.words import asked, shown

HEADER = ("verdict", "tier", "rule", "where", "value", "baseline", "95 % interval", "asked", "n", "p met", "p broken",
          "more items")  # fmt: skip
ORDER = ("FAIL", "MISSING", "INCONCLUSIVE", "PASS")
Cell = str | int | None


def table(report: GateReport) -> list[tuple[Cell, ...]]:
    """One row a rule and place under HEADER, the worst verdicts first; p-values as text."""
    rows = sorted(report.rows, key=lambda row: ORDER.index(row.verdict))
    return [_row(row) for row in rows]


def interval(row: RuleRow) -> str | None:
    """The interval of what was tested; of a difference with its sign."""
    if row.lo is None or row.hi is None:
        return None
    if row.difference is None:
        return f"{shown(row.quantity, row.lo)} to {shown(row.quantity, row.hi)}"
    scale, unit = (100, " pt") if shown(row.quantity, row.lo).endswith("%") else (1, "")
    return f"{scale * row.lo:+.1f} to {scale * row.hi:+.1f}{unit}"


def p_value(p: float | None) -> str | None:
    """A p-value as it is read: never 0."""
    return None if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def _row(row: RuleRow) -> tuple[Cell, ...]:
    value = None if row.value is None else shown(row.quantity, row.value)
    base = None if row.base is None else shown(row.quantity, row.base)
    return (
        row.verdict, row.tier, row.rule, row.where or "everywhere", value, base, interval(row), asked(row), row.n,
        p_value(row.p_meets), p_value(row.p_adjusted), row.more_items,
    )  # fmt: skip
