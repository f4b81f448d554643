"""What a Prefect server needs besides deployments: work pools, and an automation that notices runs that died."""

from collections.abc import Iterable
from datetime import timedelta

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import get_current_settings

DEAD = "babelgate: runs without a heartbeat have crashed"
MISSED_BEATS = 3


async def ensure_pools(names: Iterable[str], kind: str) -> None:
    """Create the work pools that are not there; those that are stay as they are."""
    async with get_client() as client:
        for name in dict.fromkeys(names):
            try:
                await client.create_work_pool(WorkPoolCreate(name=name, type=kind))
            except ObjectAlreadyExists:
                continue


async def mark_the_dead() -> None:
    """Have the server mark runs whose process and worker are both gone as Crashed; else they are Running for ever."""
    async with get_client() as client:
        if any(each.name == DEAD for each in await client.read_automations()):
            return
    beat = get_current_settings().flows.heartbeat_frequency or 30
    ends = {f"prefect.flow-run.{state}" for state in ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed")}
    await Automation(
        name=DEAD,
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect=ends,
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=MISSED_BEATS * beat),
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed", state=StateType.CRASHED, message="no heartbeat: its process is gone", force=False
            )
        ],
    ).acreate()
