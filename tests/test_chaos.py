"""The short form of benchmarks/chaos: two kills at random moments, and every count afterwards."""

import importlib.util
import sys
from pathlib import Path

import pytest

DRIVE = Path(__file__).parent.parent / "benchmarks" / "chaos" / "drive.py"


@pytest.mark.slow
def test_what_is_killed_is_continued(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("chaos_drive", DRIVE)
    assert spec is not None and spec.loader is not None
    drive = importlib.util.module_from_spec(spec)
    sys.modules["chaos_drive"] = drive  # its dataclasses look themselves up there
    spec.loader.exec_module(drive)
    here = drive.drive(tmp_path, kills=2, seed=0, minutes=3)
    assert here.found.faults == []
    assert here.found.counts["runs finished"] >= 1
    assert here.found.counts["completions in the warehouse"] == here.found.counts["completions expected"] > 0
