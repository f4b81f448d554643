"""Judges read the stored answers of a run; verdicts are added, nothing is generated again."""

from pathlib import Path

from prefect import flow

from flows import environment
from tasks.hearing import Heard, deliver, hear
from tasks.runs import read_run
from tasks.schema import UserError
from tasks.suite import Judge


@flow(name="rejudge", flow_run_name="{run_id}", validate_parameters=False)
async def rejudge(run_id: str, home: str, judges: list[Judge], against: str = "") -> list[Heard]:
    """Each judge in turn, started once; then the jury of those that read the same, then load and publish.

    UserError: none of the judges had anything to read.
    """
    run = read_run(Path(home), run_id)
    context = environment.engine_context(Path(home), data=Path(run.data_dir) if run.data_dir else None)
    heard = [await hear(run, judge, context, against) for judge in judges]
    if not any(each.sittings for each in heard):
        raise UserError(heard[0].nothing[0])
    deliver(Path(home), run, heard)
    return heard
