"""Reads from a config.json what decides a model's memory: layers, heads, attention windows, experts, formats."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.schema import UserError

_BYTES = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0, "float8_e4m3fn": 1.0, "float8_e5m2": 1.0}
# Bits of a weight by the quantisation's name in `quantization_config`; scales come on top (see weights.py).
_QUANTISED_BITS = {"fp8": 8, "gptq": 4, "awq": 4, "mxfp4": 4, "compressed-tensors": 8, "bitsandbytes": 4, "modelopt": 8}
# Other names for the same number: GPT-2's, Falcon's, Mixtral's, DBRX's.
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_HEADS = ("num_attention_heads", "n_head", "n_heads")
_KV_HEADS = ("num_key_value_heads", "num_kv_heads", "n_head_kv", "kv_n_heads")
_HIDDEN = ("hidden_size", "n_embd", "d_model")
_INNER = ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size")
_POSITIONS = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len")
_EXPERTS = ("n_routed_experts", "num_experts", "num_local_experts")
_UNGATED = frozenset({"gpt2", "opt", "falcon", "gpt_neox", "phi", "bloom", "starcoder2"})


@dataclass(frozen=True, slots=True)
class Latent:
    """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): what is compressed, and to how many dimensions."""

    kv_rank: int
    rotary: int
    query_rank: int | None
    nope: int
    value: int


@dataclass(frozen=True, slots=True)
class Experts:
    """A mixture of experts: `dense_layers` come first without one."""

    routed: int
    shared: int
    active: int
    inner: int
    dense_layers: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model's configuration decides its memory. `windows`: per layer a sliding window, None for all of it.

    A layer with window 0 keeps no KV cache that grows with the text (linear attention, state spaces).
    """

    model_type: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int
    vocab: int
    positions: int
    tied: bool
    gated: bool
    attention_bias: bool
    windows: tuple[int | None, ...]
    weight_bytes: float
    quantised: str
    latent: Latent | None = None
    experts: Experts | None = None


def read_shape(path: Path) -> Shape:
    """The shape of a model from its config.json (or the folder that holds it).

    UserError: there is none, it is no JSON, or it lacks what every transformer has.
    """
    file = path / "config.json" if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{file} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise UserError(f"{file} is not a model's configuration")
    return shape_of(data, str(file))


def shape_of(data: Mapping[str, object], where: str = "config.json") -> Shape:
    """The shape that a configuration describes; of a model that also sees or hears, the language part."""
    text = data.get("text_config")
    found = _Config({**data, **text} if isinstance(text, Mapping) else data, where)
    layers, heads, hidden = found.number(_LAYERS), found.number(_HEADS), found.number(_HIDDEN)
    quantised, size = _weights(found)
    model_type = found.text("model_type")
    return Shape(
        model_type=model_type,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=_kv_heads(found, heads),
        head_dim=found.number(("head_dim",), hidden // heads),
        inner=found.number(_INNER, 4 * hidden),
        vocab=found.number(("vocab_size",)),
        positions=found.number(_POSITIONS, 2048),
        tied=found.flag("tie_word_embeddings", default=model_type.startswith("gemma") or model_type == "gpt2"),
        gated=model_type not in _UNGATED,
        attention_bias=found.flag("attention_bias", default=model_type.startswith("qwen2")),
        windows=_windows(found, layers),
        weight_bytes=size,
        quantised=quantised,
        latent=_latent(found),
        experts=_experts(found),
    )


class _Config:
    """A configuration asked for by type; what is there in another type is a UserError."""

    def __init__(self, data: Mapping[str, object], where: str) -> None:
        self.data, self.where = data, where

    def number(self, names: tuple[str, ...], default: int | None = None) -> int:
        found = self.maybe(names)
        if found is None and default is None:
            raise UserError(f"{self.where} lacks '{names[0]}': no transformer's configuration")
        return found if found is not None else default or 0

    def maybe(self, names: tuple[str, ...]) -> int | None:
        for name in names:
            value = self.data.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            if isinstance(value, list) and value and all(isinstance(one, int) for one in value):
                return max(value)
        return None

    def text(self, name: str) -> str:
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.data.get(name)
        return value if isinstance(value, bool) else default


def _kv_heads(found: _Config, heads: int) -> int:
    if found.flag("multi_query") and not found.flag("new_decoder_architecture"):
        return 1
    return found.maybe(_KV_HEADS) or heads


def _windows(found: _Config, layers: int) -> tuple[int | None, ...]:
    """Per layer what it may look back at; a configuration that lists its layers' types is believed first."""
    window, kind = found.maybe(("sliding_window", "attention_chunk_size")), found.text("model_type")
    types = found.data.get("layer_types")
    if isinstance(types, list) and len(types) == layers:
        return tuple(_of_type(str(one), window) for one in types)
    if window is None or (found.data.get("use_sliding_window") is False):
        return (None,) * layers
    pattern = found.maybe(("sliding_window_pattern", "_sliding_window_pattern"))
    if pattern is None and kind.startswith("gemma"):
        pattern = 2 if kind.startswith("gemma2") else 6
    if kind.startswith("qwen2"):
        first = found.number(("max_window_layers",), layers)
        return tuple(window if index >= first else None for index in range(layers))
    if pattern is None:
        return (window,) * layers
    return tuple(None if (index + 1) % pattern == 0 else window for index in range(layers))


def _of_type(kind: str, window: int | None) -> int | None:
    if kind in ("sliding_attention", "chunked_attention"):
        return window
    return 0 if "linear" in kind or "mamba" in kind else None


def _latent(found: _Config) -> Latent | None:
    rank = found.maybe(("kv_lora_rank",))
    if rank is None:
        return None
    return Latent(
        kv_rank=rank,
        rotary=found.number(("qk_rope_head_dim",)),
        query_rank=found.maybe(("q_lora_rank",)),
        nope=found.number(("qk_nope_head_dim",)),
        value=found.number(("v_head_dim",)),
    )


def _experts(found: _Config) -> Experts | None:
    routed = found.maybe(_EXPERTS)
    if not routed or routed < 2:
        return None
    inner = found.number(("moe_intermediate_size",), found.number(_INNER))
    shared = found.number(("n_shared_experts",), 0)
    if shared_inner := found.maybe(("shared_expert_intermediate_size",)):
        shared = round(shared_inner / inner)
    active = found.number(("num_experts_per_tok", "experts_per_token"), 1)
    return Experts(routed, shared, active, inner, found.number(("first_k_dense_replace",), 0))


def _weights(found: _Config) -> tuple[str, float]:
    """The quantisation's name, empty without one, and the bytes of one weight of a linear layer."""
    plain = found.text("dtype") or found.text("torch_dtype") or "bfloat16"
    size = _BYTES.get(plain.removeprefix("torch."), 2.0)
    settings = found.data.get("quantization_config")
    if not isinstance(settings, Mapping):
        return "", size
    method = str(settings.get("quant_method", ""))
    bits = settings.get("bits") or _QUANTISED_BITS.get(method)
    return method, float(bits) / 8 if isinstance(bits, int) else size
