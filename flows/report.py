"""The page of a run and the front page of all runs, written beside each other."""

from prefect import flow

from flows import environment
from tasks.report import resolve_run, write_index, write_report


@flow(name="report", flow_run_name="report {run_id}")
def report(run_id: str = "latest", home: str | None = None, baseline: str | None = None) -> str:
    """Write the report of a run, compared with another where one is named, and the front page; returns its path."""
    where = environment.home(home)
    page = write_report(where, resolve_run(where, run_id), baseline)
    write_index(where)
    return str(page)
