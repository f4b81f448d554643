"""The parts of deploy/compose.yaml without Docker: PostgreSQL, a Prefect server and workers, all on loopback."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tasks.engines.process import free_port

ROOT = Path(__file__).parent.parent.parent
WAIT_S = 900


@dataclass(frozen=True)
class Stack:
    """A running server: `env` is what its clients and workers need; logs lie in `folder`."""

    folder: Path
    env: dict[str, str]

    def api(self, path: str, body: object = None, method: str = "POST") -> object:
        """Call the server's API; None where it answers nothing."""
        import base64

        auth = base64.b64encode(self.env["PREFECT_API_AUTH_STRING"].encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {auth}"}
        data = None if method == "GET" else json.dumps(body if body is not None else {}).encode()
        request = urllib.request.Request(self.env["PREFECT_API_URL"] + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def command(self, *words: str) -> str:
        """Run a command of the environment's Python with the server's settings; its output."""
        done = subprocess.run(
            [sys.executable, "-m", *words], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def worker(self, pool: str, name: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process worker of a pool; what is left of it and its flows is killed at the end."""
        words = [
            sys.executable,
            "-m",
            "prefect",
            "worker",
            "start",
            "--pool",
            pool,
            "--name",
            name,
            "--type",
            "process",
        ]
        with started([*words, *more], self.folder / f"{name}.log", self.env) as process:
            yield process


@contextmanager
def started(words: list[str], log: Path, env: dict[str, str], user: str | None = None) -> Iterator[subprocess.Popen]:
    """A process in a group of its own, and the end of the whole group."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, env=env, cwd=ROOT, start_new_session=True, user=user
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen) -> None:
    """SIGTERM to the group, 20 s, SIGKILL to every process below it."""
    left = [process.pid, *children(process.pid)]
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    for pid in left:
        kill(pid)
    process.wait()


def kill(pid: int) -> None:
    """kill -9, where it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Every process below one, by the parent that each names."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    found, level = [], [pid]
    while level:
        level = [child for child, parent in parents.items() if parent in level]
        found += level
    return found


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of Debian's package in a folder; its SQLAlchemy URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        sys.exit("PostgreSQL is not installed: apt-get install --no-install-recommends postgresql")
    port, password, data = free_port(), secrets.token_urlsafe(16), folder / "postgres"
    data.mkdir()
    (folder / "password").write_text(password)
    user = "postgres" if os.getuid() == 0 else None  # PostgreSQL refuses to run as root
    if user:
        folder.chmod(0o755)
        shutil.chown(data, user)
        shutil.chown(folder / "password", user)
    init = [str(programs[-1] / "initdb"), "-D", str(data), "-U", "prefect", "-A", "scram-sha-256", "-E", "UTF8",
            "--locale=C.UTF-8", f"--pwfile={folder / 'password'}"]  # fmt: skip
    subprocess.run(init, check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
    words = [str(programs[-1] / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(data)]
    with started(words, folder / "postgres.log", dict(os.environ), user):
        ready = [str(programs[-1] / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        wait(lambda: subprocess.run(ready, stdout=subprocess.DEVNULL).returncode == 0, "PostgreSQL")
        create = [str(programs[-1] / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "prefect", "prefect"]
        subprocess.run(create, check=True, env={**os.environ, "PGPASSWORD": password})
        yield f"postgresql+asyncpg://prefect:{password}@127.0.0.1:{port}/prefect"


@contextmanager
def stack(folder: Path, *, database: str = "postgres", **more: str) -> Iterator[Stack]:
    """A Prefect server on loopback over PostgreSQL (or SQLite), closed to who has not its password."""
    with ExitStack() as open_:
        url = open_.enter_context(postgres(folder)) if database == "postgres" else ""
        port, auth = free_port(), f"night:{secrets.token_urlsafe(12)}"
        prefect_home = folder / "prefect"
        prefect_home.mkdir(mode=0o700)
        env = {
            **os.environ, "PREFECT_HOME": str(prefect_home), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_API_AUTH_STRING": auth, "PREFECT_API_AUTH_STRING": auth, "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PYTHONUNBUFFERED": "1", **more,
        }  # fmt: skip
        if url:
            env["PREFECT_API_DATABASE_CONNECTION_URL"] = url
        words = [
            sys.executable,
            "-m",
            "prefect",
            "server",
            "start",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--no-ui",
        ]
        process = open_.enter_context(started(words, folder / "server.log", env))
        wait(lambda: healthy(port, process), "the Prefect server")
        yield Stack(folder, env)


def healthy(port: int, process: subprocess.Popen) -> bool:
    """Whether a Prefect server answers; an error where it has ended."""
    if process.poll() is not None:
        raise RuntimeError(f"the Prefect server ended with {process.returncode}")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait(true: Callable[[], object], what: str, seconds: float = WAIT_S) -> None:
    """Until something is true; an error after a long time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(0.5)
