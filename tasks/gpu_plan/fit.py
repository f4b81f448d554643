"""Whether a model fits a GPU, with how much context and how many requests at once, and the flags that make it fit."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tasks.gpu_plan.cache import Cache, fitting, layer_bytes, longest, token_bytes
from tasks.gpu_plan.gpus import GIB, Gpu
from tasks.gpu_plan.shape import Shape
from tasks.gpu_plan.weights import Weights, weights

# Measured on vLLM 0.24: CUDA graphs, what CUDA and NCCL take beside the framework, and allocator waste.
_FIXED = 1 * GIB
# vLLM's defaults for a server: (GPU memory from which they hold, tokens a step, sequences).
_STEPS = ((70 * GIB, 8192, 1024), (0, 2048, 256))
# vLLM's MLA prefill: tokens of the cache that are unpacked at once, and its block.
_UNPACKED_AT_MOST, _LATENT_BLOCK = 64 * 1024, 64
# Shares of the data sheet that a server reaches, and what a step takes apart from the GPU's own work.
_BANDWIDTH_SHARE, _ARITHMETIC_SHARE, _STEP_S = 0.7, 0.5, 0.006


@dataclass(frozen=True, slots=True)
class Setting:
    """How a model is to be served. `split` is the tensor-parallel size, `context` the longest request in tokens."""

    gpu: Gpu
    split: int = 1
    utilisation: float = 0.9
    context: int = 0
    quantisation: str | None = None
    cache_bytes: int = 2


@dataclass(frozen=True, slots=True)
class Fit:
    """What a setting comes to on each GPU, in bytes and tokens. `problem` is why it cannot be served, else empty."""

    setting: Setting
    weights: Weights
    weight_bytes: int
    working_bytes: int
    cache_memory: int
    layer_bytes: int
    token_bytes: int
    tokens: int
    at_once: float
    longest: int
    flags: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Work:
    """What a suite asks of a model: tokens given and made, requests, how many at once, the longest of them."""

    requests: int
    input_tokens: int
    output_tokens: int
    in_flight: int
    longest: int


def defaults(gpu: Gpu) -> tuple[int, int]:
    """(tokens a step, sequences at once) that vLLM's server takes on such a GPU."""
    return next((tokens, seqs) for memory, tokens, seqs in _STEPS if gpu.memory >= memory)


def working_memory(shape: Shape, gpu: Gpu, split: int = 1, context: int = 8192) -> int:
    """Bytes beside weights and cache: the larger of one full step's activations and its sampling, and fixed costs.

    Latent attention also unpacks a stretch of the cache into keys and values of every head while it reads prompts.
    """
    tokens, seqs = defaults(gpu)
    inner = math.ceil(shape.inner / split)
    step = tokens * 2 * (4 * shape.hidden + 3 * inner)
    if shape.experts:
        wide = max(2 * math.ceil(shape.experts.inner / split), shape.hidden)
        step = max(step, tokens * 2 * (4 * shape.hidden + shape.experts.active * (wide + shape.experts.inner)))
    # Logits in 2 bytes, and in 4 bytes twice: as they are, and sorted or turned into probabilities.
    sampling = seqs * shape.vocab * 10
    unpacked = 0
    if shape.latent:
        stretch = min(max(8 * context, 4 * seqs * _LATENT_BLOCK), _UNPACKED_AT_MOST)
        unpacked = stretch * math.ceil(shape.heads / split) * (shape.latent.nope + shape.latent.value) * 2
    return _FIXED + max(step, sampling) + unpacked


def fit(shape: Shape, setting: Setting, in_flight: int = 0) -> Fit:
    """What a setting comes to; with `in_flight`, flags that let so many requests run at once are suggested."""
    weight = weights(shape, setting.quantisation)
    cache = Cache(setting.cache_bytes, step_tokens=defaults(setting.gpu)[0])
    context = min(setting.context or shape.positions, shape.positions)
    mine = math.ceil(weight.bytes / setting.split)
    working = working_memory(shape, setting.gpu, setting.split, context)
    memory = int(setting.gpu.memory * setting.utilisation) - mine - working
    tokens, at_once = fitting(shape, cache, memory, context, setting.split)
    most = longest(shape, cache, memory, setting.split)
    found = Fit(
        setting=replace(setting, context=context), weights=weight, weight_bytes=mine, working_bytes=working,
        cache_memory=max(0, memory), layer_bytes=layer_bytes(shape, cache, setting.split),
        token_bytes=token_bytes(shape, cache, setting.split), tokens=tokens, at_once=at_once, longest=most, flags=(),
        problem=_problem(shape, setting, mine, memory, context, most),
    )  # fmt: skip
    return replace(found, flags=tuple(_flags(shape, found, in_flight)))


def smallest_split(shape: Shape, setting: Setting) -> int | None:
    """The smallest tensor-parallel size with which the context fits: a power of two that divides the heads."""
    for split in (1, 2, 4, 8, 16):
        if shape.heads % split == 0 and not fit(shape, replace(setting, split=split)).problem:
            return split
    return None


def seconds(shape: Shape, found: Fit, work: Work) -> float | None:
    """The least time a suite can take on this setting, by bandwidth and arithmetic; None where it cannot be served."""
    if found.problem or not work.requests:
        return None
    setting = found.setting
    batch = max(1.0, min(work.in_flight, found.at_once, work.requests, defaults(setting.gpu)[1]))
    flops = setting.gpu.tflops * 1e12 * _ARITHMETIC_SHARE * setting.split
    bandwidth = setting.gpu.bandwidth * 1e12 * _BANDWIDTH_SHARE
    given = work.input_tokens * 2 * found.weights.active / flops
    share = min(1.0, batch * found.weights.active / found.weights.parameters)
    mean = (work.input_tokens + work.output_tokens / 2) / work.requests
    read = found.weight_bytes * share + batch * mean * found.token_bytes
    step = max(read / bandwidth, batch * 2 * found.weights.active / flops) + _STEP_S
    return given + work.output_tokens / batch * step


def _problem(shape: Shape, setting: Setting, mine: int, memory: int, context: int, most: int) -> str:
    if shape.heads % setting.split:
        return f"{shape.heads} heads cannot be shared out over {setting.split} GPUs"
    if memory <= 0:
        room = setting.gpu.memory * setting.utilisation / GIB
        return f"weights of {mine / GIB:.1f} GiB and working memory leave nothing of {room:.1f} GiB for the cache"
    if most < context:
        return f"a request of {context} tokens does not fit; the longest that does has {most}"
    return ""


def _flags(shape: Shape, found: Fit, in_flight: int) -> Iterator[str]:
    """Flags of `vllm serve` that a reader can paste; those that only repeat a default are left out."""
    setting = found.setting
    yield f"--gpu-memory-utilization {setting.utilisation:g}"
    if setting.context < shape.positions:
        yield f"--max-model-len {setting.context}"
    if setting.split > 1:
        yield f"--tensor-parallel-size {setting.split}"
    if setting.quantisation:
        yield f"--quantization {setting.quantisation}"
    if setting.cache_bytes == 1:
        yield "--kv-cache-dtype fp8"
    elif found.problem or found.at_once < in_flight:
        yield "--kv-cache-dtype fp8   # about twice the tokens in the cache; check the quality in every language"
    if in_flight > defaults(setting.gpu)[1]:
        yield f"--max-num-seqs {in_flight}"
    if shape.experts and setting.split > 1:
        yield "--enable-expert-parallel"
