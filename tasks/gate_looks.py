"""Decides a run, tops it up and decides again with the looks paid for, and takes a person's word where asked."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.input import RunInput
from pydantic import Field

from tasks.gate import GateReport, Look, gate
from tasks.gate_outputs import markdown
from tasks.gate_read import Reader, Subject, models_of
from tasks.land_gate import land_decision
from tasks.model_terms import ShardLimit
from tasks.policy import Policy
from tasks.runs import RunRecord, start_run
from tasks.schema import UserError
from warehouse.connect import open_published
from warehouse.home import Home


class PersonsDecision(RunInput):
    """What a person decides where the gate cannot: who, what, and why. All of it is stored with the decision."""

    outcome: Literal["GO", "NO-GO"]
    decided_by: str = Field(min_length=1)
    reason: str = Field(min_length=1)


def planned_looks(limits: Sequence[int]) -> list[float]:
    """The share of the planned items that is in at each look; the plan is fixed before the first.

    UserError unless the limits rise.
    """
    if list(limits) != sorted(set(limits)) or any(limit < 1 for limit in limits):
        raise UserError(f"limits of items rise from look to look, got {list(limits)}")
    return [limit / limits[-1] for limit in limits] or [1.0]


def top_up(home: Path, run: RunRecord, limit: int, wanted: Mapping[str, Collection[tuple[str, str]]]) -> RunRecord:
    """A new run of the models in `wanted` with more items in their (data set, language) there, and all else as it was.

    Items come in an order that depends on the seed alone, so the larger limit contains the smaller one; the journals
    of the run before are its own from the start, and what they hold is not asked for again.
    """
    chosen = tuple(model for model in run.suite.models if model.name in wanted)
    kept = tuple(each for each in run.suite.limits if each.model in (None, *wanted))
    more_of = tuple(
        ShardLimit(model=model, dataset=dataset, language=lang, limit=limit)
        for model, shards in wanted.items()
        for dataset, lang in sorted(shards)
    )
    suite = run.suite.model_copy(update={"models": chosen, "limits": (*kept, *more_of)})
    data_dir = Path(run.data_dir) if run.data_dir else None
    more = start_run(home, suite, datasets=run.datasets, data_dir=data_dir, kind="gate")
    before = Home(home).journal / run.run_id
    if before.is_dir():
        shutil.copytree(before, Home(home).journal / more.run_id)
    return more


@task(name="decide", task_run_name="decide {run_id}", cache_policy=NO_CACHE)
def decide_run(
    home: Path, run_id: str, policy: Policy, baseline: str | None, looks: Mapping[str, Sequence[Look]], fraction: float,
    topped: Mapping[str, Collection[tuple[str, str]]],
) -> list[GateReport]:  # fmt: skip
    """Decide every model of a run and land the decisions; `looks` are the earlier ones by model.

    `topped` are the (data set, language) of each model that have got more items since the last of them.
    """
    with open_published(home) as connection:
        reader = Reader(connection)
        run, models = models_of(reader, run_id)
        reports = [
            gate(reader, Subject(run, model), policy, baseline=baseline, looks=looks.get(model, ()), fraction=fraction,
                 topped=topped.get(model))
            for model in models
        ]  # fmt: skip
    for report in reports:
        land_decision(home, report)
    return reports


def override(home: Path, report: GateReport, person: PersonsDecision) -> GateReport:
    """Land a person's decision beside the gate's own, which stays."""
    decided = replace(report, outcome=person.outcome, reason=f"{person.decided_by} decided: {person.reason}")
    land_decision(home, decided, decided_by=person.decided_by, override=person.reason)
    return decided


async def show(reports: Sequence[GateReport]) -> None:
    """Leave each report as a Markdown artifact of the flow run."""
    for report in reports:
        key = "".join(c if c.isalnum() else "-" for c in f"gate-{report.subject.model}".lower())
        await acreate_markdown_artifact(markdown=markdown(report), key=key, description=report.reason)
