"""Lands a self-test of the scorers beside the run that they scored."""

from datetime import UTC, datetime
from pathlib import Path

from tasks.selftest import SelfTest
from warehouse.home import Home
from warehouse.parts import write_part
from warehouse.schemas import arrow_table


def land_selftest(home: Path, run_id: str, result: SelfTest) -> None:
    """Write its outcomes as one part; a later self-test of the run replaces them. Loading is the caller's."""
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        {"check_name": o.name, "state": o.state, "checked_at": now, "detail": o.detail or None} for o in result.outcomes
    ]
    write_part(Home(home), "selftests", run_id, "selftest", arrow_table("selftests", rows))


def failure(result: SelfTest) -> str:
    """What went wrong as one sentence, empty where nothing did."""
    failed = [outcome for outcome in result.outcomes if outcome.state == "fail"]
    if not failed:
        return ""
    checks = "1 check" if len(failed) == 1 else f"{len(failed)} checks"
    return (
        f"the self-test of the scorers failed in {checks}, the first is '{failed[0].name}': {failed[0].detail}; no "
        "gate will trust this run"
    )
