"""Requests per second and CPU per request of Babelgate and its peers against one null server, side by side.

    scripts/peer-tools && python benchmarks/throughput/run.py | tee benchmarks/throughput/run.txt

The server (a fixed answer after 50 ms) has the first core to itself, each client in turn the second. Every client runs
twice, with few requests and with many: what the difference costs is its marginal cost, what the few cost is start-up.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEERS = ROOT / ".venv-peers" / "bin"
SERVER_CORE, CLIENT_CORE = "0", "1"


@dataclass(frozen=True)
class Client:
    """A program that is given an endpoint and sends so many requests; `most` where the full number takes too long."""

    name: str
    command: Callable[["Job"], Sequence[str]]
    most: int = 10_000
    few: int = 1000
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One measurement."""

    url: str
    requests: int
    in_flight: int
    folder: Path


def problems(job: Job) -> Path:
    """As many word problems as requests, each its own, as JSON lines for the peers."""
    path = job.folder / "problems.jsonl"
    asked = "Solve the problem. End with 'Answer: <number>'.\n\n" + "A farmer has {} cows and buys 30 more. " * 5
    rows = ({"id": str(n), "question": asked.format(n, *[12] * 4), "answer": "42"} for n in range(job.requests))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lm_eval(job: Job) -> list[str]:
    """lm-evaluation-harness with a task over the problems."""
    task = {
        "task": "null_problems", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(problems(job))}},
        "output_type": "generate_until", "test_split": "test", "doc_to_text": "{{question}}",
        "doc_to_target": "{{answer}}", "generation_kwargs": {"until": [], "do_sample": False, "max_gen_toks": 256},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "filter_list": [{"name": "strict", "filter": [
            {"function": "regex", "regex_pattern": "Answer: (-?[0-9]+)"}, {"function": "take_first"}]}],
        "metadata": {"version": 1.0},
    }  # fmt: skip
    (job.folder / "null_problems.yaml").write_text(json.dumps(task))
    where = f"base_url={job.url}/chat/completions,model=null,num_concurrent={job.in_flight},tokenizer_backend=None"
    return [
        str(PEERS / "lm-eval"), "run", "--model", "local-chat-completions", "--apply_chat_template", "--log_samples",
        "--model_args", where, "--include_path", str(job.folder), "--tasks", "null_problems",
        "--output_path", str(job.folder / "out"),
    ]  # fmt: skip


def inspect(job: Job) -> list[str]:
    """Inspect with a task over the problems."""
    problems(job)
    return [
        str(PEERS / "inspect"), "eval", "benchmarks/throughput/peers/inspect_problems.py",  # relative, or it fails
        "--model", "openai-api/null/null",
        "--max-connections", str(job.in_flight), "--max-samples", str(job.in_flight), "--display", "none",
        "--log-dir", str(job.folder / "logs"),
    ]  # fmt: skip


def nemo(job: Job) -> list[str]:
    """NeMo Evaluator's client, in its own environment."""
    python = PEERS.parent / "nemo" / "bin" / "python"
    return [str(python), str(HERE / "peers" / "nemo_client.py"), job.url, str(job.requests), str(job.in_flight)]


def whole_run(job: Job) -> list[str]:
    """`babelgate run`: checks, generation, scoring, landing, publication."""
    languages = ["de", "en", "es", "fr"]
    suite = {
        "name": "null", "datasets": ["babel_math"], "languages": languages,
        "limit": min(250, job.requests // 4), "repeats": max(1, job.requests // 1000),
        "in_flight": job.in_flight,
        "models": [{"name": "null", "engine": "openai", "model": "null", "base_url": job.url}],
    }  # fmt: skip
    path = job.folder / "suite.yaml"
    path.write_text(json.dumps(suite))
    return [sys.executable, "-m", "flows.cli", "run", str(path), "--quiet"]


def script(name: str, *more: str) -> Callable[[Job], list[str]]:
    """A program beside this one."""
    return lambda job: [sys.executable, str(HERE / name), job.url, str(job.requests), str(job.in_flight), *more]


CLIENTS = [
    Client("bare aiohttp, nothing kept", script("bare_aiohttp.py")),
    Client("babelgate generate + journal, lean", script("ours.py", "lean")),
    Client("babelgate generate + journal, openai", script("ours.py", "openai")),
    Client("babelgate run, all of it, lean", whole_run),
    Client("openai SDK, httpx, nothing kept", script("peers/openai_sdk.py", "httpx")),
    Client("openai SDK, aiohttp, nothing kept", script("peers/openai_sdk.py", "aiohttp")),
    Client("lm-evaluation-harness", lm_eval),
    Client("Inspect", inspect, most=1000, few=200),
    Client("NeMo Evaluator's client, nothing kept", nemo, most=2000, few=200),
]


def measure(client: Client, url: str, requests: int, in_flight: int) -> tuple[float, float]:
    """Wall and CPU seconds of a client and of the processes that it waits for, pinned to its core."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(url, requests, in_flight, Path(folder))
        environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "BABELGATE_HOME": str(job.folder / "home"), "DO_NOT_TRACK": "1",
            "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(job.folder / "cache"), "OPENAI_API_KEY": "none",
            "NULL_API_KEY": "none", "NULL_BASE_URL": url, "PROBLEMS": str(job.folder / "problems.jsonl"),
        }  # fmt: skip
        command = ["taskset", "-c", CLIENT_CORE, *client.command(job)]
        log = job.folder / "client.log"
        with log.open("wb") as file:
            began = time.perf_counter()
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{client.name} ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        return wall, used.ru_utime + used.ru_stime


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--most", type=int, default=10_000, help="requests, where a client is not too slow for so many")
    parser.add_argument("--only", default="", help="clients whose name holds this")
    arguments = parser.parse_args()
    serve = ["taskset", "-c", SERVER_CORE, sys.executable, str(HERE / "null_server.py")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        print(f"load {os.getloadavg()[0]:.1f}; server on core {SERVER_CORE}, client on core {CLIENT_CORE}; 50 ms delay")
        print(f"{'client':38} {'in flight':>9} {'requests':>9} {'req/s':>8} {'CPU s/1,000':>12} {'start-up CPU s':>15}")
        try:
            for in_flight in arguments.in_flight:
                for client in CLIENTS:
                    if arguments.only in client.name:
                        report(client, url, in_flight, min(client.most, arguments.most))
        finally:
            server.terminate()


def report(client: Client, url: str, in_flight: int, many: int) -> None:
    """Measure a client twice and print its line."""
    few = min(client.few, many // 2)
    first_wall, first_cpu = measure(client, url, few, in_flight)
    wall, cpu = measure(client, url, many, in_flight)
    rate, cost = (many - few) / (wall - first_wall), (cpu - first_cpu) / (many - few) * 1000
    start = first_cpu - cost * few / 1000
    print(f"{client.name:38} {in_flight:9} {many:9,} {rate:8,.0f} {cost:12.2f} {start:15.1f}", flush=True)


if __name__ == "__main__":
    main()
