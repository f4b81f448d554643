"""A server that we start: in a process group of its own, waited for while its log is watched, always ended."""

import asyncio
import os
import re
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT

from tasks.engines.context import EngineError

SUPERVISOR = Path(__file__).with_name("supervisor.py")
_END_GRACE_S = 10.0
_POLL_S = 0.2
_TAIL_BYTES = 200_000
_REASON = re.compile(r"(?:\b[A-Za-z_.]*(?:Error|Exception)|\berror): \S.*")
# Talk of errors that is none, and what a server says when the reason stands further up.
_NO_REASON = (" WARNING ", " INFO ", " DEBUG ", "See root cause above", "Engine core initialization failed")


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """What to start. `health` is the path that answers 200 once the server is ready."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    log: Path
    port: int
    health: str
    start_timeout_s: float

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str, timeout_s: float = 5) -> bytes | None:
    """The body of a page of a server of ours, None when it does not answer 200. Proxies are for the world outside."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout_s) as response:
            return response.read()
    except (urllib.error.URLError, OSError, ValueError):
        return None


@asynccontextmanager
async def serve(command: ServerCommand) -> AsyncIterator[None]:
    """Start a server, wait until it is healthy, end its whole process group on the way out.

    The supervisor in between does the same when this process is killed. EngineError: it ended, or did not get ready in
    time; with what its log says.
    """
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(SUPERVISOR), *command.arguments,
            stdin=PIPE, stdout=log, stderr=STDOUT, env=dict(command.env), start_new_session=True,
        )  # fmt: skip
    try:
        await _healthy(process, command)
        yield
    finally:
        await asyncio.shield(_end(process))


async def _healthy(process: asyncio.subprocess.Process, command: ServerCommand) -> None:
    deadline = time.monotonic() + command.start_timeout_s
    while await asyncio.to_thread(fetch, command.origin + command.health) is None:
        if process.returncode is not None:
            said = log_reason(command.log)
            raise EngineError(f"{command.name} {_ended(process.returncode)} while starting: {said}")
        if time.monotonic() > deadline:
            said = log_reason(command.log)
            raise EngineError(f"{command.name} was not ready after {command.start_timeout_s:g} s: {said}")
        await asyncio.sleep(_POLL_S)


def _ended(code: int) -> str:
    """In words; the supervisor gives 128 + the signal, as a shell does."""
    signals = {128 + number: number.name for number in signal.Signals}
    return f"was ended by {signals[code]}" if code in signals else f"ended with code {code}"


async def _end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM to the group, then SIGKILL to whatever is left of it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _END_GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def log_reason(log: Path, lines: int = 3) -> str:
    """The first error that a log names and its last lines, on one line, with where the whole of it lies."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            written = file.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"its log {log} cannot be read ({error.strerror})"
    kept = [line.strip() for line in written if line.strip()]
    reason = next((found[0] for found in map(_REASON.search, filter(_may_tell, kept)) if found), "")
    tail = kept[-lines:]
    said = [reason, *tail] if reason and not any(reason in line for line in tail) else tail
    return f"{' | '.join(line[:600] for line in said) or 'it wrote nothing'} (log: {log})"


def _may_tell(line: str) -> bool:
    return not any(phrase in line for phrase in _NO_REASON)
