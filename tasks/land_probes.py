"""Turns what probes found of a judge into a part."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from judges.rubric import Rubric
from tasks.probing import Finding
from warehouse.home import Home
from warehouse.parts import write_part
from warehouse.schemas import arrow_table


def land_probes(
    home: Path, run_id: str, findings: Sequence[Finding], rubric: Rubric, *, judge: str, fingerprint: str
) -> None:
    """Write the findings on one judge under one rubric; `run_id` names the probing, not the run that it was made on."""
    same = {
        "judge_model": judge, "judge_fingerprint": fingerprint, "rubric": rubric.name,
        "rubric_version": rubric.header.version, "rubric_hash": rubric.sha256,
        "probed_at": datetime.now(UTC).replace(tzinfo=None),
    }  # fmt: skip
    rows = [
        {"probe": each.probe, "n": each.found.n, "state": each.state, "tolerance": each.tolerance,
         "lang": each.lang or None, "value": each.found.value, "lo": each.found.lo, "hi": each.found.hi,
         "reason": each.found.reason or None}
        for each in findings
    ]  # fmt: skip
    write_part(Home(home), "probes", run_id, f"{judge}_{rubric.name}", arrow_table("probes", rows, same))
