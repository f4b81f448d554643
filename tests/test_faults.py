"""What the world does to a run: full disks, clocks, two runs at once, and every fault of a server in a whole run."""

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli import main
from tasks.runs import run_ids
from tests.fault_server import KEY, FaultServer
from tests.small_run import MODEL, NIGHT, empty_home, write_both, write_run
from tests.test_generate import MATRIX
from warehouse.connect import connect, open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.maintain import check
from warehouse.parts import read_part, shard_uuid
from warehouse.publish import publish

ROOT = Path(__file__).parent.parent


def _program(code: str, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(code), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


FULL_DISK = """
    import resource, signal, sys
    from pathlib import Path
    from tests.small_run import write_shard
    from warehouse.home import Home
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # write() fails as on a full disk
    write_shard(Home(Path(sys.argv[1])), "r1", "en")
"""


def test_a_disk_that_is_full_leaves_the_old_part_and_no_half_of_a_new_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for there in (False, True):
        if there:
            write_run(home, "r1")
        before = {path: path.read_bytes() for path in home.parts.rglob("*") if path.is_file()}
        writer = _program(FULL_DISK, str(tmp_path))
        assert "File too large" in writer.communicate(timeout=240)[1] and writer.returncode == 1
        assert {path: path.read_bytes() for path in home.parts.rglob("*") if path.is_file()} == before
        assert all(read_part(path) for path in before)
    assert load_parts(home).rejected == []


def test_a_clock_that_is_set_back_does_not_hide_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = empty_home(tmp_path)
    write_run(home, "r1")
    load_parts(home)
    clock = iter(range(9_000, 0, -1_000))
    monkeypatch.setattr("warehouse.publish.time.time_ns", lambda: next(clock))
    for _ in range(4):
        publish(home)
    write_run(home, "r2")
    load_parts(home)
    newest = publish(home)
    assert home.current.resolve() == newest.resolve() and len(list(home.published.glob("warehouse-*"))) == 3
    with open_published(home) as connection:
        assert connection.execute("SELECT count(DISTINCT run_id) FROM completions").fetchall() == [(2,)]


def test_a_part_that_cannot_be_read_is_named_and_landed_again(tmp_path: Path) -> None:
    from tasks.finish import put_aside

    home = empty_home(tmp_path)
    write_run(home, "r1")
    broken = home.part("completions", "r1", str(shard_uuid("r1", MODEL, "en", "sums")))
    broken.write_bytes(broken.read_bytes()[:-100])
    (said,) = put_aside(tmp_path, "r1")
    assert broken.stem in said and "is not a whole Parquet file" in said
    assert "'babelgate resume r1' lands it again" in said and list(home.rejected.rglob("*.reason"))
    write_run(home, "r1")  # as resuming does
    assert put_aside(tmp_path, "r1") == []
    with connect(home.build) as connection:
        assert connection.execute("SELECT count(*), count(DISTINCT completion_id) FROM completions").fetchall() == [
            (8, 8)
        ]


TWO_AT_ONCE = """
    import sys
    from pathlib import Path
    from tests.small_run import write_frame, write_shard
    from warehouse.home import Home
    from warehouse.load import load_parts
    from warehouse.publish import publish
    home, run = Home(Path(sys.argv[1])), sys.argv[2]
    print("ready", flush=True)
    sys.stdin.readline()
    write_frame(home, run)
    for lang in ("en", "sw"):
        write_shard(home, run, lang)
        load_parts(home, run)
        publish(home)
"""


def test_two_runs_land_in_one_warehouse_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(TWO_AT_ONCE), str(tmp_path)]
    both = [
        subprocess.Popen([*command, run], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for run in NIGHT
    ]
    for one in both:
        assert one.stdout and one.stdout.readline() == "ready\n"
    assert [one.communicate("\n", timeout=240) and one.returncode for one in both] == [0, 0]
    alone = Home(tmp_path / "alone")
    write_both(alone)
    load_parts(alone)
    count = (
        "SELECT run_id, count(*), count(DISTINCT completion_id) FROM completions WHERE dataset_id = 'sums' GROUP BY 1"
    )
    with open_published(Home(tmp_path)) as found, connect(alone.build) as wanted:
        assert sorted(found.execute(count).fetchall()) == sorted(wanted.execute(count).fetchall())
    assert check(Home(tmp_path)) == []


class Served:
    """A fault server in a thread with a loop of its own, for a flow that has the main thread's."""

    def __init__(self, server: FaultServer) -> None:
        self.server, self.loop = server, asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> FaultServer:
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.server.__aenter__(), self.loop).result(30)
        return self.server

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _end(self) -> None:
        """A handler left pending is destroyed whenever the garbage is next collected, which may be inside ast.parse:

        Python 3.11 then raises a SystemError in a test that has nothing to do with it.
        """
        await self.server.__aexit__()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


