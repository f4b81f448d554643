"""Starts and kills the processes under test: cold, or forked from one that has imported everything already."""

import contextlib
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = (
    "flows.cli", "flows.benchmark", "flows.commands.progress", "flows.commands.run", "flows.commands.resume",
    "tasks.preflight", "tasks.shard", "prefect.server.api.server", "prefect.workers.process", "prefect.cli", "aiohttp",
    "duckdb", "pyarrow.parquet", "uvicorn",
)  # fmt: skip


class Process(Protocol):
    """What both kinds of process can do."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


@dataclass(frozen=True, slots=True)
class Forked:
    """A forked process, as if it were one of `subprocess`."""

    process: BaseProcess

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if (code := self.process.exitcode) is None:
            raise subprocess.TimeoutExpired(str(self.process), timeout or 0)
        return code


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts modules with one environment and a log each in a folder.

    A cold start of a flow is ten seconds of imports, in which nothing of ours is on the disk yet. `warm` forks it from
    a process that has done them, which leaves a busy machine more time for kills.
    """

    home: Path
    settings: dict[str, str]
    warm: bool

    def start(self, log: str, module: str, *words: str) -> Process:
        """`python -m module words…` in a session of its own."""
        if self.warm:
            return Forked(self._fork(log, module, words))
        with (self.home / log).open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", module, *words], cwd=ROOT, stdout=file, stderr=file, stdin=subprocess.DEVNULL,
                start_new_session=True, env=os.environ | self.settings,
            )  # fmt: skip

    def _fork(self, log: str, module: str, words: tuple[str, ...]) -> BaseProcess:
        os.environ.update(self.settings)
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(list(IMPORTED))
        process = forks.Process(target=_run, args=(self.home / log, module, words))
        process.start()
        return process


def _run(log: Path, module: str, words: tuple[str, ...]) -> None:
    os.setsid()
    os.chdir(ROOT)
    file = os.open(log, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(file, stream)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, timeout_s: float = 900) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(OSError), opener.open(url, timeout=5):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(url)
        time.sleep(0.1)


def kill(process: Process) -> None:
    """kill -9 for its whole session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_all(pids: list[int]) -> None:
    """kill -9 for each that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
