"""KV cache of a model: bytes for each token and layer, for a whole request, and how many tokens fit into memory."""

import math
from dataclasses import dataclass

from tasks.gpu_plan.shape import Shape

# Tokens a block: vLLM's default, and what its latent attention kernels on Hopper want.
_BLOCK, _LATENT_BLOCK = 16, 64


@dataclass(frozen=True, slots=True)
class Cache:
    """How a server keeps keys and values: bytes a number, tokens a block, tokens that one step may take in.

    `step_tokens` matters for sliding windows: while a prompt is read, a window and the step's tokens are held.
    """

    number_bytes: int = 2
    block: int = _BLOCK
    step_tokens: int = 8192


def layer_bytes(shape: Shape, cache: Cache, split: int = 1) -> int:
    """Bytes that one token takes in one layer on one of `split` GPUs (tensor parallel).

    2 × KV heads × head size × bytes for MHA, GQA and MQA; (latent rank + rotary part) × bytes for MLA, which is kept
    once, not per head, and so whole on every GPU. KV heads are shared out over the GPUs but never cut.
    """
    if shape.latent:
        return (shape.latent.kv_rank + shape.latent.rotary) * cache.number_bytes
    return 2 * max(1, shape.kv_heads // split) * shape.head_dim * cache.number_bytes


def token_bytes(shape: Shape, cache: Cache, split: int = 1) -> int:
    """Bytes that a token takes in all layers while it lies within every window: the figure that papers quote."""
    return sum(layer_bytes(shape, cache, split) for window in shape.windows if window != 0)


def request_blocks(shape: Shape, cache: Cache, tokens: int) -> tuple[int, int]:
    """(layers that share a block, blocks that one request of so many tokens holds at most).

    As vLLM groups them: layers of one kind fill groups of equal size, each group has blocks of its own, and a group
    with a sliding window holds no more than the window and one step's tokens, plus one block for where it begins.
    """
    block = _LATENT_BLOCK if shape.latent and cache.block == _BLOCK else cache.block
    kinds: dict[int | None, int] = {}
    for window in shape.windows:
        if window != 0:
            kinds[window] = kinds.get(window, 0) + 1
    if not kinds:
        return 1, 0
    size = min(kinds.values())
    if max(kinds.values()) < 1.5 * size:
        size = max(kinds.values())
    blocks = 0
    for window, layers in kinds.items():
        held = tokens if window is None else min(window - 1 + cache.step_tokens, tokens)
        extra = 0 if window is None else 1
        blocks += math.ceil(layers / size) * (math.ceil(held / block) + extra)
    return size, blocks


def fitting(shape: Shape, cache: Cache, memory: int, context: int, split: int = 1) -> tuple[int, float]:
    """(tokens, requests at once) of `context` tokens each that fit into so many bytes.

    Tokens are what vLLM prints as "GPU KV cache size": requests at once × context. A model whose layers keep no
    growing cache has no limit from it: (0, inf).
    """
    size, blocks = request_blocks(shape, cache, context)
    if blocks == 0:
        return 0, math.inf
    block = _LATENT_BLOCK if shape.latent and cache.block == _BLOCK else cache.block
    there = max(0, memory) // (size * block * layer_bytes(shape, cache, split))
    return int(there / blocks * context), there / blocks


def longest(shape: Shape, cache: Cache, memory: int, split: int = 1) -> int:
    """The longest single request that fits, in tokens, at most what the model was made for."""
    low, high = 0, shape.positions
    while low < high:
        middle = (low + high + 1) // 2
        if fitting(shape, cache, memory, middle, split)[1] >= 1:
            low = middle
        else:
            high = middle - 1
    return low