# Beside the table of tests/test_generate.py: what takes time, and a server that repeats our key.
SLOW_FAULTS = [
    ("hang", "infra_error", 3, "", "no answer within"),
    ("drip", "infra_error", 3, "", "no answer within"),
    ("key_500", "infra_error", 3, "", "Bearer [key]"),
]
CANARY = "sk-canary-5e1f"
FAULTS = [(f"{script} # {number}", *rest) for number, (script, *rest) in enumerate([*MATRIX, *SLOW_FAULTS])]
FAILED = sum(status == "infra_error" for _, status, *_ in FAULTS)
DATASET = """
name: {name}
version: "1"
title: faults
licence: CC0-1.0
citation: none
kind: open
source: {{local: {{root: data_dir, files: "{name}.jsonl", format: jsonl}}}}
columns: {{id: id, question: question, gold: null}}
languages: {{en: {{system: s, instruction: "$question"}}}}
metrics: [code_switch]
"""


def _dataset(folder: Path, name: str, scripts: list[str]) -> None:
    (folder / f"{name}.yaml").write_text(DATASET.format(name=name))
    rows = [json.dumps({"id": f"i{number}", "question": script}) for number, script in enumerate(scripts)]
    (folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n")


def _suite(folder: Path, faulty: FaultServer, locked: FaultServer) -> Path:
    models = [
        {"name": "faulty", "model": "faulty", "base_url": faulty.base_url, "key_env": "WRONG_KEY"},
        {"name": "locked", "model": "faulty", "base_url": locked.base_url, "key_env": "WRONG_KEY"},
        {"name": "gone", "model": "faulty", "base_url": "http://127.0.0.1:9/v1"},
    ]
    suite = {
        "name": "faults", "models": [{"engine": "openai", **model} for model in models],
        "datasets": ["faults", "unknown_model"], "retries": 2, "timeout_s": 5, "in_flight": 16,
    }  # fmt: skip
    path = folder / "suite.yaml"
    path.write_text(json.dumps(suite))
    return path


@pytest.fixture
def servers() -> Iterator[tuple[FaultServer, FaultServer]]:
    with Served(FaultServer()) as faulty, Served(FaultServer(key=KEY)) as locked:
        yield faulty, locked


def _readable(path: Path) -> str:
    """All that a file says, compressed or not."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return str(pyarrow.parquet.read_table(path).to_pylist())
    if path.suffix == ".duckdb":
        with connect(path, read_only=True) as connection:
            tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
            return str([connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables])
    return path.read_bytes().decode("utf-8", "replace")


def _no_key_anywhere(home: Path, run: str) -> None:
    """Not in parts, journals, logs, warehouse, report or Prefect's database; the run's name is in each of them."""
    places = [home, Path(os.environ["PREFECT_HOME"])]
    said = {path: _readable(path) for place in places for path in place.rglob("*") if path.is_file()}
    assert [path for path, text in said.items() if CANARY in text] == []
    named = {path.suffix for path, text in said.items() if run in text}
    assert named >= {".parquet", ".duckdb", ".jsonl", ".json", ".html"} and named & {".db", ".db-wal"}


@pytest.mark.slow
def test_every_fault_in_a_whole_run(
    tmp_path: Path, servers: tuple[FaultServer, FaultServer], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    faulty, locked = servers
    for name, value in {
        "BABELGATE_HOME": str(tmp_path / "home"), "BABELGATE_DATA_DIR": str(tmp_path), "WRONG_KEY": CANARY,
        "PREFECT_LOGGING_LEVEL": "INFO", "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "400",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    _dataset(tmp_path, "faults", [script for script, *_ in FAULTS])
    _dataset(tmp_path, "unknown_model", ["404"])
    assert main(["run", str(_suite(tmp_path, faulty, locked)), "--quiet"]) == 3
    told, complained = capsys.readouterr()
    assert "babelgate: failed" not in complained, complained
    assert f"problem: faulty: {faulty.base_url} does not know the model or the address" in told
    assert f"problem: locked: {locked.base_url} refuses the key" in told
    assert "requests failed for reasons of the infrastructure, above the limit of 1.0%" in told
    query = """select p.question, c.status, c.attempts, c.error from completions c join samples p using (sample_id)
               where c.model_id = 'faulty'"""
    counts = "select model_id, dataset_id, requested, answered, errored, missing from v_results order by all"
    with open_published(tmp_path / "home") as connection:
        found = {row[0]: row[1:] for row in connection.execute(query).fetchall()}
        assert connection.execute(counts).fetchall() == [
            ("faulty", "faults", len(FAULTS), len(FAULTS) - FAILED, FAILED, 0),
            ("faulty", "unknown_model", 1, 0, 0, 1),
            ("gone", "faults", len(FAULTS), 0, len(FAULTS), 0),
            ("gone", "unknown_model", 1, 0, 1, 0),
            ("locked", "faults", len(FAULTS), 0, 0, len(FAULTS)),
            ("locked", "unknown_model", 1, 0, 0, 1),
        ]
        assert connection.execute("select status from runs").fetchall() == [("partial",)]
    assert set(found) == {script for script, *_ in FAULTS}
    for script, status, attempts, _, said in FAULTS:
        assert found[script][:2] == (status, attempts), script
        assert any(words in (found[script][2] or "") for words in ((said,) if isinstance(said, str) else said)), script
    before = faulty.seen.copy()
    assert main(["resume", "latest", "--quiet"]) == 3
    assert main(["report", "latest"]) == 0
    _no_key_anywhere(tmp_path / "home", run_ids(tmp_path / "home")[-1])
    asked_again = {script for script, times in (faulty.seen - before).items() if times}
    assert asked_again == {script for script, status, *_ in FAULTS if status == "infra_error"} | {"404"}
