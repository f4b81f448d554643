"""One model of a run: started once, asked in all its data sets and languages at the same time."""

import asyncio
from pathlib import Path

from prefect import flow

from flows import environment
from tasks.engines import open_engine
from tasks.finish import ModelOutcome, model_outcome
from tasks.runs import read_run
from tasks.shard import Serving, evaluate, shards_of


@flow(name="benchmark model", flow_run_name="{model}")
async def benchmark_model(run_id: str, home: str, model: str) -> ModelOutcome:
    """Serve one model and evaluate all its shards against it."""
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    settings = run.model(model)
    try:
        async with open_engine(settings, context) as engine:
            serving = Serving.of(run, settings, engine, context)
            shards = shards_of(run, settings)
            landed = await asyncio.gather(*(evaluate(serving, shard) for shard in shards), return_exceptions=True)
    except Exception as error:  # one model that cannot be served must not take the others with it
        return model_outcome(model, [], error)
    return model_outcome(model, landed)
