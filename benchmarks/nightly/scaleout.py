"""One run over three workers of a pool on loopback, of which one is killed with -9 while it works.

`python -m benchmarks.nightly.scaleout [--output docs/results/scaleout.md]`. Three models on a pool, three process
workers of one run each, one null server in place of the models. Every completion is counted where it was asked for
and where it landed.
"""

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import yaml

from benchmarks.nightly.stack import ROOT, children, end, kill, stack, started, wait
from tasks.engines.process import free_port

MODELS, LANGS, ITEMS, DELAY_MS, IN_FLIGHT = 3, ("en", "th", "ar", "sw"), 100, 400, 2


def write_project(folder: Path, origin: str) -> tuple[Path, Path]:
    """The project's `gpu` deployment, and a suite whose models all want that pool."""
    project = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    away = next(d for d in project["deployments"] if d["name"] == "gpu")
    away["entrypoint"] = str(ROOT / away["entrypoint"])
    project["deployments"] = [away]
    project["pull"] = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    (folder / "prefect.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
    suite = {
        "name": "spread", "datasets": ["babel_math"], "languages": list(LANGS), "limit": ITEMS, "in_flight": IN_FLIGHT,
        "models": [{"name": f"m{n}", "engine": "openai", "model": f"null-{n}", "base_url": f"{origin}/v1",
                    "pool": "gpu"} for n in range(MODELS)],
    }  # fmt: skip
    (folder / "spread.yaml").write_text(yaml.safe_dump(suite, sort_keys=False))
    return folder / "prefect.yaml", folder / "spread.yaml"


def lines(folder: Path) -> int:
    """How many completions all journals hold."""
    return sum(path.read_bytes().count(b"\n") for path in (folder / "home" / "journal").glob("*/*.jsonl"))


def spread(folder: Path) -> str:
    """Run it and say in a page what was seen."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    null = [sys.executable, "-m", "benchmarks.load.null_server", "--port", str(port), "--delay-ms", str(DELAY_MS)]
    with (
        stack(folder, database="sqlite", BABELGATE_HOME=str(folder / "home")) as up,
        started(null, folder / "null.log", up.env),
    ):
        project, suite = write_project(folder, origin)
        up.command("flows.cli", "nightly", "deploy", "--file", str(project))
        names = [f"worker-{n}" for n in range(MODELS)]
        with up.worker("gpu", names[0], "--limit", "1") as one, up.worker("gpu", names[1], "--limit", "1"), \
             up.worker("gpu", names[2], "--limit", "1"):  # fmt: skip
            run = [sys.executable, "-m", "flows.cli", "run", str(suite), "--json"]
            with started(run, folder / "run.log", up.env) as process:
                began = time.monotonic()
                wait(lambda: lines(folder) > MODELS * len(LANGS) * ITEMS // 4, "a quarter of the completions")
                held, at = lines(folder), time.monotonic() - began
                below = children(one.pid)
                for pid in (one.pid, *below):
                    kill(pid)
                print(f"killed worker-0 and {len(below)} processes below it after {at:.0f} s", flush=True)
                code = process.wait(1800)
                seconds = time.monotonic() - began
                end(process)
        with urllib.request.urlopen(f"{origin}/asked") as reply:
            asked = json.loads(reply.read())
        flow_runs = up.api("/flow_runs/filter", {"flows": {"name": {"any_": ["elsewhere"]}}})
    return write_page(folder, asked, flow_runs, {"code": code, "seconds": seconds, "held": held, "at": at})  # type: ignore[arg-type]


def write_page(folder: Path, asked: dict[str, int], flow_runs: list[dict], seen: dict[str, float]) -> str:
    from warehouse.connect import open_published

    with open_published(folder / "home") as con:
        landed, distinct = con.execute("SELECT count(*), count(DISTINCT completion_id) FROM completions").fetchall()[0]
        scored = con.execute("SELECT count(*) FROM scores WHERE metric = 'exact_match'").fetchall()[0][0]
        status = con.execute("SELECT status FROM runs").fetchall()[0][0]
    wanted = MODELS * len(LANGS) * ITEMS
    states = sorted(f"{run['name'].split(' of ')[0]}: {run['state']['name']}" for run in flow_runs)
    return "\n".join([
        "# One run on several machines, one of them lost", "",
        "`python -m benchmarks.nightly.scaleout --output docs/results/scaleout.md`: one Prefect server and three",
        f"process workers on loopback, {MODELS} models of a suite on one pool, {len(LANGS)} languages × {ITEMS} items",
        f"each, a server that answers after {DELAY_MS} ms, {IN_FLIGHT} requests in flight a model. One worker and all",
        "below it are killed with -9 when a quarter is there; another one takes its model up where it was.", "",
        "| what | count |", "| --- | ---: |",
        f"| completions wanted | {wanted} |",
        f"| in the journals at the kill, after {seen['at']:.0f} s | {seen['held']:.0f} |",
        f"| completions landed | {landed} |", f"| of these distinct | {distinct} |", f"| scored | {scored} |",
        f"| asked of the server | {asked['asked']} |",
        f"| asked twice: in flight at the kill | {asked['asked'] - asked['distinct']} |",
        f"| exit code of `babelgate run` | {seen['code']:.0f} |", f"| seconds in all | {seen['seconds']:.0f} |", "",
        f"The run is `{status}`. Flow runs of the pool: {', '.join(states)}.", "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spread-") as folder:
        page = spread(Path(folder))
    if arguments.output:
        arguments.output.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
