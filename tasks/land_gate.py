"""Lands decisions, their rules and tags as parts, and publishes them."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tasks.gate import GateReport, RuleRow
from tasks.gate_outputs.words import sentences
from tasks.gate_read import Reader
from tasks.land import load_and_publish
from tasks.land_selftest import land_selftest
from tasks.schema import hash_uuid
from tasks.selftest.kept import kept_selftest
from warehouse.connect import open_published
from warehouse.home import Home
from warehouse.parts import write_part
from warehouse.schemas import arrow_table


def land_decision(home: Path, report: GateReport, *, decided_by: str = "", override: str = "") -> None:
    """Write a decision with its rules. `decided_by` is the person who decided where the gate did not, and why."""
    now, run = _now(), report.subject.run_id
    identity = hash_uuid(run, report.subject.model, report.policy_hash, now.isoformat(), secrets.token_hex(8))
    row = {
        "decision_id": identity, "policy": report.policy, "policy_hash": report.policy_hash,
        "verdict": report.outcome, "decided_at": now, "model_id": report.subject.model,
        "baseline_run_id": report.baseline.run_id if report.baseline else None,
        "reasons": json.dumps([report.reason, *sentences(report)], ensure_ascii=False),
        "inputs": json.dumps({"baseline_model": report.baseline.model if report.baseline else None,
                              "notes": report.notes, "look": report.looks, "fraction": report.look.fraction}),
        "alpha": report.alpha, "decided_by": decided_by or None, "override_reason": override or None,
    }  # fmt: skip
    rules = [_rule(each) | {"decision_id": identity, "model_id": report.subject.model} for each in report.rows]
    name = f"gate-{now:%Y%m%dT%H%M%S}-{identity.hex[:8]}"
    _write(home, "decisions", run, name, [row])
    _write(home, "rule_results", run, name, rules)
    load_and_publish(home, run)


def land_tag(home: Path, run_id: str, tag: str, models: Sequence[str], *, set_by: str = "", reason: str = "") -> None:
    """Give a run's models a tag; of several settings of one tag and model the newest counts."""
    now = _now()
    rows = [
        {"tag": tag, "model_id": model, "set_at": now, "set_by": set_by or None, "reason": reason or None}
        for model in models
    ]
    _write(home, "tags", run_id, f"{tag}-{now:%Y%m%dT%H%M%S%f}", rows)
    load_and_publish(home, run_id)


def prove(home: Path, run_id: str) -> None:
    """Give a run the self-test of the scorers where it has none, so that no number is trusted unproven."""
    with open_published(home) as connection:
        known = Reader(connection).rows("selftests", {"run": run_id})
    if not known:
        land_selftest(home, run_id, kept_selftest(home))
        load_and_publish(home, run_id)


def _rule(row: RuleRow) -> dict[str, object]:
    def number(value: object) -> float | None:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    # The interval of a difference is stored as that of the value, so that a reader compares like with like.
    shift = number(row.base) if row.difference is not None else 0.0
    between = (row.lo, row.hi) if shift is not None else (None, None)
    lo, hi = (None if end is None else end + (shift or 0.0) for end in between)
    needed = None if row.more_items is None or row.n is None else row.n + row.more_items
    return {
        "rule": row.rule, "tier": row.tier, "quantity": row.quantity, "scope": row.scope, "verdict": row.verdict,
        "lang": row.lang, "dataset_id": row.dataset, "category": row.category, "form": row.form,
        "value": number(row.value), "lo": lo, "hi": hi, "bound": row.bound,
        "margin": number(row.asked) if row.form == "margin" else None, "base_value": number(row.base), "n": row.n,
        "needed_n": needed, "p_value": row.p_meets, "p_adjusted": row.p_adjusted, "reason": row.reason,
        "query": row.query, "examples": json.dumps([asdict(each) for each in row.examples], ensure_ascii=False),
    }  # fmt: skip


def _write(home: Path, kind: str, run_id: str, name: str, rows: Sequence[dict[str, object]]) -> None:
    write_part(Home(home), kind, run_id, name, arrow_table(kind, rows))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
