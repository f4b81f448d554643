"""The planner: parameters, cache bytes and tokens of well-known shapes, as literal numbers; flags and refusals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import main
from tasks.gpu_plan import (
    GIB,
    Cache,
    Setting,
    Work,
    fit,
    fitting,
    gpu,
    layer_bytes,
    longest,
    read_shape,
    request_blocks,
    seconds,
    shape_of,
    smallest_split,
    token_bytes,
    weights,
)
from tasks.schema import UserError

CONFIGS = Path(__file__).parent / "data" / "configs"

# Parameters as the models' makers publish them (to the parameter where the checkpoints can be counted), KV cache bytes
# of a token in one layer and in all, and the tokens that 10 GiB hold for requests of 8,192.
SHAPES = [
    # name, parameters, active, layer bytes, token bytes, tokens in 10 GiB
    ("qwen2.5-7b", 7_615_616_512, 7_615_616_512, 2 * 4 * 128 * 2, 57_344, 187_232),
    ("llama-3-8b", 8_030_261_248, 8_030_261_248, 2 * 8 * 128 * 2, 131_072, 81_920),
    ("gemma-2-9b", 9_241_705_984, 9_241_705_984, 2 * 8 * 256 * 2, 344_064, 31_169),
    ("deepseek-v2-lite", 15_706_484_224, 2_661_150_208, (512 + 64) * 2, 31_104, 345_152),
    ("deepseek-v2", 235_741_434_880, 21_375_800_320, (512 + 64) * 2, 69_120, 155_328),
    ("deepseek-v3", 671_026_404_352, 37_552_282_624, (512 + 64) * 2, 70_272, 152_768),
]


@pytest.mark.parametrize(("name", "parameters", "active", "layer", "token", "tokens"), SHAPES)
def test_known_shapes(name: str, parameters: int, active: int, layer: int, token: int, tokens: int) -> None:
    shape = read_shape(CONFIGS / f"{name}.json")
    counted = weights(shape)
    assert (counted.parameters, counted.active) == (parameters, active)
    assert layer_bytes(shape, Cache()) == layer
    assert token_bytes(shape, Cache()) == token
    assert fitting(shape, Cache(), 10 * GIB, 8192)[0] == tokens
    # An FP8 cache holds twice as much.
    assert token_bytes(shape, Cache(number_bytes=1)) == token // 2
    assert fitting(shape, Cache(number_bytes=1), 10 * GIB, 8192)[0] == pytest.approx(2 * tokens, rel=0.002)


def test_weights_of_an_fp8_checkpoint_are_a_byte_each() -> None:
    v3 = weights(read_shape(CONFIGS / "deepseek-v3.json"))
    assert v3.bytes / v3.parameters == pytest.approx(1.003, abs=0.001)  # embeddings and norms stay in two
    qwen = read_shape(CONFIGS / "qwen2.5-7b.json")
    assert weights(qwen).bytes == 2 * 7_615_616_512
    assert weights(qwen, "fp8").bytes == pytest.approx(8.71e9, rel=0.001)
    assert weights(qwen, "awq").bytes == pytest.approx(5.57e9, rel=0.01)


BASE = {
    "model_type": "llama", "hidden_size": 1024, "num_hidden_layers": 6, "num_attention_heads": 16, "vocab_size": 1000,
    "max_position_embeddings": 4096,
}  # fmt: skip
HEADS = [
    ({}, 16, (None,) * 6),  # multi-head attention: no key says how many KV heads
    ({"num_key_value_heads": 4}, 4, (None,) * 6),
    ({"num_key_value_heads": 1}, 1, (None,) * 6),
    ({"model_type": "falcon", "multi_query": True, "num_kv_heads": 71}, 1, (None,) * 6),
    ({"sliding_window": 128}, 16, (128,) * 6),
    ({"sliding_window": 128, "use_sliding_window": False}, 16, (None,) * 6),
    ({"model_type": "qwen2", "sliding_window": 8, "max_window_layers": 4}, 16, (None, None, None, None, 8, 8)),
    ({"model_type": "gemma2", "sliding_window": 8}, 16, (8, None, 8, None, 8, None)),
    ({"model_type": "gemma3_text", "sliding_window": 8}, 16, (8, 8, 8, 8, 8, None)),
    ({"model_type": "cohere2", "sliding_window": 8, "sliding_window_pattern": 3}, 16, (8, 8, None, 8, 8, None)),
    (
        {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention", "linear_attention"] * 2},
        16,
        (8, None, 0, 8, None, 0),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("more", "kv_heads", "windows"), HEADS)
def test_heads_and_windows(more: dict[str, object], kv_heads: int, windows: tuple[int | None, ...]) -> None:
    shape = shape_of(BASE | more)
    assert (shape.kv_heads, shape.windows) == (kv_heads, windows)


def test_the_language_part_of_a_model_that_sees() -> None:
    assert shape_of({"model_type": "llava", "text_config": BASE}).layers == 6


# Blocks of 16 tokens of one request, worked out by hand: (layers that share a block, blocks).
BLOCKS = [
    ({}, 1000, (6, 63)),  # ceil(1000 / 16)
    ({"model_type": "gemma2", "sliding_window": 128}, 1000, (3, 63 + 18 + 1)),  # 127 + 150 tokens, one block more
    ({"model_type": "gemma2", "sliding_window": 128}, 100, (3, 7 + 7 + 1)),
    ({"model_type": "gemma3_text", "sliding_window": 128}, 1000, (1, 63 + 5 * 19)),
    ({"layer_types": ["linear_attention"] * 6}, 1000, (1, 0)),
]


@pytest.mark.parametrize(("more", "tokens", "blocks"), BLOCKS)
def test_blocks_of_a_request(more: dict[str, object], tokens: int, blocks: tuple[int, int]) -> None:
    assert request_blocks(shape_of(BASE | more), Cache(step_tokens=150), tokens) == blocks


def test_tensor_parallel_shares_kv_heads_but_not_the_latent() -> None:
    qwen, v3 = (read_shape(CONFIGS / f"{name}.json") for name in ("qwen2.5-7b", "deepseek-v3"))
    assert [layer_bytes(qwen, Cache(), split) for split in (1, 2, 4, 8)] == [2048, 1024, 512, 512]
    assert [layer_bytes(v3, Cache(), split) for split in (1, 8)] == [1152, 1152]


def test_the_longest_context_is_the_last_that_fits() -> None:
    llama = read_shape(CONFIGS / "llama-3-8b.json")
    memory = 300 * 1 << 20  # 150 blocks of 16 tokens × 128 KiB
    assert longest(llama, Cache(), memory) == 2400
    assert fitting(llama, Cache(), memory, 2400)[1] == 1.0
    assert fitting(llama, Cache(), memory, 2401)[1] < 1


FITS = [
    # config, GPU, context, needs so many GPUs, part of the problem on one
    ("qwen2.5-7b", "L4", 8192, 1, ""),
    ("qwen2.5-7b", "T4", 8192, 2, "leave nothing of 13.5 GiB"),
    ("gemma-2-9b", "L4", 8192, 2, "the longest that does has 4416"),
    ("deepseek-v2-lite", "H100", 163840, 1, ""),
    ("deepseek-v3", "H200", 8192, 8, "leave nothing"),
    ("deepseek-v3", "L4", 8192, None, "leave nothing"),
]


@pytest.mark.parametrize(("name", "card", "context", "needed", "problem"), FITS)
def test_what_fits_where(name: str, card: str, context: int, needed: int | None, problem: str) -> None:
    shape, setting = read_shape(CONFIGS / f"{name}.json"), Setting(gpu(card), context=context)
    assert smallest_split(shape, setting) == needed
    assert problem in (said := fit(shape, setting).problem) and bool(said) == bool(problem)


def test_flags_are_those_that_the_setting_needs() -> None:
    qwen = read_shape(CONFIGS / "qwen2.5-7b.json")
    setting = Setting(gpu("L40S"), context=4096)
    assert fit(qwen, setting, 8).flags == ("--gpu-memory-utilization 0.9", "--max-model-len 4096")
    wide = fit(qwen, replace(setting, split=2, cache_bytes=1, utilisation=0.8), 512)
    assert wide.flags == (
        "--gpu-memory-utilization 0.8", "--max-model-len 4096", "--tensor-parallel-size 2", "--kv-cache-dtype fp8",
        "--max-num-seqs 512",
    )  # fmt: skip


def test_time_at_best_is_near_what_a_server_reached() -> None:
    # vLLM 0.24 on one H200, 200 tokens in, 128 out, 256 in flight: 78 requests a second.
    qwen = read_shape(CONFIGS / "qwen2.5-7b.json")
    found = fit(qwen, Setting(gpu("H200"), context=4096))
    took = seconds(qwen, found, Work(2000, 2000 * 200, 2000 * 128, 256, 328))
    assert took is not None and 2000 / took == pytest.approx(78, rel=0.25)
    assert seconds(qwen, fit(qwen, Setting(gpu("T4"))), Work(1, 1, 1, 1, 2)) is None


REFUSED = [
    ("{}", "lacks 'num_hidden_layers'"),
    ("[]", "is not a model's configuration"),
    ("{", "is not JSON"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_no_configuration(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_shape(tmp_path)


@pytest.mark.parametrize(("name", "memory"), [("h100", 81559 << 20), ("48", 48 << 30)])
def test_gpus_by_name_or_memory(name: str, memory: int) -> None:
    assert gpu(name).memory == memory


def test_an_unknown_gpu_names_the_nearest() -> None:
    with pytest.raises(UserError, match="unknown GPU 'H20'; did you mean 'H200'?"):
        gpu("H20")


def test_plan_prints_a_suites_models_on_a_gpu(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "qwen"
    folder.mkdir()
    (folder / "config.json").write_text((CONFIGS / "qwen2.5-7b.json").read_text())
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        f"name: x\nmodels: [{{name: q, engine: vllm, model: {folder}}}, {{name: far, engine: vllm, model: a/b}}]\n"
        "datasets: [babel_math]\nlanguages: [en, th]\nlimit: 3\n"
    )
    assert main(["plan", str(suite), "--gpu", "L4", "--gpu-price", "0.8"]) == 0
    out = capsys.readouterr().out
    assert "7.62 B" in out and "57344" in out and "--max-model-len" in out
    assert "note: far: no config.json under 'a/b'" in out
    assert main(["plan", str(folder / "config.json"), "--gpu", "T4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["split_needed"] == 2
    assert main(["plan", str(folder / "config.json")]) == 64
