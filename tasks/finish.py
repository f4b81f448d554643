"""How a run begins and ends: its plan and samples are written first, its status, load and publication last."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.artifacts import acreate_table_artifact

from tasks.budget import Spending, Spent
from tasks.hearing import Heard
from tasks.land import (
    Landed,
    RunStatus,
    land_dimensions,
    land_findings,
    land_plan,
    land_run,
    land_samples,
    load_and_publish,
)
from tasks.land_selftest import failure, land_selftest
from tasks.preflight import Prepared
from tasks.runs import RunRecord
from tasks.selftest.kept import kept_selftest
from warehouse.home import Home
from warehouse.load import load_parts


@dataclass(frozen=True, slots=True)
class ModelOutcome:
    """What became of one model: its landed shards, and a sentence for each thing that went wrong."""

    model: str
    landed: tuple[Landed, ...]
    problems: tuple[str, ...]
    spent: Spent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run."""

    run_id: str
    status: RunStatus
    problems: tuple[str, ...]
    heard: tuple[Heard, ...] = ()


def begin(home: Path, run: RunRecord, prepared: Prepared) -> None:
    """Write what was asked for, before anything is answered: a shard that never comes is then seen missing."""
    land_run(home, run, "running")
    land_plan(home, run, prepared.requested())
    for name, config in prepared.configs.items():
        land_samples(home, run, config, {lang: found for (of, lang), found in prepared.items.items() if of == name})
    land_findings(home, run, prepared.findings)
    land_selftest(home, run.run_id, kept_selftest(home))
    land_dimensions(home, run, {shard.lang for shard in prepared.shards})


def model_outcome(model: str, landed: Sequence[Landed | BaseException], spending: Spending) -> ModelOutcome:
    """The outcome of one model from what its shards returned or raised; the same fault is told once."""
    problems = [f"{model}: {_sentence(error)}" for error in landed if isinstance(error, BaseException)]
    if spending.reached():
        problems.append(f"{model}: the budget is spent ({spending.reached()}); 'babelgate resume' spends it once more")
    kept = tuple(shard for shard in landed if isinstance(shard, Landed))
    return ModelOutcome(model, kept, tuple(dict.fromkeys(problems)), spending.spent)


def failed_outcome(model: str, spent: Spent, error: Exception) -> ModelOutcome:
    """The outcome of a model that could not be served at all."""
    return ModelOutcome(model, (), (f"{model}: {_sentence(error)}",), spent)


@task(name="load and publish", retries=2, retry_delay_seconds=[2, 10])
async def conclude(
    home: Path, run: RunRecord, requested: int, models: Sequence[ModelOutcome], heard: Sequence[Heard] = ()
) -> Outcome:
    """Decide the run's status, load its parts, publish, and leave a table artifact."""
    landed = [shard for model in models for shard in model.landed]
    problems = [problem for model in models for problem in model.problems] + put_aside(home, run.run_id)
    failed, came = sum(s.infra_errors for s in landed), sum(s.landed for s in landed)
    if came and failed / came > run.suite.infra_error_limit:
        problems.append(
            f"{failed} of {came} requests failed for reasons of the infrastructure, above the limit of "
            f"{run.suite.infra_error_limit:.1%}; 'babelgate resume {run.run_id}' tries them again"
        )
    status: RunStatus = "complete" if came == requested and not problems else "partial" if came else "failed"
    # Nor does a judge that failed make a run partial: what it lacks, a gate sees missing.
    problems += [problem for each in heard for problem in each.problems]
    # The answers are complete without proven scorers, and can be scored again; so this is no partial run.
    problems += [sentence] if (sentence := failure(kept_selftest(home))) else []
    land_run(home, run, status, message="; ".join(problems))
    load_and_publish(home, run.run_id)
    rows = [
        {"model": s.shard.model, "dataset": s.shard.dataset, "language": s.shard.lang, "requested": s.requested,
         "landed": s.landed, "infra errors": s.infra_errors}
        for s in landed
    ]  # fmt: skip
    await acreate_table_artifact(key="babelgate-shards", table=rows, description=f"{run.run_id}: {status}")
    return Outcome(run.run_id, status, tuple(problems), tuple(heard))


def put_aside(home: Path, run_id: str) -> list[str]:
    """Load what has landed, and say which parts cannot be read; the journals have what was in them."""
    rejected = load_parts(Home(home), run_id).rejected
    return [
        f"part {one.path.name} was put aside: {one.reason}; 'babelgate resume {run_id}' lands it again"
        for one in rejected
    ]


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
