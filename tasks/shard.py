"""One shard from items to parts: load, ask, generate, score, land."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prefect import State, task
from prefect.cache_policies import NO_CACHE

from datasets_cfg.config import DatasetConfig, load_config
from tasks.asking import requests_for, sampling_for, sending_order
from tasks.budget import Spending, Spent
from tasks.engines import EngineContext, EngineError, Served
from tasks.engines.adapt import HIGHEST, Pace, watching
from tasks.engines.calls import Asker
from tasks.engines.client import open_client
from tasks.engines.throttle import Gate, Once
from tasks.generate import Limits, generate_each
from tasks.journal import Journal, JournalError, read
from tasks.land import Landed, ScoredShard, land_completions, land_model, land_scores
from tasks.land_experts import land_experts
from tasks.load import load_items
from tasks.observe import observed
from tasks.plan import Shard, item_limit, shards
from tasks.progress import journal_path
from tasks.prompt import prompt_terms
from tasks.runs import RunRecord
from tasks.schema import Completion, Endpoint, Identity, Item, Request, UserError
from tasks.score import score_shard
from tasks.suite import Model, Sampling

# One shard whose requests are being sent, one that stands ready, one that is loaded.
_SHARDS_AT_HAND = 3


@dataclass(frozen=True, slots=True)
class Serving:
    """A model that is up: how it is asked, and the limits that all its shards share.

    `order` ranks the shards: who is earlier is served first, so that shards end one after the other and are scored
    while the server works on the next ones. `at_hand` bounds how many hold their items and requests in memory.
    """

    run: RunRecord
    model: Model
    served: Served
    asker: Asker
    context: EngineContext
    gate: Gate
    pace: Pace
    spending: Spending
    order: Mapping[Shard, int]
    at_hand: asyncio.Semaphore


@asynccontextmanager
async def serving(
    run: RunRecord, model: Model, served: Served, context: EngineContext, spent: Spent
) -> AsyncIterator[Serving]:
    """A model with one client and one gate for its endpoint; the gate closes when the run's budget is spent."""
    gate = Gate(run.suite.places(model))
    found = model.in_flight is None and run.suite.in_flight == "auto"
    pace = Pace(gate, moves=found)
    land_model(context.home, run, model, served)
    order = {shard: rank for rank, shard in enumerate(shards_of(run, model))}
    async with AsyncExitStack() as stack:
        asker = await stack.enter_async_context(
            open_client(
                served, model.transport,
                timeout_s=model.timeout_s or run.suite.timeout_s, connections=HIGHEST if found else gate.limit,
            )
        )  # fmt: skip
        if found and isinstance(served, Endpoint):
            await stack.enter_async_context(watching(pace, served.base_url))
        spending = Spending(run.suite.budget, gate, spent)
        at_hand = asyncio.Semaphore(_SHARDS_AT_HAND)
        yield Serving(run, model, served, asker, context, gate, pace, spending, order, at_hand)


def shards_of(run: RunRecord, model: Model) -> list[Shard]:
    """The shards of one model of a run."""
    configs = {name: load_config(name, run.suite.dataset_roots) for name in run.suite.datasets}
    return [shard for shard in shards(run.suite, configs) if shard.model == model.name]


async def evaluate_shard(up: Serving, shard: Shard) -> Landed:
    """Evaluate a model on one data set in one language; what the journal holds already is not asked for again."""
    run, home = up.run, up.context.home
    config = load_config(shard.dataset, run.suite.dataset_roots)
    sampling = sampling_for(run.suite, up.model, config)
    await up.at_hand.acquire()
    hand_on = Once(up.at_hand.release)
    try:
        items, asked = await asyncio.to_thread(_to_ask, up, config, shard, sampling)
        path = journal_path(home, run.run_id, shard)
        with Journal(path) as journal:
            known = await asyncio.to_thread(read, path)
            waiting = sending_order(request for request in asked if request.identity not in known)
            failed = await _ask(up, shard, _then(waiting, hand_on), sampling, journal)
    finally:
        hand_on()
    known = await asyncio.to_thread(read, path) | failed
    done = [known[request.identity] for request in asked if request.identity in known]
    return await asyncio.to_thread(_land, up, shard, config, items, asked, done)


def _to_ask(up: Serving, config: DatasetConfig, shard: Shard, sampling: Sampling) -> tuple[list[Item], list[Request]]:
    """The items of a shard, and a request for each of them and repeat."""
    suite, context = up.run.suite, up.context
    cache = context.home / "hub"
    items = load_items(config, shard.lang, context.data_dir, item_limit(suite, shard), seed=suite.seed, cache_dir=cache)
    fingerprint = up.served.fingerprint
    return items, requests_for(
        suite, config, items, fingerprint=fingerprint, sampling=sampling, data_dir=context.data_dir
    )


def _then(requests: Iterable[Request], after: Once) -> Iterator[Request]:
    """The requests, and word to `after` once the last has been drawn."""
    yield from requests
    after()


async def _ask(
    up: Serving, shard: Shard, requests: Iterable[Request], sampling: Sampling, journal: Journal
) -> dict[Identity, Completion]:
    """Have the requests answered into the journal; only what failed is returned, for the journal forgets it."""
    limits = Limits(
        up.gate,
        timeout_s=up.model.timeout_s or up.run.suite.timeout_s,
        retries=up.run.suite.retries,
        price=up.model.price,
        rank=up.order[shard],
        pace=up.pace,
    )
    failed: dict[Identity, Completion] = {}

    def on_done(_: int, completion: Completion) -> None:
        up.spending.add(completion)
        if completion.status == "infra_error":
            failed[completion.identity] = completion

    await generate_each(requests, up.asker, sampling, limits, journal, on_done)
    return failed


def _land(
    up: Serving, shard: Shard, config: DatasetConfig,
    items: list[Item], asked: list[Request], done: list[Completion],
) -> Landed:  # fmt: skip
    """Score a shard and write its parts."""
    terms = {request.item.sample_id: prompt_terms(request.item, request.messages) for request in asked}
    scores = score_shard(config, items, done, terms=terms)
    landed = land_completions(up.context.home, up.run, shard, asked, done)
    land_scores(up.context.home, up.run.run_id, shard, ScoredShard(items, done, scores))
    land_experts(up.context.home, up.run.run_id, shard, done)
    return landed


async def evaluate_all(
    up: Serving, shards: Sequence[Shard], nearly_done: Callable[[], None]
) -> list[Landed | BaseException]:
    """Evaluate all shards of a model; `nearly_done` is called when no more than one is left."""
    left = set(shards)

    async def one(shard: Shard) -> Landed:
        try:
            return await evaluate(up, shard)
        finally:
            left.discard(shard)
            if len(left) <= 1:
                nearly_done()

    if len(left) <= 1:
        nearly_done()
    return await asyncio.gather(*(one(shard) for shard in shards), return_exceptions=True)


async def _may_pass(task: object, run: object, state: State) -> bool:
    """A wrong key or file stays wrong, a full disk full, and what it could not keep would be paid for again."""
    error = await state.aresult(raise_on_failure=False)
    return not isinstance(error, EngineError | JournalError | UserError)


@task(
    name="shard",
    task_run_name="{shard.model} · {shard.dataset} · {shard.lang}",
    retries=2,
    retry_delay_seconds=[1, 5],
    retry_condition_fn=_may_pass,
    cache_policy=NO_CACHE,
)
async def evaluate(up: Serving, shard: Shard) -> Landed:
    """`evaluate_shard` as Prefect sees it: named, and tried again where trying again can help."""
    with observed(up.context.home, up.run.run_id, shard):
        return await evaluate_shard(up, shard)
