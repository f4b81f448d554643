"""Whole commands beside one another: one home, real processes, one Prefect server, exact counts."""

from collections.abc import Iterator

import pytest

from benchmarks.chaos.drive import EXPECTED, HUNG_S, World, start_flow, world
from benchmarks.chaos.state import audit
from tasks.runs import run_ids
from warehouse.home import Home
from warehouse.maintain import check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(autouse=True)
def _counted(here: World) -> Iterator[None]:
    """Every run of a test has each completion once in the warehouse, and every part can be read."""
    known = set(run_ids(here.home)) if (here.home / "runs").exists() else set()
    yield
    for run in set(run_ids(here.home)) - known:
        audit(here.home, run, EXPECTED, here.found)
    assert here.found.faults == [] and check(Home(here.home)) == []


def test_two_runs_in_one_home(here: World) -> None:
    both = [start_flow(here, None), start_flow(here, None)]
    assert [one.wait(HUNG_S) for one in both] == [0, 0], (here.home / "flow.log").read_text()
    assert len(run_ids(here.home)) == 2
