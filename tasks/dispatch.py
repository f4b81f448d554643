"""Sends a model of a run to another machine through a Prefect work pool; word of it comes home in the shared folder."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.states import Cancelled, Crashed
from pydantic import TypeAdapter, ValidationError

from tasks.budget import Spent
from tasks.finish import ModelOutcome, failed_outcome
from tasks.runs import RunRecord, record_path
from tasks.schema import UserError
from tasks.suite import Model
from warehouse.home import checked_name


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for another machine, in seconds, and how often to try; for a test these are short."""

    start_s: float = 3600
    silent_s: float = 90
    poll_s: float = 2
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Word:
    """What a machine says of a model: which flow run it is, and in the end what became of the model."""

    flow_run_id: str
    outcome: ModelOutcome


BEAT_S = 5.0
_WORD = TypeAdapter(Word)


async def send(
    home: Path, run: RunRecord, model: Model, spent: Spent, patience: Patience | None = None
) -> ModelOutcome:
    """Have a worker of the model's pool evaluate it, and again by another one where the first falls silent.

    What a dead worker had finished lies in the journals of the shared folder and is not asked for again. A flow run
    that fails by itself is not repeated: another machine would fail the same way.
    """
    patience = patience or Patience()
    try:
        for _ in range(patience.tries):
            async with get_client() as client:
                flow_run_id = await _dispatch(run, model, spent)
                outcome = await _hear(client, home, run, model, flow_run_id, patience)
            if outcome is not None:
                return outcome
    except UserError as error:
        return failed_outcome(model.name, spent, error)
    silent = RuntimeError(f"{patience.tries} workers of pool '{model.pool}' fell silent, one after another")
    return failed_outcome(model.name, spent, silent)


async def _dispatch(run: RunRecord, model: Model, spent: Spent) -> UUID:
    if get_current_settings().api.url is None:
        raise UserError(f"pool '{model.pool}' needs a Prefect server with workers, but PREFECT_API_URL is not set")
    given = {"run_id": run.run_id, "model": model.name, "spent": TypeAdapter(Spent).dump_python(spent)}
    try:
        started = await arun_deployment(
            f"elsewhere/{model.pool}", parameters=given, work_queue_name=model.queue, timeout=0, as_subflow=False
        )
    except ObjectNotFound:
        raise UserError(
            f"there is no deployment 'elsewhere/{model.pool}' on the server; 'babelgate nightly deploy' makes it"
        ) from None
    return started.id


async def _hear(
    client: PrefectClient, home: Path, run: RunRecord, model: Model, flow_run_id: UUID, patience: Patience
) -> ModelOutcome | None:
    """What became of the model, None when its worker fell silent and another may try. UserError: nobody took it."""
    since, beat = time.monotonic(), b""
    while True:
        if (outcome := _word(home, run.run_id, model.name, str(flow_run_id))) is not None:
            return outcome
        state = (await client.read_flow_run(flow_run_id)).state
        heard = _heard(home, run.run_id, model.name)
        if heard != beat and str(flow_run_id).encode() in heard:
            since, beat = time.monotonic(), heard
        quiet = time.monotonic() - since
        if state is not None and _failed(state):
            raise UserError(f"pool '{model.pool}': {state.name}: {state.message}")
        if not beat and quiet > patience.start_s:
            await client.set_flow_run_state(flow_run_id, Cancelled(message="nobody took it"), force=True)
            raise UserError(f"no worker of pool '{model.pool}' took the model within {patience.start_s:g} s")
        # A worker that was killed leaves its flow running, and Crashed is then said too early: its beat decides.
        if beat and quiet > patience.silent_s or state is not None and state.is_crashed() and quiet > 3 * BEAT_S:
            await client.set_flow_run_state(flow_run_id, Crashed(message="its worker fell silent"), force=True)
            return None
        await asyncio.sleep(patience.poll_s)


def _failed(state: State) -> bool:
    return state.is_failed() or state.is_cancelled()


@contextmanager
def at_work(home: Path, run_id: str, model: str, flow_run_id: str) -> Iterator[Callable[[ModelOutcome], None]]:
    """Beat in the shared folder while a model is at work here; call what is given with what became of it.

    The beat is a count, not a time: machines need not agree on the clock. A thread of its own keeps it going while
    the event loop is busy.
    """
    folder = _folder(home, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    ended = threading.Event()

    def beat() -> None:
        count = 0
        while True:
            with suppress(OSError):  # a passing fault of the shared folder is not the model's
                _write(folder / f"{model}.beat", f"{flow_run_id} {count}".encode())
            count += 1
            if ended.wait(BEAT_S):
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield lambda outcome: _write(folder / f"{model}.json", _WORD.dump_json(Word(flow_run_id, outcome)))
    finally:
        ended.set()
        thread.join()


def _word(home: Path, run_id: str, model: str, flow_run_id: str) -> ModelOutcome | None:
    """What this very flow run has said; what an earlier one said does not count."""
    try:
        word = _WORD.validate_json((_folder(home, run_id) / f"{model}.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return word.outcome if word.flow_run_id == flow_run_id else None


def _heard(home: Path, run_id: str, model: str) -> bytes:
    try:
        return (_folder(home, run_id) / f"{model}.beat").read_bytes()
    except FileNotFoundError:
        return b""


def _folder(home: Path, run_id: str) -> Path:
    return record_path(home, checked_name(run_id, "run")).parent / "elsewhere"


def _write(path: Path, content: bytes) -> None:
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with waiting.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
