"""One model of a run on another machine: a worker starts this where the run's folder is mounted."""

from prefect import flow
from prefect.runtime import flow_run

from flows import environment
from flows.benchmark_model import benchmark_model
from tasks.budget import Spent
from tasks.dispatch import at_work


@flow(name="elsewhere", flow_run_name="{model} of {run_id}")
async def elsewhere(run_id: str, model: str, spent: Spent) -> None:
    """Evaluate one model against the shared folder at BABELGATE_HOME; what became of it is left there too."""
    home = environment.home()
    with at_work(home, run_id, model, flow_run.get_id() or "") as deliver:
        deliver(await benchmark_model(run_id, str(home), model, spent))
