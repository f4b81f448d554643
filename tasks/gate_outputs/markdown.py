"""A gate's report as Markdown, for a CI summary or a pull request."""

from collections.abc import Sequence

from tasks.gate import GateReport, RuleRow
from tasks.gate_outputs.table import HEADER, table
from tasks.gate_outputs.words import headline, sentences, shown

FOLDED = 3
"""Examples that stand open below a failed rule; the rest are folded away."""


def markdown(report: GateReport) -> str:
    """Headline, reasons, a table of every rule, and the items that speak most against those that failed."""
    lines = [f"## {headline(report)}", ""]
    lines += [f"- {_escaped(sentence)}" for sentence in sentences(report)]
    lines += ["", *markdown_table(HEADER, table(report)), ""]
    for row in report.rows:
        if row.verdict == "FAIL":
            lines += _failed(row)
    looks = f", look {report.looks} at {report.look.fraction:.0%} of the planned items" if report.looks > 1 else ""
    lines += [
        f"Error of a false NO-GO and of a false GO at most {report.alpha:.0%} each{looks}. "
        "'p met' is against the rule being broken; 'p broken' is against its being met, Holm-adjusted in its tier.",
        "",
    ]
    return "\n".join(lines)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str | int | float | None]]) -> list[str]:
    """The lines of a Markdown table; None is a dash."""
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return lines + [f"| {' | '.join('-' if c is None else _escaped(str(c)) for c in row)} |" for row in rows]


def _failed(row: RuleRow) -> list[str]:
    where = f" in {row.where}" if row.where else ""
    lines = [f"### {row.rule}{where}", "", _escaped(f"{row.reason}. {row.why}".strip()), "", f"`{row.query}`", ""]
    if not row.examples:
        return lines
    told = [
        (e.item, e.lang, shown(row.quantity, e.value), shown(row.quantity, e.base), e.question, e.answer, e.expected)
        for e in row.examples
    ]
    header = ("item", "language", "value", "baseline", "question", "answer", "expected")
    lines += markdown_table(header, told[:FOLDED])
    if told[FOLDED:]:
        lines += ["", f"<details><summary>{len(told) - FOLDED} more</summary>", ""]
        lines += [*markdown_table(header, told[FOLDED:]), "", "</details>"]
    return [*lines, ""]


def _escaped(text: str) -> str:
    """Text of models must not break a table or become markup."""
    for mark, instead in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|")):
        text = text.replace(mark, instead)
    return " ".join(text.split())
