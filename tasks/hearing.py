"""All rubrics of one judge over a run, and the jury after all judges: the judge step as Prefect sees it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefect import task

from judges.rubric import load_rubric
from tasks.engines import EngineContext, open_engine
from tasks.judge.asking import bench
from tasks.land import load_and_publish
from tasks.rejudge import Sitting, land_jury, sit
from tasks.runs import RunRecord
from tasks.schema import UserError
from tasks.suite import Judge


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one judge. `nothing` says of which rubrics there was nothing to read, `problems` what went wrong."""

    judge: str
    sittings: tuple[Sitting, ...] = ()
    nothing: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


async def hear_judge(run: RunRecord, judge: Judge, context: EngineContext, against: str = "") -> Heard:
    """Start one judge and have it read the run under each of its rubrics; a spent budget ends the rest.

    EngineError: it cannot be started or asked at all. What it said until then is kept.
    """
    sittings: list[Sitting] = []
    nothing: list[str] = []
    async with open_engine(judge.model, context) as served:
        suite = run.suite
        seat = bench(
            judge, served, context.home / "judges",
            in_flight=suite.places(judge.model), timeout_s=suite.timeout_s, retries=suite.retries,
        )  # fmt: skip
        for name in judge.rubrics:
            try:
                sittings.append(await sit(context.home, run, seat, load_rubric(name), against=against or judge.against))
            except UserError as error:
                nothing.append(str(error))
            if sittings and sittings[-1].stopped:
                break
    problems = [problem for sitting in sittings for problem in _problems(run, sitting)]
    return Heard(judge.model.name, tuple(sittings), tuple(nothing), tuple(problems))


@task(name="judge", task_run_name="judge · {judge.model.name}")
async def hear(run: RunRecord, judge: Judge, context: EngineContext, against: str = "") -> Heard:
    """`hear_judge` as Prefect sees it. What was said is kept, so running it again asks only for the rest."""
    return await hear_judge(run, judge, context, against)


async def hear_all(run: RunRecord, context: EngineContext) -> tuple[Heard, ...]:
    """Every judge of a run's own suite in turn, then their juries; a judge that fails takes nothing else with it."""
    heard: list[Heard] = []
    for judge in run.suite.judges:
        try:
            heard.append(await hear(run, judge, context))
        except Exception as error:  # the answers are there and landed, whatever becomes of a judge
            why = " ".join(str(error).split()) or type(error).__name__
            heard.append(Heard(judge.model.name, problems=(f"judge {judge.model.name}: {why}",)))
    land_juries(context.home, run, heard)
    return tuple(heard)


def land_juries(home: Path, run: RunRecord, heard: Sequence[Heard]) -> dict[str, int]:
    """Land the jury of every rubric that several families read; rubric → jury verdicts."""
    by_rubric: dict[str, list[Sitting]] = defaultdict(list)
    for sitting in (sitting for each in heard for sitting in each.sittings):
        by_rubric[sitting.rubric].append(sitting)
    return {
        name: land_jury(home, run, load_rubric(name), found)
        for name, found in by_rubric.items()
        if len({sitting.family for sitting in found}) > 1
    }


@task(name="jury and publish", retries=2, retry_delay_seconds=[2, 10])
def deliver(home: Path, run: RunRecord, heard: Sequence[Heard]) -> dict[str, int]:
    """Land the juries, load and publish; rubric → jury verdicts."""
    delivered = land_juries(home, run, heard)
    load_and_publish(home, run.run_id)
    return delivered


def _problems(run: RunRecord, sitting: Sitting) -> list[str]:
    found = []
    who = f"judge {sitting.judge} under {sitting.rubric}"
    if sitting.stopped:
        found.append(f"{who}: {sitting.stopped}; 'babelgate resume' or 'rejudge' spends it once more")
    failed, asked = sitting.statuses.get("infra_error", 0), sum(sitting.statuses.values())
    if failed and failed / asked > run.suite.infra_error_limit:
        found.append(f"{who}: {failed} of {asked} requests failed for reasons of the infrastructure")
    return found
