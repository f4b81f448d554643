"""A gate's report as one JSON document with every number."""

from dataclasses import asdict

from tasks.gate import GateReport
from tasks.gate_outputs.words import headline, sentences


def document(report: GateReport) -> dict[str, object]:
    """Plain dicts, lists and numbers; what is not known is null."""
    return {
        "outcome": report.outcome,
        "headline": headline(report),
        "reasons": sentences(report),
        "run": report.subject.run_id,
        "model": report.subject.model,
        "baseline": asdict(report.baseline) if report.baseline else None,
        "policy": report.policy,
        "policy_hash": report.policy_hash,
        "alpha": report.alpha,
        "look": report.looks,
        "fraction": report.look.fraction,
        "needed_items": report.needed,
        "rules": [asdict(row) for row in report.rows],
    }
