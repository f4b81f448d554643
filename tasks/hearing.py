"""All rubrics of one judge over a run, and the jury after all judges: the judge step as Prefect sees it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from prefect import task

from judges.rubric import load_rubric
from tasks.engines import EngineContext, open_engine
from tasks.judge.asking import bench
from tasks.judge.families import check_family
from tasks.land import load_and_publish
from tasks.rejudge import Sitting, land_jury, sit
from tasks.runs import RunRecord
from tasks.schema import UserError
from tasks.suite import Judge


def check_judges(run: RunRecord, judges: Sequence[Judge]) -> None:
    """Everything that can be known before a judge starts. UserError or RubricError: one sentence."""
    if not judges:
        raise UserError(f"no judge is named for run {run.run_id}: there is no default judge, name one in a suite")
    for judge in judges:
        for name in judge.rubrics:
            load_rubric(name)
        check_family(judge, run.suite.models)


async def hear_judge(run: RunRecord, judge: Judge, context: EngineContext, against: str = "") -> list[Sitting]:
    """Start one judge and have it read the run under each of its rubrics; a spent budget ends the rest."""
    sittings: list[Sitting] = []
    async with open_engine(judge.model, context) as served:
        suite = run.suite
        seat = bench(
            judge, served, context.home / "judges",
            in_flight=suite.in_flight, timeout_s=suite.timeout_s, retries=suite.retries,
        )  # fmt: skip
        for name in judge.rubrics:
            sittings.append(await sit(context.home, run, seat, load_rubric(name), against=against))
            if sittings[-1].stopped:
                break
    return sittings


@task(name="judge", task_run_name="{judge.model.name}")
async def hear(run: RunRecord, judge: Judge, context: EngineContext, against: str = "") -> list[Sitting]:
    """`hear_judge` as Prefect sees it. What was said is kept, so running it again asks only for the rest."""
    return await hear_judge(run, judge, context, against)


@task(name="jury and publish", retries=2, retry_delay_seconds=[2, 10])
def deliver(home: Path, run: RunRecord, sittings: Sequence[Sitting]) -> dict[str, int]:
    """Land the jury of every rubric that several families read, load and publish; rubric → jury verdicts."""
    by_rubric: dict[str, list[Sitting]] = defaultdict(list)
    for sitting in sittings:
        by_rubric[sitting.rubric].append(sitting)
    delivered = {
        name: land_jury(home, run, load_rubric(name), found)
        for name, found in by_rubric.items()
        if len({sitting.family for sitting in found}) > 1
    }
    load_and_publish(home, run.run_id)
    return delivered
