"""Eight writers register overlapping parts in one DuckLake at once, one is killed: with the ledger, and without it.

Usage: python benchmarks/warehouse/ducklake_race.py [SHARDS]   (needs PostgreSQL and scripts/ducklake-env)
"""

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.nightly.stack import postgres  # noqa: E402
from tests.small_run import MODEL, put, sample, write_frame  # noqa: E402
from warehouse.home import Home  # noqa: E402
from warehouse.parts import completion_uuid, shard_uuid, write_part  # noqa: E402
from warehouse.schemas import arrow_table  # noqa: E402

PYTHON = Path(os.environ.get("BABELGATE_DUCKLAKE_PYTHON") or ROOT / ".venv-ducklake" / "bin" / "python")
NAIVE = Path(__file__).with_name("ducklake_naive.py")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
WRITERS, ANSWERS = 8, 3
RUNS = ("r1", "r2")


@dataclass(frozen=True)
class Raced:
    """What is in the lake after a race, and what the parts hold."""

    parts: int
    rows: int
    shards: int
    shards_twice: int
    completions: int
    completions_twice: int
    killed: int
    seconds: float
    problems: str


@contextmanager
def catalogue(folder: Path) -> Iterator[dict[str, str]]:
    """A PostgreSQL of one's own; the environment in which libpq finds it."""
    with postgres(folder) as url:
        found = re.fullmatch(r".*//(\w+):([^@]+)@([\d.]+):(\d+)/(\w+)", url)
        assert found
        names = ("PGUSER", "PGPASSWORD", "PGHOST", "PGPORT", "PGDATABASE")
        yield {**os.environ, **dict(zip(names, found.groups(), strict=True)), "PYTHONPATH": str(ROOT)}


def database(env: Mapping[str, str], name: str) -> dict[str, str]:
    """A fresh database for one more lake."""
    subprocess.run([str(PROGRAMS[-1] / "createdb"), name], env=dict(env), check=True, timeout=240)
    return {**env, "PGDATABASE": name}


def ask(env: Mapping[str, str], query: str) -> str:
    """One question to the catalogue's database."""
    words = [str(PROGRAMS[-1] / "psql"), "-XAtc", query]
    return subprocess.run(words, env=dict(env), check=True, capture_output=True, text=True, timeout=240).stdout.strip()


def lake(env: Mapping[str, str], *words: str, data: Path | str) -> subprocess.CompletedProcess[str]:
    """`python -m warehouse.ducklake` in its environment."""
    command = [str(PYTHON), "-m", "warehouse.ducklake", *words, "--catalog", "postgres:", "--data", str(data)]
    return subprocess.run(command, env=dict(env), cwd=ROOT, capture_output=True, text=True, timeout=600)


def write_parts(home: Home, shards: int) -> None:
    """Two runs with so many shards each: samples, completions, extractions and scores."""
    for run in RUNS:
        write_frame(home, run)
        for number in range(shards):
            _write_shard(home, run, number)


def _write_shard(home: Home, run: str, number: int) -> None:
    shard, now = shard_uuid(run, MODEL, "en", "sums", number), datetime.now(UTC)
    samples = [sample("sums", "en", number * ANSWERS + n) for n in range(ANSWERS)]
    item = {"dataset_id": "sums", "dataset_version": "1", "lang": "en", "item_id": "1", "parallel_id": "1",
            "cluster_id": "1", "kind": "math", "question": "6 * 7"}  # fmt: skip
    put(home, "samples", run, f"sums_{number}", *({**item, "sample_id": each} for each in samples))
    who = [
        {"completion_id": completion_uuid(run, MODEL, each, 0), "sample_id": each, "repeat_ix": 0} for each in samples
    ]
    kinds = {
        "completions": {"status": "ok", "attempts": 1, "created_at": now, "text": "42"},
        "extractions": {"state": "none", "method": "marker", "strict": True, "extractor_version": "1",
                        "extracted_at": now},
        "scores": {"status": "ok", "metric": "exact_match", "metric_version": "1", "scored_at": now, "value": 1.0},
    }  # fmt: skip
    for kind, same in kinds.items():
        both = {**same, "model_id": MODEL, "lang": "en", "dataset_id": "sums"}
        write_part(home, kind, run, shard, arrow_table(kind, who, both))


