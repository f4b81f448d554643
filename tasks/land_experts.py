"""Writes how often each expert of a mixture was used in one shard, summed over its completions."""

from collections.abc import Sequence
from pathlib import Path

from tasks.engines.experts import add_up
from tasks.plan import Shard
from tasks.schema import Completion
from warehouse.home import Home
from warehouse.parts import write_part
from warehouse.schemas import arrow_table


def land_experts(home: Path, run_id: str, shard: Shard, completions: Sequence[Completion]) -> None:
    """One row for each layer and expert that was used; no part where no server said which experts it used."""
    said = [completion.experts for completion in completions if completion.experts]
    counts = add_up(said)
    if counts is None:
        return
    layers, experts = counts.nonzero()
    rows = [
        {"model_id": shard.model, "lang": shard.lang, "dataset_id": shard.dataset, "answers": len(said),
         "layer": int(layer), "expert": int(expert), "tokens": int(counts[layer, expert])}
        for layer, expert in zip(layers, experts, strict=True)
    ]  # fmt: skip
    write_part(Home(home), "expert_loads", run_id, f"experts_{shard.slug}", arrow_table("expert_loads", rows))
