"""Runs that ended without a word: recognised at the next start, marked in the warehouse and with Prefect."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Crashed

from tasks.land import RunStatus, land_run, load_and_publish
from tasks.lease import Lease, hold, interrupted, write_lease
from tasks.observe import span
from tasks.runs import RunRecord, read_run
from tasks.schema import UserError
from warehouse.home import Home, WarehouseError


@contextlib.contextmanager
def under_way(home: Path, run: RunRecord, *, flow_run_id: str | None = None) -> Iterator[None]:
    """Hold a run while working on it; what ends it early is written down, where there is time to write."""
    with hold(home, run.run_id, flow_run_id=flow_run_id), span("run", run=run.run_id, suite=run.suite.name):
        try:
            yield
        except BaseException as error:
            with contextlib.suppress(OSError, WarehouseError):  # the first error says more than the second
                said = " ".join(str(error).split()) or type(error).__name__
                land_run(home, run, _status(home, run.run_id), message=said)
            raise


async def mark_stale(home: Path) -> list[str]:
    """Mark every run whose process was killed; returns which. Resuming one makes it 'running' again."""
    marked: list[str] = []
    for run_id, lease in interrupted(home):
        with contextlib.suppress(UserError):  # a record of another version: `resume` says so
            _mark(home, read_run(home, run_id), lease)
            marked.append(run_id)
        if lease.flow_run_id:
            await _crash(UUID(lease.flow_run_id), f"process {lease.pid} on {lease.host} was killed")
    return marked


def _mark(home: Path, run: RunRecord, lease: Lease) -> None:
    said = f"interrupted: process {lease.pid} on {lease.host} was gone after {lease.heartbeat}"
    land_run(home, run, _status(home, run.run_id), message=f"{said}; 'babelgate resume {run.run_id}' continues")
    load_and_publish(home, run.run_id)
    write_lease(home, run.run_id, lease.model_copy(update={"state": "interrupted"}))


def _status(home: Path, run_id: str) -> RunStatus:
    """'partial' where answers have landed; the journals may hold more, which `resume` lands."""
    return "partial" if any(Home(home).run_folder("completions", run_id).glob("*.parquet")) else "failed"


async def _crash(flow_run_id: UUID, said: str) -> None:
    """Tell Prefect, which would show the run and its sub-flows as running for ever; another server knows neither."""
    async with get_client() as client:
        children = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[flow_run_id]))
        )
        for one in [flow_run_id, *(child.id for child in children if child.state and not child.state.is_final())]:
            with contextlib.suppress(ObjectNotFound, PrefectHTTPStatusError):  # whatever it says, the run goes on
                await client.set_flow_run_state(one, Crashed(message=said), force=True)