def race(home: Home, env: dict[str, str], data: Path, *, guarded: bool, kill: bool) -> Raced:
    """Eight writers at once: half bring everything, half one run; one may die with keys in its hands."""
    began = time.monotonic()
    made = lake(env, "register", str(home.root), "--run", "none", data=data)  # only makes the lake
    assert made.returncode == 0, made.stderr
    naive = [str(PYTHON), str(NAIVE), "register", str(home.root), str(data)]
    writers = []
    for number in range(WRITERS):
        words = [str(PYTHON), "-m", "warehouse.ducklake", "register", str(home.root), "--catalog", "postgres:",
                 "--data", str(data), *(["--run", RUNS[number % 4 // 2]] if number % 2 else [])]  # fmt: skip
        own = {**env, "PGAPPNAME": f"writer-{number}"}
        writers.append(subprocess.Popen(words if guarded else naive, env=own, cwd=ROOT, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True))  # fmt: skip
    killed = _kill_one(env, writers) if kill else -1
    said = [writer.communicate(timeout=240)[0] for writer in writers]
    bad = [text for number, text in enumerate(said) if number != killed and writers[number].returncode]
    return counted(home, env, data, killed, time.monotonic() - began, "".join(bad), guarded=guarded)


def _kill_one(env: dict[str, str], writers: list[subprocess.Popen[str]]) -> int:
    """kill -9 to the first writer that is seen within a transaction in which it holds keys; its number."""
    query = (
        "SELECT a.application_name FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid "
        "WHERE l.relation = 'babelgate_ledger'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted "
        "AND a.state = 'idle in transaction' AND a.application_name LIKE 'writer-%'"
    )
    while any(writer.poll() is None for writer in writers):
        holding = ask(env, query).splitlines()
        if holding:
            number = int(random.choice(holding).removeprefix("writer-"))
            writers[number].kill()
            return number
    raise RuntimeError("every writer was done before one could be killed")


def counted(
    home: Home, env: dict[str, str], data: Path, killed: int, seconds: float, problems: str, *, guarded: bool
) -> Raced:
    """The lake's counts beside the parts'; where the ledger is used, `check` has its say too."""
    files = [path for kind in home.parts.iterdir() for path in kind.glob("*/*.parquet")]
    if guarded:
        checked = lake(env, "check", str(home.root), data=data)
        problems += checked.stdout + checked.stderr if checked.returncode else ""
    done = subprocess.run([str(PYTHON), str(NAIVE), "count", str(home.root), str(data)], env=env, cwd=ROOT,
                          capture_output=True, text=True, timeout=600)  # fmt: skip
    assert done.returncode == 0, done.stderr
    shards, shards_twice, completions, completions_twice = map(int, done.stdout.split())
    completed = sum(1 for path in files if path.parent.parent.name == "completions") * ANSWERS
    return Raced(len(files), completed, shards, shards_twice, completions, completions_twice, killed, seconds, problems)


def main(shards: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        base.chmod(0o755)
        home = Home(base / "home")
        write_parts(home, shards)
        (base / "pg").mkdir()
        with catalogue(base / "pg") as env:
            print("| | parts | in the lake | twice | completions | in the lake | twice | killed | seconds |")
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
            for name, guarded in (("look, then insert", False), ("with the ledger", True)):
                own = database(env, f"lake_{int(guarded)}")
                r = race(home, own, base / f"data_{int(guarded)}", guarded=guarded, kill=guarded)
                print(f"| {name} | {r.parts} | {r.shards} | {r.shards_twice} | {r.rows} | {r.completions} | "
                      f"{r.completions_twice} | {int(r.killed >= 0)} | {r.seconds:.0f} |", flush=True)  # fmt: skip
                if r.problems:
                    print(r.problems[:3000], file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
