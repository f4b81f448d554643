"""Kills the loader and the publisher with SIGKILL at random moments, then counts what is there.

    python benchmarks/warehouse/kill.py 50

Each round writes new parts and changes some old ones, starts a process that loads and publishes, and kills it. A
reader opens the published file all the while and checks that what it sees is whole.
"""

import contextlib
import random
import select
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from warehouse.connect import connect, open_published  # noqa: E402
from warehouse.home import Home  # noqa: E402
from warehouse.load import load_parts  # noqa: E402
from warehouse.maintain import check  # noqa: E402
from warehouse.parts import completion_uuid, shard_uuid, write_part  # noqa: E402
from warehouse.publish import publish  # noqa: E402
from warehouse.schemas import arrow_table  # noqa: E402

RUN, MODEL, ROWS, SHARDS = "r", "m", 50, 8
START = datetime(2026, 11, 1, tzinfo=UTC)
COUNTS = "SELECT (SELECT count(*) FROM completions), (SELECT sum(rows)::BIGINT FROM shards WHERE kind = 'completions')"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: kills by the phase they hit, what readers saw, and the counts at the end."""

    kills: Counter[str]
    finished_before: int
    reads: int
    faults: list[str]
    expected: int
    found: int
    distinct: int
    scores: int
    problems: list[str]


def write_frame(home: Home) -> None:
    rows: dict[str, dict[str, object]] = {
        "runs": {"kind": "nightly", "suite": "kill", "status": "running", "code_version": "0", "config_hash": "0",
                 "started_at": START},
        "models": {"model_id": MODEL, "fingerprint": "f", "engine": "replay"},
        "datasets": {"dataset_id": "d", "version": "1", "kind": "open", "primary_metric": "right", "content_hash": "0"},
        "languages": {"lang": "en", "name": "English", "written_at": START},
        "metrics": {"metric": "right", "direction": "higher_better", "is_binary": True, "written_at": START},
    }  # fmt: skip
    for kind, row in rows.items():
        write_part(home, kind, RUN, kind, arrow_table(kind, [row]))
    samples = [
        {"sample_id": uuid.UUID(int=n), "dataset_id": "d", "dataset_version": "1", "lang": "en", "item_id": str(n),
         "parallel_id": str(n), "cluster_id": str(n), "kind": "open", "question": "?"}
        for n in range(ROWS)
    ]  # fmt: skip
    write_part(home, "samples", RUN, "samples", arrow_table("samples", samples))


def write_shard(home: Home, chunk: int, version: int) -> None:
    """One shard of ROWS completions; another version of it has other texts."""
    same = {"model_id": MODEL, "lang": "en", "dataset_id": "d", "status": "ok"}
    shard = shard_uuid(RUN, MODEL, "en", "d", chunk)
    who = [
        {"completion_id": completion_uuid(RUN, MODEL, uuid.UUID(int=n), chunk), "sample_id": uuid.UUID(int=n),
         "repeat_ix": chunk}
        for n in range(ROWS)
    ]  # fmt: skip
    done = [row | {"attempts": 1, "created_at": START, "text": f"version {version} " * 40} for row in who]
    write_part(home, "completions", RUN, shard, arrow_table("completions", done, same))
    scored = {"metric": "right", "metric_version": str(version), "scored_at": START, "value": 1.0}
    write_part(home, "scores", RUN, shard, arrow_table("scores", [row | scored for row in who], same))


def child(folder: str) -> None:
    """Loads and publishes, and says which it is at."""
    import warehouse.load

    warehouse.load.BATCH_PARTS = 4  # many small transactions to be killed in
    home = Home(Path(folder))
    for phase, act in (("load", load_parts), ("publish", publish)):
        print(phase, flush=True)
        act(home)
    print("done", flush=True)


def reader(folder: str) -> None:
    """Opens the published file again and again until its input ends; says how often, and what was not whole."""
    home, reads, faults = Home(Path(folder)), 0, []
    while not select.select([sys.stdin], [], [], 0.03)[0]:
        if not home.current.exists():
            continue
        try:
            with open_published(home) as con:
                ((found, expected),) = con.execute(COUNTS).fetchall()
            reads += 1
            if found != expected:
                faults.append(f"{found} completions, {expected} in the ledger")
        except Exception as error:  # whatever it is, it is what we are looking for
            faults.append(str(error))
    print(reads, *faults[:5], sep="\n", flush=True)


def _write_round(home: Home, dice: random.Random, shards: int) -> int:
    """New shards, and three of the old ones changed; returns how many are new."""
    for old in dice.sample(range(shards), min(3, shards)):
        write_shard(home, old, dice.randrange(1, 1000))
    for chunk in range(shards, shards + SHARDS):
        write_shard(home, chunk, 0)
    return SHARDS


@contextlib.contextmanager
def _spawned(what: str, home: Home) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(Path(__file__).resolve()), what, str(home.root)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _round(home: Home, target: str = "", after: float = 0.0) -> tuple[str, dict[str, float]]:
    """Runs the child and kills it some seconds after it began the target phase; without a target it may finish.

    Returns the phase in which it ended ('done' where the kill came too late) and the seconds that phases took.
    """
    seconds: dict[str, float] = {}
    with _spawned("child", home) as process:
        assert process.stdout is not None
        phase, began = "", time.monotonic()
        for line in process.stdout:
            seconds[phase] = time.monotonic() - began
            phase, began = line.strip(), time.monotonic()
            if phase == target:
                time.sleep(after)
                process.kill()
    return phase, seconds


def run(home: Home, kills: int, seed: int = 0) -> Outcome:
    dice, hit, late, shards = random.Random(seed), Counter[str](), 0, 0
    write_frame(home)
    with _spawned("reader", home) as watching:
        shards += _write_round(home, dice, shards)
        usual = _round(home)[1]
        while sum(hit.values()) < kills:
            shards += _write_round(home, dice, shards)
            target = dice.choice(("load", "publish"))
            phase, seconds = _round(home, target, dice.uniform(0, usual[target]))
            if phase == "done":
                late, usual = late + 1, usual | {k: v for k, v in seconds.items() if k in usual}
            else:
                hit[phase] += 1
        load_parts(home)
        publish(home)
        reads, *faults = watching.communicate("\n", timeout=60)[0].split("\n")
    with connect(home.build) as con:
        ((found, distinct),) = con.execute("SELECT count(*), count(DISTINCT completion_id) FROM completions").fetchall()
        ((scores,),) = con.execute("SELECT count(*) FROM v_scores").fetchall()
    problems = check(home)
    return Outcome(hit, late, int(reads), [f for f in faults if f], shards * ROWS, found, distinct, scores, problems)


def main(kills: int) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Home(Path(folder)), kills)
    rows = [
        ("kills during load", found.kills["load"]),
        ("kills during publish", found.kills["publish"]),
        ("rounds that finished before their kill", found.finished_before),
        ("reads of the published file meanwhile", found.reads),
        ("reads that failed or saw half a load", len(found.faults)),
        ("completions expected", found.expected),
        ("completions found", found.found),
        ("distinct completions", found.distinct),
        ("current scores", found.scores),
        ("problems that `check` finds", len(found.problems)),
        ("seconds", round(time.monotonic() - began)),
    ]
    print("| what | count |\n| --- | ---: |")
    for what, count in rows:
        print(f"| {what} | {count} |")
    for line in [*found.faults, *found.problems]:
        print(f"- {line}")


if __name__ == "__main__":
    if sys.argv[1] in ("child", "reader"):
        {"child": child, "reader": reader}[sys.argv[1]](sys.argv[2])
    else:
        main(int(sys.argv[1]))
