"""A vLLM server that we start, in an environment of its own: nothing here imports vllm."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from tasks.engines.context import EngineContext, EngineError, file_digest, given_path
from tasks.engines.process import ServerCommand, fetch, free_port, serve
from tasks.engines.thinking_body import request_body
from tasks.schema import Endpoint, UserError, digest
from tasks.suite import Vllm

PROJECT = Path(__file__).parent.parent.parent
# Ours must not leak into another interpreter; nor should a server of ours report home.
_DROPPED = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
_SET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
_WEIGHTS = (".safetensors", ".bin", ".pt", ".gguf")


def check(model: Vllm, context: EngineContext) -> None:
    """UserError when there is no interpreter that has vLLM."""
    interpreter(model, context.env)


def interpreter(model: Vllm, env: Mapping[str, str]) -> str:
    """The Python that runs vLLM: the suite's, BABELGATE_VLLM_PYTHON, .venv-vllm beside the project, this one."""
    for origin, named in (
        (f"model '{model.name}'", model.python),
        ("BABELGATE_VLLM_PYTHON", env.get("BABELGATE_VLLM_PYTHON")),
    ):
        if named:
            if not given_path(named).is_file():
                raise UserError(f"{origin} names a Python that is not there: {named}")
            return str(given_path(named))
    beside = PROJECT / ".venv-vllm" / "bin" / "python"
    if beside.is_file():
        return str(beside)
    if find_spec("vllm"):
        return sys.executable
    raise UserError(
        f"model '{model.name}' needs vLLM in an environment of its own: run 'make vllm-gpu' or 'make vllm-cpu', "
        "or set BABELGATE_VLLM_PYTHON to a Python that has it"
    )


def model_path(model: str, home: Path) -> str:
    """A folder as it stands or under BABELGATE_HOME/models, as an absolute path; else the name, for the hub."""
    for folder in (given_path(model), home / "models" / model):
        if (folder / "config.json").is_file():
            return str(folder.absolute())
    return model


def flags(model: Vllm, path: str, port: int) -> list[str]:
    """The suite's settings as the server's flags; `args` comes last and has the last word."""
    settings: dict[str, object] = {
        "--model": path,
        "--served-model-name": served_name(model),
        "--host": "127.0.0.1",
        "--port": port,
        "--dtype": model.dtype,
        "--revision": model.revision,
        "--quantization": model.quantization,
        "--tensor-parallel-size": model.tensor_parallel_size if model.tensor_parallel_size > 1 else None,
        "--data-parallel-size": model.data_parallel_size if model.data_parallel_size > 1 else None,
        "--max-model-len": model.max_model_len,
        "--gpu-memory-utilization": model.gpu_memory_utilization or _share(model),
        "--reasoning-parser": model.reasoning_parser,
    }
    words = [str(word) for flag, value in settings.items() if value is not None for word in (flag, value)]
    return [*words, *(["--enable-return-routed-experts"] if model.routed_experts else []), *model.args]


def _share(model: Vllm) -> float | None:
    """The share of a GPU's memory for a model that has only a part of one."""
    return model.gpus if model.gpus is not None and model.gpus < 1 else None


def start_timeout_s(model: Vllm, path: str) -> float:
    """How long a start may take: ten minutes and ten seconds more for each GiB of weights that lie in the folder.

    A model that has to be fetched first gets an hour: its size is not known.
    """
    if model.start_timeout_s is not None:
        return model.start_timeout_s
    folder = Path(path)
    if not folder.is_dir():
        return 3600
    return 600 + 10 * sum(file.stat().st_size for file in folder.iterdir() if file.suffix in _WEIGHTS) / (1 << 30)


def served_name(model: Vllm) -> str:
    """The name that requests ask for."""
    return model.served_name or model.name


@asynccontextmanager
async def serve_vllm(model: Vllm, context: EngineContext) -> AsyncIterator[Endpoint]:
    """Start the server, wait until it is ready, end it and its workers with the context."""
    port, path = free_port(), model_path(model.model, context.home)
    inherited = {name: value for name, value in context.env.items() if name not in _DROPPED}
    command = ServerCommand(
        name=f"the vLLM server of model '{model.name}'",
        arguments=[
            interpreter(model, context.env),
            "-m",
            "vllm.entrypoints.openai.api_server",
            *flags(model, path, port),
        ],  # fmt: skip
        env={**_SET, **inherited, **model.env},
        log=context.logs / f"{model.name}-{port}.log",
        port=port,
        health="/health",
        start_timeout_s=start_timeout_s(model, path),
    )
    weights = asyncio.create_task(asyncio.to_thread(_content, path, context.home))  # while the server loads them
    async with serve(command) as server:
        version = await asyncio.to_thread(_version, command)
        yield Endpoint(
            base_url=f"{command.origin}/v1",
            model=served_name(model),
            fingerprint=_fingerprint(model, version, await weights),
            engine_version=f"vllm {version}",
            extra_body=request_body(model),
            thinks=model.thinks,
            server=server,
        )


def _version(command: ServerCommand) -> str:
    said = fetch(f"{command.origin}/version")
    try:
        return str(json.loads(said or b"")["version"])
    except (ValueError, KeyError, TypeError):
        raise EngineError(f"{command.name} does not say its version under {command.origin}/version") from None


def _content(path: str, home: Path) -> list[tuple[str, str]]:
    """Name and sha256 of everything in a local model's folder: weights, configuration, chat template.

    Empty for a hub model, which its name and revision pin.
    """
    folder = Path(path)
    if not folder.is_dir():
        return []
    files = [file for file in sorted(folder.iterdir()) if file.is_file()]
    return [(file.name, file_digest(file, home)) for file in files]


def _fingerprint(model: Vllm, version: str, content: list[tuple[str, str]]) -> str:
    """What can change an answer, and nothing that cannot (ports, memory shares, where the folder lies)."""
    return digest(
        "vllm", "" if content else model.model, model.revision, version, content, model.dtype, model.quantization,
        model.tensor_parallel_size, model.max_model_len, model.reasoning_parser, model.args,
        request_body(model),
    )  # fmt: skip
