"""The night: run → gate against what is in production → report → tell who wants to know."""

from pathlib import Path

from prefect import Flow, State, flow
from prefect.client.schemas.objects import FlowRun

from flows import environment
from flows.benchmark import benchmark
from flows.gate import gate
from flows.report import report
from tasks.night import compared_with, end, failed_night, load_chosen, night, tonight
from tasks.notify import Webhook, notify, tell


async def told_of_failure(flow: Flow, flow_run: FlowRun, state: State) -> None:
    """Tell of a night that failed or crashed; a worker calls this where the night's own process is gone."""
    given = flow_run.parameters
    where, hooks = environment.home(given.get("home")), [Webhook.model_validate(w) for w in given.get("webhooks") or []]
    problem = f"{state.name}: {state.message or 'no reason was given'}"
    await tell(where, failed_night(where, str(given.get("suite")), problem), await environment.destinations(hooks))


@flow(
    name="nightly",
    flow_run_name="nightly {suite}",
    retries=1,
    retry_delay_seconds=30,
    on_failure=[told_of_failure],
    on_crashed=[told_of_failure],
)
async def nightly(
    suite: str,
    policy: str = "default",
    baseline: str | None = None,
    home: str | None = None,
    limit: int | None = None,
    webhooks: list[Webhook] | None = None,
) -> dict[str, str]:
    """One night of a suite; returns model → outcome. A night that was cut off is continued, not begun again.

    `baseline` is a run or tag and replaces the policy's own; `limit` replaces the suite's items a language.
    """
    where = environment.home(home)
    run = tonight(load_chosen(suite, limit), policy, environment.engine_context(where))
    outcome = await benchmark(run.run_id, str(where))
    decisions = await gate(policy, str(where), run_id=run.run_id, baseline=baseline)
    page = report(run.run_id, str(where), compared_with(where, run.run_id))
    await notify(where, night(where, run, outcome, Path(page)), await environment.destinations(webhooks or []))
    end(where, run)
    return decisions
