"""The main job: every model of a run over its data sets and languages, scored and landed."""

import asyncio
import os
from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from flows import environment
from flows.benchmark_model import benchmark_model
from tasks.budget import Spent
from tasks.dispatch import send
from tasks.engines.devices import visible
from tasks.finish import ModelOutcome, Outcome, begin, conclude
from tasks.hearing import hear_all
from tasks.placement import Host
from tasks.preflight import prepare
from tasks.runs import RunRecord, read_run
from tasks.stale import mark_stale, under_way
from tasks.suite import Budget, Model


@flow(name="benchmark", flow_run_name="{run_id}")
async def benchmark(run_id: str, home: str) -> Outcome:
    """Run a started run to its end, or continue it; what is finished already is not asked for again."""
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    prepared = prepare(run.suite, context)
    await mark_stale(Path(home))
    with under_way(Path(home), run, flow_run_id=flow_run.get_id()):
        begin(Path(home), run, prepared)
        models = await _models(Path(home), run)
        heard = await hear_all(run, context) if any(model.landed for model in models) else ()
        return await conclude(Path(home), run, prepared.requests, models, heard)


async def _models(home: Path, run: RunRecord) -> list[ModelOutcome]:
    """Models here as the suite places them, those of pools meanwhile; where a budget is shared each waits its turn."""
    shared = run.suite.budget != Budget()
    away = [model for model in run.suite.models if model.pool and not shared]
    here = [model for model in run.suite.models if model not in away]
    host = Host(here, "sequence" if shared else run.suite.placement, visible(os.environ))

    async def one(model: Model) -> ModelOutcome:
        if model in away:
            return await send(home, run, model, Spent())
        if model.pool is None:
            return await benchmark_model(run.run_id, str(home), model.name, Spent(), host)
        async with host.turn(model):
            outcome = await send(home, run, model, host.spent)
            host.spent = outcome.spent
            return outcome

    return list(await asyncio.gather(*(one(model) for model in run.suite.models)))
