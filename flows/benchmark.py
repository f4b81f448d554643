"""The main job: every model of a run over its data sets and languages, scored and landed."""

from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from flows import environment
from flows.benchmark_model import benchmark_model
from tasks.budget import Spent
from tasks.finish import ModelOutcome, Outcome, begin, conclude
from tasks.preflight import prepare
from tasks.runs import read_run
from tasks.stale import mark_stale, under_way


@flow(name="benchmark", flow_run_name="{run_id}")
async def benchmark(run_id: str, home: str) -> Outcome:
    """Run a started run to its end, or continue it; what is finished already is not asked for again."""
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    prepared = prepare(run.suite, context)
    with under_way(Path(home), run, flow_run_id=flow_run.get_id()):
        await mark_stale(Path(home))
        begin(Path(home), run, prepared)
        models: list[ModelOutcome] = []
        for model in run.suite.models:
            models.append(await benchmark_model(run_id, home, model.name, models[-1].spent if models else Spent()))
        return await conclude(Path(home), run, prepared.requests, models)
