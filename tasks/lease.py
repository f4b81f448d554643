"""Who is working on a run: one process at a time, and one that was killed is told from one that is slow."""

import contextlib
import fcntl
import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Literal

from pydantic import ValidationError

from tasks.owner import is_alive, own_mark
from tasks.runs import record_path, run_ids
from tasks.schema import UserError
from tasks.suite import Strict

BEAT_S = 5.0
_DYING_S = 5.0
# Of a process on another machine only its heart can be heard; clocks differ a little.
SILENT = timedelta(seconds=90)

LeaseState = Literal["running", "ended", "interrupted"]


class Lease(Strict):
    """Who works, or worked, on a run; written anew every BEAT_S seconds. Times are UTC, ISO 8601."""

    owner: str
    host: str
    pid: int
    since: str
    heartbeat: str
    state: LeaseState = "running"
    flow_run_id: str | None = None


def lease_path(home: Path, run_id: str) -> Path:
    """Where the lease of a run lies, beside its record."""
    return record_path(home, run_id).with_name("lease.json")


def read_lease(home: Path, run_id: str) -> Lease | None:
    """The newest lease of a run; None where it never began, or was written by another version."""
    try:
        return Lease.model_validate_json(lease_path(home, run_id).read_bytes())
    except (OSError, ValidationError):
        return None


def is_held(lease: Lease) -> bool:
    """Whether its process still works: known for certain on its own machine, by its heartbeat from any other."""
    if lease.state != "running":
        return False
    if lease.host == socket.gethostname():
        return is_alive(lease.owner)
    return abs(datetime.now(UTC) - datetime.fromisoformat(lease.heartbeat)) < SILENT


def check_free(home: Path, run_id: str) -> None:
    """UserError where another process is working on the run."""
    lease = read_lease(home, run_id)
    if lease is not None and lease.owner != own_mark() and is_held(lease):
        raise _taken(run_id, lease)


def interrupted(home: Path) -> list[tuple[str, Lease]]:
    """The runs whose process ended without a word, oldest first."""
    found = [(run_id, read_lease(home, run_id)) for run_id in run_ids(home)]
    return [(run, lease) for run, lease in found if lease and lease.state == "running" and not is_held(lease)]


def write_lease(home: Path, run_id: str, lease: Lease) -> None:
    """Write a lease whole or not at all."""
    path = lease_path(home, run_id)
    waiting = path.with_name(f".lease-{os.getpid()}-{threading.get_ident()}.tmp")
    waiting.write_text(lease.model_dump_json(indent=1), encoding="utf-8")
    waiting.replace(path)


@contextlib.contextmanager
def hold(home: Path, run_id: str, *, flow_run_id: str | None = None) -> Iterator[None]:
    """Hold a run while working on it. UserError: another process does; it is not waited for.

    A lock decides on one machine, since the system lets go of it with the process; the lease says who has it, and
    decides between machines, where locks may not reach.
    """
    with lease_path(home, run_id).with_suffix(".lock").open("w") as lock:
        check_free(home, run_id)
        _lock(lock, home, run_id)
        now = _now()
        lease = Lease(
            owner=own_mark(), host=socket.gethostname(), pid=os.getpid(), since=now, heartbeat=now,
            flow_run_id=flow_run_id,
        )  # fmt: skip
        write_lease(home, run_id, lease)
        stop = threading.Event()
        heart = threading.Thread(target=_beat, args=(home, run_id, lease, stop), daemon=True)
        heart.start()
        try:
            yield
        finally:
            stop.set()
            heart.join()
            write_lease(home, run_id, lease.model_copy(update={"state": "ended", "heartbeat": _now()}))


@contextlib.contextmanager
def claim(home: Path, run_id: str) -> Iterator[None]:
    """Keep a run for a command from its first moment on: it works, and holds it, only seconds later.

    UserError: another command has it, which is then said before anything else is.
    """
    with lease_path(home, run_id).with_name("claim.lock").open("w") as lock:
        check_free(home, run_id)
        _lock(lock, home, run_id)
        yield


def _lock(file: IO[str], home: Path, run_id: str) -> None:
    """Take the lock at once, or soon: a process that was killed lets go when its last thread has ended."""
    until = time.monotonic() + _DYING_S
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lease = read_lease(home, run_id)
            if (lease is not None and is_held(lease)) or time.monotonic() > until:
                raise _taken(run_id, lease) from None
        time.sleep(0.05)


def _beat(home: Path, run_id: str, lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(BEAT_S):
        with contextlib.suppress(OSError):  # a full disk stops the heart on paper only: the process is there
            write_lease(home, run_id, lease.model_copy(update={"heartbeat": _now()}))


def _taken(run_id: str, lease: Lease | None) -> UserError:
    who = f"process {lease.pid} on {lease.host}, since {lease.since}" if lease else "another process"
    return UserError(f"run {run_id} is being worked on by {who}: wait for it, or end it first")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
