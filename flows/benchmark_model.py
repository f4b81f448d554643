"""One model of a run: started once, asked in all its data sets and languages at the same time."""

import asyncio
from pathlib import Path

from prefect import flow

from flows import environment
from tasks.budget import Spent
from tasks.engines import open_engine
from tasks.finish import ModelOutcome, failed_outcome, model_outcome
from tasks.runs import read_run
from tasks.shard import evaluate, serving, shards_of


@flow(name="benchmark model", flow_run_name="{model}")
async def benchmark_model(run_id: str, home: str, model: str, spent: Spent) -> ModelOutcome:
    """Serve one model and evaluate all its shards against it; `spent` is what the models before it have cost."""
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    settings = run.model(model)
    try:
        async with open_engine(settings, context) as served, serving(run, settings, served, context, spent) as up:
            landed = await asyncio.gather(*(evaluate(up, s) for s in shards_of(run, settings)), return_exceptions=True)
    except Exception as error:  # one model that cannot be served must not take the others with it
        return failed_outcome(model, spent, error)
    return model_outcome(model, landed, up.spending)
