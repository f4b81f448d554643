"""A shard's completions on disk, one JSON line each: durable before anybody is told that they are done."""

import asyncio
import dataclasses
import fcntl
import json
import os
import threading
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from tasks.schema import Completion, Identity

# Between two visits to the disk: on a fast one every line would otherwise have its own fsync and thread switch.
_GATHER_S = 0.01


class JournalError(RuntimeError):
    """A journal cannot be written: the disk is full, or another process has it. One sentence. Exit 3."""


class Journal:
    """Append-only; `append` returns when its line is on the disk. Lines that arrive within some ms share one fsync.

    JournalError: another worker holds the file, or a write failed; what was reported durable before stays so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise JournalError(f"another process is working on the same shard: it holds {path}") from None
        self._durable = _whole(path)
        os.ftruncate(self._file, self._durable)  # a line that a crash has torn
        self._pending: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._broken: JournalError | None = None
        self._open = threading.Lock()  # between a batch on its way to the disk and `close`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go, and with it the lock; `settle` first, or what still waits is not written."""
        with self._open:
            self._broken = self._broken or JournalError(f"{self.path} is closed")
            os.close(self._file)

    async def append(self, completion: Completion) -> None:
        """Write a completion down and wait until it would survive a power cut."""
        if self._broken:
            raise self._broken
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((_line(completion), durable))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_pending())
        await durable

    async def settle(self) -> None:
        """Wait until everything handed over is on the disk, also what its worker was cancelled waiting for."""
        if self._writer:
            await asyncio.shield(self._writer)

    async def _write_pending(self) -> None:
        """Group commit: while one batch is on its way to the disk the next gathers."""
        loop = asyncio.get_running_loop()
        try:
            while self._pending:
                await asyncio.sleep(_GATHER_S)
                batch, self._pending = self._pending, []
                block = b"".join(line for line, _ in batch)
                try:
                    await asyncio.shield(loop.run_in_executor(None, self._commit, block))
                except OSError as error:
                    self._broken = self._broken or JournalError(f"cannot write {self.path}: {error.strerror or error}")
                for _, durable in batch:
                    if not durable.done():
                        durable.set_exception(self._broken) if self._broken else durable.set_result(None)
        finally:
            self._writer = None

    def _commit(self, block: bytes) -> None:
        """All of the block or nothing of it: after a failure the file ends where it last was durable."""
        with self._open:
            if self._broken:
                raise OSError(str(self._broken))
            try:
                rest = memoryview(block)
                while rest:
                    rest = rest[os.write(self._file, rest) :]
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, self._durable)
                raise
            self._durable += len(block)


def read(path: Path) -> dict[Identity, Completion]:
    """Identity → completion of everything that need not be asked again.

    Leaves out what failed (`infra_error`), so that resuming tries it once more, and lines that cannot be read: the
    last may be torn by a crash. No file is an empty journal.
    """
    found: dict[Identity, Completion] = {}
    if not path.exists():
        return found
    with path.open("rb") as file:
        for line in file:
            completion = _parse(line)
            if completion and completion.status != "infra_error":
                found[completion.identity] = completion
    return found


def _line(completion: Completion) -> bytes:
    try:
        return orjson.dumps(completion, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # half a character, in an item's id: Python's writer lets it pass
        text = json.dumps(dataclasses.asdict(completion), ensure_ascii=False, separators=(",", ":"), default=str)
        return text.encode("utf-8", "surrogatepass") + b"\n"


def _parse(line: bytes) -> Completion | None:
    try:
        values = json.loads(line)
        return Completion(**{**values, "sample_id": uuid.UUID(values["sample_id"])})
    except (ValueError, TypeError, KeyError):
        return None


def _whole(path: Path) -> int:
    """The length of a file up to the end of its last whole line."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - 65536)
            file.seek(start)
            cut = file.read(end - start).rfind(b"\n")
            if cut >= 0:
                return start + cut + 1
            end = start
    return 0
