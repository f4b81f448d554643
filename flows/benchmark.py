"""The main job: every model of a run over its data sets and languages, scored and landed."""

import asyncio
from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from flows import environment
from flows.benchmark_model import benchmark_model
from tasks.budget import Spent
from tasks.dispatch import send
from tasks.finish import ModelOutcome, Outcome, begin, conclude
from tasks.hearing import hear_all
from tasks.preflight import prepare
from tasks.runs import RunRecord, read_run
from tasks.stale import mark_stale, under_way
from tasks.suite import Budget


@flow(name="benchmark", flow_run_name="{run_id}")
async def benchmark(run_id: str, home: str) -> Outcome:
    """Run a started run to its end, or continue it; what is finished already is not asked for again."""
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    prepared = prepare(run.suite, context)
    with under_way(Path(home), run, flow_run_id=flow_run.get_id()):
        await mark_stale(Path(home))
        begin(Path(home), run, prepared)
        models = await _models(Path(home), run)
        heard = await hear_all(run, context) if any(model.landed for model in models) else ()
        return await conclude(Path(home), run, prepared.requests, models, heard)


async def _models(home: Path, run: RunRecord) -> list[ModelOutcome]:
    """Models here one after another, those of pools meanwhile; where a budget is shared each waits for the last."""
    away = [model for model in run.suite.models if model.pool and run.suite.budget == Budget()]
    sent = asyncio.gather(*(send(home, run, model, Spent()) for model in away))
    done: list[ModelOutcome] = []
    for model in (each for each in run.suite.models if each not in away):
        spent = done[-1].spent if done else Spent()
        here = model.pool is None
        done.append(await (benchmark_model(run.run_id, str(home), model.name, spent) if here else
                           send(home, run, model, spent)))  # fmt: skip
    return [*done, *await sent]
