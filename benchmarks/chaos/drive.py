"""Kills the flow, the model server, Prefect's server and a pool's worker at random moments, resumes, and counts.

    python benchmarks/chaos/drive.py 100 --seed 0 [--warm] [--pool]

Every process of a run is given moments at random; what is killed is started again and the run resumed, until it says
that it is complete. After every start the journals are compared with what the model server was asked.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.chaos.processes import Process, Starter, free_port, kill, kill_all, wait_for  # noqa: E402
from benchmarks.chaos.state import Asked, Findings, audit, look, whole  # noqa: E402
from benchmarks.nightly.stack import children  # noqa: E402

VICTIMS = ("flow",) * 6 + ("model server",) * 3 + ("Prefect server",)
POOL_VICTIMS = ("flow", "model server", "Prefect server", "worker", "worker and its flows")
LANGS, LIMIT, MODELS, IN_FLIGHT = ("en", "ar", "th"), 20, ("a", "b"), 4
EXPECTED = len(LANGS) * LIMIT * len(MODELS)
HUNG_S = 1200


@dataclass(slots=True)
class World:
    """The processes under test and what was seen; `usual` is how long a run takes that nobody kills."""

    home: Path
    starter: Starter
    model_port: int
    prefect_port: int
    model: Process
    prefect: Process
    asked: Asked
    worker: Process | None = None
    usual: float = 6.0
    kills: Counter[str] = field(default_factory=Counter)
    found: Findings = field(default_factory=Findings)


def start_model(starter: Starter, port: int) -> Process:
    return starter.start("model.log", "benchmarks.chaos.model", str(port), str(starter.home / "asked.log"))


def start_prefect(starter: Starter, port: int) -> Process:
    words = ("--factory", "prefect.server.api.server:create_app", "--port", str(port), "--log-level", "error")
    return starter.start("prefect.log", "uvicorn", *words)


def start_worker(starter: Starter) -> Process:
    words = ("worker", "start", "--pool", "gpu", "--type", "process", "--limit", str(len(MODELS)))
    return starter.start("worker.log", "prefect", *words)


def start_flow(here: World, run: str | None) -> Process:
    words = ("resume", run) if run else ("run", str(here.home / "chaos.yaml"))
    return here.starter.start("flow.log", "flows.cli", *words, "--quiet")


def _settings(home: Path, prefect_port: int) -> dict[str, str]:
    return {
        "BABELGATE_HOME": str(home), "PREFECT_HOME": str(home / "prefect"), "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": f"http://127.0.0.1:{prefect_port}/api", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_UI_ENABLED": "0", "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500", "PYTHONPATH": str(ROOT),
        "PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    }  # fmt: skip


def write_suite(home: Path, model_port: int, *, pool: bool) -> None:
    entry = {"engine": "openai", "base_url": f"http://127.0.0.1:{model_port}/v1"} | ({"pool": "gpu"} if pool else {})
    models = [{"name": name, "model": name, **entry} for name in MODELS]
    suite = {"name": "chaos", "models": models, "datasets": ["babel_math"], "languages": LANGS, "limit": LIMIT,
             "in_flight": IN_FLIGHT, "retries": 3, "infra_error_limit": 0}  # fmt: skip
    (home / "chaos.yaml").write_text(json.dumps(suite))


def deploy(starter: Starter) -> None:
    """The pool and its deployment, as prefect.yaml has them."""
    import yaml

    project = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    project["deployments"] = [one for one in project["deployments"] if one["name"] == "gpu"]
    project["deployments"][0]["entrypoint"] = str(ROOT / project["deployments"][0]["entrypoint"])
    project["pull"] = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    path = starter.home / "prefect.yaml"
    path.write_text(yaml.safe_dump(project))
    if starter.start("deploy.log", "flows.cli", "nightly", "deploy", "--file", str(path)).wait(HUNG_S):
        raise RuntimeError((starter.home / "deploy.log").read_text()[-2000:])


@contextlib.contextmanager
def world(home: Path, *, warm: bool = False, pool: bool = False) -> Iterator[World]:
    (home / "prefect").mkdir()
    model_port, prefect_port = free_port(), free_port()
    starter = Starter(home, _settings(home, prefect_port), warm)
    write_suite(home, model_port, pool=pool)
    here = World(
        home, starter, model_port, prefect_port, start_model(starter, model_port), start_prefect(starter, prefect_port),
        Asked(home / "asked.log"),
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{prefect_port}/api/health")
        if pool:
            deploy(starter)
            here.worker = start_worker(starter)
        yield here
    finally:
        if here.worker:
            kill_all(children(here.worker.pid))
            kill(here.worker)
        kill(here.model)
        kill(here.prefect)


def begun(here: World, flow: Process) -> bool:
    """Wait until the flow holds its lease; False when it ended before."""
    while flow.poll() is None:
        for path in (here.home / "runs").glob("*/lease.json"):
            if f'"pid": {flow.pid},' in path.read_text():
                return True
        time.sleep(0.01)
    return False


def strike(here: World, flow: Process, kills: int, dice: random.Random) -> int:
    """Kill at random moments of this process, from its first line on, until it is the victim; how often."""
    early = dice.random() < 0.1
    if not early:
        begun(here, flow)
    for struck in range(kills):
        with contextlib.suppress(subprocess.TimeoutExpired):
            flow.wait(dice.uniform(0, 4 if early else here.usual))
        if flow.poll() is not None:
            here.kills["processes that ended before their kill"] += 1
            return struck
        victim = dice.choice(POOL_VICTIMS if here.worker else VICTIMS)
        here.kills[f"{victim}, {'starting' if early and not struck else _phase(here)}"] += 1
        if victim == "flow":
            kill(flow)
            return struck + 1
        _replace(here, victim, dice)
    return kills


def _replace(here: World, victim: str, dice: random.Random) -> None:
    """Kill a server or the worker, and start it again."""
    if victim == "model server":
        kill(here.model)
        time.sleep(dice.uniform(0, 2))
        here.model = start_model(here.starter, here.model_port)
    elif victim == "Prefect server":
        kill(here.prefect)
        here.prefect = start_prefect(here.starter, here.prefect_port)
        wait_for(f"http://127.0.0.1:{here.prefect_port}/api/health")
    elif here.worker:
        below = children(here.worker.pid) if victim != "worker" else []
        kill_all([here.worker.pid, *below])
        here.worker.wait()
        here.worker = start_worker(here.starter)


def _phase(here: World) -> str:
    newest = max((here.home / "runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns, default=None)
    if newest is None:
        return "starting"
    parts = len(list((here.home / "parts" / "completions" / f"run_id={newest.parent.name}").glob("*.parquet")))
    return "publishing" if parts == len(LANGS) * len(MODELS) else "generating and landing"


def finish(here: World, flow: Process) -> int:
    try:
        return flow.wait(HUNG_S)
    except subprocess.TimeoutExpired:
        here.found.faults.append(f"a flow did not end within {HUNG_S} s")
        kill(flow)
        return -9


def one_run(here: World, kills: int, dice: random.Random) -> None:
    """A run from its start to its end, through up to `kills` kills."""
    known, run, before, left = set((here.home / "runs").glob("*")), None, Counter[str](), kills
    for _ in range(kills + 10):
        flow = start_flow(here, run)
        left -= strike(here, flow, left, dice)
        code = finish(here, flow)
        started = set((here.home / "runs").glob("*/run.json")) - {path / "run.json" for path in known}
        run = next(iter(started)).parent.name if started else None
        here.found.counts["starts and resumes"] += 1
        if run:
            before = look(here.home, run, before, here.asked.since(), here.found)
        if code == 0 and run:
            _conclude(here, run, kills - left)
            return
    here.found.faults.append(f"{run}: not complete after {kills + 10} starts")


def _conclude(here: World, run: str, kills: int) -> None:
    here.found.counts["runs finished"] += 1
    audit(here.home, run, EXPECTED, here.found)
    twice = here.asked.answered.total() - EXPECTED
    here.found.counts["answers under way that a kill cost"] += twice
    if twice > 2 * IN_FLIGHT * len(MODELS) * kills:
        here.found.faults.append(f"{run}: {twice} answers paid twice, more than were under way at {kills} kills")
    here.asked.answered.clear()


def drive(home: Path, kills: int, seed: int, minutes: float, *, warm: bool = False, pool: bool = False) -> World:
    dice, until = random.Random(seed), time.monotonic() + 60 * minutes
    with world(home, warm=warm, pool=pool) as here:
        for _ in range(2 if warm else 1):  # the first one computes the self-test, and imports
            flow = start_flow(here, None)
            begun(here, flow)
            began = time.monotonic()
            if finish(here, flow):
                raise RuntimeError((home / "flow.log").read_text()[-2000:])
            here.usual = time.monotonic() - began
        here.asked.since()
        here.asked.answered.clear()
        while (left := kills - struck(here)) > 0 and time.monotonic() < until:
            one_run(here, min(left, dice.choice((2, 3, 5, 8))), dice)
            print(f"{struck(here)} kills, {len(here.found.faults)} faults", file=sys.stderr, flush=True)
    whole(home, here.found)
    return here


def struck(here: World) -> int:
    return sum(times for what, times in here.kills.items() if ", " in what)


def print_table(here: World, seconds: float) -> None:
    print("| what | count |\n| --- | ---: |")
    print(f"| kills in all | {struck(here)} |")
    for what, times in sorted(here.kills.items()):
        print(f"| {'killed: ' if ', ' in what else ''}{what} | {times} |")
    for what, times in here.found.counts.items():
        print(f"| {what} | {times} |")
    print(f"| faults | {len(here.found.faults)} |")
    print(f"| seconds a run takes that nobody kills | {here.usual:.1f} |")
    print(f"| seconds | {round(seconds)} |")
    for fault in here.found.faults:
        print(f"- {fault}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=600, help="begin no further run after so many")
    parser.add_argument("--warm", action="store_true", help="fork what is started from a process that has imported it")
    parser.add_argument("--pool", action="store_true", help="have a worker of a work pool ask the models")
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        here = drive(Path(folder), given.kills, given.seed, given.minutes, warm=given.warm, pool=given.pool)
        print_table(here, time.monotonic() - began)
    return 1 if here.found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
