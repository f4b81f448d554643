"""A server that we start: in a process group of its own, waited for while its log is watched, always ended."""

import asyncio
import os
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
from tasks.engines.reasons import log_reason

SUPERVISOR = Path(__file__).with_name("supervisor.py")
_END_GRACE_S = 10.0
_POLL_S = 0.2
_RESTARTS = 1
# The supervisor looks five times a second; a server that has died is noticed well within this.
_NOTICE_S = 2.0


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


class Server:
    """A server that is up. When it dies it is started once more, on the same port; a second death is the end.

    `lives` counts its starts. Who was asking it when it died asks again once `ready` returns.
    """

    def __init__(self, command: ServerCommand, process: asyncio.subprocess.Process) -> None:
        self.command, self.process, self.lives = command, process, 1
        self._up = asyncio.Event()
        self._up.set()
        self._lost: EngineError | None = None
        self._watcher = asyncio.create_task(self._watch())

    async def ready(self) -> int:
        """Wait until it answers and return which life it is in. EngineError when it will not live again."""
        await self._up.wait()
        if self._lost:
            raise self._lost
        return self.lives

    async def fell(self, life: int) -> bool:
        """Whether it has died since that life; waits a moment, for a connection breaks before a process has ended."""
        deadline = time.monotonic() + _NOTICE_S
        while self.lives == life and self._up.is_set() and self._lost is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_S / 4)
        return self.lives != life or not self._up.is_set() or self._lost is not None

    async def end(self) -> None:
        """No more watching, and the end of the whole process group."""
        while not self._watcher.done():  # a cancellation can be lost where it meets the end of what is waited for
            self._watcher.cancel()
            await asyncio.wait([self._watcher], timeout=_POLL_S)
        await _end(self.process)

    async def _watch(self) -> None:
        while True:
            code = await self.process.wait()
            self._up.clear()
            died = f"{self.command.name} {_ended(code)} while it was answering"
            try:
                if self.lives > _RESTARTS:
                    raise EngineError(f"{died}, for the second time: {log_reason(self.command.log)}")
                await self._restart()
            except EngineError as error:
                self._lost = error if str(error).startswith(died) else EngineError(f"{died}; {error}")
                self._up.set()
                return
            self.lives += 1
            self._up.set()

    async def _restart(self) -> None:
        await _end(self.process)  # workers that outlive it hold the memory that the next one needs
        log = self.command.log
        log.replace(log.with_suffix(".died.log"))
        self.process = await _start(self.command)
        await _healthy(self.process, self.command)


@asynccontextmanager
async def serve(command: ServerCommand) -> AsyncIterator[Server]:
    """Start a server, wait until it is healthy, end its whole process group on the way out.

    The supervisor in between does the same when this process is killed. EngineError: it ended, or did not get ready in
    time; with what its log says.
    """
    process = await _start(command)
    try:
        await _healthy(process, command)
        server = Server(command, process)
    except BaseException:
        await asyncio.shield(_end(process))
        raise
    try:
        yield server
    finally:
        await asyncio.shield(server.end())


async def _start(command: ServerCommand) -> asyncio.subprocess.Process:
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(SUPERVISOR), *command.arguments,
            stdin=PIPE, stdout=log, stderr=STDOUT, env=dict(command.env), start_new_session=True,
        )  # fmt: skip


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
    """In words; the supervisor gives 128 + the signal, as a shell does, unless it was killed itself."""
    signals = {code: number.name for number in signal.Signals for code in (128 + number, -number)}
    return f"was ended by {signals[code]}" if code in signals else f"ended with code {code}"


async def _end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM to the group, then SIGKILL to whatever is left of it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_GRACE_S):
            await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
