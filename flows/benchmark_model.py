"""One model of a run: started once, asked in all its data sets and languages at the same time."""

from pathlib import Path

from prefect import flow

from flows import environment
from tasks.budget import Spent
from tasks.finish import ModelOutcome, failed_outcome, model_outcome
from tasks.placement import Host, lone_host
from tasks.runs import read_run
from tasks.shard import evaluate_all, serving, shards_of


@flow(name="benchmark model", flow_run_name="{model}", validate_parameters=False)
async def benchmark_model(run_id: str, home: str, model: str, spent: Spent, host: Host | None = None) -> ModelOutcome:
    """Serve one model and evaluate all its shards against it.

    `spent` is what the models before it have cost; `host` says when it may start beside the others of its run.
    """
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    settings = run.model(model)
    host = host or lone_host(settings, context, spent)
    try:
        async with host.serve(settings, context) as served, serving(run, settings, served, context, host.spent) as up:
            landed = await evaluate_all(up, shards_of(run, settings), lambda: host.draining(settings))
            host.spent = up.spending.spent
    except Exception as error:  # one model that cannot be served must not take the others with it
        return failed_outcome(model, host.spent, error)
    return model_outcome(model, landed, up.spending)
