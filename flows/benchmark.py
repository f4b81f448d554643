"""The main job: every model of a run over its data sets and languages, scored and landed."""

from pathlib import Path

from prefect import flow

from flows.benchmark_model import benchmark_model
from tasks.finish import Outcome, begin, conclude
from tasks.runs import read_run


@flow(name="benchmark", flow_run_name="{run_id}")
async def benchmark(run_id: str, home: str) -> Outcome:
    """Run a started run to its end, or continue it; what is finished already is not asked for again."""
    run = read_run(Path(home), run_id)
    begin(Path(home), run)
    shards = [await benchmark_model(run_id, home, model.name) for model in run.suite.models]
    return await conclude(Path(home), run, shards)
