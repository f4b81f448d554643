"""The vLLM engine but for vLLM itself, which tests/test_vllm_cpu.py runs: flags, interpreter, start and end."""

import asyncio
import os
import sys
from pathlib import Path

from tasks.engines import EngineContext, open_engine
from tasks.engines.vllm import flags, interpreter, model_path
from tasks.schema import Endpoint
from tasks.suite import Vllm
from tests.page_server import SERVER, gone


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
