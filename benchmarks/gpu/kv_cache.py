"""Compares the planner with vLLM on a GPU: starts each shape with dummy weights and reads the cache that vLLM prints.

python benchmarks/gpu/kv_cache.py --gpu H200 [--python PYTHON_WITH_VLLM] [--only qwen2.5-7b …]

Two lines of a comparison: with the memory that vLLM itself found for the cache (the formulas alone), and with the
planner's own estimate of that memory (all of it). DeepSeek-V2 and V3 are cut to the layers whose weights fit.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tasks.gpu_plan import GIB, Cache, Setting, fit, fitting, gpu, shape_of  # noqa: E402

CONFIGS = ROOT / "tests" / "data" / "configs"
# Shape → layers kept; V3 without its FP8 so that no kernels have to be compiled for it.
SHAPES = {
    "qwen2.5-7b": None,
    "llama-3-8b": None,
    "gemma-2-9b": None,
    "deepseek-v2-lite": None,
    "deepseek-v2": 6,
    "deepseek-v3": 5,
}
CONTEXT = 8192
# What `vllm serve` takes by default on a GPU of 70 GiB or more.
STEP_TOKENS, SEQUENCES = 8192, 1024
SERVE = """
import json, sys
from vllm import LLM
LLM(**json.loads(sys.argv[1]))
"""
_TOKENS = re.compile(r"KV cache size: ([\d,]+) tokens")
_MEMORY = re.compile(r"Available KV cache memory: ([\d.]+) GiB")
_WEIGHTS = re.compile(r"[Mm]odel loading took ([\d.]+) ?Gi?B")


def configuration(name: str) -> dict[str, object]:
    """A shape's config.json, cut to its layers."""
    config = json.loads((CONFIGS / f"{name}.json").read_text())
    config.pop("quantization_config", None)
    if layers := SHAPES[name]:
        config["num_hidden_layers"] = layers
    return config


def printed(name: str, python: str, utilisation: float, eager: bool) -> tuple[int, float, float]:
    """(tokens, GiB for the cache, GiB of weights) as vLLM says them."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(configuration(name)))
        settings = {
            "model": folder, "load_format": "dummy", "skip_tokenizer_init": True, "max_model_len": CONTEXT,
            "gpu_memory_utilization": utilisation, "max_num_batched_tokens": STEP_TOKENS, "max_num_seqs": SEQUENCES,
            "enforce_eager": eager, "trust_remote_code": False,
        }  # fmt: skip
        done = subprocess.run(
            [python, "-c", SERVE, json.dumps(settings)], capture_output=True, text=True, check=False, timeout=400
        )
    said = done.stdout + done.stderr
    found = [pattern.search(said) for pattern in (_TOKENS, _MEMORY, _WEIGHTS)]
    if found[0] is None or found[1] is None:
        raise SystemExit(f"{name}: vLLM said no cache size; its last lines:\n" + "\n".join(said.splitlines()[-25:]))
    weights = float(found[2][1]) if found[2] else float("nan")
    return int(found[0][1].replace(",", "")), float(found[1][1]), weights


def compare(name: str, arguments: argparse.Namespace) -> str:
    """One row: vLLM's figures, the planner's from vLLM's memory, the planner's own."""
    began = time.monotonic()
    tokens, memory, weights = printed(name, arguments.python, arguments.utilisation, arguments.eager)
    shape = shape_of(configuration(name))
    if shape.quantised:
        shape = replace(shape, quantised="", weight_bytes=2.0)
    given, _ = fitting(shape, Cache(step_tokens=STEP_TOKENS), round(memory * GIB), CONTEXT)
    own = fit(shape, Setting(gpu(arguments.gpu), utilisation=arguments.utilisation, context=CONTEXT))
    cells = (
        name, shape.layers, f"{own.layer_bytes:,}", f"{weights:.2f}", f"{own.weight_bytes / GIB:.2f}", f"{memory:.2f}",
        f"{own.cache_memory / GIB:.2f}", f"{tokens:,}", f"{given:,}", f"{given / tokens - 1:+.2%}", f"{own.tokens:,}",
        f"{own.tokens / tokens - 1:+.2%}", f"{time.monotonic() - began:.0f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print a table in Markdown, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpu", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--utilisation", type=float, default=0.9)
    parser.add_argument("--only", nargs="*", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--eager", action="store_true", help="no compilation, no CUDA graphs: starts in half the time")
    arguments = parser.parse_args()
    print(f"{arguments.gpu}, utilisation {arguments.utilisation}, context {CONTEXT}, "
          f"{'eager' if arguments.eager else 'with CUDA graphs'}\n")  # fmt: skip
    print("| shape | layers | KV bytes/token/layer | weights GiB, vLLM | ours | cache GiB, vLLM | ours "
          "| tokens, vLLM | ours from vLLM's GiB | off by | ours alone | off by | seconds |")  # fmt: skip
    print("|" + "---|" * 13)
    for name in arguments.only:
        print(compare(name, arguments), flush=True)


if __name__ == "__main__":
    main()
