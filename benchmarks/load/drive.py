"""What orchestration costs: a whole night of null answers with and without Prefect, and what its server is left with.

`python -m benchmarks.load.drive [--models 1] [--items 250] [--delay-ms 0] [--database sqlite] [--output FILE]`. A full
night is --models 20 --items 250: 8 data sets (copies of babel_math) × 12 languages, 1,920 shards, 480,000 completions.
The same shards run twice, as plain functions and as the flow; the difference is what Prefect costs, in wall-clock and
in CPU seconds, the server's apart.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.load.prune import Pruned, prune, rows_of, size_of
from benchmarks.nightly.stack import ROOT, children, stack, started, wait
from tasks.engines.process import fetch, free_port

DATASETS = 8
LANGUAGES = ("ar", "bn", "de", "es", "fr", "hi", "ja", "ko", "ru", "sw", "te", "th")
TICK_S = 2.0
HERTZ = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """What a run took: wall-clock and CPU seconds of its process and of the server, and memory over time in MB."""

    seconds: float
    cpu: float
    server_cpu: float
    memory: list[int]
    server_memory: list[int]


def write_suite(folder: Path, arguments: argparse.Namespace, origin: str) -> Path:
    names = [f"sums_{number}" for number in range(DATASETS)]
    sums = yaml.safe_load((ROOT / "datasets_cfg" / "babel_math.yaml").read_text())
    for name in names:
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({**sums, "name": name}, allow_unicode=True))
    suite = {
        "name": "load", "datasets": names, "languages": list(LANGUAGES), "limit": arguments.items,
        "in_flight": arguments.in_flight,
        "models": [{"name": f"m{n}", "engine": "openai", "model": f"null-{n}", "base_url": f"{origin}/v1"}
                   for n in range(arguments.models)],
    }  # fmt: skip
    path = folder / "load.yaml"
    path.write_text(yaml.safe_dump(suite))
    return path


def night(folder: Path, suite: Path, mode: str) -> None:
    """In a process of its own: run the suite one way and print what the phases took."""
    from flows import environment

    home = folder / mode
    os.environ["BABELGATE_HOME"] = str(home)
    environment.prepare_prefect(home)
    from tasks.preflight import prepare
    from tasks.runs import start_run
    from tasks.suite import load_suite

    context, chosen = environment.engine_context(), load_suite(str(suite))
    began = time.monotonic()
    prepared = prepare(chosen, context)
    run = start_run(home, chosen, datasets=prepared.hashes(), data_dir=context.data_dir)
    ready = time.monotonic()
    asyncio.run(_plain(home, run, prepared, context) if mode == "plain" else _flow(home, run.run_id))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"prepare": ready - began, "run": time.monotonic() - ready, "cpu": used.ru_utime + used.ru_stime,
                      "shards": len(prepared.shards), "requests": prepared.requests}))  # fmt: skip


async def _flow(home: Path, run_id: str) -> None:
    from flows.benchmark import benchmark

    outcome = await benchmark(run_id=run_id, home=str(home))
    if outcome.status != "complete":
        raise RuntimeError(f"the run is {outcome.status}: {outcome.problems[:3]}")


async def _plain(home: Path, run, prepared, context) -> None:
    """What the flow does, without Prefect: the same functions in the same order."""
    from tasks.budget import Spent
    from tasks.engines import open_engine
    from tasks.finish import begin
    from tasks.land import land_run, load_and_publish
    from tasks.shard import evaluate_shard, serving, shards_of

    begin(home, run, prepared)
    for model in run.suite.models:
        async with open_engine(model, context) as served, serving(run, model, served, context, Spent()) as up:
            await asyncio.gather(*(evaluate_shard(up, shard) for shard in shards_of(run, model)))
    land_run(home, run, "complete")
    load_and_publish(home, run.run_id)


def measured(words: list[str], env: dict[str, str], server: list[int]) -> tuple[dict[str, float], Cost]:
    """Run one way and watch it: what it printed, and what it cost."""
    before = sum(map(cpu_of, server))
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    began, memory, server_memory = time.monotonic(), [], []
    while process.poll() is None:
        memory.append(rss_of(process.pid))
        server_memory.append(sum(map(rss_of, server)))
        time.sleep(TICK_S)
    seconds = time.monotonic() - began
    out = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    said = json.loads(out.strip().splitlines()[-1])
    return said, Cost(seconds, said["cpu"], sum(map(cpu_of, server)) - before, memory, server_memory)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def rss_of(pid: int) -> int:
    """Resident memory of a process in MB; 0 when it has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except (OSError, IndexError):
        return 0


