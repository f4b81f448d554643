"""The gate as a flow: run or reuse, decide, top up where it is undecided, and ask a person where that is wanted."""

from pathlib import Path

from prefect import flow
from prefect.flow_runs import apause_flow_run

from flows import environment
from flows.benchmark import benchmark
from tasks.gate import GateReport
from tasks.gate_looks import PersonsDecision, decide_run, override, planned_looks, show, top_up
from tasks.land_gate import prove
from tasks.policy import load_policy
from tasks.preflight import prepare
from tasks.runs import read_run, start_run
from tasks.schema import UserError
from tasks.suite import load_suite


@flow(name="gate")
async def gate(
    policy: str,
    home: str | None = None,
    suite: str | None = None,
    run_id: str | None = None,
    baseline: str | None = None,
    limits: list[int] | None = None,
    ask: bool = False,
    ask_timeout_s: int = 86_400,
    selftest: bool = True,
) -> dict[str, str]:
    """Decide whether the models of a suite or of a landed run may ship; returns model → outcome.

    `limits` are the planned numbers of items a language, one a look, fixed before the first. What a model is
    undecided on, and more items would probably decide, is topped up to the next, data set by data set and language by
    language, and decided again, the looks paid for by O'Brien-Fleming spending.
    With `ask`, what is still INCONCLUSIVE waits for a person (GO or NO-GO, who and why) until the timeout.
    """
    where, rules = environment.home(home), load_policy(policy)
    fractions = planned_looks(limits or [])
    if (suite is None) == (run_id is None):
        raise UserError("the gate needs a suite to run or a run that is there, one of the two")
    name = run_id or await _run(where, str(suite), limits[0] if limits else None)
    looks: dict[str, tuple] = {}
    decided: dict[str, GateReport] = {}
    wanted: dict[str, frozenset[tuple[str, str]]] = {}
    for at, fraction in enumerate(fractions):
        if at:
            wanted = {model: report.wanting for model, report in decided.items() if report.open}
            if not wanted:
                break
            name = top_up(where, read_run(where, name), (limits or [])[at], wanted).run_id
            await benchmark(run_id=name, home=str(where))
        if selftest:
            prove(where, name)
        reports = decide_run(where, name, rules, baseline, looks, fraction, wanted)
        decided |= {report.subject.model: report for report in reports}
        looks |= {report.subject.model: (*looks.get(report.subject.model, ()), report.look) for report in reports}
    reports = list(decided.values())
    await show(reports)
    if ask:
        reports = [await _ask(where, report, ask_timeout_s) for report in reports]
        await show(reports)
    return {report.subject.model: report.outcome for report in reports}


async def _run(home: Path, suite: str, limit: int | None) -> str:
    """Start and finish a run of a suite, with the first look's number of items."""
    chosen = load_suite(suite)
    if limit is not None:
        chosen = chosen.model_copy(update={"limit": limit, "limits": ()})
    context = environment.engine_context(home)
    prepared = prepare(chosen, context)
    run = start_run(home, chosen, datasets=prepared.hashes(), data_dir=context.data_dir, kind="gate")
    await benchmark(run_id=run.run_id, home=str(home))
    return run.run_id


async def _ask(home: Path, report: GateReport, timeout_s: int) -> GateReport:
    """Pause until a person has decided; what is decided already is not asked."""
    if report.outcome != "INCONCLUSIVE":
        return report
    person = await apause_flow_run(
        wait_for_input=PersonsDecision.with_initial_data(description=report.reason),
        timeout=timeout_s,
        poll_interval=5,
        key=f"ask-{report.subject.model}",
    )
    return override(home, report, person)
