"""Kills the flow, the model server and Prefect's server at random moments, resumes, and counts after each kill.

    python benchmarks/chaos/drive.py 100 --seed 0

Every process of a run is given a moment at random; what is killed is started again and the run resumed, until it says
that it is complete. After every kill the journals are compared with what the model server was asked.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.chaos.state import Asked, Findings, audit, look, whole  # noqa: E402

VICTIMS = ("flow",) * 7 + ("model server",) * 2 + ("Prefect server",)
LANGS, LIMIT, MODELS = ("en", "ar", "th"), 40, ("a", "b")
EXPECTED = len(LANGS) * LIMIT * len(MODELS)
HUNG_S = 600


@dataclass(slots=True)
class World:
    """The processes under test and what was seen; `usual` is how long a run takes that nobody kills."""

    home: Path
    model_port: int
    prefect_port: int
    model: subprocess.Popen[bytes]
    prefect: subprocess.Popen[bytes]
    asked: Asked
    usual: float = 6.0
    kills: Counter[str] = field(default_factory=Counter)
    found: Findings = field(default_factory=Findings)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _start(command: list[str], home: Path, log: str, **settings: str) -> subprocess.Popen[bytes]:
    with (home / log).open("ab") as file:
        return subprocess.Popen(
            command, cwd=ROOT, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True,
            env=os.environ | _settings(home) | settings,
        )  # fmt: skip


def _settings(home: Path) -> dict[str, str]:
    return {
        "BABELGATE_HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def start_model(home: Path, port: int) -> subprocess.Popen[bytes]:
    program = str(Path(__file__).with_name("model.py"))
    return _start([sys.executable, program, str(port), str(home / "asked.log")], home, "model.log")


def start_prefect(home: Path, port: int) -> subprocess.Popen[bytes]:
    words = ["-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", "--port", str(port)]
    return _start([sys.executable, *words, "--log-level", "error"], home, "prefect.log", PREFECT_UI_ENABLED="0")


def wait_for(url: str, timeout_s: float = 600) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(OSError), opener.open(url, timeout=5):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(url)
        time.sleep(0.1)


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def world(home: Path) -> Iterator[World]:
    (home / "prefect").mkdir()
    model_port, prefect_port = _port(), _port()
    entries = [
        {"name": name, "engine": "openai", "model": name, "base_url": f"http://127.0.0.1:{model_port}/v1"}
        for name in MODELS
    ]
    suite = {"name": "chaos", "models": entries, "datasets": ["babel_math"], "languages": LANGS, "limit": LIMIT,
             "in_flight": 4, "retries": 3}  # fmt: skip
    (home / "chaos.yaml").write_text(json.dumps(suite))
    here = World(
        home, model_port, prefect_port, start_model(home, model_port), start_prefect(home, prefect_port),
        Asked(home / "asked.log"),
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{prefect_port}/api/health")
        yield here
    finally:
        kill(here.model)
        kill(here.prefect)


def start_flow(here: World, run: str | None) -> subprocess.Popen[bytes]:
    words = ["resume", run] if run else ["run", str(here.home / "chaos.yaml")]
    return _start(
        [sys.executable, "-m", "flows.cli", *words, "--quiet"], here.home, "flow.log",
        PREFECT_API_URL=f"http://127.0.0.1:{here.prefect_port}/api",
    )  # fmt: skip


def begun(here: World, flow: subprocess.Popen[bytes]) -> bool:
    """Wait until the flow holds its lease; False when it ended before."""
    while flow.poll() is None:
        for path in (here.home / "runs").glob("*/lease.json"):
            if f'"pid": {flow.pid},' in path.read_text():
                return True
        time.sleep(0.01)
    return False


def strike(here: World, flow: subprocess.Popen[bytes], victim: str, dice: random.Random) -> None:
    """Kill the victim at a random moment of this process, from its first line on; servers are started again."""
    early = dice.random() < 0.1
    if not early:
        begun(here, flow)
    with contextlib.suppress(subprocess.TimeoutExpired):
        flow.wait(dice.uniform(0, 4 if early else here.usual))
    if flow.poll() is not None:
        here.kills["processes that ended before their kill"] += 1
        return
    phase = "starting" if early else _phase(here)
    here.kills[f"{victim}, {phase}"] += 1
    if victim == "flow":
        kill(flow)
    elif victim == "model server":
        kill(here.model)
        time.sleep(dice.uniform(0, 2))
        here.model = start_model(here.home, here.model_port)
    else:
        kill(here.prefect)
        here.prefect = start_prefect(here.home, here.prefect_port)
        wait_for(f"http://127.0.0.1:{here.prefect_port}/api/health")


def _phase(here: World) -> str:
    newest = max((here.home / "runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns).parent.name
    parts = len(list((here.home / "parts" / "completions" / f"run_id={newest}").glob("*.parquet")))
    return "publishing" if parts == len(LANGS) * len(MODELS) else "generating and landing"


def finish(here: World, flow: subprocess.Popen[bytes]) -> int:
    try:
        return flow.wait(HUNG_S)
    except subprocess.TimeoutExpired:
        here.found.faults.append(f"a flow did not end within {HUNG_S} s")
        kill(flow)
        return -9


def one_run(here: World, kills: int, dice: random.Random) -> None:
    """A run from its start to its end, through up to `kills` kills."""
    known, run, before = set((here.home / "runs").glob("*")), None, Counter[str]()
    for attempt in range(kills + 10):
        flow = start_flow(here, run)
        if attempt < kills:
            strike(here, flow, dice.choice(VICTIMS), dice)
        code = finish(here, flow)
        started = set((here.home / "runs").glob("*/run.json")) - {path / "run.json" for path in known}
        run = next(iter(started)).parent.name if started else None
        here.found.counts["starts and resumes"] += 1
        if run:
            before = look(here.home, run, before, here.asked.since(), here.found)
        if code == 0 and run:
            here.found.counts["runs finished"] += 1
            audit(here.home, run, EXPECTED, here.found)
            here.found.counts["answers under way that a kill cost"] += here.asked.answered.total() - EXPECTED
            here.asked.answered.clear()
            return
    here.found.faults.append(f"{run}: not complete after {kills + 10} starts")


def drive(home: Path, kills: int, seed: int, minutes: float) -> World:
    dice, until = random.Random(seed), time.monotonic() + 60 * minutes
    with world(home) as here:
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


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=600, help="begin no further run after so many")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        here = drive(Path(folder), arguments.kills, arguments.seed, arguments.minutes)
    print("| what | count |\n| --- | ---: |")
    print(f"| kills in all | {struck(here)} |")
    for what, times in sorted(here.kills.items()):
        print(f"| {'killed: ' if ', ' in what else ''}{what} | {times} |")
    for what, times in here.found.counts.items():
        print(f"| {what} | {times} |")
    print(f"| faults | {len(here.found.faults)} |")
    print(f"| seconds a run takes that nobody kills | {here.usual:.1f} |")
    print(f"| seconds | {round(time.monotonic() - began)} |")
    for fault in here.found.faults:
        print(f"- {fault}")
    return 1 if here.found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
