"""Lands recorded answers as a run, for tests that need its answers and not the flow."""

from pathlib import Path

from tasks.budget import Spent
from tasks.engines import EngineContext, open_engine
from tasks.land import land_dimensions, land_run, land_samples, load_and_publish
from tasks.preflight import prepare
from tasks.runs import RunRecord, start_run
from tasks.shard import evaluate_shard, serving, shards_of
from tasks.suite import load_suite


async def land_run_of(home: Path, suite_file: Path) -> RunRecord:
    """A suite with one model of recorded answers as a landed run, shard by shard and without a Prefect server."""
    home.mkdir(exist_ok=True)
    suite, context = load_suite(str(suite_file)), EngineContext(home=home, data_dir=None, env={})
    prepared = prepare(suite, context)
    run = start_run(home, suite, datasets=prepared.hashes(), data_dir=None)
    for name, config in prepared.configs.items():
        land_samples(home, run, config, {lang: found for (of, lang), found in prepared.items.items() if of == name})
    land_dimensions(home, run, {shard.lang for shard in prepared.shards})
    model = suite.models[0]
    async with open_engine(model, context) as served, serving(run, model, served, context, Spent()) as up:
        for shard in shards_of(run, model):
            await evaluate_shard(up, shard)
    land_run(home, run, "complete")
    load_and_publish(home, run.run_id)
    return run