def load(folder: Path, arguments: argparse.Namespace) -> str:
    port = free_port()
    words = [
        sys.executable,
        "-m",
        "benchmarks.load.null_server",
        "--port",
        str(port),
        "--delay-ms",
        str(arguments.delay_ms),
    ]
    with stack(folder, database=arguments.database) as up, started(words, folder / "null.log", up.env):
        wait(lambda: fetch(f"http://127.0.0.1:{port}/asked"), "the null server")
        suite = write_suite(folder, arguments, f"http://127.0.0.1:{port}")
        found = [p for p in children(os.getpid()) if b"server\0start" in Path(f"/proc/{p}/cmdline").read_bytes()]
        size, same = size_of(up), [sys.executable, "-m", "benchmarks.load.drive", "--night", str(folder), str(suite)]
        plain_said, plain = measured([*same, "plain"], up.env, found)
        flow_said, flow = measured([*same, "flow"], up.env, found)
        lag = settle(found)
        flow.server_cpu += lag
        grown, rows = size_of(up) - size, rows_of(up)
        pruned = prune(up)
    return page(arguments, (plain_said, plain), (flow_said, flow), grown, rows, pruned)


def settle(server: list[int]) -> float:
    """CPU seconds that the server still spends after the flow has returned, on records that it had not taken in."""
    began = last = sum(map(cpu_of, server))
    while True:
        time.sleep(10)
        now = sum(map(cpu_of, server))
        if now - last < 1.0:
            return now - began
        last = now


def page(
    arguments: argparse.Namespace, plain: tuple[dict, Cost], flow: tuple[dict, Cost], grown: int,
    rows: dict[str, int], pruned: Pruned,
) -> str:  # fmt: skip
    said, shards = flow[0], int(flow[0]["shards"])
    extra = said["run"] - plain[0]["run"]
    client, server = (flow[1].cpu - plain[1].cpu) / shards, flow[1].server_cpu / shards

    def over_time(memory: list[int]) -> str:
        return " ".join(str(memory[min(len(memory) - 1, len(memory) * n // 8)]) for n in range(9))

    realistic = 250 * 200 / 2500
    command = f"--models {arguments.models} --items {arguments.items} --delay-ms {arguments.delay_ms:g}"
    return "\n".join([
        "# What orchestration costs", "",
        f"`python -m benchmarks.load.drive {command} --database {arguments.database}`: {shards} shards,",
        f"{said['requests']:.0f} completions from a server that answers at once or after a set delay. The same shards",
        "as plain functions and as the Prefect flow, over a persistent Prefect server on the same machine.", "",
        "| what | plain functions | as a flow |", "| --- | ---: | ---: |",
        f"| preparing, seconds | {plain[0]['prepare']:.1f} | {said['prepare']:.1f} |",
        f"| running, seconds | {plain[0]['run']:.1f} | {said['run']:.1f} |",
        f"| CPU seconds of the process | {plain[1].cpu:.1f} | {flow[1].cpu:.1f} |",
        f"| CPU seconds of the Prefect server | | {flow[1].server_cpu:.1f} |",
        f"| peak memory, MB | {max(plain[1].memory)} | {max(flow[1].memory)} |",
        f"| memory over time, MB | {over_time(plain[1].memory)} | {over_time(flow[1].memory)} |",
        f"| memory of the server over time, MB | | {over_time(flow[1].server_memory)} |", "",
        f"Prefect costs {client:.3f} s of CPU a shard in the process and {server:.3f} s in the server. A shard of 250",
        f"answers of 200 tokens takes {realistic:.0f} s at 2,500 tokens a second: if none of that CPU time ran beside",
        f"the generation, {(client + server) / realistic:.2%} of a night. In wall-clock the flow took {extra:+.1f} s,",
        f"{extra / shards:+.3f} s a shard; on a machine that does other work too that is mostly the other work.", "",
        f"Prefect's database grew by {grown / 1e6:.1f} MB, {grown / shards / 1e3:.0f} kB a shard: "
        + ", ".join(f"{count} {name}" for name, count in rows.items()) + ".", "",
        "Pruning, by the settings of `deploy/compose.yaml` with everything made older than their period: after",
        f"{pruned.seconds:.0f} s there are {pruned.rows}; {pruned.size / 1e6:.1f} MB once the space is given back.", "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--items", type=int, default=250)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--night", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.night:
        folder, suite, mode = arguments.night
        return night(Path(folder), Path(suite), mode)
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        text = load(Path(folder), arguments)
    if arguments.output:
        arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
