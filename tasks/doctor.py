"""Looks at what a run would meet here: versions, disk, GPUs, Prefect's server, data, and what was left behind."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from datasets_cfg.config import load_config, names
from tasks.engines import EngineContext
from tasks.engines.vllm import interpreter
from tasks.lease import interrupted
from tasks.owner import is_alive, marked
from tasks.rows import local_path
from tasks.schema import UserError
from tasks.suite import Vllm

State = Literal["ok", "note", "problem"]
_PACKAGES = ("babelgate", "prefect", "fastapi", "duckdb", "pyarrow", "datasets", "openai", "aiohttp", "xllamacpp")
_LITTLE, _SCARCE = 1 << 30, 10 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. A problem stops a run; a note is worth knowing."""

    name: str
    state: State
    said: str


def examine(context: EngineContext) -> Iterator[Check]:
    """Every check in turn; nothing is started, and nothing stays written."""
    yield _python()
    yield from _packages()
    yield _home(context.home)
    yield _disk(context.home)
    yield _memory()
    yield _gpus()
    yield _vllm(context)
    yield _server(context.env)
    yield from _data(context.data_dir)
    yield _left_behind()
    yield _interrupted(context.home)


def _python() -> Check:
    version = platform.python_version()
    said = f"{version} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return Check("python", "ok" if (3, 11) <= sys.version_info < (3, 14) else "problem", said)


def _packages() -> Iterator[Check]:
    for name in _PACKAGES:
        try:
            yield Check(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            optional = name == "xllamacpp"
            said = "not installed" + (": the embedded engine needs it" if optional else "")
            yield Check(name, "note" if optional else "problem", said)


def _home(home: Path) -> Check:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home) as file:
            file.write(b"x")
            os.fsync(file.fileno())
    except OSError as error:
        return Check("home", "problem", f"{home} cannot be written: {error.strerror}")
    return Check("home", "ok", str(home))


def _disk(home: Path) -> Check:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    state: State = "problem" if free < _LITTLE else "note" if free < _SCARCE else "ok"
    return Check("disk", state, f"{free / (1 << 30):.1f} GiB free under {there}")


def _memory() -> Check:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return Check("memory", "note", "the system does not say")
    return Check("memory", "ok" if total >= 4 << 30 else "note", f"{total / (1 << 30):.1f} GiB")


def _gpus() -> Check:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("gpus", "note", "none seen (there is no nvidia-smi)")
    query = [tool, "--query-gpu=name,memory.total,memory.used,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Check("gpus", "problem", f"nvidia-smi does not answer: {error}")
    return Check("gpus", "ok", "; ".join(done.stdout.split("\n")).strip("; ") or "none")


def _vllm(context: EngineContext) -> Check:
    try:
        return Check("vllm", "ok", interpreter(Vllm(name="any", engine="vllm", model="any"), context.env))
    except UserError:
        return Check("vllm", "note", "no Python that has it: 'make vllm-gpu' or 'make vllm-cpu' builds one")


def _server(env: Mapping[str, str]) -> Check:
    address = env.get("PREFECT_API_URL")
    if not address:
        return Check("prefect server", "ok", "none is set: a run starts its own on loopback and ends it")
    request = urllib.request.Request(f"{address.rstrip('/')}/health")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return Check("prefect server", "ok", f"{address} answers {response.status}")
    except (urllib.error.URLError, OSError, ValueError) as error:
        return Check("prefect server", "problem", f"{address} does not answer: {getattr(error, 'reason', error)}")


def _data(data_dir: Path | None) -> Iterator[Check]:
    if data_dir and not data_dir.is_dir():
        yield Check("data folder", "problem", f"BABELGATE_DATA_DIR is not a folder: {data_dir}")
        data_dir = None
    else:
        yield Check("data folder", "ok" if data_dir else "note", str(data_dir or "BABELGATE_DATA_DIR is not set"))
    for name in names():
        config = load_config(name)
        local = config.source.local
        found = [lang for lang in config.languages if local and local_path(local, config, lang, data_dir)]
        said = f"{len(found)} of {len(config.languages)} languages lie here"
        if len(found) < len(config.languages):
            said += f", the rest comes from {config.source.hub.path}" if config.source.hub else ", the rest is missing"
        whole = len(found) == len(config.languages) or config.source.hub is not None
        yield Check(f"data set {name}", "ok" if whole else "note", said)


def _left_behind() -> Check:
    orphans = [pid for pid, mark in marked() if not is_alive(mark)]
    if not orphans:
        return Check("left behind", "ok", "no process of a run that was killed")
    return Check("left behind", "note", f"processes of a killed run: {orphans}; the next run ends them")


def _interrupted(home: Path) -> Check:
    runs = [run for run, _ in interrupted(home)]
    if not runs:
        return Check("runs", "ok", "none was cut off")
    return Check("runs", "note", f"cut off: {', '.join(runs)}; 'babelgate resume RUN' continues")
