"""One shard from items to parts: load, ask, generate, score, land."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from prefect import State, task

from datasets_cfg.config import load_config
from tasks.asking import requests_for, sampling_for
from tasks.budget import Spending, Spent
from tasks.engines import EngineContext, EngineError, Served
from tasks.engines.throttle import Gate
from tasks.generate import Limits, generate
from tasks.journal import Journal, read
from tasks.land import Landed, ScoredShard, land_completions, land_model, land_scores
from tasks.load import load_items
from tasks.plan import Shard, shards
from tasks.prompt import prompt_terms
from tasks.runs import RunRecord
from tasks.schema import UserError
from tasks.score import score_shard
from tasks.suite import Model
from warehouse.home import Home


@dataclass(frozen=True, slots=True)
class Serving:
    """A model that is up: how it is reached, and the limits that all its shards share."""

    run: RunRecord
    model: Model
    served: Served
    context: EngineContext
    gate: Gate
    spending: Spending


def serving(run: RunRecord, model: Model, served: Served, context: EngineContext, spent: Spent) -> Serving:
    """A model with one gate for its endpoint; the gate closes when the run's budget is spent."""
    gate = Gate(model.in_flight or run.suite.in_flight)
    land_model(context.home, run, model, served)
    return Serving(run, model, served, context, gate, Spending(run.suite.budget, gate, spent))


def shards_of(run: RunRecord, model: Model) -> list[Shard]:
    """The shards of one model of a run."""
    configs = {name: load_config(name, run.suite.dataset_roots) for name in run.suite.datasets}
    return [shard for shard in shards(run.suite, configs) if shard.model == model.name]


def journal_path(home: Path, run_id: str, shard: Shard) -> Path:
    """Where a shard's completions are written down one by one."""
    return Home(home).journal / run_id / f"{shard.slug}.jsonl"


async def evaluate_shard(up: Serving, shard: Shard) -> Landed:
    """Evaluate a model on one data set in one language; what the journal holds already is not asked for again."""
    run, home = up.run, up.context.home
    config = load_config(shard.dataset, run.suite.dataset_roots)
    items = await asyncio.to_thread(
        load_items,
        config,
        shard.lang,
        up.context.data_dir,
        run.suite.limit,
        seed=run.suite.seed,
        cache_dir=home / "hub",
    )
    sampling = sampling_for(run.suite, up.model, config)
    asked = requests_for(
        run.suite, config, items,
        fingerprint=up.served.fingerprint, sampling=sampling, data_dir=up.context.data_dir,
    )  # fmt: skip
    path = journal_path(home, run.run_id, shard)
    with Journal(path) as journal:
        known = read(path)
        waiting = [request for request in asked if request.identity not in known]
        limits = Limits(
            up.gate,
            timeout_s=up.model.timeout_s or run.suite.timeout_s,
            retries=run.suite.retries,
            price=up.model.price,
        )
        fresh = await generate(waiting, up.served, sampling, limits, journal, up.spending.add)
    known |= {completion.identity: completion for completion in fresh}
    done = [known[request.identity] for request in asked if request.identity in known]
    terms = {request.item.sample_id: prompt_terms(request.item, request.messages) for request in asked}
    scores = await asyncio.to_thread(score_shard, config, items, done, terms=terms)
    landed = land_completions(home, run, shard, asked, done)
    land_scores(home, run.run_id, shard, ScoredShard(items, done, scores))
    return landed


async def _may_pass(task: object, run: object, state: State) -> bool:
    """A wrong key or a wrong file stays wrong; anything else may be the disk's or the network's passing fault."""
    error = await state.aresult(raise_on_failure=False)
    return not isinstance(error, EngineError | UserError)


@task(
    name="shard",
    task_run_name="{shard.model} · {shard.dataset} · {shard.lang}",
    retries=2,
    retry_delay_seconds=[1, 5],
    retry_condition_fn=_may_pass,
)
async def evaluate(up: Serving, shard: Shard) -> Landed:
    """`evaluate_shard` as Prefect sees it: named, and tried again where trying again can help."""
    return await evaluate_shard(up, shard)
