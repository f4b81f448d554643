"""Turns verdicts, labels, calibrations and probes into parts."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from judges.rubric import Rubric
from tasks.calibrate import Calibration, Label, labels_hash
from tasks.judge.records import Verdict
from tasks.plan import Shard
from warehouse.home import Home
from warehouse.parts import completion_uuid, shard_uuid, write_part
from warehouse.schemas import arrow_table, utc


def land_verdicts(
    home: Path, run_id: str, shard: Shard, verdicts: Sequence[Verdict], rubric: Rubric, *,
    judge: str, fingerprint: str, batch: str,
) -> None:  # fmt: skip
    """Write one judge's verdicts on one shard under one rubric; a later batch lies beside it and counts instead."""
    constants = {
        "model_id": shard.model, "lang": shard.lang, "dataset_id": shard.dataset, "judge_model": judge,
        "judge_fingerprint": fingerprint, "rubric": rubric.name, "rubric_version": rubric.header.version,
        "rubric_hash": rubric.sha256,
    }  # fmt: skip
    identity = shard_uuid(run_id, shard.model, shard.lang, shard.dataset)
    rows = [_verdict(run_id, shard, verdict) for verdict in verdicts]
    write_part(Home(home), "verdicts", run_id, identity, arrow_table("verdicts", rows, constants), batch)


def land_calibrations(
    home: Path, run_id: str, found: Sequence[Calibration], labels: Sequence[Label], rubric: Rubric, *,
    judge: str, fingerprint: str,
) -> None:  # fmt: skip
    """Write how a judge did against labels, a row a language."""
    same = {
        "judge_model": judge, "judge_fingerprint": fingerprint, "rubric": rubric.name,
        "rubric_version": rubric.header.version, "rubric_hash": rubric.sha256, "labels_hash": labels_hash(labels),
        "made_at": _now(),
    }  # fmt: skip
    rows = [same | _calibration(each) for each in found]
    write_part(Home(home), "calibrations", run_id, f"{judge}_{rubric.name}", arrow_table("calibrations", rows))


def land_labels(home: Path, run_id: str, labels: Sequence[Label], rubric: Rubric) -> None:
    """Write what people said of answers of a run under one rubric; written again it replaces what was said before."""
    values, now = rubric.header.verdicts, _now()
    rows = [
        {"model_id": label.model, "lang": label.lang, "dataset_id": label.dataset,
         "sample_id": uuid.UUID(label.sample_id), "repeat_ix": label.repeat, "rubric": rubric.name,
         "label": label.label, "value": values[label.label], "source": label.source, "weight": label.weight,
         "rubric_version": rubric.header.version, "labelled_at": now}
        for label in labels
    ]  # fmt: skip
    write_part(Home(home), "labels", run_id, f"labels_{rubric.name}", arrow_table("labels", rows))


def _verdict(run_id: str, shard: Shard, verdict: Verdict) -> dict[str, object]:
    case, other = verdict.case, verdict.case.other
    beside = None
    if other is not None and other.item is not None:
        beside = completion_uuid(run_id, other.model, other.item.sample_id, other.repeat)
    return {
        "completion_id": completion_uuid(run_id, shard.model, case.item.sample_id, case.repeat),
        "sample_id": case.item.sample_id, "repeat_ix": case.repeat, "verdict_key": uuid.UUID(verdict.key[:32]),
        "status": verdict.status, "weight": case.weight, "judged_at": utc(verdict.judged_at) or _now(),
        "other_completion_id": beside, "verdict": verdict.verdict, "value": verdict.value,
        "evidence": json.dumps([{"quote": e.quote, "shows": e.shows} for e in verdict.evidence], ensure_ascii=False),
        "confidence": verdict.confidence, "sent_because": case.because,
        "position_swapped": case.swapped if other is not None else None, "prompt_tokens": verdict.prompt_tokens,
        "completion_tokens": verdict.completion_tokens, "latency_ms": verdict.latency_ms,
        "cost_usd": verdict.cost_usd, "attempts": verdict.attempts, "raw": verdict.raw or None,
        "error": verdict.error or None,
    }  # fmt: skip


def _calibration(found: Calibration) -> dict[str, object]:
    both, judge_only, label_only, neither = found.agreement.table
    row: dict[str, object] = {
        "lang": found.lang, "n": found.agreement.n, "state": found.state, "reason": found.reason or None,
        "true_positives": both, "false_positives": judge_only, "false_negatives": label_only,
        "true_negatives": neither,
    }  # fmt: skip
    for name in ("precision", "recall", "specificity", "kappa", "pabak"):
        estimate = getattr(found.agreement, name)
        row |= {name: estimate.value, f"{name}_lo": estimate.lo, f"{name}_hi": estimate.hi}
    return row


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
