"""What is sent for the items of a shard: messages, sampling, seeds, and the keys that completions are found by."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets_cfg.config import DatasetConfig
from tasks.plan import estimate_tokens
from tasks.preflight import Prepared
from tasks.prompt import completion_key, exemplars, render
from tasks.schema import Item, Request
from tasks.suite import Model, Sampling, Suite


def sampling_for(suite: Suite, model: Model, config: DatasetConfig) -> Sampling:
    """The model's own sampling, else the suite's; what both leave open is the data set's.

    A model that thinks is sent no stop sequences but its own: they would cut the thinking.
    """
    chosen = model.sampling or suite.sampling
    stop = chosen.stop or (() if model.thinks else config.generation.stop)
    return chosen.model_copy(update={"max_tokens": chosen.max_tokens or config.generation.max_tokens, "stop": stop})


def requests_for(
    suite: Suite, config: DatasetConfig, items: Sequence[Item], *,
    fingerprint: str, sampling: Sampling, data_dir: Path | None,
) -> list[Request]:  # fmt: skip
    """One request for each item and repeat; repeats differ by their seed."""
    if not items:
        return []
    shots = config.shots if suite.shots is None else suite.shots
    shown = exemplars(config, items[0].lang, data_dir, shots)
    made = []
    for item in items:
        messages = render(config, item, shown)
        for repeat in range(suite.repeats):
            seed = suite.seed + repeat
            key = completion_key(fingerprint, messages, sampling, seed, repeat)
            made.append(Request(item, messages, repeat, seed, key))
    return made


def sending_order(requests: Iterable[Request]) -> list[Request]:
    """Requests of a shard as a server with a prefix cache likes them: repeats and questions on one passage together.

    The longest come first, so that the last ones, which run while the server empties, are short.
    """
    sizes = [(request.item.context or request.item.item_id, sum(len(m.content) for m in request.messages), request)
             for request in requests]  # fmt: skip
    longest: dict[str, int] = {}
    for prefix, size, _ in sizes:
        longest[prefix] = max(size, longest.get(prefix, 0))
    sizes.sort(key=lambda each: (-longest[each[0]], each[0], -each[1]))
    return [request for _, _, request in sizes]


def prompt_sizes(prepared: Prepared, model: Model, data_dir: Path | None) -> list[tuple[int, int]]:
    """Estimated input tokens and the output limit of every request of a model."""
    sizes = []
    for shard in prepared.shards:
        if shard.model == model.name:
            config = prepared.configs[shard.dataset]
            sampling = sampling_for(prepared.suite, model, config)
            asked = requests_for(
                prepared.suite, config, prepared.items[shard.dataset, shard.lang],
                fingerprint="", sampling=sampling, data_dir=data_dir,
            )  # fmt: skip
            sizes += [(estimate_tokens(request.messages), sampling.max_tokens or 0) for request in asked]
    return sizes
