"""Counts a model's parameters from its shape, and what they weigh in GPU memory."""

from dataclasses import dataclass

from tasks.gpu_plan.shape import Experts, Latent, Shape

# What a quantised weight brings along: a scale of 2 or 4 bytes for each group of 64 to 128 weights.
_SCALES = {"": 0.0, "fp8": 4 / (128 * 128), "gptq": 2.5 / 128, "awq": 2.5 / 128, "mxfp4": 1 / 32}


@dataclass(frozen=True, slots=True)
class Weights:
    """Parameters of a model and their bytes; `active` are those that one token passes through."""

    parameters: int
    active: int
    bytes: int


def weights(shape: Shape, quantisation: str | None = None) -> Weights:
    """Parameters and bytes. Embeddings and norms stay in 2 bytes when the linear layers are quantised.

    `quantisation` names what the server does on loading (fp8, bitsandbytes), over what the configuration says.
    """
    embedding = shape.vocab * shape.hidden
    outside = embedding * (1 if shape.tied else 2)
    norms = shape.layers * 2 * shape.hidden * (2 if shape.model_type.startswith("gemma2") else 1) + shape.hidden
    attention = shape.layers * _attention(shape)
    linear, active = _linear(shape)
    name, size = shape.quantised, shape.weight_bytes
    if quantisation:
        name, size = quantisation, 0.5 if quantisation in ("awq", "gptq", "bitsandbytes", "mxfp4") else 1.0
    plain = 2.0 if name else size
    total = (attention + linear) * (size + _SCALES.get(name, 0.0)) + (outside + norms) * plain
    return Weights(attention + linear + outside + norms, attention + active + outside + norms, round(total))


def _attention(shape: Shape) -> int:
    """The projections of one layer: query, key, value and output, or their low-rank forms."""
    if shape.latent:
        return _latent_attention(shape, shape.latent)
    query, kept = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    bias = query + 2 * kept if shape.attention_bias else 0
    return shape.hidden * (query + 2 * kept) + query * shape.hidden + bias


def _latent_attention(shape: Shape, latent: Latent) -> int:
    per_head = latent.nope + latent.rotary
    if latent.query_rank:
        query = shape.hidden * latent.query_rank + latent.query_rank * (1 + shape.heads * per_head)
    else:
        query = shape.hidden * shape.heads * per_head
    down = shape.hidden * (latent.kv_rank + latent.rotary) + latent.kv_rank
    up = latent.kv_rank * shape.heads * (latent.nope + latent.value)
    return query + down + up + shape.heads * latent.value * shape.hidden


def _linear(shape: Shape) -> tuple[int, int]:
    """Parameters of all feed-forward layers, and those that one token uses."""
    parts = 3 if shape.gated else 2
    dense = parts * shape.hidden * shape.inner
    if shape.experts is None:
        return shape.layers * dense, shape.layers * dense
    return _mixture(shape, shape.experts, dense, parts)


def _mixture(shape: Shape, experts: Experts, dense: int, parts: int) -> tuple[int, int]:
    one, router = parts * shape.hidden * experts.inner, shape.hidden * experts.routed
    mixed = shape.layers - experts.dense_layers
    every = experts.dense_layers * dense + mixed * ((experts.routed + experts.shared) * one + router)
    used = experts.dense_layers * dense + mixed * ((experts.active + experts.shared) * one + router)
    return every, used
