"""How a night begins and ends: one that was cut off is continued, and what it came to is gathered for who is told."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from datasets_cfg.config import ConfigError
from tasks.engines import EngineContext
from tasks.finish import Outcome
from tasks.gate_read import Reader
from tasks.news import News, Verdict
from tasks.policy import load_policy
from tasks.preflight import prepare
from tasks.runs import RunRecord, read_run, record_path, run_ids, start_run
from tasks.schema import UserError
from tasks.suite import Suite, load_suite
from warehouse.connect import open_published
from warehouse.home import NAME, Home, WarehouseError
from warehouse.parts import read_part

CONTINUED_WITHIN = timedelta(hours=20)
"""A night that was cut off longer ago is left alone: the next one asks afresh."""


def tonight(suite: Suite, policy: str, context: EngineContext) -> RunRecord:
    """Start a nightly run, or continue the last one of the same suite and data sets if its night is not over.

    UserError or ConfigError: what `prepare` finds, or what is wrong with the policy: before anything is paid for.
    """
    load_policy(policy)
    hashes = prepare(suite, context).hashes()
    mine = [run_id for run_id in run_ids(context.home) if run_id.startswith(f"{suite.name}-")]
    for run in (read_run(context.home, run_id) for run_id in reversed(mine)):
        if run.kind == "nightly" and run.suite == suite and run.datasets == hashes:
            if _unfinished(context.home, run):
                return run
            break
    return start_run(context.home, suite, datasets=hashes, data_dir=context.data_dir, kind="nightly")


def end(home: Path, run: RunRecord) -> None:
    """Note that a night is over: decided, reported and told. A complete run whose night is not is decided first."""
    _ended(home, run).touch()


def _ended(home: Path, run: RunRecord) -> Path:
    return record_path(home, run.run_id).with_name("night-over")


def _unfinished(home: Path, run: RunRecord) -> bool:
    if datetime.now(UTC) - datetime.fromisoformat(run.started_at) > CONTINUED_WITHIN:
        return False
    if not _ended(home, run).exists():
        return True
    try:
        _, table = read_part(Home(home).part("runs", run.run_id, "run"))
    except (FileNotFoundError, WarehouseError):
        return True
    return table.column("status")[0].as_py() != "complete"


def night(home: Path, run: RunRecord, outcome: Outcome, report: Path) -> News:
    """What a night came to that ran to its end: the gate's decisions, and what of the infrastructure failed."""
    rows = _decided(home, run.run_id)
    verdicts = tuple(Verdict(model, said, tuple(json.loads(reasons or "[]"))) for model, said, reasons, _ in rows)
    trouble = () if outcome.status == "complete" else outcome.problems or (f"the run is {outcome.status}",)
    return News(
        run.suite.name, run.run_id, _now(), verdicts, trouble, compared_with(home, run.run_id) or "", str(report)
    )


def compared_with(home: Path, run_id: str) -> str | None:
    """The run that the gate held a run against; None where it had none."""
    return next((base for *_, base in _decided(home, run_id) if base), None)


def failed_night(home: Path, suite: str, problem: str) -> News:
    """What is told of a night that did not come to its end."""
    name = _suite_name(suite)
    last = next((run_id for run_id in reversed(run_ids(home)) if run_id.startswith(f"{name}-")), "")
    return News(name, last, _now(), trouble=(problem,))


def load_chosen(suite: str, limit: int | None) -> Suite:
    """A suite by name or path, with its number of items a language replaced where one is given."""
    chosen = load_suite(suite)
    return chosen if limit is None else chosen.model_copy(update={"limit": limit, "limits": ()})


def _decided(home: Path, run_id: str) -> list[tuple]:
    with open_published(home) as connection:
        return Reader(connection).rows("decided", {"run": run_id})


def _suite_name(suite: str) -> str:
    """The suite's name, also where its YAML is what is wrong."""
    try:
        return load_suite(suite).name
    except (UserError, ConfigError, OSError):
        stem = Path(suite).stem
        return stem if NAME.fullmatch(stem) else "suite"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
