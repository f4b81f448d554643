"""Servers that we start: they come up, fail with a reason, and always end, also when we are killed."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tasks.engines import EngineError
from tasks.engines.process import ServerCommand, free_port, log_reason, serve
from tests.page_server import SERVER, gone, group_of


def command(tmp_path: Path, code: str, *, timeout_s: float = 30) -> ServerCommand:
    port = free_port()
    return ServerCommand(
        name="the test server", arguments=[sys.executable, "-c", code, str(port)], env=dict(os.environ),
        log=tmp_path / "logs" / "server.log", port=port, health="/health", start_timeout_s=timeout_s,
    )  # fmt: skip


def enter(server: AbstractAsyncContextManager[None]) -> None:
    async def main() -> None:
        async with server:
            pass

    asyncio.run(main())


def test_a_server_and_its_workers_end_with_the_context(tmp_path: Path) -> None:
    made = command(tmp_path, SERVER)
    marker = f"MARK={tmp_path.name}"
    marked = ServerCommand(
        made.name, made.arguments, {**made.env, "MARK": tmp_path.name}, made.log, made.port, made.health, 30
    )

    async def main() -> None:
        async with serve(marked):
            assert len(group_of(marker)) == 3  # supervisor, server, worker
            raise KeyError("whatever happens")

    with pytest.raises(KeyError):
        asyncio.run(main())
    assert gone(marker, 1)


FAILS = [
    ("raise ValueError('no such architecture')", "ended with code 1 while starting: .*no such architecture"),
    ("import sys; sys.exit(3)", "ended with code 3 while starting: it wrote nothing"),
    ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL while starting: it wrote nothing"),
]


@pytest.mark.parametrize(("code", "said"), FAILS)
def test_a_server_that_ends_while_starting(tmp_path: Path, code: str, said: str) -> None:
    with pytest.raises(EngineError, match=f"the test server {said}"):
        enter(serve(command(tmp_path, code)))


def test_a_server_that_never_gets_ready(tmp_path: Path) -> None:
    code = "import time; print('loading', flush=True); time.sleep(60)"
    with pytest.raises(EngineError, match=r"was not ready after 1 s: loading \(log: "):
        enter(serve(command(tmp_path, code, timeout_s=1)))


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    made = command(tmp_path, "")
    missing = ServerCommand(made.name, ["/no/such/program"], made.env, made.log, made.port, made.health, 30)
    with pytest.raises(EngineError, match="No such file or directory: '/no/such/program'"):
        enter(serve(missing))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("ignores", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"])
@pytest.mark.slow
def test_nothing_survives_us(tmp_path: Path, how: signal.Signals, ignores: str) -> None:
    """We are killed while a server runs; one may even be deaf to SIGTERM."""
    code = """if True:
        import asyncio, os, sys
        from pathlib import Path
        from tasks.engines.process import ServerCommand, free_port, serve
        port = free_port()
        made = ServerCommand("s", [sys.executable, "-c", sys.argv[1], str(port)], dict(os.environ),
                             Path(sys.argv[2]), port, "/", 60)
        async def main():
            async with serve(made):
                print("up", flush=True)
                await asyncio.sleep(600)
        asyncio.run(main())
    """
    marker = f"{tmp_path.name}-{how.name}"
    arguments = [sys.executable, "-c", code, ignores + SERVER, str(tmp_path / "log")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env={**os.environ, "MARK": marker}, text=True) as us:
        assert us.stdout is not None
        assert us.stdout.readline() == "up\n"
        assert len(group_of(marker)) == 4
        us.send_signal(how)
        us.wait(120)
    assert gone(marker)


@pytest.mark.slow
def test_a_server_does_not_survive_its_supervisor(tmp_path: Path) -> None:
    made = command(tmp_path, SERVER)
    marker = f"{tmp_path.name}-supervisor"
    marked = ServerCommand(
        made.name, made.arguments, {**made.env, "MARK": marker}, made.log, made.port, made.health, 30
    )

    async def main() -> None:
        async with serve(marked):
            supervisor = next(pid for pid in group_of(marker) if os.getpgid(pid) == pid)
            os.kill(supervisor, signal.SIGKILL)
            await asyncio.sleep(1)

    asyncio.run(main())
    assert gone(marker, 1)


LOGS = [
    ("", "it wrote nothing"),
    ("one\n\n two \n", "one | two"),
    ("api_server.py: error: no such thing\n", "api_server.py: error: no such thing"),
    # vLLM 0.32, shortened
    ("(APIServer pid=1) WARNING 11-22 12:39:29 [system_utils.py:255] This can cause errors like `OSError: [Errno 24] "
     "Too many open files`.\n"
     "(VllmWorker-0 pid=2) ERROR 11-22 12:40:11 [multiproc_executor.py:953]     raise ValueError(\n"
     "(VllmWorker-0 pid=2) ERROR 11-22 12:40:11 [multiproc_executor.py:953] ValueError: Available memory is less than "
     "desired. To resolve: decrease `--gpu-memory-utilization`.\n" + "  File x\n" * 9 +
     "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}\n",
     "ValueError: Available memory is less than desired. To resolve: decrease `--gpu-memory-utilization`. | File x | "
     "File x | RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), LOGS)
def test_the_reason_is_read_from_the_log(tmp_path: Path, written: str, said: str) -> None:
    log = tmp_path / "x.log"
    log.write_text(written)
    assert log_reason(log) == f"{said} (log: {log})"
