"""Judges read the stored answers of a run; verdicts are added, nothing is generated again."""

from pathlib import Path

from prefect import flow

from flows import environment
from tasks.hearing import deliver, hear
from tasks.rejudge import Sitting
from tasks.runs import read_run
from tasks.suite import Judge


@flow(name="rejudge", flow_run_name="{run_id}", validate_parameters=False)
async def rejudge(run_id: str, home: str, judges: list[Judge], against: str = "") -> list[Sitting]:
    """Each judge in turn, started once; then the jury of those that read the same, then load and publish."""
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    sittings: list[Sitting] = []
    for judge in judges:
        sittings += await hear(run, judge, context, against)
    deliver(Path(home), run, sittings)
    return sittings
