"""Asks a published warehouse one question in a child process that can neither write, nor read files, nor run away."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from warehouse.home import WarehouseError, unknown
from warehouse.named import named_query

CHILD = Path(__file__).with_name("sqlchild.py")
FORMATS = ("table", "markdown", "csv", "json", "jsonl", "parquet")
FOR_EYES = ("table", "markdown")
Value = str | int | float | bool | None
NEWEST_RUN = "SELECT run_id FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1"
GRACE_S = 5.0
"""How long the child may outlive its own limit before it is killed: what starts it and what ends it is in here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a question may take. `rows` cuts the answer (None: 1,000 for a table, all of it for a file format)."""

    seconds: float = 30
    mb: int = 1024
    rows: int | None = None
    answer_mb: int = 256
    """How much of an answer is held in memory; it does not bind where the answer goes to a file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as text or bytes in its format (empty where it went to a file), its rows, and whether it was cut."""

    content: bytes
    rows: int
    truncated: bool

    @property
    def text(self) -> str:
        return self.content.decode()


def run_sql(
    path: Path,
    sql: str,
    params: Mapping[str, Value] | None = None,
    *,
    format: str = "table",
    output: Path | None = None,
    limits: Limits = Limits(),
) -> Answer:
    """One statement, `$name` in it taken from `params`; into `output` (whole or not at all) where that is given.

    Whatever goes wrong (a typing error, a file it may not read, too long, too large) is a WarehouseError in one
    sentence.
    """
    return _run(path, {"sql": sql, "params": dict(params or {}), "lookups": {}, "format": format}, output, limits)


def run_named(
    path: Path,
    name: str,
    given: Mapping[str, Value] | None = None,
    *,
    format: str = "table",
    output: Path | None = None,
    limits: Limits = Limits(),
) -> Answer:
    """A query of warehouse/queries by name; parameters that are left out have their defaults, `run` the newest run."""
    query = named_query(name)
    params = query.bind(given or {})
    lookups = {"run": NEWEST_RUN} if "run" in params and params["run"] is None else {}
    return _run(path, {"sql": query.sql, "params": params, "lookups": lookups, "format": format}, output, limits)


def _run(path: Path, question: dict[str, object], output: Path | None, limits: Limits) -> Answer:
    format, real = question["format"], path.resolve()
    if format not in FORMATS:
        raise unknown("format", str(format), FORMATS)
    if not real.is_file():
        raise WarehouseError(f"there is no warehouse at {path}: run a suite first, it publishes one")
    rows = limits.rows if limits.rows is not None else 1000 if format in FOR_EYES and output is None else None
    with tempfile.TemporaryDirectory(prefix="babelgate-sql-") as temp:
        request = question | {
            "path": str(real), "temp": temp, "seconds": limits.seconds, "mb": limits.mb, "max_rows": rows,
            "max_bytes": None if output else limits.answer_mb << 20,
        }  # fmt: skip
        return _into_file(request, output, limits) if output else _ask(request, subprocess.PIPE, limits)


def _into_file(request: Mapping[str, object], output: Path, limits: Limits) -> Answer:
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            answer = _ask(request, file, limits)
        temporary.replace(output)
    except OSError as error:
        raise WarehouseError(f"cannot write {output}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return answer


def _ask(request: Mapping[str, object], stdout: int | BinaryIO, limits: Limits) -> Answer:
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", str(CHILD)],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "ARROW_DEFAULT_MEMORY_POOL": "system"},
        start_new_session=True,
    )
    try:
        content, said = child.communicate(json.dumps(request).encode(), timeout=limits.seconds + GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise WarehouseError(f"the query was killed: it did not stop after {limits.seconds:g} s") from None
    except BaseException:
        child.kill()
        child.wait()
        raise
    fate = _fate(said)
    if child.returncode == 0 and "rows" in fate:
        return Answer(content or b"", int(fate["rows"]), bool(fate["truncated"]))
    if "error" in fate:
        raise WarehouseError(str(fate["error"]))
    if child.returncode in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGKILL, -signal.SIGBUS):
        raise WarehouseError(f"the query needs more than {limits.mb} MB: ask for less or allow more memory")
    last = said.decode(errors="replace").strip().splitlines()[-1:] or [f"exit {child.returncode}"]
    raise WarehouseError(f"the query failed: {last[0]}")


def _fate(said: bytes) -> dict[str, str | int | bool]:
    """The last line that the child wrote, where it is what the child ends with."""
    lines = said.decode(errors="replace").strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
