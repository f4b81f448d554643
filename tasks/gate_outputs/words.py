"""A gate's report in words that need no statistics: what was shown, what was not, and what would help."""

from collections.abc import Callable, Sequence

from tasks.gate import GateReport, Number, RuleRow
from tasks.quantities import QUANTITIES

HEADLINES = {
    "GO": "may ship: every critical rule is shown to be met",
    "NO-GO": "must not ship: at least one critical rule is shown to be broken",
    "INCONCLUSIVE": "cannot be cleared: what would justify shipping was not shown",
}
NO_BASELINE = ("no baseline was named", "no run carries the tag")
PLACES = 12
"""Places that one sentence names."""


def headline(report: GateReport) -> str:
    """The outcome in one sentence."""
    beside = report.baseline
    against = f", compared with {beside.model} of run {beside.run_id}" if beside else ""
    return (
        f"{report.outcome}: {report.subject.model} (run {report.subject.run_id}) {HEADLINES[report.outcome]} "
        f"under policy '{report.policy}'{against}."
    )


def sentences(report: GateReport) -> list[str]:
    """The reasons, gravest first: what blocks, what is broken, what is missing, what is undecided."""
    found = [f"{note[:1].upper()}{note[1:]}: no GO is possible." for note in report.notes]
    found += _uncompared(report.rows)
    for tell in (_broken, _blocked, _missing, _too_few, _undecided):
        for rule in dict.fromkeys(row.rule for row in report.rows):
            found += tell([row for row in report.rows if row.rule == rule])
    found += [f"{remark}." for remark in report.remarks]
    passed = sum(row.verdict == "PASS" for row in report.rows)
    found.append(f"{passed} of {len(report.rows)} checks are shown to be met.")
    if report.needed:
        wanted = ", ".join(f"{lang} {n:,}" for lang, n in sorted(report.needed.items()))
        found.append(f"More items would probably decide what is open, about so many: {wanted}.")
    return found


def shown(quantity: str, value: Number) -> str:
    """A value in its unit, as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    unit = QUANTITIES[quantity].unit
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:.3g}" if unit != "ms" else f"{value:.0f} ms"


def asked(row: RuleRow) -> str:
    """What a rule asks for."""
    value = shown(row.quantity, row.asked)
    match row.form:
        case "at_least":
            return f"at least {value}"
        case "at_most":
            return f"at most {value}"
        case "margin":
            return f"at most {value.replace(' %', ' points')} worse than the baseline"
        case "one_of":
            return f"one of {value}"
        case _:
            return value


def measured(row: RuleRow) -> str:
    """What was measured, beside the baseline where there is one."""
    value = shown(row.quantity, row.value)
    return f"{value} against {shown(row.quantity, row.base)}" if row.base is not None else value


def _places(rows: Sequence[RuleRow], tell: Callable[[RuleRow], str]) -> str:
    told = [" ".join(part for part in (row.where, tell(row)) if part) for row in rows[:PLACES]]
    rest = f" and {len(rows) - PLACES} more" if len(rows) > PLACES else ""
    return ", ".join(told) + rest


def _name(row: RuleRow) -> str:
    tier = "" if row.tier == "critical" else f" ({row.tier})"
    return f"'{row.rule}'{tier}"


def _because(row: RuleRow) -> str:
    return f": {row.why}" if row.why else ""


def _broken(rows: Sequence[RuleRow]) -> list[str]:
    rows = [row for row in rows if row.verdict == "FAIL"]
    if not rows:
        return []
    return [f"{_name(rows[0])} is broken, {_places(rows, _of)} where {asked(rows[0])} is asked{_because(rows[0])}."]


def _of(row: RuleRow) -> str:
    return f"has {measured(row)}"


def _blocked(rows: Sequence[RuleRow]) -> list[str]:
    rows = [row for row in rows if row.verdict == "INCONCLUSIVE" and "may not be used" in row.reason]
    if not rows:
        return []
    reasons = dict.fromkeys(row.reason.partition("may not be used: ")[2] for row in rows)
    return [f"{_name(rows[0])} has numbers that may not be used: {'; '.join(reasons)}."]


def _uncompared(rows: Sequence[RuleRow]) -> list[str]:
    """All rules that only lack a baseline, in one sentence a reason."""
    reasons = dict.fromkeys(row.reason.partition(": ")[2] for row in rows if _lacks_baseline(row))
    names = dict.fromkeys(_name(row) for row in rows if _lacks_baseline(row))
    return [f"Nothing was compared, so {', '.join(names)} cannot be judged: {reason}." for reason in reasons]


def _lacks_baseline(row: RuleRow) -> bool:
    return row.verdict == "MISSING" and any(sign in row.reason for sign in NO_BASELINE)


def _missing(rows: Sequence[RuleRow]) -> list[str]:
    rows = [row for row in rows if row.verdict == "MISSING" and not _lacks_baseline(row)]
    if not rows:
        return []
    where = _places([row for row in rows if row.where], lambda row: "")
    reasons = dict.fromkeys(row.reason.partition(": ")[2] for row in rows)
    return [f"{_name(rows[0])} has no number{f' in {where}' if where else ''}: {'; '.join(reasons)}."]


def _too_few(rows: Sequence[RuleRow]) -> list[str]:
    rows = [row for row in rows if row.verdict == "INCONCLUSIVE" and row.reason.startswith("only ")]
    if not rows:
        return []
    least = rows[0].reason.split(" of ")[1].split()[0]
    return [f"{_name(rows[0])} rests on too few items, fewer than {least}: {_places(rows, lambda row: str(row.n))}."]


def _undecided(rows: Sequence[RuleRow]) -> list[str]:
    rows = [row for row in rows if row.verdict == "INCONCLUSIVE"
            and not row.reason.startswith("only ") and "may not be used" not in row.reason]  # fmt: skip
    if not rows:
        return []

    def tell(row: RuleRow) -> str:
        more = f" (about {row.more_items:,} more items)" if row.more_items else ""
        if not more and "so near its bound" in row.reason:
            more = " (too near to be told apart by more items)"
        return f"has {measured(row)}{more}"

    return [
        f"{_name(rows[0])} is neither shown to be met nor to be broken, {_places(rows, tell)} "
        f"where {asked(rows[0])} is asked."
    ]
