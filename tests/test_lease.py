"""One process works on a run; a killed one is recognised, marked, and what it started is ended."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.lease import Lease, check_free, hold, interrupted, is_held, lease_path, read_lease, write_lease
from tasks.owner import MARK, end_orphans, is_alive, own_mark
from tasks.runs import start_run
from tasks.schema import UserError
from tasks.suite import Suite
from warehouse.connect import open_published

RUN = "r-1"
ROOT = Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lease_path(tmp_path, RUN).parent.mkdir(parents=True)
    (lease_path(tmp_path, RUN).with_name("run.json")).write_text("{}")
    return tmp_path


def _python(code: str, *words: str, **settings: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *words],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ) | settings,
    )  # fmt: skip


HOLDER = """
import sys, time
from pathlib import Path
from tasks.lease import hold
with hold(Path(sys.argv[1]), "r-1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_is_worked_on_by_one_process(home: Path) -> None:
    other = _python(HOLDER, str(home))
    assert other.stdout and other.stdout.readline() == "held\n"
    try:
        with pytest.raises(UserError, match=f"run r-1 is being worked on by process {other.pid} on "):
            check_free(home, RUN)
        with pytest.raises(UserError, match="is being worked on by"), hold(home, RUN):
            pytest.fail("held by two")
        assert interrupted(home) == []
    finally:
        other.kill()
    # A zombie is gone as well: nobody has waited for it yet.
    _until(lambda: [run for run, _ in interrupted(home)] == [RUN])
    with hold(home, RUN):
        assert interrupted(home) == []
    lease = read_lease(home, RUN)
    other.wait()
    assert lease is not None and lease.state == "ended" and lease.pid == os.getpid()
    assert interrupted(home) == []


def test_the_same_process_does_not_hold_a_run_twice(home: Path) -> None:
    with hold(home, RUN), pytest.raises(UserError, match="is being worked on"), hold(home, RUN):
        pytest.fail("held twice")


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({}, True),
        ({"state": "ended"}, False),
        ({"state": "interrupted"}, False),
        # The number was given to another process, or the machine was started again.
        ({"owner": own_mark().rpartition(":")[0] + ":1"}, False),
        ({"owner": "another-boot" + own_mark()[own_mark().index(":") :]}, False),
        ({"owner": "nonsense"}, False),
        # On this machine the clock decides nothing, whichever way it jumped.
        ({"heartbeat": "2001-01-01T00:00:00+00:00"}, True),
        ({"heartbeat": "2101-01-01T00:00:00+00:00"}, True),
        # Another machine is believed while its heart beats.
        ({"host": "elsewhere", "owner": "b:1:1"}, True),
        ({"host": "elsewhere", "owner": "b:1:1", "heartbeat": "2001-01-01T00:00:00+00:00"}, False),
    ],
)
def test_who_still_works(home: Path, change: dict[str, str], held: bool) -> None:
    with hold(home, RUN):
        lease = read_lease(home, RUN)
    assert lease is not None
    lease = Lease.model_validate(lease.model_dump() | {"state": "running"} | change)
    assert is_held(lease) is held
    write_lease(home, RUN, lease)
    assert [run for run, _ in interrupted(home)] == ([RUN] if not held and lease.state == "running" else [])


def test_a_killed_run_is_marked_where_readers_look(tmp_path: Path) -> None:
    from tasks import stale

    suite = Suite.model_validate(
        {"name": "s", "models": [{"name": "m", "engine": "llamacpp"}], "datasets": ["babel_math"]}
    )
    run = start_run(tmp_path, suite, datasets={}, data_dir=None)
    with hold(tmp_path, run.run_id):
        lease = read_lease(tmp_path, run.run_id)
    assert lease is not None
    write_lease(tmp_path, run.run_id, lease.model_copy(update={"owner": "gone:1:1", "state": "running"}))
    assert asyncio.run(stale.mark_stale(tmp_path)) == [run.run_id]
    with open_published(tmp_path) as connection:
        ((status, message),) = connection.execute("select status, message from runs").fetchall()
    assert status == "failed" and message.startswith(f"interrupted: process {os.getpid()} on ")
    assert message.endswith(f"'babelgate resume {run.run_id}' continues")
    assert asyncio.run(stale.mark_stale(tmp_path)) == []
    with hold(tmp_path, run.run_id):  # and it can be continued
        again = read_lease(tmp_path, run.run_id)
        assert again is not None and again.state == "running"


STARTER = f"""
import os, subprocess, sys, time
from tasks.owner import own_mark, watch_over
if sys.argv[1] == "watched":
    watch_over(own_mark())
env = os.environ | {{"{MARK}": own_mark()}}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=env)
print(child.pid, own_mark(), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("watched", ["watched", "alone"])
def test_what_a_killed_process_started_is_ended(watched: str) -> None:
    owner = _python(STARTER, watched)
    assert owner.stdout
    pid, mark = owner.stdout.readline().split()
    assert is_alive(mark) and int(pid) not in end_orphans()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert not is_alive(mark)
    if watched == "alone":  # its watcher is dead too: the next start sees to it
        assert int(pid) in end_orphans()
    _until(lambda: not Path(f"/proc/{pid}/exe").exists())


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
