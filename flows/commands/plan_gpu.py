"""The part of `babelgate plan` about GPUs: what each vLLM model takes of one, from its config.json alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.commands.output import print_table
from tasks.gpu_plan import GIB, Fit, Setting, Shape, Work, fit, gpu, read_shape, seconds, smallest_split
from tasks.suite import Vllm

# Prompts are estimated to ±40 %, so a context is suggested that holds the longest of them with that to spare.
_MARGIN, _ROUND = 1.4, 256


@dataclass(frozen=True, slots=True)
class GpuPlan:
    """One model on one kind of GPU; `seconds` and `usd` are at best and None without work or without a price."""

    model: str
    shape: Shape
    fit: Fit
    split_needed: int | None
    seconds: float | None = None
    usd: float | None = None


def plan_config(path: Path, gpu_name: str, *, context: int | None) -> GpuPlan:
    """A model that is known by its config.json only, as vLLM would serve it by default."""
    shape = read_shape(path)
    setting = Setting(gpu(gpu_name), context=context or shape.positions)
    split = smallest_split(shape, setting)
    found = fit(shape, replace(setting, split=split or 1))
    return GpuPlan(path.parent.name if path.name == "config.json" else path.stem, shape, found, split)


def plan_models(
    models: Sequence[Vllm], works: Mapping[str, Work], folders: Mapping[str, Path], gpu_name: str, price: float | None
) -> list[GpuPlan]:
    """The vLLM models of a suite whose folder is here (`folders`), with the suite's own flags."""
    plans = []
    for model in models:
        if model.name not in folders:
            continue
        shape, work = read_shape(folders[model.name]), works[model.name]
        setting = _setting(model, shape, gpu_name, work)
        found = fit(shape, setting, work.in_flight)
        took = seconds(shape, found, work)
        usd = None if took is None or price is None else took / 3600 * price * setting.split
        plans.append(GpuPlan(model.name, shape, found, smallest_split(shape, setting), took, usd))
    return plans


def _setting(model: Vllm, shape: Shape, gpu_name: str, work: Work) -> Setting:
    needed = math.ceil(work.longest * _MARGIN / _ROUND) * _ROUND
    small = any(word.startswith("fp8") for word in model.args) or "--kv-cache-dtype=fp8" in model.args
    return Setting(
        gpu(gpu_name),
        split=model.tensor_parallel_size,
        utilisation=model.gpu_memory_utilization or 0.9,
        context=model.max_model_len or min(needed, shape.positions),
        quantisation=model.quantization,
        cache_bytes=1 if small else 2,
    )


def print_plans(plans: Sequence[GpuPlan]) -> None:
    """A table, then for each model the flags that a reader can paste, or why it does not fit."""
    print_table(
        ("model", "GPU", "parameters", "weights GiB", "working GiB", "cache GiB", "KV bytes/token", "cache tokens",
         "context", "at once", "longest", "time at best", "cost"),
        [_row(plan) for plan in plans],
    )  # fmt: skip
    for plan in plans:
        print(f"\n{plan.model}:")
        if plan.fit.problem:
            print(f"  does not fit: {plan.fit.problem}")
            needed = plan.split_needed
            more = f"--tensor-parallel-size {needed}" if needed else "no 16 of these GPUs are enough at this precision"
            print(f"  what would: {more}")
        for flag in plan.fit.flags:
            print(f"  {flag}")


def _row(plan: GpuPlan) -> tuple[str | int | float | None, ...]:
    found = plan.fit
    split = found.setting.split
    name = found.setting.gpu.name
    return (
        plan.model, f"{split} x {name}" if split > 1 else name, f"{found.weights.parameters / 1e9:.2f} B",
        round(found.weight_bytes / GIB, 1), round(found.working_bytes / GIB, 1), round(found.cache_memory / GIB, 1),
        found.token_bytes, found.tokens, found.setting.context, f"{found.at_once:.1f}", found.longest,
        None if plan.seconds is None else f"{plan.seconds / 60:.1f} min",
        None if plan.usd is None else f"${plan.usd:.2f}",
    )  # fmt: skip
